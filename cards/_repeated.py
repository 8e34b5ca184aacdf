"""Rows that are equal to others in every column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorrag import Table
from tensorrag.types.drawing import drawn, pick

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def repeated_rows(table: Table) -> int:
    """Count the rows that are equal to an earlier one in every column; of the rows drawn."""
    import numpy as np

    hashes = _row_hashes(table, drawn(table.num_rows))
    return len(hashes) - len(np.unique(hashes))


def numbered_rows(table: Table) -> np.ndarray:
    """Number the rows as they first come; those equal in every column have one number."""
    import numpy as np

    _, first, same = np.unique(_row_hashes(table, None), return_index=True, return_inverse=True)
    places = np.empty(len(first), dtype=np.int64)
    places[np.argsort(first)] = np.arange(len(first))
    return places[same]


def rows_again(parts: list[Table]) -> list[int]:
    """Count in each part of a table the rows that are equal to one of the first part.

    Args:
        parts: of the same columns; of the first, the count is 0.
    """
    import numpy as np
    import pyarrow as pa

    whole = Table(pa.concat_tables([part.arrow for part in parts]), like=parts[0])
    first, *others = np.split(
        _row_hashes(whole, None), np.cumsum([part.num_rows for part in parts])[:-1]
    )
    return [0, *(int(np.isin(other, first).sum()) for other in others)]


def _row_hashes(table: Table, places: np.ndarray | None) -> np.ndarray:
    """Return a number for each row, made of its values."""
    import numpy as np

    found = np.zeros(table.num_rows if places is None else len(places), dtype=np.uint64)
    for column in table.columns:
        own = _hashes(pick(table.column(column.name), places, table.release))
        found = found * np.uint64(6364136223846793005) + own + np.uint64(1442695040888963407)
        found ^= found >> np.uint64(29)
    return found


def _hashes(column: pa.ChunkedArray) -> np.ndarray:
    import pandas as pd
    import pyarrow.types as at

    values = column.to_pandas()
    if at.is_nested(column.type):
        values = values.map(str)
    found: np.ndarray = pd.util.hash_pandas_object(values, index=False).to_numpy()
    return found
