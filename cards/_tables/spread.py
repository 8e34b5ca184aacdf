"""Texts and categories that are stored once and meant often: how much, and a place for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._tables.source import Source, refuse_inflated

if TYPE_CHECKING:
    import pyarrow as pa

FREELY = 2**30
"""Bytes that a file may hold, however small: columns of one value take next to no room."""


def width_of(kind: pa.DataType) -> int:
    """Bytes of a value in memory, at least."""
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return 4


def is_text_or_bytes(kind: pa.DataType) -> bool:
    """Whether values of this type have lengths of their own."""
    import pyarrow.types as at

    tests = (at.is_string, at.is_large_string, at.is_binary, at.is_large_binary)
    return _is_view(kind) or any(is_one(kind) for is_one in tests)


def meant_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of values, also of those that are stored once each."""
    import pyarrow.types as at

    return kind.value_type if at.is_dictionary(kind) else kind


def _is_view(kind: pa.DataType) -> bool:
    """Whether texts of this type lie elsewhere, as Polars writes them: most of Arrow takes none."""
    import pyarrow.types as at

    return bool(at.is_string_view(kind) or at.is_binary_view(kind))


def of_its_own(kind: pa.DataType) -> pa.DataType:
    """Return the type of the same texts, of which each has a place of its own."""
    import pyarrow as pa

    if not _is_view(kind):
        return kind
    return pa.string() if pa.types.is_string_view(kind) else pa.binary()


def without_views(table: pa.Table, source: Source) -> pa.Table:
    """Give each text a place of its own, after they were counted: many may be one and the same."""
    views = [field.name for field in table.schema if _is_view(field.type)]
    total = sum(_viewed(chunk) for name in views for chunk in table[name].chunks)
    refuse_inflated(source, source.size, total, freely=FREELY)
    for name in views:
        column = table[name].cast(of_its_own(table[name].type))
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def without_codes(table: pa.Table, source: Source) -> pa.Table:
    """Give each value a place of its own that is stored once and meant often, as categories are."""
    import pyarrow.types as at

    for place, field in enumerate(table.schema):
        kind, column = meant_type(field.type), table.column(place)
        if kind == field.type or at.is_nested(kind) or _is_view(kind):
            continue
        meant = expanded(column) if is_text_or_bytes(kind) else len(column) * width_of(kind)
        refuse_inflated(source, source.size, meant, freely=FREELY)
        table = table.set_column(place, field.name, column.cast(kind))
    return table


def _viewed(texts: pa.Array) -> int:
    """Count the bytes of texts: the first four of the sixteen of a view say how many it has."""
    import numpy as np

    lengths = np.frombuffer(texts.buffers()[1], np.int32)[::4]
    return int(lengths[texts.offset : texts.offset + len(texts)].sum(dtype=np.int64))


def expanded(column: pa.ChunkedArray) -> int:
    """Count the bytes of a column whose values are stored once each."""
    import pyarrow.compute as pc

    total = 0
    for chunk in column.chunks:
        counted = pc.value_counts(chunk.indices)
        lengths = pc.binary_length(chunk.dictionary).take(counted.field("values"))
        sizes = pc.multiply(lengths.cast("int64"), counted.field("counts"))
        total += pc.sum(sizes).as_py() or 0
    return total
