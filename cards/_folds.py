"""Deals out rows to folds: each is held out once while a model learns from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cards._arrow import numbered
from cards._dealing import dealt
from cards._following import times_of
from cards._repeated import numbered_rows
from tensorrag import InputError, ParameterError, Table
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np

FoldsBy = Literal["rows", "group", "time"]
Fold = tuple["np.ndarray", "np.ndarray"]
"""Rows to learn from, and rows that are held out."""


def folds(
    table: Table,
    count: int,
    *,
    by: FoldsBy = "rows",
    column: str | None = None,
    classes: np.ndarray | None = None,
    seed: int = 0,
    together: bool = False,
    gap: int = 0,
    port: str = "train_dataset",
) -> list[Fold]:
    """Deal out the rows of a table.

    Args:
        table: the rows.
        count: of the folds.
        by: mixed rows; whole groups of rows; or times, where later rows are held out from models
            that learnt from earlier ones.
        column: has the groups or the times.
        classes: the class of each row, where there are any: each fold gets its share of each.
        seed: of the mixing.
        together: whether rows that are equal in every column are in one fold, where rows are mixed.
        gap: how many different times before those held out are not learnt from.
        port: the input that the table arrived on, for messages.

    Raises:
        InputError: there are too few rows, groups or times, or a row has no time.
        ParameterError: no column is chosen.
    """
    if table.num_rows < 2 * count:
        raise _too_few(table.num_rows, "row", count, port)
    if by == "rows":
        strata = _strata(classes, count)
        if together:
            return _together(table, count, strata, seed, port)
        return _mixed(table.num_rows, count, strata, seed)
    if not column:
        raise ParameterError(
            f"No {by} column is chosen.",
            field=f"{by}_column",
            hint="Choose the column to make the folds by.",
        )
    if by == "group":
        return _grouped(table, column, count, port)
    return _timed(table, column, count, gap, port)


def _strata(classes: np.ndarray | None, count: int) -> np.ndarray | None:
    """Number the classes; None where there are none, or one is too rare for a share in each."""
    import numpy as np

    if classes is None:
        return None
    codes = np.asarray(np.unique(classes, return_inverse=True)[1])
    return codes if np.bincount(codes).min() >= count else None


def _mixed(rows: int, count: int, strata: np.ndarray | None, seed: int) -> list[Fold]:
    import numpy as np
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = KFold if strata is None else StratifiedKFold
    return list(kind(count, shuffle=True, random_state=seed).split(np.arange(rows), strata))


def _together(
    table: Table, count: int, strata: np.ndarray | None, seed: int, port: str
) -> list[Fold]:
    import numpy as np

    groups = numbered_rows(table)
    part = dealt(groups, np.arange(1, count) * len(groups) / count, seed, strata)
    if len(np.unique(part)) < count:
        raise _too_few(int(groups.max()) + 1, "different row", count, port)
    return [(np.flatnonzero(part != at), np.flatnonzero(part == at)) for at in range(count)]


def _grouped(table: Table, column: str, count: int, port: str) -> list[Fold]:
    from sklearn.model_selection import GroupKFold

    groups = numbered(table.column(column), column)
    different = int(groups.max()) + 1
    if different < count:
        raise _too_few(different, "group", count, port, f" in {named(column)}")
    return list(GroupKFold(count).split(groups, groups=groups))


def _timed(table: Table, column: str, count: int, gap: int, port: str) -> list[Fold]:
    """Hold out one stretch of time after another, each from models that learnt what was before."""
    import numpy as np
    import pyarrow.compute as pc

    times = times_of(table, column, port)
    ranks = np.asarray(pc.rank(times, sort_keys="ascending", tiebreaker="dense")).astype(np.int64)
    stretch = np.searchsorted(np.sort(ranks), ranks) * (count + 1) // len(ranks)
    found = [
        (np.flatnonzero(ranks <= ranks[stretch < at].max() - gap), np.flatnonzero(stretch == at))
        for at in range(1, count + 1)
    ]
    if any(not len(part) for fold in found for part in fold):
        after = f" after a gap of {gap:,}" if gap else ""
        where = f" in {named(column)}"
        raise _too_few(len(np.unique(ranks)), "time", count, port, where, after)
    return found


def _too_few(
    there: int, what: str, count: int, port: str, where: str = "", after: str = ""
) -> InputError:
    are = f"1 {what}{where} is" if there == 1 else f"{there:,} {what}s{where} are"
    return InputError(
        f"{are} too few for {count} folds{after}.",
        port=port,
        hint=f"Ask for fewer folds{' or a smaller gap' if after else ''}, or give it more rows.",
    )
