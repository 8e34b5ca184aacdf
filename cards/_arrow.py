"""Small operations on Arrow columns that several cards need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tensorrag import InputError
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def plain(column: pa.ChunkedArray, name: str = "") -> pa.ChunkedArray:
    """Return a column whose values can be compared: out of a dictionary, of some type.

    Raises:
        InputError: its values are lists or have parts.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if pa.types.is_nested(kind):
        raise InputError(
            f"Column {named(name)} holds lists or values with parts, which cannot be compared."
            if name
            else "A column holds lists or values with parts, which cannot be compared.",
            port="dataset",
            hint="Choose other columns.",
        )
    return column.cast(pa.float64()) if pa.types.is_null(kind) else column


def numbered(column: pa.ChunkedArray, name: str = "") -> np.ndarray:
    """Number the different values from 0, as they first come; a missing one is one of them.

    Returns:
        The number of each row's value, int64.

    Raises:
        InputError: they cannot be compared.
    """
    import numpy as np
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(plain(column, name), null_encoding="encode").combine_chunks()
    numbers: np.ndarray = np.asarray(encoded.indices).astype(np.int64)
    return numbers


def is_text(kind: pa.DataType) -> bool:
    """Whether values of this type are text, however long all of it may be."""
    import pyarrow.types as at

    return bool(at.is_string(kind) or at.is_large_string(kind))


def as_floats(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers and flags as float64."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return plain(column).cast(pa.float64(), safe=False)


def as_text(column: pa.ChunkedArray, name: str = "") -> pa.ChunkedArray:
    """Return values as text; flags as ``true`` and ``false``.

    Raises:
        InputError: they cannot be written as text.
    """
    import pyarrow as pa

    try:
        return plain(column, name).cast(pa.string())
    except pa.ArrowException as error:
        raise no_text(name) from error


def no_text(name: str) -> InputError:
    """Say that the values of a column cannot be written as text."""
    return InputError(
        f"Column {named(name)} cannot be written as text." if name else "A column is no text.",
        port="dataset",
        hint="Choose other columns.",
    )


def replaced(table: pa.Table, columns: Mapping[str, pa.ChunkedArray]) -> pa.Table:
    """Put columns in the place of those of the same name."""
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def distinct(column: pa.ChunkedArray, name: str) -> list[str]:
    """Return the distinct values as text, in order, without missing ones."""
    import pyarrow.compute as pc

    return sorted(
        value for value in pc.unique(as_text(column, name)).to_pylist() if value is not None
    )
