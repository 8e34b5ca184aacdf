"""Writes what is done to the rows and columns of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._script.formulas import AS_TEXT, Writer
from cards._script.shared import NUMPY, call, columns_of, keywords, of, some_of, table_of
from tensorrag import CardError, TableSchema
from tensorrag.script import Given, Script, literal
from tensorrag.yes_no import NO, YES

if TYPE_CHECKING:
    from cards.assert_table import AssertTable
    from cards.balance_classes import BalanceClasses
    from cards.change_kinds import ChangeKinds
    from cards.concatenate import Concatenate
    from cards.derive_column import DeriveColumn
    from cards.filter_rows import FilterRows
    from cards.group_aggregate import GroupAggregate
    from cards.join import Join
    from cards.sample_rows import SampleRows
    from cards.select_columns import SelectColumns
    from cards.sort_rows import SortRows

TO_FLAG = f"""\
def to_flag(values):
    \"\"\"Read yes and no as they are written: true, yes, 1, on; what is neither is missing.\"\"\"
    words = dict.fromkeys({list(YES)!r}, True) | dict.fromkeys({list(NO)!r}, False)
    text = values.astype(str).str.strip().str.lower().str.removesuffix(".0")
    return text.map(words)""".replace("'", '"')
TO_NUMBER = '''\
def to_number(values, errors="raise"):
    """Read numbers, also with marks between their thousands: 12 000, 12'000 and 12,000."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float)
    text = values.str.strip()
    grouped = text.str.fullmatch(r"[+-]?\\d{1,3}([ ' ,]\\d{3})+(\\.\\d*)?").fillna(False)
    text = text.mask(grouped, text.str.replace(r"[ ' ,]", "", regex=True))
    numbers = pd.to_numeric(text, errors=errors)
    infinite = numbers.abs() == float("inf")  # 1e400 is too large for any number
    if infinite.any() and errors == "raise":
        raise ValueError(f"{text[infinite].iloc[0]} is no number.")
    return numbers.mask(infinite) if infinite.any() else numbers'''
DRAWN = '''\
def drawn(values, count, rng):
    """Draw rows of each value in proportion; what rounding leaves goes to the nearest."""
    strata, _ = pd.factorize(values, use_na_sentinel=False)
    sizes = np.bincount(strata)
    exact = sizes * count / len(strata)
    wanted = np.floor(exact).astype(int)
    nearest = np.argsort(wanted - exact, kind="stable")
    wanted[nearest[: count - wanted.sum()]] += 1
    shuffled = rng.permutation(len(strata))
    grouped = shuffled[np.argsort(strata[shuffled], kind="stable")]
    rank = np.arange(len(strata)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return grouped[rank < np.repeat(wanted, sizes)]'''
REPEATED = '''\
def repeated(rows, count, rng):
    """Draw so many rows: each as often as any other, but for one time."""
    whole, rest = divmod(count, len(rows))
    return np.concatenate([np.tile(rows, whole), rng.choice(rows, rest, replace=False)])'''


def select(card: SelectColumns, given: Given) -> Script:
    """Keep or drop columns, and rename them."""
    table, new = given.variable("dataset"), given.new("selected")
    names = card.renamed(table_of(given)) or {}
    code = table
    if card.columns and card.mode == "keep":
        code = some_of(table, list(names))
    elif card.columns:
        code = f"{table}.drop(columns={literal(card.columns)})"
    changed = {old: name for old, name in names.items() if old != name}
    if changed:
        code += f".rename(columns={literal(changed)})"
    return Script(f"{new} = {code}", {"dataset": new})


def sort(card: SortRows, given: Given) -> Script:
    """Sort, with equal rows in their order."""
    table, new = given.variable("dataset"), given.new("ordered")
    by = literal(card.columns[0] if len(card.columns) == 1 else card.columns)
    arguments = [by, *(["ascending=False"] if card.descending else []), 'kind="stable"']
    return Script(f"{new} = {call(f'{table}.sort_values', arguments)}", {"dataset": new})


def sample(card: SampleRows, given: Given) -> Script:
    """Draw the same rows as the card, in the order of the table."""
    table, new = given.variable("dataset"), given.new("sample")
    rows, count, rng = (given.new(name) for name in ("rows", "count", "rng"))
    size = f"min({card.rows}, len({table}))"
    if card.size == "share":
        size = f"round(len({table}) * {literal(card.share)})"
    code = f"{rng} = np.random.default_rng({card.seed})\n{count} = {size}\n"
    functions: tuple[str, ...] = ()
    if card.stratify_by:
        code += f"{rows} = drawn({of(table, card.stratify_by)}, {count}, {rng})\n"
        functions = (DRAWN,)
    else:
        code += f"{rows} = {rng}.choice(len({table}), {count}, replace=False, shuffle=False)\n"
    code += f"{new} = {table}.iloc[np.sort({rows})]"
    return Script(code, {"dataset": new}, (NUMPY,), functions)


def balance(card: BalanceClasses, given: Given) -> Script:
    """Draw the same rows of each class as the card."""
    table, new = given.variable("dataset"), given.new("balanced")
    classes, size, rng, rows = (given.new(n) for n in ("classes", "size", "rng", "rows"))
    least = "min" if card.method == "undersample" else "max"
    column = of(table, card.target_column)
    code = (
        f"{rng} = np.random.default_rng({card.seed})\n"
        f"{classes} = {column}.dropna().unique()\n"
        f"{size} = {column}.value_counts().{least}()\n"
        f"{rows} = [\n"
        f"    repeated(np.flatnonzero({column} == each), {size}, {rng}) for each in {classes}\n"
        f"]\n"
        f"{new} = {table}.iloc[np.sort(np.concatenate({rows}))]"
    )
    return Script(code, {"dataset": new}, (NUMPY,), (REPEATED,))


def filtered(card: FilterRows, given: Given) -> Script:
    """Keep the rows for which the condition is known to hold."""
    table, new = given.variable("dataset"), given.new("filtered")
    writer = Writer(table_of(given), lambda name: of(table, name))
    holds = writer.holds(card.condition)
    rows = f"np.full(len({table}), {holds.code})" if holds.single else holds.code
    imports = (*writer.imports, *([NUMPY] if holds.single else []))
    return Script(f"{new} = {table}[{rows}]", {"dataset": new}, imports, tuple(writer.functions))


def derived(card: DeriveColumn, given: Given) -> Script:
    """Compute the new column."""
    table, new = given.variable("dataset"), given.new(f"with_{card.name}")
    writer = Writer(table_of(given), lambda name: of(table, name))
    made = keywords([(card.name, writer.value(card.formula).code)])
    code = f"{new} = {table}.assign({made})"
    return Script(code, {"dataset": new}, tuple(writer.imports), tuple(writer.functions))


def change_kinds(card: ChangeKinds, given: Given) -> Script:
    """Convert each column."""
    table, new = given.variable("dataset"), given.new("converted")
    kinds = {column.name: column.kind for column in columns_of(given)}
    functions: dict[str, None] = {}
    errors = "coerce" if card.unreadable == "missing" else "raise"
    pairs = []
    for name in (*card.number, *card.integer):
        functions[TO_NUMBER] = None
        how = f', errors="{errors}"' if errors == "coerce" else ""
        made = f"to_number({of(table, name)}{how})"
        if name in card.integer:
            made = f"{made}.astype(int)" if errors == "raise" and _full(given, name) else made
            if errors == "coerce":
                made += ".where(lambda values: values % 1 == 0)"
        pairs.append((name, made))
    for name in card.binary:
        functions[TO_FLAG] = None
        pairs.append((name, f"to_flag({of(table, name)})"))
    for name in (*card.category_columns, *card.text):
        if kinds.get(name) in ("text", "category"):
            continue
        functions[AS_TEXT] = None
        pairs.append((name, f"as_text({of(table, name)})"))
    for name in card.date:
        form, rest = literal(card.date_format), ""
        if not card.date_format:  # an offset from UTC may stand behind some of them
            form, rest = '"ISO8601", utc=True', ".dt.tz_localize(None)"
        made = f'pd.to_datetime({of(table, name)}, format={form}, errors="{errors}"){rest}'
        pairs.append((name, made))
    code = f"{new} = {table}.assign({keywords(pairs)})" if pairs else f"{new} = {table}"
    return Script(code, {"dataset": new}, (), tuple(functions))


def _full(given: Given, name: str) -> bool:
    """Whether no value of a column is missing."""
    return any(column.name == name and column.missing == 0 for column in columns_of(given))


def concatenate(card: Concatenate, given: Given) -> Script:
    """Put tables under one another."""
    tables, new = given.variables.get("tables", ()), given.new("together")
    inner = ', join="inner"' if card.lacking == "leave_out" else ""
    code = f"{new} = pd.concat([{', '.join(tables)}]{inner}, ignore_index=True)"
    return Script(code, {"dataset": new})


def join(card: Join, given: Given) -> Script:
    """Merge, with rows in the order of the left table; missing keys equal nothing."""
    left, right, new = given.variable("left"), given.variable("right"), given.new("joined")
    ours, theirs = table_of(given, "left"), table_of(given, "right")
    gaps = any(_gaps(theirs, name) for name in card.on)
    rest = [name for name in theirs.names or () if name not in card.on]
    called = [column.name for column in card.joined(ours, theirs) or ()][len(ours.columns or ()) :]
    changed = {old: name for old, name in zip(rest, called, strict=True) if old != name}
    other = right
    if changed:
        other += f".rename(columns={literal(changed)})"
    keys = literal(card.on[0] if len(card.on) == 1 else card.on)
    if card.how == "outer":
        return _outer(given, (left, other, new), keys, gaps=gaps)
    if gaps:
        other += f".dropna(subset={literal(card.on)})"
    made = call(f"{left}.merge", [other, f"on={keys}", f'how="{card.how}"'])
    return Script(f"{new} = {made}", {"dataset": new})


def _outer(given: Given, tables: tuple[str, str, str], keys: str, *, gaps: bool) -> Script:
    left, other, new = tables
    if gaps:
        raise CardError(
            f"{given.title} cannot be written as Python: of the right table, keys may be missing.",
            hint="Leave out such rows first: Filter Rows, … is not missing.",
        )
    ours = f"{left}.assign(row_of_left=range(len({left})))"
    other_rows = f"{other}.assign(row_of_right=lambda table: range(len(table)))"
    made = call(f"{ours}.merge", [other_rows, f"on={keys}", 'how="outer"'])
    rows = '["row_of_left", "row_of_right"]'
    code = (
        f"{new} = {made}\n{new} = {new}.sort_values({rows}, ignore_index=True).drop(columns={rows})"
    )
    return Script(code, {"dataset": new})


_MEASURES = {
    "mean": "mean",
    "median": "median",
    "sum": "sum",
    "min": "min",
    "max": "max",
    "std": "std",
    "distinct": "nunique",
}


def group(card: GroupAggregate, given: Given) -> Script:
    """Group in the order of first appearance, and measure."""
    table, new = given.variable("dataset"), given.new("groups")
    schema = table_of(given)
    names, measures = card.measured(schema) or [], card.measures()
    by = literal(card.by[0] if len(card.by) == 1 else card.by)
    pairs = [("rows", f'({literal(card.by[0])}, "size")')]
    for name in names:
        for measure in measures:
            how = f'"{_MEASURES[measure]}"'
            if measure == "sum" and _gaps(schema, name):
                how = "lambda values: values.sum(min_count=1)"
            pairs.append((f"{name}_{measure}", f"({literal(name)}, {how})"))
    grouped = f"{table}.groupby({by}, sort=False, dropna=False)"
    code = f"{new} = {grouped}.agg({keywords(pairs)}).reset_index()"
    notes = ("Medians of groups are exact here, and approximate in TensorRag.",)
    return Script(code, {"dataset": new}, notes=notes if card.median else ())


def _gaps(schema: TableSchema, name: str) -> bool:
    column = schema.column(name)
    return column is None or column.missing != 0


def assert_table(card: AssertTable, given: Given) -> Script:
    """Stop with an error unless the table is as expected."""
    table = given.variable("dataset")
    writer = Writer(table_of(given), lambda name: of(table, name))
    least = card.least_rows
    lines = [_assert(f"len({table}) >= {least}", f"There are fewer than {least:,} rows.")]
    for name in card.complete:
        lines.append(_assert(f"{of(table, name)}.notna().all()", f"{name} has gaps."))
    if card.unique:
        said = f"Rows repeat {' and '.join(card.unique)} of another row."
        lines.append(_assert(f"not {table}.duplicated({literal(card.unique)}).any()", said))
    if card.condition.strip():
        holds = writer.holds(card.condition)
        said = f"It does not hold in every row that {card.condition.strip()}."
        lines.append(_assert(holds.code if holds.single else f"({holds.code}).all()", said))
    code = "\n".join(lines)
    return Script(code, {"dataset": table}, tuple(writer.imports), tuple(writer.functions))


def _assert(condition: str, said: str) -> str:
    return f"assert {condition}, {literal(said)}"
