"""Decimals that are whole numbers, as programs write them that know no others: 0.0 and 1.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorrag.types.decimals import are_whole, few_values, is_decimal, kind_of_decimals

if TYPE_CHECKING:
    import pyarrow as pa


def with_whole_numbers(table: pa.Table) -> tuple[pa.Table, list[str]]:
    """Have decimals of few values be whole numbers where all of them are.

    Returns:
        The table, and the columns that are so now and have a value in every row.
    """
    import pyarrow as pa

    full = []
    for at, name in enumerate(table.column_names):
        column = table.column(at)
        if is_decimal(column.type) and _is_whole(column):
            table = table.set_column(at, name, _floats(column).cast(pa.int64()))
            full += [] if column.null_count else [name]
    return table, full


def _is_whole(column: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    if kind_of_decimals(column) == "number" or not are_whole(few_values(column) or ()):
        return False
    return not pc.any(pc.is_nan(_floats(column))).as_py()


def _floats(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return column.cast(pa.float64(), safe=False)
