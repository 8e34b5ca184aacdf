"""Reads a long text file in parts, since Arrow holds all that it has parsed until the end.

Of 590 MB it held a gigabyte, for a table of 230 MB; in parts that are put into a
file it is 220 MB.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from cards._tables.source import Source
from tensorrag.types.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

PART = 8 * 1024 * 1024
"""Bytes of a part for each of Arrow's threads, up to the end of the last line."""
LONGEST_LINE = 2**20
"""Bytes that a line may have."""
_LINE_END = re.compile(rb"[\r\n]")


class Read(Protocol):
    """Reads a text."""

    def __call__(
        self, text: Any, names: Sequence[str] | None, types: Mapping[str, Any], *, quoted: bool
    ) -> pa.Table:
        """Return its rows.

        Args:
            text: a file, from where it stands.
            names: of the columns, where the text has no header.
            types: of the columns, as far as they are known.
            quoted: whether values may be in quotes, and have lines of their own.
        """


def in_parts(source: Source, read: Read, spool: Spool) -> pa.Table | None:
    """Read a file of which each line is a row, as `read` would read it whole.

    Args:
        source: the file.
        read: reads a part of it.
        spool: what to put the parts together with.

    Returns:
        None for a short file, one with quotes from the start or endless lines, and where a part
        does not fit to those before it: a column of whole numbers that has a text by and by, or a
        mistake. Then only all of it tells what it is.
    """
    import pyarrow as pa

    ends = _ends(source)
    if len(ends) < 2:
        return None
    try:
        return spool.joined(_parts(source, ends, read))
    except (pa.ArrowException, OSError):
        return None


def end_of_first_line(text: bytes | bytearray) -> int:
    """Return where the first line ends: some files have a carriage return alone there."""
    found = _LINE_END.search(text)
    return found.start() if found else len(text)


def _parts(source: Source, ends: Sequence[int], read: Read) -> Iterator[pa.Table]:
    """Read one part after another; what the first values of a column told is its type.

    From the first quote on lines are no rows for sure: all the rest is one part.
    """
    import pyarrow as pa
    import pyarrow.types as at

    names: list[str] | None = None
    types: dict[str, pa.DataType] = {}
    for start, text, size in _texts(source.stream, ends):
        if names and text.startswith(BOM_UTF8):
            raise pa.ArrowInvalid("It would be left out, as that before the whole file is.")
        if text.find(b'"', 0 if names else end_of_first_line(text), size) >= 0:
            if not names:
                raise pa.ArrowInvalid("No line is a row for sure.")
            yield read(_rest(source, start), names, types, quoted=True)
            return
        part = read(pa.BufferReader(memoryview(text)[:size]), names, types, quoted=False)
        names = names or part.column_names
        if len(set(names)) < len(names):
            raise pa.ArrowInvalid("Columns of one name have no types by name.")
        types |= {one.name: one.type for one in part.schema if not at.is_null(one.type)}
        yield part


def _texts(stream: Any, ends: Sequence[int]) -> Iterator[tuple[int, bytearray, int]]:
    """Yield where each part begins, and it, at the start of so many bytes of the very same room.

    Fresh memory for each would cost a tenth of the time that it takes to read the numbers.
    """
    bounds = list(pairwise((0, *ends)))
    room = bytearray(max(end - start for start, end in bounds))
    for start, end in bounds:
        stream.seek(start)
        yield start, room, stream.readinto(memoryview(room)[: end - start])


def _rest(source: Source, start: int) -> Any:
    """Return the file, where this part begins."""
    file = source.native
    file.seek(start)
    return file


def _ends(source: Source) -> list[int]:
    """Return where the parts end, each after a line; none where a line does not end soon."""
    import pyarrow as pa

    size, ends, part = source.size, [0], PART * pa.cpu_count()
    while ends[-1] < size:
        source.stream.seek(min(size, ends[-1] + part))
        if len(source.stream.readline(LONGEST_LINE)) == LONGEST_LINE:
            return []
        ends.append(source.stream.tell())
    source.stream.seek(0)
    return ends[1:]
