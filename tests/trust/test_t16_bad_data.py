"""T16: whatever a file holds, it is read right, or one sentence says what is wrong, where, and what
to do. What could harm the process is told before it is read."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import hashlib
import io
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cards._tables.unpack import CHUNK
from cards.data_load import DataLoad
from cards.data_split import DataSplit
from cards.evaluate import Evaluate
from cards.train import Train
from tensorrag import EstimatorSpec, InputError, ParameterError, Table
from tensorrag.peek import Peek
from tensorrag.sources import Sources, looking_in
from tensorrag.types.looking import with_seen
from tests.servers import Server
from tests.workbooks import sheet, workbook, zipped

FLATS: list[Sequence[object]] = [["rooms", "price"], [3, 1], [4, 2]]
CSV = b"a,b\n" + b"1,2\n" * 1000
SMALL = pa.table(
    {"a": range(1000), "b": np.arange(1000.0), "c": [f"t{i % 7}" for i in range(1000)]}
)


def parquet(table: pa.Table, **how: Any) -> bytes:
    written = io.BytesIO()
    pq.write_table(table, written, **how)
    return written.getvalue()


def arrow(table: pa.Table) -> bytes:
    written = io.BytesIO()
    with pa.ipc.new_file(written, table.schema) as writer:
        writer.write_table(table)
    return written.getvalue()


def cells(more: str) -> bytes:
    """A workbook with more rows, as XML."""
    return workbook({"S": FLATS}, sheet1=sheet(FLATS, more=more))


def repeated(value: object, times: int) -> pa.Array:
    """One value, stored once, meant many times."""
    coded = pa.DictionaryArray.from_arrays(pa.array(np.zeros(times, "int32")), pa.array([value]))
    return coded.cast(pa.float64()) if isinstance(value, float) else coded


def altered() -> bytes:
    """A zip file that is not compressed, with another digit than was packed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    return made.getvalue().replace(b"1,2", b"1,3")


def overlapping() -> bytes:
    """A workbook that lists one part many times: once it is small."""
    made = io.BytesIO(workbook({"S": FLATS}))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more", b"0" * 20_000_000)
        archive.filelist += archive.filelist[-1:] * 8
    return made.getvalue()


def one_text(size: int, times: int) -> bytes:
    """A workbook in which many cells have the same long text, stored once."""
    made = io.BytesIO(cells("<row>" + '<c t="s"><v>0</v></c>' * times + "</row>"))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{'x' * size}</t></si></sst>")
    return made.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        yield tmp_path


def card(folder: Path, content: bytes, name: str = "x.csv", **choices: Any) -> DataLoad:
    digest = hashlib.sha256(content).hexdigest()
    (folder / digest).write_bytes(content)
    chosen = {"source": "upload", "upload": f"sha256:{digest}", "upload_name": name, **choices}
    return DataLoad.model_validate(chosen)


# --- what is no table, damaged, or a trap -------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n...."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
DTD = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
XXE = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
Made = bytes | Callable[[], bytes]

