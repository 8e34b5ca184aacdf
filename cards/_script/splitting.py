"""Writes how rows are dealt out to train, validation and test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._script.shared import NUMPY, call, columns_of, of
from tensorrag import TableSchema
from tensorrag.script import Given, Script, literal

if TYPE_CHECKING:
    from cards.data_split import DataSplit

DEALT = '''\
def dealt(groups, ends, seed, strata=0):
    """Tell the part of each row: groups are mixed, and go where their middle row falls.

    Where there are strata, which do not cut groups, each part gets its share of each.
    """
    counts = np.bincount(groups)
    stratum = np.zeros(len(counts), dtype=int)
    stratum[groups] = strata - np.min(strata)
    order = np.random.default_rng(seed).permutation(len(counts))
    order = order[np.argsort(stratum[order], kind="stable")]
    middles = np.cumsum(counts[order]) - counts[order] / 2
    rows, own = np.bincount(stratum, weights=counts), stratum[order]
    places = (middles - (np.cumsum(rows) - rows)[own]) * (len(groups) / rows[own])
    part = np.empty(len(counts), dtype=int)
    part[order] = np.searchsorted(ends, places, side="right")
    return part[groups]'''
HELD_BACK = '''\
def held_back(groups, count, seed):
    """Tell which rows are held back: whole groups; of a group that is most of them, all others."""
    part = dealt(groups, [count], seed)
    if part.min() == part.max():
        return groups != np.bincount(groups).argmax()
    return part == 0'''
ALIKE = '''\
def alike(groups, ends, seed, strata):
    """Tell the part of each row: whole groups are dealt out so that parts are filled evenly.

    As StratifiedGroupKFold does, but for parts of any size: the most uneven groups go first.
    """
    counts = pd.crosstab(groups, strata).to_numpy()
    order = np.random.default_rng(seed).permutation(len(counts))
    order = order[np.argsort(-counts[order].std(axis=1), kind="stable")]
    sizes = np.diff([0, *ends, len(groups)])
    parts = np.flatnonzero(sizes)
    wanted = np.outer(sizes[parts] / len(groups), counts.sum(axis=0))
    filled, tried = np.zeros_like(wanted), np.eye(len(parts))[:, :, None]
    part = np.empty(len(counts), dtype=int)
    for group in order:
        spread = ((filled + tried * counts[group]) / wanted).std(axis=1).mean(axis=1)
        best = spread.argmin()
        filled[best] += counts[group]
        part[group] = parts[best]
    return part[groups]'''
TRAIN_TEST = "from sklearn.model_selection import train_test_split"
STRATA = '''\
def in_bins(values):
    """Number the values, or ten bins of them where there are many different numbers."""
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > 20:
        return pd.qcut(values, 10, labels=False, duplicates="drop").fillna(-1)
    return pd.factorize(values)[0]'''


def split(card: DataSplit, given: Given) -> Script:
    """Deal out the same rows as the card: the same seed, drawn from in the same order."""
    dealing = _Dealing(card, given)
    if card.split_by == "group":
        return dealing.by_group()
    if card.split_by == "time":
        return dealing.by_time()
    if card.together:
        return dealing.by_equal_rows()
    return dealing.stratified() if card.stratify_by else dealing.in_order()


def equal_rows(table: str) -> str:
    """Write a number for each row of a table, the same of rows that are equal in every column."""
    alike = f"{table}.groupby(list({table}.columns), dropna=False, sort=False)"
    return f"{alike}.ngroup().to_numpy()"


def grouped(table: str, column: str) -> str:
    """Write a number for each row of a table, the same of rows that have the same in a column."""
    return f"pd.factorize({of(table, column)}, use_na_sentinel=False)[0]"


class _Dealing:
    def __init__(self, card: DataSplit, given: Given) -> None:
        self.card, self.given = card, given
        self.table = given.variable("dataset")
        self.seed = f"np.random.default_rng({card.seed})"
        self.parts = {"train_dataset": given.new("train")}
        if card.validation_ratio or "validation_dataset" in given.wanted:
            self.parts["validation_dataset"] = given.new("validation")
        self.parts["test_dataset"] = given.new("test")

    def in_order(self) -> Script:
        order = self.given.new("order")
        rows = f"len({self.table})"
        numbers = f"{self.seed}.permutation({rows})" if self.card.shuffle else f"np.arange({rows})"
        sizes, ends = self._ends()
        return self._script(f"{order} = {numbers}\n{sizes}{self._cut(order, ends)}")

    def by_time(self) -> Script:
        """Cut the rows in the order of their times, never between equal ones."""
        times, order = self.given.new("times"), self.given.new("order")
        sizes, ends = self._ends()
        late = [self.given.new("end") for _ in ends]
        code = f"{times} = {of(self.table, str(self.card.time_column))}.to_numpy()\n"
        code += f'{order} = np.argsort({times}, kind="stable")\n'
        code += f"{times} = {times}[{order}]\n{sizes}"
        for name, end in zip(late, ends, strict=True):  # rows of one time stay together
            code += f'{name} = np.searchsorted({times}, {times}[{end} - 1], side="right")\n'
        if not self.card.gap:
            return self._script(code + self._cut(order, late))
        stops = list(late)
        for at, (begin, end) in enumerate(zip(["", *late], late, strict=False)):
            last = at == len(late) - 1 and not self._has_test()
            if last or (at and ends[at] == ends[at - 1]):
                continue  # nothing follows, or it is empty
            stops[at] = self.given.new("stop")
            known = f"np.unique({times}[{begin}:{end}])[-{self.card.gap}]"
            code += f"{stops[at]} = np.searchsorted({times}, {known})\n"
        return self._script(code + self._cut(order, late, stops))

    def by_group(self) -> Script:
        """Deal out whole groups."""
        return self._groups(grouped(self.table, str(self.card.group_column)), "alike", ALIKE)

    def by_equal_rows(self) -> Script:
        """Deal out rows that are equal in every column as one group."""
        return self._groups(equal_rows(self.table), "dealt", DEALT)

    def _groups(self, numbered: str, stratified: str, function: str) -> Script:
        """Deal out groups; where parts are to be alike, by a function that sees to that."""
        new, (sizes, ends) = self.given.new, self._ends()
        groups, part = new("groups"), new("part")
        name, code, more = "dealt", f"{groups} = {numbered}\n", ""
        functions: tuple[str, ...] = (DEALT,)
        if self.card.stratify_by:
            strata, (made, needed) = new("strata"), self._strata()
            name, functions = stratified, (*needed, function)
            code, more = f"{code}{strata} = {made}\n", f", {strata}"
        told = f"{groups}, [{', '.join(ends)}], {self.card.seed}{more}"
        code += f"{sizes}{part} = {name}({told})"
        last = len(self.parts) - 1
        for at, variable in enumerate(self.parts.values()):
            code += f"\n{variable} = {self.table}[{part} == {at if at < last else len(ends)}]"
        return self._script(code, functions=functions)

    def _strata(self) -> tuple[str, tuple[str, ...]]:
        """Write a number for each row, and the functions that this takes."""
        by = str(self.card.stratify_by)
        kinds = {column.name: column.kind for column in columns_of(self.given)}
        if kinds.get(by) in ("category", "text", "binary"):
            return f"pd.factorize({of(self.table, by)})[0]", ()
        return f"np.asarray(in_bins({of(self.table, by)}))", (STRATA,)

    def stratified(self) -> Script:
        """Split off the test rows first, then the validation rows, as scikit-learn does it."""
        strata, rows = self.given.new("strata"), self.given.new("rows")
        numbered, functions = self._strata()
        train, validation = self._sizes()
        rest = f"len({self.table}) - {train}" + (f" - {validation}" if validation else "")
        if len(self.parts) == 2 and self._has_test():
            arguments = [self.table, f"test_size={rest}", f"stratify={strata}"]
            made = call("train_test_split", [*arguments, f"random_state={self.card.seed}"])
            code = f"{strata} = {numbered}\n{', '.join(self.parts.values())} = {made}"
            return self._script(code, TRAIN_TEST, functions=functions)
        code = f"{strata} = {numbered}\n{rows} = np.arange(len({self.table}))\n"
        lots = [("test_dataset", rest)] if self._has_test() else []
        lots += [("validation_dataset", validation)] if validation else []
        drawn = {"train_dataset": rows}
        for port, size in lots:
            drawn[port] = self.given.new(f"{self.parts[port]}_rows")
            arguments = [rows, f"test_size={size}", f"stratify={strata}[{rows}]"]
            made = call("train_test_split", [*arguments, f"random_state={self.card.seed}"])
            code += f"{rows}, {drawn[port]} = {made}\n"
        for port, name in self.parts.items():
            chosen = drawn.get(port)
            code += f"{name} = {self.table}.iloc[{chosen or ':0'}]\n"
        return self._script(code, TRAIN_TEST, functions=functions)

    def _has_test(self) -> bool:
        """Whether there are test rows: rounding may leave some where none were asked for."""
        schema = self.given.outputs.get("test_dataset")
        rows = schema.rows if isinstance(schema, TableSchema) else None
        return self.card.test_ratio > 0 if rows is None else rows > 0

    def _sizes(self) -> tuple[str, str]:
        rows, validation = f"len({self.table})", self.card.validation_ratio
        train = f"int({literal(self.card.train_ratio)} * {rows} + 1e-6)"
        return train, f"int({literal(validation)} * {rows} + 1e-6)" if validation else ""

    def _ends(self) -> tuple[str, list[str]]:
        """Write where the train rows end, and where the validation rows do."""
        train, validation = self._sizes()
        end = self.given.new("train_end")
        if not validation:
            ends = [end, end] if "validation_dataset" in self.parts else [end]
            return f"{end} = {train}\n", ends
        last = self.given.new("validation_end")
        return f"{end} = {train}\n{last} = {end} + {validation}\n", [end, last]

    def _cut(self, order: str, ends: list[str], stops: list[str] | None = None) -> str:
        begins, stops = ["", *ends], [*(stops or ends), ""]
        names = list(self.parts.values())
        return "\n".join(
            f"{name} = {self.table}.iloc[{order}[{begins[at]}:{stops[at]}]]"
            for at, name in enumerate(names)
        )

    def _script(self, code: str, *imports: str, functions: tuple[str, ...] = ()) -> Script:
        return Script(code, self.parts, (NUMPY, *imports), functions)
