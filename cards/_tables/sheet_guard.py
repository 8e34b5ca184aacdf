"""Measures a workbook before it is read: a sheet may claim a billion cells in a kilobyte.

The reader of sheets makes room for everything between the first and the last cell, and ends the
whole process where there is no such room. So the cells are looked through first, as a stream.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from xml.parsers import expat

from cards._tables.source import MOST_CELLS, MOST_COLUMNS, Source, refuse_inflated
from cards._tables.unpack import inflated
from tensorrag import ParameterError

MOST_TEXT = 2 * 2**30
"""Bytes that all texts of a workbook may have when each cell has its own copy."""
_PLACE = re.compile(r"\$?([A-Za-z]{1,7})\$?([0-9]{1,10})")
_BINARY = (".bin", ".png", ".jpeg", ".jpg", ".gif", ".emf", ".wmf", ".vml", ".tiff", ".svg")


@dataclass
class _Span:
    """The rectangle that the cells of a sheet lie in, and how many hold shared text."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0
    texts: int = 0
    row: int = 0
    column: int = 0

    def add(self, row: int, column: int) -> None:
        self.row, self.column = row, column
        self.top = min(self.top or row, row)
        self.bottom = max(self.bottom, row)
        self.left = min(self.left or column, column)
        self.right = max(self.right, column)

    @property
    def cells(self) -> int:
        return (self.bottom - self.top + 1) * (self.right - self.left + 1) if self.bottom else 0


def measure(source: Source, archive: zipfile.ZipFile) -> None:
    """Look through all parts of a workbook.

    Raises:
        ParameterError: it is damaged or protected, inflates beyond measure, defines XML entities,
            or has a cell far from all others.
    """
    total, texts, longest = 0, 0, 0
    for part in archive.infolist():
        if part.is_dir() or part.filename.lower().endswith(_BINARY):
            continue
        scan = _Scan(source)
        for piece in inflated(source, part):
            total += len(piece)
            refuse_inflated(source, source.size, total)
            scan.feed(piece)
        scan.close()
        _refuse_far_cell(source, scan.span)
        texts += scan.span.texts
        longest = max(longest, scan.longest)
    if texts * longest > MOST_TEXT:
        refuse_inflated(source, 1, texts * longest)


def _refuse_far_cell(source: Source, span: _Span) -> None:
    wide = span.right - span.left + 1 if span.right else 0
    if span.cells <= MOST_CELLS and wide <= MOST_COLUMNS:
        return
    raise ParameterError(
        f"{source.shown}: a sheet spans {span.bottom:,} rows × {span.right:,} columns, up to cell "
        f"{_letters(span.right)}{span.bottom}.",
        hint="Delete what stands far away from the table, or save the sheet as CSV.",
    )


class _Scan:
    """Goes through one part; a part that is no XML holds no cells."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.span = _Span()
        self.longest = 0
        self._length = 0
        self._begun = False
        self._parser: expat.XMLParserType | None = None

    def feed(self, piece: bytes) -> None:
        if not self._begun and piece:
            self._begun = True
            if piece.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t\0")[:1] == b"<":
                self._parser = self._new()
        self._parse(piece, final=False)

    def close(self) -> None:
        self._parse(b"", final=True)

    def _parse(self, piece: bytes, *, final: bool) -> None:
        if self._parser is None:
            return
        try:
            self._parser.Parse(piece, final)
        except expat.ExpatError as error:
            raise ParameterError(
                f"{self._source.shown} is damaged: its XML breaks off or is wrong "
                f"in line {error.lineno}.",
                hint="Open it in a spreadsheet program and save it again.",
            ) from error

    def _new(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._entities
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True
        return parser

    def _entities(self, *declared: object) -> None:
        raise ParameterError(
            f"{self._source.shown} defines XML entities, as no spreadsheet program does.",
            hint="Do not trust it. Save the table as CSV where it comes from.",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self._cell(attributes)
        elif tag == "row":
            self._row(attributes)
        elif tag == "si":
            self._length = 0

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "si":
            self.longest = max(self.longest, self._length)

    def _text(self, text: str) -> None:
        self._length += len(text)

    def _row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r", "")
        self.span.row = int(given) if given.isdecimal() and len(given) < 11 else self.span.row + 1
        self.span.column = 0

    def _cell(self, attributes: dict[str, str]) -> None:
        place = _PLACE.fullmatch(attributes.get("r", ""))
        if attributes.get("t") == "s":
            self.span.texts += 1
        if place is None:
            self.span.add(max(1, self.span.row), self.span.column + 1)
        else:
            self.span.add(int(place[2]), _number(place[1]))


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