WRONG: list[tuple[str, str, Made, str]] = [
    # empty
    ("nothing", "x.csv", b"", "x.csv is empty."),
    ("only blanks", "x.csv", b" \r\n\t\n", "x.csv is empty."),
    ("only a BOM", "x.csv", b"\xef\xbb\xbf", "x.csv is empty."),
    ("only a header", "x.csv", b"a,b\n", "x.csv has a header but no rows."),
    ("a header without its end", "x.csv", b"a,b", "x.csv has a header but no rows."),
    ("a line called a workbook", "x.xlsx", b"Sorry, try again.\n", "is no Excel workbook"),
    # lines
    ("short line", "x.csv", b"a,b\n1,2\n3\n", "line 3 has 1 value where 2 were expected"),
    ("long line", "x.csv", b"a;b\n1;2\n2;3;4\n", "line 3 has 3 values where 2 were expected"),
    ("late", "x.csv", CSV + b"3\n", "line 1,002 has 1 value where 2 were expected"),
    ("after lines", "x.csv", b'a,b\n1,"x\ny"\n2,3,4\n', "line 4 has 3 values where 2 were"),
    ("a title", "x.csv", b"Report\n\na,b,c\n1,2,3\n", "line 3 has 3 values where 1 was expected"),
    ("after sep=", "x.csv", b"sep=;\na;b\n1;2\n3\n", "line 4 has 1 value where 2 were expected"),
    ("open quote", "x.csv", b'a,b\n1,"2\n' + b"3,4\n" * 9, "a quote opens in line 2 and never"),
    ("open quote, 50 MB", "x.csv", lambda: b'a,b\n1,"' + b"a\n" * 25_000_000, "more than 1 MB"),
    ("one line, 50 MB", "x.csv", lambda: b"a" * 50_000_000, "a line of more than 1 MB"),
    ("one cell, 50 MB", "x.csv", lambda: b"a,b\n1," + b"a" * 50_000_000, "more than 1 MB"),
    # columns
    ("100,000 columns", "x.csv", lambda: wide(","), "x.csv has 100,000 columns; 10,000 is the"),
    ("with semicolons", "x.csv", lambda: wide(";"), "x.csv has 100,000 columns; 10,000 is the"),
    ("in quotes", "x.csv", lambda: wide('","'), "x.csv has 100,000 columns; 10,000 is the"),
    ("only commas", "x.csv", lambda: b"," * 50_000_000, "columns; 10,000 is the most"),
    ("twice", "x.csv", b"a,b,a\n1,2,3\n", 'two columns named "a", the 1st and the 3rd'),
    ("a long name", "x.csv", b"a" * 5000 + b",b\n1,2\n", "the 1st column has 5,000 characters"),
    # other encodings, and none
    ("NUL", "x.csv", b"a,\0\n1,2\n", "x.csv is not a table: it has bytes that no text has."),
    ("NULs", "x.csv", b"\0" * 99_999, "x.csv is not a table: it has bytes that no text has."),
    ("half UTF-16", "x.csv", "a,b\n1,2\n".encode("utf-16")[:-1], "or is no UTF-16 text"),
    ("UTF-32", "x.csv", "a,b\n1,2\n".encode("utf-32"), "x.csv is UTF-32 text"),
    # something else
    ("PNG", "x.csv", PNG, "x.csv is not a table: it is a PNG picture."),
    ("JPEG", "x.csv", b"\xff\xd8\xff\xe0\0\x10JFIF", "it is a JPEG picture"),
    ("PDF", "x.csv", b"%PDF-1.7\n1 0 obj", "it is a PDF document"),
    ("pickle", "x.csv", pickle.dumps({"a": 1}), "a Python pickle, which could run anything"),
    ("old pickle", "x.csv", b"cos\nsystem\n(S'id'\ntR.", "a Python pickle, which could run"),
    ("HTML", "x.csv", b"\n <!DOCTYPE html><html>404", "x.csv is a web page, not a table."),
    ("XML", "x.csv", b"<?xml version='1.0'?><a/>", "x.csv is not a table: it is XML."),
    ("program", "x.csv", b"\x7fELF\2\1\1\0", "it is a program"),
    ("SQLite", "x.csv", b"SQLite format 3\0", "it is an SQLite database"),
    ("HDF5", "x.h5", b"\x89HDF\r\n\x1a\n", "it is an HDF5 file"),
    ("bzip2", "x.csv.bz2", bz2.compress(CSV), "it is compressed with bzip2"),
    ("Word", "x.xlsx", zipped({"word/document.xml": "<a/>"}), "is a Word document"),
    ("OpenDocument", "x.ods", zipped({"mimetype": "", "content.xml": ""}), "an OpenDocument"),
    ("xlsb", "x.xlsb", zipped({"xl/workbook.bin": ""}), "is a binary workbook (.xlsb)"),
    ("PyTorch", "x.pt", zipped({"archive/data.pkl": ""}), "is a PyTorch model"),
    # packed
    ("cut gzip", "x.csv.gz", gzip.compress(CSV)[:-20], "damaged: it cannot be unpacked"),
    ("gzip of a picture", "x.csv.gz", gzip.compress(PNG), "it is a PNG picture"),
    ("gzip of nothing", "x.csv.gz", gzip.compress(b""), "is empty"),
    ("packed twice", "x.csv.gz", gzip.compress(gzip.compress(CSV)), "is packed twice"),
    ("gzip bomb", "x.csv.gz", lambda: gzip.compress(b"0" * 200_000_000), "no table is that rep"),
    ("two in a zip", "x.zip", zipped({"a.csv": "a", "b.csv": "b"}), "holds 2 files"),
    ("nothing in a zip", "x.zip", zipped({}), "holds nothing"),
    ("20,000 in a zip", "x.zip", lambda: zipped(dict.fromkeys(map(str, range(20_000)), "")),
     "is an archive of 20,000 files"),
    ("another digit in a zip", "x.zip", altered(), "cannot be unpacked"),
    ("zip bomb", "x.zip", lambda: zipped({"a.csv": b"0" * 200_000_000}), "no table is that rep"),
    # workbooks
    ("far cell", "x.xlsx", cells('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
     "spans 1,048,576 rows × 16,384 columns, up to cell XFD1048576"),
    ("impossible cell", "x.xlsx", cells('<row r="9"><c r="ZZZZZZZ9999999999"/></row>'),
     "up to cell ZZZZZZZ9999999999"),
    ("cell in row 0", "x.xlsx", cells('<row r="9"><c r="A0"><v>1</v></c></row>'), "is damaged"),
    ("cell that is a path", "x.xlsx", cells('<row r="9"><c r="../x"/></row>'), "is damaged"),
    ("billion laughs", "x.xlsx", workbook({"S": FLATS}, sheet1=DTD + sheet(FLATS)),
     "defines XML entities"),
    ("XXE", "x.xlsx", workbook({"S": FLATS}, sheet1=XXE + sheet(FLATS)), "defines XML entities"),
    ("xlsx bomb", "x.xlsx", lambda: cells(" " * 200_000_000), "no table is that repetitive"),
    ("one part many times", "x.xlsx", overlapping, "no table is that repetitive"),
    ("2.4 GB of one text", "x.xlsx", lambda: one_text(4_000_000, 600), "no table is that rep"),
    ("cut workbook", "x.xlsx", workbook({"S": FLATS})[:-99], "is damaged"),
    ("wrong XML", "x.xlsx", workbook({"S": FLATS}, sheet1="<worksheet><row>"), "is damaged"),
    ("text that is not there", "x.xlsx", cells('<row><c t="s"><v>9</v></c></row>'), "is damaged"),
    ("zeros for a workbook", "x.xlsx", b"\0" * 999, "damaged or is no Excel workbook"),
    ("no sheet", "x.xlsx", workbook({}), "x.xlsx has no sheet."),
    ("empty sheet", "x.xlsx", workbook({"S": []}), 'sheet "S" is empty'),
    ("sheet with a header", "x.xlsx", workbook({"S": [["a", "b"]]}), "a header but no rows"),
    ("protected", "x.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "by a password"),
    ("damaged .xls", "x.xls", OLE + "Workbook".encode("utf-16-le"), "x.xls is damaged"),
    ("old Word", "x.doc", OLE, "is an old Office document"),
    # Parquet and Arrow
    ("cut Parquet", "x.parquet", parquet(SMALL)[:-50], "damaged or is no Parquet file"),
    ("begun Parquet", "x.parquet", b"PAR1 and nothing else", "damaged or is no Parquet file"),
    ("encrypted footer", "x.parquet", b"PARE" + parquet(SMALL)[4:-4] + b"PARE", "no Parquet file"),
    ("zeros", "x.parquet", b"\0" * 999, "damaged or is no Parquet file"),
    ("no rows", "x.parquet", parquet(SMALL.slice(0, 0)), "has a header but no rows"),
    ("20,000 columns", "x.parquet", lambda: parquet(
        pa.table({f"c{i}": [1] for i in range(20_000)})),
     "has 20,000 columns; 10,000 is the most"),
    ("the same name", "x.parquet", parquet(pa.Table.from_arrays([[1], [2]], ["a", "a"])),
     'two columns named "a"'),
    ("1.1 GB of one number", "x.parquet", lambda: parquet(
        pa.table({f"c{i}": repeated(1.5, 4_000_000) for i in range(34)}), compression="zstd"),
     "no table is that repetitive"),
    ("3 GB of one text", "x.parquet", lambda: parquet(
        pa.table({"t": repeated("x" * 1000, 3_000_000)}), store_schema=False),
     "no table is that repetitive"),
    ("cut Arrow", "x.arrow", arrow(SMALL)[:-100], "damaged or is no Arrow file"),
    # JSON
    ("a broken line", "x.jsonl", b'{"a":1}\n{"a":\n', "line 2 is no JSON"),
    ("a line of text", "x.jsonl", b'{"a":1}\n\nhello\n', "line 3 is no JSON"),
    ("no records", "x.json", b"[1,2,3]", 'record 1 is no record such as {"rooms": 3}'),
    ("100,000 levels", "x.jsonl", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
     "line 1 has too many levels"),
    ("levels in a later line", "x.jsonl", b'{"a":1}\n' * 9 + b'{"a":' + b"[" * 100_000 + b"\n",
     "line 10 has too many levels"),
    ("no UTF-8", "x.jsonl", b'{"a":"\xff"}\n', "line 1 is not UTF-8 text"),
    ("half a character", "x.jsonl", b'{"a":"\\ud800"}\n', "line 1 has half a character"),
    ("20,000 keys", "x.jsonl", json.dumps({str(i): i for i in range(20_000)}).encode() + b"\n",
     "has 20,000 columns; 10,000 is the most"),
    ("a key per line", "x.jsonl", b"".join(b'{"k%d":1}\n' % i for i in range(20_000)),
     "has more than 50,000,000 cells"),
]  # fmt: skip


def wide(between: str) -> bytes:
    names = between.join(f"c{number}" for number in range(100_000))
    row = between.join(["1"] * 100_000)
    quote = '"' if '"' in between else ""
    return f"{quote}{names}{quote}\n{quote}{row}{quote}\n".encode()


@pytest.mark.parametrize(
    ("name", "made", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_it_gets_one_sentence(folder: Path, name: str, made: Made, words: str) -> None:
    load = card(folder, made if isinstance(made, bytes) else made(), name)

    for read in (load.peek, load.run):
        with pytest.raises(ParameterError) as caught:
            read()

        said = str(caught.value)
        assert words in said
        assert said.startswith(name.removesuffix(".gz")) or name.endswith(".zip"), "it says where"
        assert "\n" not in said
        assert len(said) < 200
        assert said.endswith(".")
        assert caught.value.hint, "it says what to do"
        assert caught.value.field == "upload"


# --- what reads right ---------------------------------------------------------------------------

RIGHT: list[tuple[str, str, bytes, dict[str, list[Any]]]] = [
    ("BOM", "x.csv", "a,é\n1,2\n".encode("utf-8-sig"), {"a": [1], "é": [2]}),
    ("UTF-16", "x.csv", "a,é\n1,ß\n".encode("utf-16"), {"a": [1], "é": ["ß"]}),
    ("UTF-16 without BOM", "x.csv", "a,b\n1,ß\n2,x\n".encode("utf-16-be"),
     {"a": [1, 2], "b": ["ß", "x"]}),
    ("Latin-1", "x.csv", "a,b\n1,Zürich\n".encode("latin-1"), {"a": [1], "b": ["Zürich"]}),
    ("Windows", "x.csv", "a,b\n1,“€”\n".encode("cp1252"), {"a": [1], "b": ["“€”"]}),
    ("semicolon, comma", "x.csv", b"a;b\n1,5;2\n2,25;3\n", {"a": [1.5, 2.25], "b": [2, 3]}),
    ("tabs", "x.tsv", b"a\tb\n1\tx\n", {"a": [1], "b": ["x"]}),
    ("pipes", "x.txt", b"a|b\n1|x\n", {"a": [1], "b": ["x"]}),
    ("sep=", "x.csv", b"sep=;\na;b\n1;2\n", {"a": [1], "b": [2]}),
    ("thousands", "x.csv", b'a,b\n"1,234,567",1\n"12,000",2\n',
     {"a": [1234567, 12000], "b": [1, 2]}),
    ("with points", "x.csv", b"a;b\n1.234.567,5;1\n8,25;2\n",
     {"a": [1234567.5, 8.25], "b": [1, 2]}),
    ("with spaces", "x.csv", "a;b\n1\u00a0234;1\n12;2\n".encode(), {"a": [1234, 12], "b": [1, 2]}),
    ("inf and nan", "x.csv", b"a,b\ninf,1\n-inf,2\nNA,3\n,4\n2.5,5\n",
     {"a": [float("inf"), float("-inf"), None, None, 2.5], "b": [1, 2, 3, 4, 5]}),
    ("mixed line ends", "x.csv", b"a,b\r\n1,2\n3,4\r5,6\r\n", {"a": [1, 3, 5], "b": [2, 4, 6]}),
    ("old line ends", "x.csv", b"a,b\r1,2\r3,4\r", {"a": [1, 3], "b": [2, 4]}),
    ("blank lines", "x.csv", b"\n\na,b\n\n1,2\n\n3,4\n\n", {"a": [1, 3], "b": [2, 4]}),
    ("no last line end", "x.csv", b"a,b\n1,2", {"a": [1], "b": [2]}),
    ("one column", "x.csv", b"a\n1\n2\n", {"a": [1, 2]}),
    ("one row", "x.csv", b"a,b\n1,2\n", {"a": [1], "b": [2]}),
    ("a column without values", "x.csv", b"a,b\n1,\n2,\n", {"a": [1, 2], "b": [None, None]}),
    ("names as text", "x.csv", '<b>,{{7*7}},"a""b",\u202ex\n1,2,3,4\n'.encode(),
     {"<b>": [1], "{{7*7}}": [2], 'a"b': [3], "\u202ex": [4]}),
    ("no names", "x.csv", b",b,\n1,2,3\n", {"column_1": [1], "b": [2], "column_3": [3]}),
    ("dates", "x.csv", b"a,b\n2024-01-31,31.12.2024\n",
     {"a": [dt.date(2024, 1, 31)], "b": [dt.datetime(2024, 12, 31)]}),
    ("years of two digits", "x.csv", b"a,b\n05.03.24,5.3.24 10:30\n31.12.99,5.3.2024\n",
     {"a": [dt.datetime(2024, 3, 5), dt.datetime(1999, 12, 31)],
      "b": [dt.datetime(2024, 3, 5, 10, 30), dt.datetime(2024, 3, 5)]}),
    ("offsets that differ", "x.csv",
     b"a,b\n2026-03-28T12:00:00+01:00,1\n2026-03-30 12:00:00.5+0200,2\n2026-03-30T12:00Z,3\n",
     {"a": [dt.datetime(2026, 3, 28, 11),
            dt.datetime(2026, 3, 30, 10, 0, 0, 500_000),
            dt.datetime(2026, 3, 30, 12)], "b": [1, 2, 3]}),
    ("vast numbers", "x.csv", b"a,b\n1e23,1\n1,2\n", {"a": [1e23, 1.0], "b": [1, 2]}),
    ("more digits than a number has", "x.csv", b"a,b\n99999999999999999999999,1\n1,2\n",
     {"a": ["99999999999999999999999", "1"], "b": [1, 2]}),
    ("a text that begins as ORC", "x.csv", b"ORC,GIF8\n1,2\n", {"ORC": [1], "GIF8": [2]}),
    ("gzip", "x.csv.gz", gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n"), {"a": [1], "b": [2]}),
    ("zip", "x.zip", zipped({"../../a.csv": "a,b\n1,2\n", "__MACOSX/x": ""}), {"a": [1], "b": [2]}),
    ("workbook", "x.csv", workbook({"S": [["a", "b"], [1, "x"], [2.5, None]]}),
     {"a": [1.0, 2.5], "b": ["x", None]}),
    ("a sheet that claims much", "x.xlsx",
     workbook({"S": FLATS}, sheet1=sheet(FLATS).replace(
         "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')),
     {"rooms": [3, 4], "price": [1, 2]}),
    ("JSON lines", "x.jsonl", b'{"a":1}\n{"a":2.5,"b":"x"}\n', {"a": [1.0, 2.5], "b": [None, "x"]}),
    ("mixed records", "x.jsonl", b'{"a":1}\n{"a":"x"}\n{"a":[1,2]}\n', {"a": ["1", "x", "[1, 2]"]}),
    ("records", "x.json", b'[{"a":1},{"a":NaN}]', {"a": [1, None]}),
    ("no number, and too large ones", "x.jsonl", b'{"a":NaN}\n{"a":1}\n{"a":-Infinity}\n',
     {"a": [None, 1.0, float("-inf")]}),
    ("a number of 5,000 digits", "x.jsonl", b'{"a":' + b"9" * 5000 + b"}\n", {"a": [float("inf")]}),
    ("Parquet", "x.csv", parquet(pa.table({"a": [1, None]})), {"a": [1, None]}),
    ("Arrow", "x.feather", arrow(pa.table({"a": [1, 2]})), {"a": [1, 2]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "expected"), [row[1:] for row in RIGHT], ids=[row[0] for row in RIGHT]
)
def test_it_reads_right(
    folder: Path, name: str, content: bytes, expected: dict[str, list[Any]]
) -> None:
    load = card(folder, content, name)

    table = load.run().dataset
    peek = load.peek()

    assert table.arrow.to_pydict() == expected
    assert peek.schemas == (with_seen(table),)
    shown(table)


def shown(table: Table) -> None:
    """All that is shown of a table can be made, and is JSON."""
    parts = (table.preview().model_dump(mode="json"), table.face().model_dump(mode="json"))
    json.dumps([*parts, table.schema.model_dump(mode="json")], allow_nan=False)


def test_every_type_of_parquet_can_be_shown(folder: Path) -> None:
    odd = {
        "list": [[1], None],
        "struct": [{"x": 1}, {"x": 2}],
        "map": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int32())),
        "bytes": [b"\xff\0", b"x"],
        "huge": pa.array([2**64 - 1, 1], pa.uint64()),
        "half": pa.array(np.array([1, np.nan], "float16")),
        "while": pa.array([1, 2], pa.duration("s")),
        "time": [dt.time(1), None],
        "category": pa.array(["a", "b"]).dictionary_encode(),
        "long": pa.array(["a", None], pa.large_string()),
        "nothing": pa.nulls(2),
        "zone": pa.array([1, 2], pa.timestamp("ns", "UTC")),
        "year 36000": pa.array([2**60, 1], pa.timestamp("us")),
    }
    table = card(folder, parquet(pa.table(odd)), "x.parquet").run().dataset

    assert table.schema.names == tuple(odd)
    shown(table)


@pytest.mark.parametrize("written", [parquet, arrow])
def test_texts_are_read_that_lie_elsewhere_and_half_precision(
    folder: Path, written: Callable[[pa.Table], bytes]
) -> None:
    names, values = ["ab", None, "a text of more than twelve bytes"], [0.5, None, 0.25]
    odd = {
        "name": pa.array(names, pa.string_view()),
        "raw": pa.array([b"\xff", None, b"x"], pa.binary_view()),
        "half": pa.array(values, pa.float16()),
    }
    table = card(folder, written(pa.table(odd)), "x.bin").run().dataset

    [first, _, last] = DataSplit(train_ratio=0.7, test_ratio=0.3).run(table)
    assert table.arrow["name"].to_pylist() == names
    assert table.arrow["half"].to_pylist() == values
    assert with_seen(first).rows == 2
    assert last.num_rows == 1
    shown(table)


def test_one_text_that_is_meant_a_thousand_times_is_not_spread_out(folder: Path) -> None:
    once = pa.array(["x" * 2**20], pa.string_view())
    views, text = once.buffers()[1].to_pybytes(), once.buffers()[2]
    buffers = [None, pa.py_buffer(views * 2_000), text]
    often = pa.Array.from_buffers(pa.string_view(), 2_000, buffers)

    with pytest.raises(ParameterError, match="holds more than"):
        card(folder, arrow(pa.table({"a": often})), "x.arrow").run()


# --- what is odd, and read all the same ---------------------------------------------------------

ODD = [
    ("a,b\n" + "1.5,2\n" * 50 + "1e400,2\n" + "1.5,2\n",
     'column "a" is infinite in row 52 of the file: no number beyond 1.8e308'),
    ("a,b\n-1e400,1\ninf,2\n,3\n2.5,4\n",
     'column "a" is infinite in row 2 of the file, and in 1 more: '),
    ("a,b\n" + "1,2\n" * 50 + "n.a.?,2\n" + "1,2\n" * 50,
     'column "a" is text because of row 52 of the file: "n.a.?"'),
    ('a,b\n"1,234",1\n"2,345",2\n', 'such as "1,234" can be read in two ways'),
    ("a,b\n2026-03-28T12:00:00+01:00,1\n,2\n2026-03-30 12:00,3\n",
     'an offset from UTC and "2026-03-30 12:00" in row 4 of the file has none'),
    ("5.1,3.5\n4.9,3.0\n", 'seems to have no header: its columns are called "5.1", "3.5"'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), ODD)
def test_what_looks_odd_is_a_warning(folder: Path, text: str, words: str) -> None:
    peek: Peek = card(folder, text.encode()).peek()

    assert [words in warning.message for warning in peek.warnings] == [True]
    assert peek.warnings[0].hint


def test_what_json_calls_infinite_is_a_warning(folder: Path) -> None:
    (folder / "x.json").write_text('[{"a": 1.5}, {"a": Infinity}, {"a": NaN}]')

    [warning] = DataLoad(source="path", path="x.json").peek().warnings

    assert 'column "a" is infinite in row 2 of the file' in warning.message


def test_numbers_of_which_the_sum_alone_is_infinite_are_not_odd(folder: Path) -> None:
    assert card(folder, b"a,b\n1.5e308,1\n1.5e308,2\n").peek().warnings == ()


def test_what_was_detected_can_be_said_better(folder: Path) -> None:
    thousands = b'a,b\n"1,234",1\n"2,345",2\n'
    cyrillic = "a;b\n1,5;Привет\n".encode("cp1251")

    assert card(folder, thousands, decimal_mark="point").run().dataset.arrow["a"].to_pylist() == [
        1234,
        2345,
    ]
    read = card(folder, cyrillic, encoding="Windows-1251", decimal_mark="point").run().dataset.arrow
    assert read.to_pydict() == {"a": ["1,5"], "b": ["Привет"]}
    with pytest.raises(ParameterError, match=r"x.csv is damaged or is no UTF-8 text"):
        card(folder, cyrillic, encoding="UTF-8").run()


# --- tables that are sound, and nothing to learn from --------------------------------------------

NAN, INF = float("nan"), float("inf")
TARGETS = [
    ("all missing", {"x": [1.0, 2], "y": pa.nulls(2, pa.float64())}, "no value in all rows"),
    ("all NaN", {"x": [1.0, 2, 3, 4], "y": [NAN] * 4}, "y has no value in all rows"),
    ("some missing", {"x": [1.0, 2, 3, 4], "y": [1, None, 3, 4]}, "y has no value in 1 of the 4"),
    ("infinite", {"x": [1.0, INF, 3, 4], "y": [1, 2, 3, 4]}, "x holds no finite number in 1 of"),
    ("too vast", {"x": [1.0, 1e200, 3, 4], "y": [1, 2, 3, 4]}, "x holds numbers beyond 1e+150"),
    ("text", {"x": [1, 2, 3, 4], "y": ["a", "b", "c", "d"]}, "y is told apart as classes"),
    ("a word among numbers", {"x": ["1", "?"], "y": [1, 2]}, "The feature x is free text"),
    ("only the target", {"y": [1, 2, 3, 4]}, "There is no column to learn from"),
    ("no rows", {"x": pa.array([], pa.float64()), "y": pa.array([], pa.float64())}, "has no rows"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "words"), [r[1:] for r in TARGETS], ids=[r[0] for r in TARGETS]
)
def test_what_cannot_be_learnt_from_says_why(columns: dict[str, Any], words: str) -> None:
    table = Table(pa.table(columns))

    with pytest.raises((ParameterError, InputError)) as caught:
        Train(target_column="y").run(table, None, EstimatorSpec("ridge", {}))

    assert words in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("y", [[7.0] * 4, [1.0, 2, 3, 4], [0, 1, 0, 1]])
def test_one_class_and_all_different_can_be_learnt_from(y: list[float]) -> None:
    table = Table(pa.table({"x": [1.0, 2, 4, 3], "same": [5.0] * 4, "y": y}))

    model = Train(target_column="y").run(table, None, EstimatorSpec("ridge", {})).trained_model
    metrics = Evaluate().run(table, model).metrics

    json.dumps([metrics.to_json(), metrics.preview().model_dump(mode="json")], allow_nan=False)


def test_fewer_rows_than_parts_or_strata() -> None:
    two = Table(pa.table({"x": [1, 2]}))
    strata = Table(pa.table({"x": [*range(9)], "y": [*"aabbccdde"]}))

    with pytest.raises(InputError, match="2 rows are too few: the validation part would be empty"):
        DataSplit(train_ratio=0.6, validation_ratio=0.2, test_ratio=0.2).run(two)
    with pytest.raises(
        ParameterError, match="cannot be stratified by y: some of its values are in"
    ):
        DataSplit(stratify_by="y").run(strata)


# --- bits that fell over ------------------------------------------------------------------------

FLIPS = """
import io, random, sys
from pathlib import Path
from cards._tables.reading import look, read_table
from cards._tables.source import Source
from tensorrag import ParameterError, Table

name, count = sys.argv[1], int(sys.argv[2])
content, rng = Path(name).read_bytes(), random.Random(16)
whole, said, read = read_table(Source(io.BytesIO(content), name)).table, 0, 0
for at in (rng.randrange(len(content)) for _ in range(count)):
    flipped = bytearray(content)
    flipped[at] ^= 1 << rng.randrange(8)
    try:
        table = read_table(Source(io.BytesIO(bytes(flipped)), name)).table
        Table(table).preview()
        read += 1
        assert not name.endswith("checked.parquet") or table.equals(whole), at
    except ParameterError as error:
        said += 1
        assert error.hint and len(str(error)) < 300
print(said, read)
"""


@pytest.mark.parametrize("name", ["checked.parquet", "plain.parquet", "book.xlsx", "table.csv.gz"])
def test_a_flipped_bit_is_a_sentence_or_does_not_matter(tmp_path: Path, name: str) -> None:
    """In a process of its own, which a reader could end; with checksums nothing is read wrong."""
    made = {
        "checked.parquet": lambda: parquet(SMALL, write_page_checksum=True),
        "plain.parquet": lambda: parquet(SMALL, compression="none"),
        "book.xlsx": lambda: workbook({"S": [["a", "b"], *([i, f"t{i}"] for i in range(50))]}),
        "table.csv.gz": lambda: gzip.compress(CSV),
    }
    (tmp_path / name).write_bytes(made[name]())

    done = subprocess.run(
        [sys.executable, "-c", FLIPS, str(tmp_path / name), "300"],
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-2000:]
    said, read = map(int, done.stdout.split())
    assert said + read == 300
    assert said > 10, "too few were noticed to prove anything"


# --- before it is read --------------------------------------------------------------------------

LARGE = """
import io, resource, sys
import pandas, pyarrow.parquet, pyarrow.csv, pyarrow.json, python_calamine
from pathlib import Path
from cards._tables.reading import look, read_table
from cards._tables.source import Source
from tensorrag import ParameterError

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

content, said = Path(sys.argv[1]).read_bytes(), 0
before = peak()
for read in (look, read_table):
    try:
        read(Source(io.BytesIO(content), sys.argv[1]))
    except ParameterError:
        said += 1
print(said, peak() - before)
"""


TRAPS = ["xlsx bomb", "far cell", "1.1 GB of one number", "3 GB of one text"]


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_told_before_it_takes_memory(tmp_path: Path, trap: str) -> None:
    name, made = next(row[1:3] for row in WRONG if row[0] == trap)
    (tmp_path / name).write_bytes(made if isinstance(made, bytes) else made())

    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path / name)],
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-2000:]
    said, more = map(int, done.stdout.split())
    assert said == 2
    assert more < 200, f"{more} MB were taken to refuse it"


# --- in the editor ------------------------------------------------------------------------------


def test_a_file_that_kills_whoever_reads_it_harms_no_server(
    start_server: Callable[..., Server],
) -> None:
    """Through upload, look and run: the sentence arrives, and the server goes on."""
    server = start_server()
    far = cells('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        uploaded = client.post("/api/uploads", files={"file": ("far.xlsx", far)}).json()
        params = {"source": "upload", "upload": uploaded["upload"], "upload_name": "far.xlsx"}
        node = {"id": "load", "card": "data_load", "params": params}
        document = {
            "format": "tensorrag.pipeline",
            "version": 1,
            "name": "x",
            "nodes": [node],
            "edges": [],
        }
        answer = client.post("/api/runs", json={"pipeline": document})

        text = answer.text
        if answer.status_code < 400:
            run = answer.json()["run"]
            for _ in range(300):
                text = client.get(f"/api/runs/{run}").text
                if json.loads(text)["status"] not in ("queued", "running"):
                    break
        assert "up to cell XFD1048576" in text
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("more", [0, 1, 3, 9, 100])
def test_a_zip_file_is_whole_wherever_it_is_cut_into_pieces(folder: Path, more: int) -> None:
    """The last bytes of what was packed may wait inside the unpacker, with nothing left to feed."""
    name = b"a" * (1 + more)
    text = name + b",b\n" + b"1,2\n" * (CHUNK // 4 - 1)
    assert len(text) == CHUNK + more
    (folder / "x.zip").write_bytes(zipped({"x.csv": text}))

    table = DataLoad(source="path", path="x.zip").run().dataset

    assert table.num_rows == CHUNK // 4 - 1
