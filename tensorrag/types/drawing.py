"""Rows drawn from a long column, evenly: enough for a picture, and never more than a million."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pyarrow as pa

MOST_DRAWN = 1_000_000
"""Rows up to which all are looked at; of more rows as many are drawn."""
MOST_TINY = 100_000
"""The same for pictures of six bars that are as high as a letter."""
_SEED = 20_260_101


def drawn(rows: int, most: int = MOST_DRAWN) -> np.ndarray | None:
    """Return the places of the rows to look at, in order; None where that is all of them.

    One row comes from each of as many equal stretches, by chance within it: rows that are evenly
    spaced would meet the same hour of each day. The seed is fixed, so the draw is the same again.
    """
    if rows <= most:
        return None
    import numpy as np

    places = np.random.default_rng(_SEED).random(most)
    places += np.arange(most)
    places *= rows / most
    return np.minimum(places.astype(np.int64), rows - 1)


def pick(
    column: pa.ChunkedArray, places: np.ndarray | None, release: Callable[[], object] = lambda: None
) -> pa.ChunkedArray:
    """Return the rows at these places, all for None; ``release`` is called after every chunk.

    It goes chunk by chunk: texts of a whole column may be more than one Arrow array can hold.
    """
    if places is None:
        return column
    import numpy as np
    import pyarrow as pa

    picked, start = [], 0
    for chunk in column.chunks:
        first, end = np.searchsorted(places, [start, start + len(chunk)])
        picked.append(chunk.take(pa.array(places[first:end] - start)))
        start += len(chunk)
        release()
    return pa.chunked_array(picked, type=column.type)
