"""Times with an offset such as +01:00: times in UTC, unless some of a column have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._tables.source import Source
from cards._tables.texts import texts
from tensorrag import ParameterError
from tensorrag.quoting import quoted

if TYPE_CHECKING:
    import pyarrow as pa

_TIME = r"^\s*\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
_OFFSET = r"(Z|[+-]\d{2}(:?\d{2})?)\s*$"


def times_in_utc(table: pa.Table) -> pa.Table:
    """Have the moments of a table be times in UTC, as all other times without a zone of their own.

    Args:
        table: as it was read; times with an offset have the zone UTC.
    """
    import pyarrow.compute as pc
    import pyarrow.types as at

    for index, field in enumerate(table.schema):
        if at.is_timestamp(field.type) and field.type.tz is not None:
            times = pc.local_timestamp(table.column(index))
            table = table.set_column(index, field.name, times)
    return table


def partly_offset(table: pa.Table, source: Source, *, first_row: int = 2) -> list[ParameterError]:
    """Name, for each column of times of which only some have an offset, the first without.

    Args:
        table: as it was read.
        source: where from.
        first_row: what people see beside the first row of values: 2 where line 1 is the header.
    """
    return [
        _warning(source, name, row + first_row, str(column[row].as_py()))
        for name, column in texts(table)
        if (row := _first_without(column)) is not None
    ]


def _first_without(column: pa.ChunkedArray) -> int | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    known = column.drop_null()
    if not len(known) or not pc.match_substring_regex(known.slice(0, 1), _TIME)[0].as_py():
        return None
    if not pc.all(pc.match_substring_regex(known, f"{_TIME}({_OFFSET}|$)")).as_py():
        return None
    offset = pc.match_substring_regex(column, _OFFSET)
    row: int = pc.index(offset, pa.scalar(False)).as_py()
    return row if row >= 0 and pc.any(offset).as_py() else None


def _warning(source: Source, name: str, row: int, value: str) -> ParameterError:
    return ParameterError(
        f"{source.shown}: column {quoted(name)} is text because some of its times have an offset "
        f"from UTC and {quoted(value)} in row {row:,} of the file has none.",
        hint="Write the offset behind each of them, or behind none.",
    )
