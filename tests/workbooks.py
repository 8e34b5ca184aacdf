"""Excel workbooks for tests, made by hand: what spreadsheet programs never write as well."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]], **parts: str) -> bytes:
    """Make a workbook of rows of numbers and texts.

    Args:
        sheets: rows by the name of their sheet.
        parts: XML of a whole sheet in place of the one made of its rows: ``sheet1="<worksheet…"``.
    """
    names = list(sheets)
    links = "".join(
        f'<Relationship Id="r{at}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(names) + 1)
    )
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{at}" r:id="r{at}"/>'
        for at, name in enumerate(names, 1)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook {_MAIN} xmlns:r="{_LINKS}"><sheets>{listed}</sheets></workbook>'
        ),
    }
    for at, name in enumerate(names, 1):
        files[f"xl/worksheets/sheet{at}.xml"] = parts.get(f"sheet{at}") or sheet(sheets[name])
    return zipped(files)


def sheet(rows: Sequence[Sequence[Any]], *, more: str = "") -> str:
    """Write the XML of a sheet; ``more`` are rows as XML."""
    written = "".join(f"<row>{''.join(_cell(value) for value in row)}</row>" for row in rows)
    return f"<worksheet {_MAIN}><sheetData>{written}{more}</sheetData></worksheet>"


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Pack files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"
