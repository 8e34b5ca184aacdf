"""What readers share: an open file with its name, the choices made for it, and what came out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from typing import IO, TYPE_CHECKING, Any, Literal

from tensorrag import ParameterError
from tensorrag.quoting import named
from tensorrag.types.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

Separator = Literal["auto", "comma", "semicolon", "tab", "pipe"]
Encoding = Literal[
    "auto", "UTF-8", "UTF-16", "Latin-1", "Windows-1252", "Windows-1251", "Shift-JIS", "GB18030"
]
DecimalMark = Literal["auto", "point", "comma"]

HEAD = 64 * 1024
"""Bytes looked at to tell what a file is."""
MOST_COLUMNS = 10_000
"""Columns that a table may have: forms, previews and messages name every one of them."""
MOST_CELLS = 50_000_000
"""Cells that a sheet may span: each is an object of its own before it becomes a column."""
MOST_INFLATED = 4 * 2**30
"""Bytes that a compressed file may hold."""
FREELY_INFLATED = 128 * 2**20
"""Bytes that any compressed file may hold, however small it is itself."""
MOST_RATIO = 250
"""Times that a file may grow beyond that; tables that people have grow less than fifty times."""


@dataclass(frozen=True)
class Source:
    """An open file that can seek, and what it is called."""

    stream: IO[bytes]
    name: str
    version: Callable[[], str] | None = None
    """Says what changes when the content does, where it lies with somebody who knows."""
    tag: str | None = None
    """What whoever it was fetched from calls this content."""

    def head(self, size: int = HEAD) -> bytes:
        """Return its first bytes; the next to read it begins at the start."""
        self.stream.seek(0)
        head = self.stream.read(size)
        self.stream.seek(0)
        return head

    @property
    def native(self) -> Any:
        """What Arrow reads it from: a file on disk is opened once more, by Arrow itself.

        What passes through Python is copied into fresh memory on its way: 0.1 s for 200 MB.
        """
        import pyarrow as pa

        raw = getattr(self.stream, "raw", None)
        if isinstance(raw, FileIO):
            with suppress(OSError):  # Linux has these names; it is the very same file
                return pa.OSFile(f"/proc/self/fd/{raw.fileno()}")
        return self.stream

    @property
    def size(self) -> int:
        """Bytes."""
        size = self.stream.seek(0, 2)
        self.stream.seek(0)
        return size

    @property
    def shown(self) -> str:
        """Its name, as it can stand in a sentence."""
        name = named(self.name) or "The file"
        return name if len(name) <= 100 else f"{name[:60]}…{name[-30:]}"


class Unchanged(Exception):
    """A source is as it was when it was looked at before: nothing of it was fetched."""


@dataclass(frozen=True)
class Choices:
    """What was chosen by hand; the rest is detected."""

    separator: Separator = "auto"
    encoding: Encoding = "auto"
    decimal_mark: DecimalMark = "auto"
    sheet: str = ""


@dataclass(frozen=True)
class Reading:
    """A table as it was read, what was detected on the way, and what looks odd about it."""

    table: pa.Table
    details: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[ParameterError, ...] = ()
    first_row: int = 1
    """What people see beside the first row of values: 2 where line 1 is the header."""
    spool: Spool | None = None
    """What its rows were put together with, where it was read in parts."""


def refuse_inflated(
    source: Source, compressed: int, inflated: int, *, freely: int = FREELY_INFLATED
) -> None:
    """Refuse a file that grows beyond all measure when it is unpacked.

    Args:
        source: for its name.
        compressed: bytes that it, or a part of it, has.
        inflated: bytes that came, or will come, out of them.
        freely: bytes that may come out of a file however small it is.
    """
    bomb = inflated > freely and inflated > MOST_RATIO * max(compressed, 1)
    if bomb or inflated > MOST_INFLATED:
        raise ParameterError(
            f"{source.shown} holds more than {_size(inflated)} in {_size(compressed)}: "
            "no table is that repetitive."
            if bomb
            else f"{source.shown} holds more than {_size(MOST_INFLATED)} when it is unpacked.",
            hint="Unpack it yourself, look at it, and load the table that you need.",
        )


def refuse_wide(columns: int, source: Source) -> None:
    """Refuse a table with more columns than can be shown."""
    if columns > MOST_COLUMNS:
        raise ParameterError(
            f"{source.shown} has {columns:,} columns; {MOST_COLUMNS:,} is the most there may be.",
            hint="Keep the columns that are needed, or swap rows and columns.",
        )


def no_rows(source: Source) -> ParameterError:
    """Say that there is nothing below the header."""
    return ParameterError(
        f"{source.shown} has a header but no rows.", hint="Choose a file with rows in it."
    )


def _size(count: int) -> str:
    for unit, size in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
