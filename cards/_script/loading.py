"""Writes how a table is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from cards._script.shared import of
from sample_data import SAMPLES
from tensorrag import TableSchema
from tensorrag.script import Given, Script, comment, literal

if TYPE_CHECKING:
    from cards.data_load import DataLoad

_SEPARATORS = {"semicolon": ";", "tab": "\t", "pipe": "|"}
_ENCODINGS = {
    "UTF-16": "utf-16",
    "Latin-1": "latin-1",
    "Windows-1252": "cp1252",
    "Windows-1251": "cp1251",
    "Shift-JIS": "shift_jis",
    "GB18030": "gb18030",
}
_PACKED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar")
"""Names of files that pandas unpacks, whatever is in them."""
_ENDINGS = {"Parquet": ".parquet", "Arrow": ".arrow", "CSV": ".csv"}

AS_DATES = '''\
def as_dates(values):
    """Read days and times by ISO 8601, or as they are written with points: day first, in UTC."""
    dates = pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    for form in [f"%d.%m.%{year}{time}" for year in "yY" for time in ["", " %H:%M", " %H:%M:%S"]]:
        left = values[dates.isna() & values.notna()]
        if len(left):
            dates = dates.fillna(pd.to_datetime(left, format=form, errors="coerce"))
    return dates'''


UNMARKED = '''\
def unmarked(values, mark, decimal="."):
    """Read numbers that have a mark between their thousands."""
    text = values.str.replace(mark, "", regex=False).str.replace(decimal, ".", regex=False)
    return pd.to_numeric(text)'''


READ_RECORDS = '''\
def read_records(file, *, texts, lines=False, **how):
    """Read JSON records; texts are whole numbers of which pandas reads none beyond 64 bits."""
    how |= {"sep": "\\x01", "quoting": csv.QUOTE_NONE}  # no JSON has such a separator in a line
    read = pd.read_csv(file, header=None, dtype=str, keep_default_na=False, **how)[0]
    records = map(json.loads, read) if lines else json.loads("\\n".join(read))
    table = pd.DataFrame(records)
    table[texts] = table[texts].map(str, na_action="ignore")
    return table'''


def load(card: DataLoad, given: Given) -> Script:
    """Read the file from the folder beside the script."""
    called, origin = _called(card)
    stem, ending = PurePath(called).stem, "".join(PurePath(called).suffixes[-2:]).lower()
    form = _form(card, given, ending)
    table = given.new(stem or "table")
    file = table + (ending if ending.replace(".", "").isalnum() else _ENDINGS.get(form, ""))
    call, arguments = _reader(given, form, file)
    code = f"{table} = {call}({', '.join([f'DATA / {literal(file)}', *arguments])})"
    above = f"# {comment(origin)}\n" if origin else ""
    functions, imports = _needed(call)
    if marks := given.details.get("marks"):
        code += "".join(_unmarked(table, name, mark, given) for name, mark in marks.items())
        functions = (*functions, UNMARKED)
    if coded := given.details.get("coded"):
        some = f"{table}[{literal(coded)}]"
        code += f"\n{some} = {some}.astype(object).infer_objects()"
    if whole := given.details.get("whole"):
        code += f"\n{table} = {table}.astype(dict.fromkeys({literal(whole)}, int))"
    if form == "CSV" and (dates := _dates(given)):
        code += f"\n{table}[{dates}] = {table}[{dates}].apply(as_dates)"
        functions = (*functions, AS_DATES)
    return Script(above + code, {"dataset": table}, imports, functions, file=file)


def _unmarked(table: str, name: str, mark: str, given: Given) -> str:
    """Write the line that reads a column with marks between thousands."""
    values = of(table, name)
    comma = ', ","' if given.details.get("decimal_mark") == "comma" else ""
    return f"\n{values} = unmarked({values}, {literal(mark)}{comma})"


def _needed(call: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the functions and the imports that a call needs."""
    pandas = "import pandas as pd"
    if call == "read_records":
        return (READ_RECORDS,), ("import csv", "import json", pandas)
    return (), (pandas,)


def _called(card: DataLoad) -> tuple[str, str]:
    """Return the name of the file, and a sentence about where it is from."""
    if card.source == "sample":
        sample = SAMPLES[card.sample_name]
        return sample.path.name, "Synthetic data." if sample.synthetic else ""
    if card.source == "upload":
        return card.upload_name, ""
    places = {"path": card.path, "url": card.url, "bucket": card.bucket}
    where = places[card.source].strip()
    return PurePath(where.partition("?")[0]).name, f"From {where}"


def _form(card: DataLoad, given: Given, ending: str) -> str:
    """Tell what kind of file it is, as it was detected when it was looked at."""
    if card.source == "sample":
        return "Parquet" if ending == ".parquet" else "CSV"
    if "format" not in given.details:
        raise given.unknown("how the file is written")
    return str(given.details["format"])


def _reader(given: Given, form: str, file: str) -> tuple[str, list[str]]:
    packed = given.details.get("packed")
    seems = PurePath(file).suffix in _PACKED
    unpack = [f"compression={literal(packed and str(packed))}"] if packed or seems else []
    if form == "Parquet":
        return "pd.read_parquet", []
    if form == "Arrow":
        return "pd.read_feather", []
    if form.startswith("JSON"):
        lines = ["lines=True"] if "lines" in form.lower() else []
        how = [*lines, *_encoding(given), *unpack]
        if codes := given.details.get("codes"):
            return "read_records", [f"texts={literal(codes)}", *how]
        return "pd.read_json", how
    if form != "CSV":  # a workbook, by the name of its format
        sheet = given.details.get("sheet")
        chosen = [f"sheet_name={literal(str(sheet))}"] if sheet else []
        return "pd.read_excel", [*chosen, 'engine="calamine"']
    return "pd.read_csv", [*_dialect(given), *unpack]


def _dialect(given: Given) -> Iterator[str]:
    separator = _SEPARATORS.get(str(given.details.get("separator")))
    if separator is not None:
        yield f"sep={literal(separator)}"
    yield from _encoding(given)
    if given.details.get("decimal_mark") == "comma":
        yield 'decimal=","'
    if skip := given.details.get("skip"):
        yield f"skiprows={skip}"
    yield from _texts(given)


def _texts(given: Given) -> Iterator[str]:
    """Columns that pandas has to read as text, whatever they look like."""
    if codes := [*given.details.get("codes", ()), *given.details.get("marks", ())]:
        yield f"dtype=dict.fromkeys({literal(codes)}, str)"


def _dates(given: Given) -> str:
    """Write the names of the columns that were read as dates; empty if there is none."""
    schema = given.outputs.get("dataset")
    columns = (schema.columns or ()) if isinstance(schema, TableSchema) else ()
    dates = [column.name for column in columns if column.kind == "date"]
    return literal(dates) if dates else ""


def _encoding(given: Given) -> Iterator[str]:
    encoding = _ENCODINGS.get(str(given.details.get("encoding")))
    if encoding is not None:
        yield f"encoding={literal(encoding)}"
