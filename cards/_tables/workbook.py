"""Reads sheets of Excel workbooks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cards._tables.columns import table_of, written
from cards._tables.numerals import nearly_numeric
from cards._tables.sheet_guard import measure
from cards._tables.source import MOST_CELLS, Choices, Reading, Source, refuse_wide
from cards._tables.unpack import open_zip, unzip
from tensorrag import ParameterError
from tensorrag.quoting import quoted

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

MOST_OLD = 64 * 2**20
"""Bytes that a workbook of the old format may have."""
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD = "Workbook".encode("utf-16-le"), "Book".encode("utf-16-le")
_DOCUMENTS = {"word/": "a Word document", "ppt/": "a PowerPoint presentation"}


def read_zip(source: Source, choices: Choices) -> Reading | Source:
    """Read a workbook; of any other archive return the only file in it.

    Raises:
        ParameterError: it is neither; says what it is.
    """
    archive = open_zip(source)
    names = set(archive.namelist())
    if "xl/workbook.bin" in names:
        raise _other(source, "a binary workbook (.xlsb)", "Save it as .xlsx or CSV.")
    if any(name.startswith("xl/") for name in names) and "[Content_Types].xml" in names:
        measure(source, archive)
        return _read(source, choices, "Excel")
    if "content.xml" in names and "mimetype" in names:
        hint = "Open it and save it as .xlsx or CSV."
        raise _other(source, "an OpenDocument file (.ods)", hint)
    for folder, what in _DOCUMENTS.items():
        if any(name.startswith(folder) for name in names):
            raise _other(source, what, "Save its table as .xlsx or CSV.")
    if any(name.endswith("data.pkl") for name in names):
        raise _other(source, "a PyTorch model", "Choose a file with a table in it.")
    return unzip(source, archive)


def read_old(source: Source, choices: Choices) -> Reading:
    """Read a workbook of the format before 2007.

    Raises:
        ParameterError: it is encrypted, damaged, or another kind of document.
    """
    if source.size > MOST_OLD:
        raise _other(source, "a very large .xls workbook", "Save it as .xlsx or CSV.")
    content = source.head(source.size)
    if _ENCRYPTED in content:
        raise ParameterError(
            f"{source.shown} is protected by a password.",
            hint="Open it with the password and save it without one.",
        )
    if not any(name in content for name in _OLD):
        raise _other(source, "an old Office document", "Save its table as .xlsx or CSV.")
    return _read(source, choices, "Excel (.xls)")


def _other(source: Source, what: str, hint: str) -> ParameterError:
    return ParameterError(f"{source.shown} is {what}, which cannot be read here.", hint=hint)


def _read(source: Source, choices: Choices, kind: str) -> Reading:
    import python_calamine as calamine

    source.stream.seek(0)
    try:
        book = calamine.CalamineWorkbook.from_filelike(source.stream)
        sheets = _sheets(book)
        name = _chosen(source, choices, sheets)
        sheet = book.get_sheet_by_name(name)
        reading = _table(source, sheet)
    except calamine.PasswordError as error:
        raise ParameterError(
            f"{source.shown} is protected by a password.",
            hint="Open it with the password and save it without one.",
        ) from error
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        if isinstance(error, ParameterError):
            raise
        said = (
            str(error).strip().splitlines()[0][:120].rstrip(".")
            if str(error).strip()
            else "it breaks off"
        )
        raise ParameterError(
            f"{source.shown} is damaged: {said[:1].lower()}{said[1:]}.",
            hint="Open it in a spreadsheet program and save it again.",
        ) from error
    brief = f"sheet {quoted(name)}"
    details = {"format": kind, "sheet": name, "sheets": sheets, "brief": brief}
    details["read_as"] = f"{kind}: {brief}"
    return replace(reading, details=details)


def _sheets(book: CalamineWorkbook) -> list[str]:
    """Name the sheets with cells; charts and macros are none."""
    import python_calamine as calamine

    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]


def _chosen(source: Source, choices: Choices, sheets: list[str]) -> str:
    if not sheets:
        raise ParameterError(f"{source.shown} has no sheet.", hint="Choose another workbook.")
    if not choices.sheet:
        return sheets[0]
    if choices.sheet in sheets:
        return choices.sheet
    known = ", ".join(quoted(name) for name in sheets[:5])
    raise NoSuchSheet(
        f"{source.shown} has no sheet {quoted(choices.sheet)}.",
        field="sheet",
        hint=f"Choose one of its sheets: {known}.",
        fix=(f"Use {quoted(sheets[0])}", sheets[0]),
        sheets=sheets,
    )


class NoSuchSheet(ParameterError):
    """The sheet that was chosen is not there; carries those that are."""

    def __init__(self, *args: Any, sheets: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheets = sheets


def _table(source: Source, sheet: CalamineSheet) -> Reading:
    if sheet.height * sheet.width > MOST_CELLS:
        raise ParameterError(
            f"{source.shown}: sheet {quoted(sheet.name)} has {sheet.height:,} rows × "
            f"{sheet.width:,} columns.",
            hint="Save it as CSV.",
        )
    refuse_wide(sheet.width, source)
    rows = sheet.to_python(skip_empty_area=True)
    if not rows:
        raise ParameterError(
            f"{source.shown}: sheet {quoted(sheet.name)} is empty.",
            hint="Choose another sheet, or another file.",
        )
    header = [written(_cell(value)) or "" for value in rows[0]]
    cells = [[_cell(value) for value in row] for row in rows[1:]]
    while cells and all(value is None for value in cells[-1]):
        cells.pop()
    table = table_of(header, zip(*cells, strict=True) if cells else ([] for _ in header))
    first = (sheet.start[0] if sheet.start else 0) + 2
    return Reading(table, {}, tuple(nearly_numeric(table, source, first_row=first)), first)


def _cell(value: Any) -> Any:
    if value == "" and isinstance(value, str):
        return None
    return str(value) if isinstance(value, dt.timedelta) else value
