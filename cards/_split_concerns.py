"""What a split should not do to rows: mix their times, cut between them, part equal ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from tensorrag import CardError, InputError, ParameterError, TableSchema
from tensorrag.quoting import named
from tensorrag.recipe import dates_behind
from tensorrag.types import Dealt, Seen

BY_CHANCE = 100
"""So many times as many rows there must be that differ in some value as there are rows: of fewer,
some are equal by chance."""

WORTH_IT = 0.01
"""Share of repeated rows from which on it is said before a run."""


_TOGETHER = ("Keep equal rows together", True)


@dataclass(frozen=True)
class Dealing:
    """How a card deals out rows to learn from, and rows to be measured on."""

    by: str
    """Rows, group or time."""
    time: str | None
    gap: int
    together: bool
    field: str = "split_by"
    """What it calls the setting of `by`."""
    mixed: bool = True
    """Whether single rows are mixed first."""
    stratified: bool = False
    port: str = "dataset"
    """The input that they arrive on."""
    target: str | None = None
    """What is predicted, or in equal shares in all parts: it names no groups."""


def concerns(dealing: Dealing, table: TableSchema) -> Iterator[CardError]:
    """Warn of a model that would be measured on what it has learnt from, or before.

    Args:
        dealing: how the rows are dealt out.
        table: what is known of them.
    """
    before = _before(table)
    if dealing.by == "rows" and before is not None and before.by == "group":
        yield _otherwise(dealing, table, before)
    if dealing.by == "rows" and dealing.mixed:
        yield from _mixed(dealing, table, before)
        yield from _of_one_group(dealing, table, before)
        yield from _equal_rows(dealing, table)
    elif dealing.by != "group":
        yield from _too_close(dealing, table)


def time_column(table: TableSchema) -> str | None:
    """Name the column that tells which rows came before which; None where none is known."""
    said = table.provenance.time
    if said is not None:
        return still_there(table, said)
    dates = [column.name for column in table.columns or () if column.kind == "date"]
    known = (still_there(table, name) for name in dates or dates_behind(table))
    return next(filter(None, known), None)


def still_there(table: TableSchema, name: str) -> str | None:
    """Name a column by what it is called now: of a date, its days may be left."""
    return next((each for each in (name, f"{name}_days") if table.column(each)), None)


def _mixed(dealing: Dealing, table: TableSchema, before: Dealt | None) -> Iterator[CardError]:
    time, past = time_column(table), table.provenance.time
    learns = "a model learns from later rows than some that it is measured on"
    if past is not None:
        yield ParameterError(
            f"Rows have beside them what was before, by {named(past)}; mixed, {learns}.",
            field=dealing.field,
            hint="Split by time; keep a column that tells it, such as the days of a date.",
            fix=(f"Split by {named(time)}", "time") if time else None,
            also={"time_column": time, "gap": table.provenance.ahead - 1},
        )
    elif before is not None and before.by == "time":
        yield _otherwise(dealing, table, before)
    elif time is not None and before is None and not dealing.stratified:
        yield ParameterError(
            f"If {named(time)} says when a row came about, {learns}.",
            field=dealing.field,
            hint="Split by time, if the future is to be predicted.",
            fix=(f"Split by {named(time)}", "time"),
            also={"time_column": time},
        )
    elif time is None and before is None and not dealing.stratified:
        yield from _no_longer_told(dealing, table, learns)


def _no_longer_told(dealing: Dealing, table: TableSchema, learns: str) -> Iterator[CardError]:
    """Warn where nothing but parts of a date are left, which do not tell what came first."""
    for name in dates_behind(table)[:1]:
        yield InputError(
            f"If {named(name)} says when a row came about, {learns}.",
            port=dealing.port,
            hint=f"Have Dates to Features keep the days of {named(name)}, and split by them, if "
            "the future is to be predicted.",
            fix=(f"Keep the days of {named(name)}", {"days": True}),
        )


def _of_one_group(
    dealing: Dealing, table: TableSchema, before: Dealt | None
) -> Iterator[ParameterError]:
    """Warn of rows with one id, such as those of one customer, that may go into both parts.

    Said where the column is called an id and its values repeat, of the first such column alone:
    where ids are few, or most rows have one of their own, they are classes, or number the rows. It
    may be meant so, where only things that are known already are asked about later, so it says
    when it is wrong.
    """
    groups = table.seen.groups if table.seen is not None and before is None else ()
    for name in [each for each in groups if each != dealing.target][:1]:
        yield ParameterError(
            f"Several rows have the same {named(name)}: dealt out one by one, a model is measured "
            "on ids that it has learnt from, which flatters it if others are asked about later.",
            field=dealing.field,
            hint=f"Keep the rows of one {named(name)} together: split by group.",
            fix=(f"Keep rows of one {named(name)} together", "group"),
            also={"group_column": name},
        )


def _before(table: TableSchema) -> Dealt | None:
    """Tell how rows were dealt out; not by a group of which each has one row alone."""
    dealt, unlike = table.provenance.dealt, table.seen.unlike if table.seen is not None else ()
    return None if dealt is not None and dealt.column in unlike else dealt


def _otherwise(dealing: Dealing, table: TableSchema, before: Dealt) -> ParameterError:
    """Warn of single rows that are dealt out where whole groups, or times, were before."""
    column, there = named(before.column), still_there(table, before.column)
    if before.by == "group":
        said = (
            f"Rows of one {column} were kept together when they were split before; dealt out one "
            "by one, a model is measured on groups that it knows."
        )
    else:
        said = (
            f"Rows were split by time before, by {column}; mixed, a model learns from later rows "
            "than some that it is measured on."
        )
    lost = f"Keep {column} up to here, and leave it out of the features instead; then split by it."
    return ParameterError(
        said,
        field=dealing.field,
        hint=f"Split by {before.by} here, too." if there or table.columns is None else lost,
        fix=(f"Split by {named(there)}", before.by) if there else None,
        also={f"{before.by}_column": there},
    )


def _too_close(dealing: Dealing, table: TableSchema) -> Iterator[CardError]:
    """Warn of train rows whose targets are not known yet when the first test rows are predicted."""
    gap = table.provenance.ahead - 1
    by_time = dealing.by == "time"
    if gap <= (dealing.gap if by_time else 0):
        return
    time = dealing.time if by_time else time_column(table)
    fix: tuple[str, object] | None = None
    if by_time:
        fix = (f"Leave {gap:,} time{'s' if gap > 1 else ''} out", gap)
    elif time:
        fix = (f"Split by {named(time)}, with a gap", "time")
    yield ParameterError(
        f"What is predicted lies {gap + 1:,} rows ahead: of the last {gap:,} before the test rows, "
        "nobody knows the outcome yet when these are predicted.",
        field="gap" if by_time else dealing.field,
        hint=f"Split by time, with a gap of {gap:,} between the parts.",
        fix=fix,
        also=None if by_time else {"time_column": time, "gap": gap},
    )


def _equal_rows(dealing: Dealing, table: TableSchema) -> Iterator[CardError]:
    seen, before, copied = table.seen, _before(table), table.provenance.copied
    if dealing.together or (before is not None and before.by == "group"):
        return  # equal ones are of one group, and what becomes of groups is said
    if copied is not None:
        yield ParameterError(
            f"{copied} put rows in more than once: dealt out one by one, a model is measured on "
            "copies of rows that it has learnt from.",
            field="together",
            hint="Keep equal rows together.",
            fix=_TOGETHER,
        )
        return
    if seen is None or not seen.repeats or not _matter(seen, table.rows):
        return
    least = "Up to " if seen.part else "At least " if seen.merged else ""
    yield ParameterError(
        f"{least}{counted(seen.repeats)} equal to an earlier one in every column: if that is the "
        "same case twice, a model is measured on cases that it has learnt from.",
        field="together",
        hint="Keep equal rows together, or split by a group that names the case.",
        fix=_TOGETHER,
    )


def _matter(seen: Seen, rows: int | None) -> bool:
    """Whether so many rows repeat that a metric changes, and not because values are few.

    Of some of the rows that were counted, about their share of those that repeat is expected.
    """
    counted = seen.rows or rows
    if counted is None or seen.repeats is None:
        return False
    share = rows / counted if seen.part and rows is not None else 1.0
    kinds = prod(max(1, count) for count in seen.distinct.values())  # an empty column has none
    return share * seen.repeats >= WORTH_IT * counted and kinds >= BY_CHANCE * counted


def counted(rows: int, where: str = "") -> str:
    """Count rows in words that go before ``equal``."""
    return f"1 row{where} is" if rows == 1 else f"{rows:,} rows{where} are"
