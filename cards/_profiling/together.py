"""How closely columns go together: a number from −1 to 1 for each two of them.

Two columns of numbers: Pearson's correlation. Two categories: Cramér's V. A number and a category:
the correlation ratio η. The latter two have no sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from cards._arrow import plain
from cards._profiling.statistics import Described
from tensorrag import Table, report
from tensorrag.types import NUMERIC

if TYPE_CHECKING:
    import numpy as np

MOST_COLUMNS = 40
"""Columns that are held against one another."""
MOST_ROWS = 100_000
"""Rows of which that is told."""
MOST_VALUES = 50
"""Distinct values that a category may have here."""
_SEED = 20_260_101


@dataclass(frozen=True)
class Together:
    """How closely each two of some columns go together."""

    names: tuple[str, ...]
    values: np.ndarray
    """Names × names; NaN where it cannot be told."""
    rows: int
    """Of how many rows it was told."""
    left_out: int
    """Columns that were not held against others."""


def together(table: Table, found: list[Described]) -> Together:
    """Hold the columns against one another, the first of very many; no ids, texts and dates."""
    import numpy as np

    fit = [each for each in found if _comparable(each)]
    chosen = fit[:MOST_COLUMNS]
    rows = _rows(table)
    columns = [_column(table, each, rows) for each in chosen]
    numeric = [each.found.kind in NUMERIC for each in chosen]
    values = np.eye(len(chosen))
    for one in range(len(chosen)):
        for other in range(one):
            close = _close(columns[one], columns[other], numeric[one], numeric[other])
            values[one, other] = values[other, one] = close
        report(one + 1, len(chosen), "column")
    names = tuple(each.found.name for each in chosen)
    count = table.num_rows if rows is None else len(rows)
    return Together(names, values, count, len(found) - len(chosen))


def _comparable(each: Described) -> bool:
    if each.constant or each.perhaps_id or each.found.missing >= each.rows:
        return False
    if each.found.kind in NUMERIC:
        return each.found.min is not None
    return each.found.kind == "category" and (each.found.distinct or 0) <= MOST_VALUES


def _rows(table: Table) -> np.ndarray | None:
    import numpy as np

    if table.num_rows <= MOST_ROWS:
        return None
    draw = np.random.default_rng(_SEED)
    return np.sort(draw.choice(table.num_rows, MOST_ROWS, replace=False))


def _column(table: Table, each: Described, rows: np.ndarray | None) -> np.ndarray:
    """Return numbers, NaN where there is none; of a category its codes, −1 where there is none."""
    import numpy as np
    import pyarrow as pa

    column = table.column(each.found.name)
    column = column if rows is None else column.take(pa.array(rows))
    table.release()
    if each.found.kind in NUMERIC:
        values: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy()
        return np.where(np.isfinite(values), values, np.nan)
    coded = plain(column, each.found.name).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    codes: np.ndarray = coded.indices.fill_null(-1).to_numpy()
    return codes


def _close(one: np.ndarray, other: np.ndarray, first: bool, second: bool) -> float:
    """Measure, of the rows in which both are there."""
    there = _there(one, first) & _there(other, second)
    one, other = one[there], other[there]
    if len(one) < 2:
        return float("nan")
    if first and second:
        return pearson(one, other)
    if first or second:
        return correlation_ratio(other, one) if first else correlation_ratio(one, other)
    return cramers_v(one, other)


def _there(values: np.ndarray, numeric: bool) -> np.ndarray:
    import numpy as np

    found: np.ndarray = np.isfinite(values) if numeric else values >= 0
    return found


def pearson(one: np.ndarray, other: np.ndarray) -> float:
    """Return Pearson's correlation of two columns of numbers; NaN where one is constant."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        one, other = one - one.mean(), other - other.mean()
        return float((one @ other) / np.sqrt((one @ one) * (other @ other)))


def correlation_ratio(codes: np.ndarray, values: np.ndarray) -> float:
    """Return η: the root of the share of the spread of numbers that is between the groups."""
    import numpy as np

    counts = np.bincount(codes)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        means = np.bincount(codes, weights=values) / counts
        between = np.nansum(counts * (means - values.mean()) ** 2)
        whole = ((values - values.mean()) ** 2).sum()
        return float(np.sqrt(between / whole)) if whole > 0 else float("nan")


def cramers_v(one: np.ndarray, other: np.ndarray) -> float:
    """Return Cramér's V of two categories: 0 where neither tells of the other, 1 where all."""
    import numpy as np

    wide = int(other.max()) + 1
    counts = np.bincount(one * wide + other, minlength=(int(one.max()) + 1) * wide)
    table = counts.reshape(-1, wide).astype(float)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    least = min(table.shape) - 1
    if least < 1:
        return float("nan")
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    square = float(((table - expected) ** 2 / expected).sum())
    return sqrt(square / (table.sum() * least))
