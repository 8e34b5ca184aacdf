"""Values of a column told from one another: numbered, counted, and of very many, some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

MIXED = 6364136223846793005
"""A factor that spreads numbers over all 64 bits.

Source: Knuth, *The Art of Computer Programming*, volume 2, section 3.3.4.
"""


def codes_of(column: pa.ChunkedArray) -> np.ndarray | None:
    """Number the values of a column as they first come, a missing one too; None of nested ones."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        coded = pc.dictionary_encode(plain(column), null_encoding="encode").combine_chunks()
    except pa.ArrowException:
        return None
    return np.ascontiguousarray(coded.indices)


def distinct(column: pa.ChunkedArray) -> int:
    """Count the different values, missing ones aside; of a column that can be numbered."""
    return int(begins_of(column)[:-1].sum())


def begins_of(column: pa.ChunkedArray) -> np.ndarray:
    """Tell where in the values, put in order, another one begins; and that there is an end."""
    import numpy as np
    import pyarrow.types as at

    found = column.drop_null()  # to number integers would take 200 bytes for each of very many
    as_it_is = at.is_integer(found.type) or not len(found)
    values = np.sort(np.asarray(found if as_it_is else codes_of(found)))
    begins = np.ones(len(values) + 1, dtype=bool)
    begins[1:-1] = values[1:] != values[:-1]
    return begins


def some_of(column: pa.ChunkedArray, share: int) -> pa.ChunkedArray:
    """Return all rows of about one in so many values: the rows of one value stay together.

    Args:
        column: of whole numbers.
        share: 1 is all of them.
    """
    import numpy as np
    import pyarrow as pa

    if share == 1:
        return column
    kept = []
    for chunk in column.chunks:
        values = np.asarray(chunk.drop_null())
        spread = values.astype(np.uint64) * np.uint64(MIXED) >> np.uint64(33)
        kept.append(pa.array(values[spread % np.uint64(share) == 0]))
    return pa.chunked_array(kept, column.type)


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values themselves where a column refers to a list of them."""
    import pyarrow.types as at

    return column.cast(column.type.value_type) if at.is_dictionary(column.type) else column
