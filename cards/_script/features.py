"""Writes what makes features of columns: filling, encoding, scaling, and parts of dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._script.formulas import AS_TEXT
from cards._script.shared import NUMPY, columns_of, keywords, of, some_of, table_of
from tensorrag import TableSchema
from tensorrag.plain import JsonObject
from tensorrag.script import Given, Script, literal

if TYPE_CHECKING:
    from cards.dates_to_features import DatesToFeatures
    from cards.encode import Encode
    from cards.impute import Impute
    from cards.scale import Scale

TARGET_MEANS = '''\
def means(values, target, smoothing):
    """Average the target for each value, drawn to the overall average by so many rows of it."""
    told = target[np.isfinite(target)]
    sums = told.groupby(values[told.index]).agg(["sum", "count"])
    found = (sums["sum"] + smoothing * told.mean()) / (sums["count"] + smoothing)
    return found, told.mean()'''
OUT_OF_FOLD = '''\
def out_of_fold(values, target, smoothing, seed, folds=5):
    """Encode each row by the means of the other folds, so that none is told its own target."""
    values, target = values.reset_index(drop=True), target.reset_index(drop=True)
    fold = np.random.default_rng(seed).permutation(len(target)) % folds
    encoded = np.empty(len(target))
    for each in range(folds):
        found, overall = means(values[fold != each], target[fold != each], smoothing)
        encoded[fold == each] = values[fold == each].map(found).fillna(overall)
    return encoded'''


def impute(card: Impute, given: Given) -> Script:
    """Fill gaps with what is learnt from the table at ``fit_on``."""
    table, new = given.variable("dataset"), given.new("filled")
    learnt = given.variable("fit_on") if given.has("fit_on") else table
    names = card.chosen(table_of(given), _fit_on(given)) or []
    names = [column.name for column in columns_of(given) if column.name in set(names)]
    kinds = {column.name: column.kind for column in columns_of(given)}
    gaps = [c.name for c in columns_of(given) if c.name in names and c.missing != 0]
    if not gaps:
        return Script(f"{new} = {table}", {"dataset": new})
    if card.strategy == "constant":
        values = {name: constant(card.value, kinds[name]) for name in gaps}
        return Script(f"{new} = {table}.fillna({literal(values)})", {"dataset": new})
    fills = given.new("fills")
    if card.strategy == "most_frequent":
        code = f"{fills} = {some_of(learnt, gaps)}.mode().iloc[0]\n"
    else:
        code = f"{fills} = {some_of(learnt, gaps)}.{card.strategy}()\n"
        whole = [name for name in gaps if kinds[name] == "integer"]
        if whole == gaps:
            code = code.rstrip() + ".round()\n"
        elif whole:
            code += f"{some_of(fills, whole)} = {some_of(fills, whole)}.round()\n"
    return Script(code + f"{new} = {table}.fillna({fills})", {"dataset": new})


def constant(text: str, kind: str | None) -> float | int | bool | str:
    """Read what is filled in as a column of a kind needs it."""
    value = text.strip()
    if kind == "number":
        return float(value)
    if kind == "integer":
        return int(value)
    if kind == "binary":
        return value.lower() in ("true", "1")
    return value


def scale(card: Scale, given: Given) -> Script:
    """Scale as scikit-learn does, by the middle and spread of the table at ``fit_on``."""
    table, new = given.variable("dataset"), given.new("scaled")
    learnt = given.variable("fit_on") if given.has("fit_on") else table
    names = card.chosen(table_of(given), _fit_on(given)) or []
    kinds = {"standard": "StandardScaler", "min_max": "MinMaxScaler", "robust": "RobustScaler"}
    kind, scaler, columns = kinds[card.method], given.new("scaler"), given.new("columns")
    if not names:
        return Script(f"{new} = {table}", {"dataset": new})
    code = (
        f"{columns} = {literal(names)}\n"
        f"{scaler} = {kind}().fit({learnt}[{columns}].astype(float))\n"
        f"{new} = {table}.copy()\n"
        f"{new}[{columns}] = {scaler}.transform({table}[{columns}].astype(float))"
    )
    return Script(code, {"dataset": new}, (f"from sklearn.preprocessing import {kind}",))


def encode(card: Encode, given: Given) -> Script:
    """Put numbers in the place of categories."""
    table = given.variable("dataset")
    learnt = given.variable("fit_on") if given.has("fit_on") else table
    names = card.chosen(table_of(given), _fit_on(given)) or []
    writing = _Encoding(card, given, table, learnt, names)
    if not names:
        new = given.new("encoded")
        return Script(f"{new} = {table}", {"dataset": new})
    if card.method == "one_hot":
        return writing.one_hot()
    return writing.ordinal() if card.method == "ordinal" else writing.by_target()


class _Encoding:
    def __init__(
        self, card: Encode, given: Given, table: str, learnt: str, names: list[str]
    ) -> None:
        self.card, self.given, self.table, self.learnt = card, given, table, learnt
        self.names, self.new = names, given.new("encoded")
        self.kinds = {column.name: column.kind for column in columns_of(given)}
        self.functions: dict[str, None] = {}

    def one_hot(self) -> Script:
        """Put the new columns in the place of the old one: some models see their order."""
        values, columns = self.given.new("values"), self.given.new("columns")
        words = all(self.kinds[name] in ("category", "text") for name in self.names)
        if words:
            known, here = f"{self.learnt}[name]", f"{self.table}[name]"
        else:
            known, here = f"as_text({self.learnt}[name])", f"as_text({self.table}[name])"
            self.functions[AS_TEXT] = None
        code = (
            f"{values} = {{\n"
            f"    name: sorted({known}.dropna().unique())\n"
            f"    for name in {literal(self.names, 16)}\n"
            f"}}\n"
            f"{columns} = {{}}\n"
            f"for name in {self.table}.columns:\n"
            f"    if name not in {values}:\n"
            f"        {columns}[name] = {self.table}[name]\n"
            f"    for value in {values}.get(name, ()):\n"
            f'        {columns}[f"{{name}}_{{value}}"] = ({here} == value).astype(int)\n'
            f"{self.new} = pd.DataFrame({columns})"
        )
        return self._script(code)

    def ordinal(self) -> Script:
        """Number the values in their order."""
        pairs = []
        for name in self.names:
            if self.card.order:
                places = literal({value: at for at, value in enumerate(self.card.order)})
            else:
                known = f"sorted({self._text(self.learnt, name)}.dropna().unique())"
                places = f"{{value: at for at, value in enumerate({known})}}"
            pairs.append((name, f"{self._text(self.table, name)}.map({places})"))
        return self._script(f"{self.new} = {self.table}.assign({keywords(pairs)})")

    def by_target(self) -> Script:
        """Put averages of the target in the place of the values."""
        goal = f"{of(self.learnt, str(self.card.target_column))}.astype(float)"
        self.functions[TARGET_MEANS] = None
        smoothing = literal(self.card.smoothing)
        if not self.given.has("fit_on"):
            self.functions[OUT_OF_FOLD] = None
            more = f"{goal}, {smoothing}, {self.card.seed}"
            pairs = [
                (name, f"out_of_fold({self._text(self.table, name)}, {more})")
                for name in self.names
            ]
            return self._script(f"{self.new} = {self.table}.assign({keywords(pairs)})")
        code, found, overall = "", self.given.new("found"), self.given.new("overall")
        code = f"{self.new} = {self.table}.copy()\n"
        for name in self.names:
            known = f"{self._text(self.learnt, name)}.reset_index(drop=True)"
            code += f"{found}, {overall} = means(\n    {known},\n"
            code += f"    {goal}.reset_index(drop=True),\n    {smoothing},\n)\n"
            here = f"{self._text(self.table, name)}.map({found}).fillna({overall})"
            code += f"{of(self.new, name)} = {here}\n"
        return self._script(code)

    def _text(self, table: str, name: str) -> str:
        if self.kinds[name] in ("category", "text"):
            return of(table, name)
        self.functions[AS_TEXT] = None
        return f"as_text({of(table, name)})"

    def _script(self, code: str) -> Script:
        imports = (NUMPY,) if TARGET_MEANS in self.functions else ()
        return Script(code, {"dataset": self.new}, imports, tuple(self.functions))


def impute_again(given: Given, learnt: JsonObject) -> Script:
    """Fill gaps with what was learnt, by column."""
    table, new = given.variable("dataset"), given.new("filled")
    kinds = {column.name: column.kind for column in columns_of(given)}
    fills = [
        f"{literal(name)}: "
        + (f"pd.Timestamp({literal(value)})" if kinds.get(name) == "date" else literal(value))
        for name, value in learnt.items()
    ]
    code = f"{new} = {table}.fillna({{\n{''.join(f'    {each},' + chr(10) for each in fills)}}})"
    return Script(code if fills else f"{new} = {table}", {"dataset": new})


def scale_again(given: Given, learnt: JsonObject) -> Script:
    """Scale by the middle and the spread that were learnt, by column."""
    table, new = given.variable("dataset"), given.new("scaled")
    pairs = [
        (name, f"({of(table, name)} - {literal(middle)}) / {literal(spread)}")
        for name, (middle, spread) in learnt.items()
    ]
    return Script(f"{new} = {table}.assign({keywords(pairs)})", {"dataset": new})


def encode_again(card: Encode, given: Given, learnt: JsonObject) -> Script:
    """Put numbers in the place of categories, by the values or the means that were learnt."""
    table, new = given.variable("dataset"), given.new("encoded")
    if card.method == "one_hot":
        columns, values = given.new("columns"), given.new("values")
        code = (
            f"{values} = {literal(learnt)}\n{columns} = {{}}\nfor name in {table}.columns:\n"
            f"    if name not in {values}:\n"
            f"        {columns}[name] = {table}[name]\n"
            f"    for value in {values}.get(name, ()):\n"
            f"        told = as_text({table}[name]) == value\n"
            f'        {columns}[f"{{name}}_{{value}}"] = told.astype(int)\n'
            f"{new} = pd.DataFrame({columns})"
        )
        return Script(code, {"dataset": new}, (), (AS_TEXT,))
    pairs = []
    for name, known in learnt.items():
        told = f"as_text({of(table, name)})"
        if card.method == "ordinal":
            places = {value: at for at, value in enumerate(known)}
            pairs.append((name, f"{told}.map({literal(places)})"))
        else:
            means, overall = known
            pairs.append((name, f"{told}.map({literal(means)}).fillna({literal(overall)})"))
    code = f"{new} = {table}.assign({keywords(pairs)})"
    return Script(code, {"dataset": new}, (), (AS_TEXT,))


_PARTS = {
    "year": "{}.dt.year",
    "month": "{}.dt.month",
    "day": "{}.dt.day",
    "weekday": "{}.dt.dayofweek + 1",
    "day_of_year": "{}.dt.dayofyear",
    "hour": "{}.dt.hour",
    "days": '({} - pd.Timestamp("1970-01-01")).dt.days',
}


def dates(card: DatesToFeatures, given: Given) -> Script:
    """Put parts of dates in the place of the dates."""
    table, new, at = given.variable("dataset"), given.new("with_dates"), given.new("at")
    names = card.dates(table_of(given)) or []
    code = f"{new} = {table}.copy()\n"
    for name in names:
        column = of(table, name)
        first = " + 1" if card.keep else ""
        code += f"{at} = {new}.columns.get_loc({literal(name)}){first}\n"
        for place, part in enumerate(card.parts()):
            where = f"{at} + {place}" if place else at
            made = _PARTS[part].format(column)
            code += f"{new}.insert({where}, {literal(f'{name}_{part}')}, {made})\n"
    if names and not card.keep:
        code += f"{new} = {new}.drop(columns={literal(names)})"
    return Script(code, {"dataset": new})


def _fit_on(given: Given) -> TableSchema | None:
    return table_of(given, "fit_on") if given.has("fit_on") else None
