"""Tells how a CSV file is written: its encoding, separator and decimal mark."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice

from cards._tables.signature import READ, is_no_text, wide
from cards._tables.source import HEAD, Choices, Encoding, Source
from tensorrag import ParameterError

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
CODECS: dict[Encoding, str] = {
    "UTF-8": "utf-8",
    "UTF-16": "utf-16",
    "Latin-1": "latin-1",
    "Windows-1252": "cp1252",
    "Windows-1251": "cp1251",
    "Shift-JIS": "cp932",
    "GB18030": "gb18030",
}
_NAMES = {codec: name for name, codec in CODECS.items()} | {
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_LINES = 200
"""Lines looked at."""
_SEP = re.compile(r"sep=([,;\t|])")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)\.\d+")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
"""1,234 or 1.234: a fraction to some, a thousand to others."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    codec: str
    mark: str
    """What stands between values."""
    decimal: str
    """``.`` or ``,``."""
    skip: int = 0
    """Lines before the header: Excel's ``sep=;`` is one."""
    sure: bool = False
    """Whether the decimal mark was chosen by hand."""

    @property
    def encoding(self) -> str:
        """What people call the encoding."""
        return encoding_of(self.codec)

    @property
    def separator(self) -> str:
        """What people call the separator."""
        return next(name for name, mark in SEPARATORS.items() if mark == self.mark)


def encoding_of(codec: str) -> str:
    """Return what people call an encoding."""
    return _NAMES.get(codec, codec)


def dialect(source: Source, head: bytes, choices: Choices) -> Dialect:
    """Tell how a file is written, as far as that was not chosen by hand.

    Raises:
        ParameterError: it is no text.
    """
    codec = _codec(source, head) if choices.encoding == "auto" else CODECS[choices.encoding]
    text = head.decode(codec, errors="replace").removeprefix("\ufeff")
    whole = io.StringIO(text, newline=None).readlines()[: _LINES + 1]  # old files end lines with \r
    lines = [line for line in whole if line.strip()]
    if len(lines) > 1 and len(head) >= HEAD:
        lines.pop()  # it may be cut
    told = _SEP.fullmatch(lines[0].strip()) if lines else None
    skip = whole.index(lines.pop(0)) + 1 if told else 0
    chosen = choices.separator
    mark = SEPARATORS.get(chosen) or (told[1] if told else _separator(lines))
    by_hand = {"point": ".", "comma": ","}.get(choices.decimal_mark)
    return Dialect(codec, mark, by_hand or _decimal(lines, mark), skip, by_hand is not None)


def single_bytes(source: Source) -> str:
    """Choose between the encodings in which every byte is a letter.

    Windows has letters where Latin-1 has control characters that nobody writes.
    """
    source.stream.seek(0)
    pieces = iter(lambda: source.stream.read(1 << 20), b"")
    windows = any(re.search(rb"[\x80-\x9f]", piece) for piece in pieces)
    source.stream.seek(0)
    if not windows:
        return "latin-1"
    return "cp1252" if _decodes(source, "cp1252") else "latin-1"


def _decodes(source: Source, codec: str) -> bool:
    pieces = iter(lambda: source.stream.read(1 << 20), b"")
    try:
        for piece in pieces:
            piece.decode(codec)
    except UnicodeDecodeError:
        return False
    finally:
        source.stream.seek(0)
    return True


def _codec(source: Source, head: bytes) -> str:
    """Tell the encoding, or refuse what is no text."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise ParameterError(
            f"{source.shown} is UTF-32 text, which is not read.", hint="Save it again as UTF-8."
        )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    unmarked = wide(head)
    if unmarked is not None:
        return unmarked
    if is_no_text(head):
        where = "it has bytes that no text has" if b"\0" in head else "it is not text"
        raise ParameterError(
            f"{source.shown} is not a table: {where}.",
            hint="If it is text, save it again as UTF-8." if b"\0" in head else READ,
        )
    try:
        head[: head.rfind(b"\n") + 1 or len(head)].decode("utf-8")
    except UnicodeDecodeError:
        return single_bytes(source)
    return "utf-8"


def _separator(lines: list[str]) -> str:
    counts = {mark: _columns_of(lines[:50], mark) for mark in SEPARATORS.values()}
    return max(counts, key=lambda mark: counts[mark])


def _columns_of(lines: list[str], mark: str) -> tuple[bool, int]:
    """Say how well a separator explains the lines: same number of columns, and how many."""
    widths = [len(row) for row in _rows(lines[:-1] or lines, mark)]
    if not widths:
        return False, 0
    return widths[0] > 1 and len(set(widths)) == 1, widths[0]


def _decimal(lines: list[str], mark: str) -> str:
    """Tell the decimal mark from the numbers that can be read in one way only.

    Where all could be thousands as well, a file with semicolons has decimal commas: that is why
    it has semicolons.
    """
    cells = [cell.strip() for row in islice(_rows(lines, mark), 1, None) for cell in row]
    clear = [cell for cell in cells if not _EITHER.fullmatch(cell)]
    commas = sum(_COMMA.fullmatch(cell) is not None for cell in clear)
    points = sum(_POINT.fullmatch(cell) is not None for cell in clear)
    if not commas and not points and mark == ";":
        commas = sum("," in cell for cell in cells if _EITHER.fullmatch(cell))
        points = len(cells) if any("." in c for c in cells if _EITHER.fullmatch(c)) else 0
    return "," if commas > points else "."


def _rows(lines: list[str], mark: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=mark))
    except csv.Error:  # a value of more than 128 KB
        return []
