"""Reads a long text file in parts, since Arrow holds all that it has parsed until the end.

Of 590 MB it held a gigabyte, for a table of 230 MB; in parts it is 170 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cards._tables.source import Source
from tensorrag.types.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

PART = 8 * 1024 * 1024
"""Bytes of a part for each of Arrow's threads, up to the end of the last line."""

Read = Callable[[Any, Sequence[str] | None, Mapping[str, Any]], "pa.Table"]
"""Reads a text, given the names of its columns where it has no header, and their known types."""


def in_parts(source: Source, read: Read, spool: Spool) -> pa.Table | None:
    """Read a file of which each line is a row, as `read` would read it whole.

    Args:
        source: the file.
        read: reads a part of it.
        spool: what to put the parts together with.

    Returns:
        None for a short file, and where a part does not fit to those before it: a column of whole
        numbers that has a text by and by, or a mistake. Then only all of it tells what it is.
    """
    import pyarrow as pa

    ends = _ends(source)
    if len(ends) < 2:
        return None
    try:
        return spool.joined(_parts(source.native, ends, read))
    except (pa.ArrowException, OSError):
        return None


def _parts(file: Any, ends: Sequence[int], read: Read) -> Iterator[pa.Table]:
    """Read one part after another; what the first values of a column told is its type."""
    import pyarrow as pa
    import pyarrow.types as at

    names: list[str] | None = None
    types: dict[str, pa.DataType] = {}
    for start, end in pairwise((0, *ends)):
        file.seek(start)
        part = read(pa.BufferReader(file.read(end - start)), names, types)
        names = names or part.column_names
        if len(set(names)) < len(names):
            raise pa.ArrowInvalid("Columns of one name have no types by name.")
        types |= {one.name: one.type for one in part.schema if not at.is_null(one.type)}
        yield part


def _ends(source: Source) -> list[int]:
    """Return where the parts end, each after a line."""
    import pyarrow as pa

    size, ends, part = source.size, [0], PART * pa.cpu_count()
    while ends[-1] < size:
        source.stream.seek(min(size, ends[-1] + part))
        source.stream.readline()
        ends.append(source.stream.tell())
    source.stream.seek(0)
    return ends[1:]
