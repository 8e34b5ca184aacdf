"""Data Load: files that are tables, and files that are not."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from cards._tables import parquet, reading
from cards._tables.parquet import read_parquet
from cards._tables.source import Choices, Reading, Source
from cards.data_load import DataLoad
from sample_data import SAMPLES
from tensorrag import ParameterError, Table, TableSchema
from tensorrag.registry.loading import make_card
from tensorrag.sources import Sources, looking_in
from tensorrag.types.looking import with_seen


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in which both uploads and paths are looked for."""
    with looking_in(Sources(uploads=tmp_path, base=tmp_path)):
        yield tmp_path


def load(folder: Path, content: bytes, name: str = "rooms.csv") -> Table:
    """Upload a file and load it."""
    digest = hashlib.sha256(content).hexdigest()
    (folder / digest).write_bytes(content)
    card = DataLoad(source="upload", upload=f"sha256:{digest}", upload_name=name)
    return card.run().dataset


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_what_the_catalogue_says(name: str) -> None:
    card = DataLoad.model_validate({"sample_name": name})

    table = card.run().dataset

    assert table.schema == card.propagate()
    assert table.num_rows == SAMPLES[name].rows
    assert table.provenance.synthetic == (name in ("boston_housing", "churn", "daily_sales"))


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "cp1251"])
def test_json_lines_are_read_in_other_encodings(folder: Path, codec: str) -> None:
    (folder / "flats.jsonl").write_bytes(
        '{"city":"Баку","rooms":3}\n{"city":"Рим"}\n'.encode(codec)
    )
    chosen = {"encoding": "Windows-1251"} if codec == "cp1251" else {}
    card = DataLoad.model_validate({"source": "path", "path": "flats.jsonl"} | chosen)

    seen, table = card.peek(), card.run().dataset

    assert table.to_pandas()["city"].tolist() == ["Баку", "Рим"]
    assert seen.schemas == (with_seen(table),)
    assert seen.details["encoding"] == ("Windows-1251" if chosen else "UTF-16")


def test_json_lines_in_the_wrong_encoding_are_told(folder: Path) -> None:
    (folder / "flats.jsonl").write_bytes('{"city":"Баку"}\n'.encode("cp1251"))

    with pytest.raises(ParameterError, match="line 1 is not UTF-8 text") as refused:
        DataLoad(source="path", path="flats.jsonl").run()
    assert "Choose the encoding" in (refused.value.hint or "")
    with pytest.raises(ParameterError, match=r"flats.jsonl is damaged or is no Shift-JIS text"):
        DataLoad(source="path", path="flats.jsonl", encoding="Shift-JIS").run()


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_detected(folder: Path, mark: str) -> None:
    table = load(folder, f"rooms{mark}city\n3{mark}Bern\n4{mark}Basel\n4{mark}Bern\n".encode())

    assert [(c.name, c.kind) for c in table.columns] == [("rooms", "binary"), ("city", "text")]


@pytest.mark.parametrize(
    "content",
    [
        "price,city\n1.5,Zürich\n".encode(encoding)
        for encoding in ("utf-8-sig", "latin-1", "utf-16")
    ],
    ids=["utf-8 with BOM", "latin-1", "utf-16"],
)
def test_other_encodings_are_read(folder: Path, content: bytes) -> None:
    assert load(folder, content).to_pandas().to_dict("list") == {
        "price": [1.5],
        "city": ["Zürich"],
    }


@pytest.mark.skipif(sys.platform != "linux", reason="open files have names on Linux alone")
def test_a_parquet_file_on_disk_does_not_pass_through_python(folder: Path) -> None:
    pd.DataFrame({"rooms": [3, 4, 5]}).to_parquet(folder / "rooms.parquet")
    with (folder / "rooms.parquet").open("rb") as file:
        (folder / "rooms.parquet").unlink()  # it is this very file that is read, not its name
        table = read_parquet(Source(file, "rooms.parquet")).table
        assert table["rooms"].to_pylist() == [3, 4, 5]
        assert file.tell() == 0


def test_a_parquet_file_of_more_than_memory_has_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MOST_BYTES", 1000)
    pd.DataFrame({"rooms": range(200)}).to_parquet(folder / "rooms.parquet")

    with (
        (folder / "rooms.parquet").open("rb") as file,
        pytest.raises(ParameterError, match="GB of values, more than is read at once"),
    ):
        read_parquet(Source(file, "rooms.parquet"))


def test_a_parquet_file_in_memory_is_read_as_well(folder: Path) -> None:
    pd.DataFrame({"rooms": [3, 4, 5]}).to_parquet(folder / "rooms.parquet")
    content = BytesIO((folder / "rooms.parquet").read_bytes())
    assert read_parquet(Source(content, "rooms.parquet")).table.num_rows == 3


def test_a_parquet_file_by_path_is_peeked_into(folder: Path) -> None:
    pd.DataFrame({"rooms": [3, 4, 5], "price": [1.5, 2.5, 3.5]}).to_parquet(
        folder / "rooms.parquet"
    )
    card = DataLoad(source="path", path="rooms.parquet")

    peek = card.peek()

    assert card.propagate() == TableSchema()
    assert peek.schemas == (with_seen(card.run().dataset),)
    assert peek.fingerprint


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_decimals_of_few_whole_values_are_whole_numbers(folder: Path, ending: str) -> None:
    frame = pd.DataFrame({
        "paid": [0.0, 1.0] * 30, "class": [0.0, 1.0, 2.0] * 20, "gap": [None, 3.0, 4.0] * 20,
        "dose": [0.5, 1.5] * 30, "stars": [1.0, 1.5, 2.0] * 20, "price": [x / 1 for x in range(60)],
    })  # fmt: skip
    write = frame.to_csv if ending == "csv" else frame.to_parquet
    write(folder / f"flats.{ending}", index=False)

    card = DataLoad(source="path", path=f"flats.{ending}")
    peek, table = card.peek(), card.run().dataset

    assert peek.schemas == (with_seen(table),)
    assert peek.details["whole"] == ["paid", "class"], "without a gap, so that a script can, too"
    kinds = ["binary", "integer", "binary", "binary", "number", "number"]
    assert [column.kind for column in table.columns] == kinds
    assert table.to_pandas()["paid"].tolist()[:2] == [0, 1]
    assert table.arrow["paid"].type == table.arrow["gap"].type == pa.int64()


def test_decimals_that_do_not_come_again_or_are_no_number_stay_decimals(folder: Path) -> None:
    columns = {"once": [1.0, 2.0, 3.0] + [None] * 57, "none": [0.0, 1.0, math.nan] * 20}
    pq.write_table(pa.table(columns), folder / "few.parquet")

    table = DataLoad(source="path", path="few.parquet").run().dataset

    assert [column.kind for column in table.columns] == ["number", "binary"]
    assert [column.type for column in table.arrow.columns] == [pa.float64()] * 2


def test_a_code_keeps_the_zeros_it_begins_with(folder: Path) -> None:
    flats = b"zip;month;rooms;note\n01067;07;3;0800 123\n80331;11;4;\n;02;0;12\n"

    table = load(folder, flats, "flats.csv")

    assert table.arrow["zip"].to_pylist() == ["01067", "80331", None]
    kinds = {column.name: column.kind for column in table.columns}
    assert [kinds[name] for name in ("month", "rooms")] == ["integer", "integer"]


@pytest.mark.parametrize("code", [2**63, -(2**63) - 1])
def test_one_code_beyond_64_bits_is_enough(folder: Path, code: int) -> None:
    table = load(folder, f"a,b\n1,x\n{code},y\n".encode())

    assert table.column("a").to_pylist() == ["1", str(code)]


@pytest.mark.parametrize("name", ["accounts.csv", "accounts.jsonl", "accounts.json"])
def test_a_code_of_twenty_digits_keeps_all_of_them_and_says_why_it_is_text(
    folder: Path, name: str
) -> None:
    codes = [12345678901234567890, 12345678901234567891, None, -9223372036854775809]
    content = "account,paid\n" + "".join(f"{code or ''},{at}.5\n" for at, code in enumerate(codes))
    records = [json.dumps({"account": code, "paid": at + 0.5}) for at, code in enumerate(codes)]
    if name != "accounts.csv":
        content = "\n".join(records) if name.endswith("l") else f"[{','.join(records)}]"
    (folder / name).write_text(content)
    card = DataLoad(source="path", path=name)

    table, seen = card.run().dataset, card.peek()

    assert table.arrow["account"].to_pylist() == [code and str(code) for code in codes]
    assert [column.kind for column in table.columns] == ["text", "number"]
    (warning,) = seen.warnings
    assert warning.message == (
        f'{name}: column "account" is text, so that it keeps all digits: '
        "12345678901234567890 is too long for a number."
    )
    assert seen.details["codes"] == ["account"]


def test_a_code_beyond_all_numbers_keeps_its_digits_too(folder: Path) -> None:
    code = "7" * 400

    table = load(folder, f"key\n{code}\n5\n".encode())

    assert table.arrow["key"].to_pylist() == [code, "5"]


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["1e400", "3"], [float("inf"), 3.0]),
        (["12345678901234567890", "0.5"], [12345678901234567890.0, 0.5]),
        (["1e25", "3"], [1e25, 3.0]),
        (["9223372036854775807", "3"], [2**63 - 1, 3]),
    ],
)
def test_large_numbers_that_are_no_codes_stay_numbers(
    folder: Path, values: list[str], read: list[float]
) -> None:
    table = load(folder, "mass\n{}\n{}\n".format(*values).encode())

    assert table.arrow["mass"].to_pylist() == read


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_categories_of_pandas_are_categories(folder: Path, kind: str) -> None:
    cities = pd.Categorical(["Ulm", None, "Bonn", "Ulm"] * 5, ["Ulm", "Bonn"], ordered=True)
    frame = pd.DataFrame({"city": cities, "floor": pd.Categorical([1, 2, 3, 4] * 5)})
    getattr(frame, f"to_{kind}")(folder / f"flats.{kind}")
    card = DataLoad(source="path", path=f"flats.{kind}")

    table, (seen,) = card.run().dataset, card.peek().schemas

    assert table.arrow["city"].to_pylist() == ["Ulm", None, "Bonn", "Ulm"] * 5
    assert table.arrow["floor"].to_pylist() == [1, 2, 3, 4] * 5
    assert [column.kind for column in table.columns] == ["category", "integer"]
    assert isinstance(seen, TableSchema)
    assert seen.columns == table.columns


def test_few_categories_that_are_meant_very_often_are_not_spread_out(folder: Path) -> None:
    often = pa.DictionaryArray.from_arrays(np.zeros(2_000, "int8"), pa.array(["x" * 2**20]))
    feather.write_feather(pa.table({"a": often}), folder / "often.feather")

    with pytest.raises(ParameterError, match="holds more than"):
        DataLoad(source="path", path="often.feather").run()


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_what_is_not_a_number_is_missing(folder: Path, kind: str) -> None:
    rents = pa.table({"rent": [900.0, float("nan"), None], "rooms": [3, 2, 1]})
    write = pq.write_table if kind == "parquet" else feather.write_feather
    write(rents, folder / f"rents.{kind}")
    card = DataLoad(source="path", path=f"rents.{kind}")

    table, (seen,) = card.run().dataset, card.peek().schemas

    assert table.arrow["rent"].to_pylist() == [900, None, None]
    assert isinstance(seen, TableSchema)
    assert [column.missing for column in seen.columns or ()] == [2, 0]


def test_of_a_very_large_file_only_sure_kinds_are_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pd.DataFrame({
        "price": [x + 0.5 for x in range(60)], "paid": [0.0, 1.0] * 30, "late": [0.0] * 59 + [0.5],
    }).to_parquet(folder / "flats.parquet")  # fmt: skip
    monkeypatch.setattr(reading, "WHOLE", 10)
    monkeypatch.setattr(parquet, "FIRST", 50)

    (seen,) = DataLoad(source="path", path="flats.parquet").peek().schemas

    assert isinstance(seen, TableSchema)
    assert [column.kind for column in seen.columns or ()] == ["number", None, None]


def test_a_changed_file_has_another_fingerprint(folder: Path) -> None:
    card = DataLoad(source="path", path="rooms.csv")
    (folder / "rooms.csv").write_text("rooms,price\n3,1\n")
    before = card.peek().fingerprint
    (folder / "rooms.csv").write_text("rooms,price\n3,2\n")

    assert card.peek().fingerprint != before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "rooms.csv is empty."),
        (b" \n\n", "rooms.csv is empty."),
        (b"rooms,price\n", "rooms.csv has a header but no rows."),
        (b"rooms,price\n1,2\n3\n", "rooms.csv: line 3 has 1 value where 2 were expected."),
        (
            b"rooms,rooms\n1,2\n",
            'rooms.csv has two columns named "rooms", the 1st and the 2nd.',
        ),
        (b"\x89PNG\r\n\x1a\n....", "rooms.csv is not a table: it is a PNG picture."),
        (
            b"rooms,\x00\n1,2\n",
            "rooms.csv is not a table: it has bytes that no text has.",
        ),
        (b"<!DOCTYPE html><html>", "rooms.csv is a web page, not a table."),
        (b"PAR1nothing else", "rooms.csv is damaged or is no Parquet file."),
        (
            b"\xff\xd8\xff\xe0\x02JFIF\rA\r",
            "rooms.csv is not a table: it is a JPEG picture.",
        ),
        (b"<!-- gone --><p>404</p>\n", "rooms.csv is a web page, not a table."),
        (b"\xff\xfea\x00b", "rooms.csv is damaged or is no UTF-16 text."),
        (b'a,b\n1,"2\n' + b"3,4\n" * 9, "rooms.csv: a quote opens in line 2 and never closes."),
        (b'a,b\n1,2\n3,"4', "rooms.csv: a quote opens in line 3 and never closes."),
        (b'a,b\n1,x\n3,"', "rooms.csv: a quote opens in line 3 and never closes."),
        (b'a,b\n1,x\n"two\nlines","y', "rooms.csv: a quote opens in line 4 and never closes."),
        (
            b"a,b,c\n1,x,y\n3," + b"x" * 100_000 + b',"y',
            "rooms.csv: a quote opens in line 3 and never closes.",
        ),
        (
            b'a,b\n1,x\n3,"' + b"y" * 200_000,
            "rooms.csv: a quote opens in line 3 and never closes.",
        ),
        (b'a,b\r1,x\r3,"y', "rooms.csv: a quote opens in line 3 and never closes."),
        (
            ("\ufeffa,b\n" + "1,x\n" * 20_000 + '3,"y').encode("utf-16-be"),
            "rooms.csv: a quote opens in line 20,002 and never closes.",
        ),
        (
            'a,b\n1,x\n3,"y'.encode("utf-16-be"),
            "rooms.csv: a quote opens in line 3 and never closes.",
        ),
        (b"a,b\n1," + b"2" * 2**21 + b"\n3,4\n", "rooms.csv has a line of more than 1 MB."),
        (
            b"1," * 10_000 + b"1\n" + b"1," * 10_000 + b"1\n",
            "rooms.csv has 10,001 columns; 10,000 is the most there may be.",
        ),
    ],
)
def test_what_is_no_table_gets_one_sentence(folder: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        load(folder, content)

    assert str(caught.value) == sentence
    assert caught.value.hint


@pytest.mark.parametrize(
    ("last_row", "value"),
    [
        ('3,"y"', "y"),
        ('3,6" pipe', '6" pipe'),
        ('3,"6"" pipe"', '6" pipe'),
        ('"a\n""",y', "y"),
        ('"a\n""","y"', "y"),
        ('3,"y\n"""', 'y\n"'),
        (f'3,"{"y" * 100_000},"', "y" * 100_000 + ","),
        (f'3,"{"y" * 900_000},"', "y" * 900_000 + ","),
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_quotes_that_close_in_the_last_row_are_no_mistake(
    folder: Path, last_row: str, value: str, end: str
) -> None:
    table = load(folder, f"a,b\n1,x\n{last_row}{end}".encode())

    assert table.arrow["b"].to_pylist() == ["x", value]


@pytest.mark.parametrize("value", ["x", '"x"', '"two\rlines"'])
def test_a_long_file_whose_lines_end_as_in_old_ones_is_read(folder: Path, value: str) -> None:
    table = load(folder, f"a,b\r{f'1,{value}' + chr(13)}".encode() + b"2,y\r" * 20_000)

    assert table.fields.names == ["a", "b"]
    assert table.column("b").slice(0, 2).to_pylist() == [value.strip('"'), "y"]
    assert table.num_rows == 20_001


def test_texts_of_several_lines_are_whole_in_a_long_file(folder: Path) -> None:
    table = load(folder, b"a,b\n" + b'1,"two\nlines"\n' * 200_000)

    assert table.num_rows == 200_000
    assert table.column("b").unique().to_pylist() == ["two\nlines"]


def test_a_quote_that_never_closes_is_hinted_at(folder: Path) -> None:
    with pytest.raises(ParameterError) as caught:
        load(folder, b'rooms,city,price\n3,"Bern,1\n4,Basel,2\n')

    assert caught.value.hint == "Look there for a quote that never closes."


def test_an_upload_that_lost_rows_on_disk_is_not_read_as_a_shorter_table(folder: Path) -> None:
    content = b"rooms,rent\n3,900\n2,600\n"
    assert load(folder, content).num_rows == 2
    digest = hashlib.sha256(content).hexdigest()
    card = DataLoad(source="upload", upload=f"sha256:{digest}", upload_name="rooms.csv")

    (folder / digest).write_bytes(content[:-6])

    for use in (card.run, card.peek, lambda: ExitStack().enter_context(card.script_file())):
        with pytest.raises(ParameterError, match=r"kept of rooms\.csv is not what was") as refused:
            use()
        assert (refused.value.field, refused.value.hint) == ("upload", "Upload the file again.")
    assert load(folder, content).num_rows == 2


def test_what_is_wrong_with_a_file_is_said_at_the_field_it_was_chosen_in(folder: Path) -> None:
    (folder / "rooms.csv").write_text("")

    with pytest.raises(ParameterError) as caught:
        DataLoad(source="path", path="rooms.csv").peek()

    assert caught.value.field == "path"


def test_a_value_in_quotes_may_have_several_lines(folder: Path) -> None:
    table = load(folder, b'rooms,city\n3,Bern\n4,"Biel\nBienne"\n')

    assert table.to_pandas()["city"].tolist() == ["Bern", "Biel\nBienne"]


def test_lines_may_end_as_they_did_long_ago(folder: Path) -> None:
    assert load(folder, b"rooms,price\r3,1\r4,2\r").to_pandas().to_dict("list") == {
        "rooms": [3, 4],
        "price": [1, 2],
    }


def test_the_first_letter_that_is_not_utf_8_may_come_late(folder: Path) -> None:
    table = load(folder, b"city,rooms\n" + b"Bern,3\n" * 20_000 + "Zürich,4\n".encode("latin-1"))

    assert table.to_pandas()["city"].iloc[-1] == "Zürich"


def test_a_file_is_read_by_several_threads_for_that_moment_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, read, meanwhile = pa.cpu_count(), reading._read, list[int]()

    def reads(source: Source, choices: Choices) -> Reading:
        meanwhile.append(pa.cpu_count())
        return read(source, choices)

    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(reading, "_read", reads)
    pa.set_cpu_count(1)
    try:
        load(folder, b"city,rooms\nBern,3\n")
        assert (meanwhile, pa.cpu_count()) == ([4], 1)
    finally:
        pa.set_cpu_count(own)


def test_a_column_without_a_name_gets_one(folder: Path) -> None:
    table = load(folder, b",rooms,,column_3\n0,3,5,7\n1,4,6,8\n")  # pandas writes such an index

    assert table.schema.names == ("column_1", "rooms", "column_3_", "column_3")


def test_a_column_without_a_value_is_not_called_text(folder: Path) -> None:
    table = load(folder, b"rooms,price\n3,\n4,\n")

    assert [column.kind for column in table.columns] == ["binary", "number"]


def test_thousands_of_columns_are_read_in_seconds(folder: Path) -> None:
    names = ",".join(f"gene_{number}" for number in range(9_000))
    row = ",".join(["0.5"] * 9_000)

    table = load(folder, f"{names}\n{row}\n{row}\n".encode())

    assert len(table.columns) == 9_000


@pytest.mark.parametrize("key", ["s3cr3t/with+slashes==", "two words", ""])
def test_a_secret_that_is_put_in_the_place_of_its_name_is_not_repeated(key: str) -> None:

    with pytest.raises(ParameterError, match="no name of a secret") as refused:
        make_card(DataLoad, {"source": "bucket", "secret_key": key})

    assert refused.value.field == "secret_key"
    assert not key or key not in f"{refused.value}{refused.value.hint}"


@pytest.mark.parametrize("source", ["upload", "path", "url", "bucket"])
def test_where_nothing_was_chosen_yet_nothing_is_said_to_be_lost(folder: Path, source: str) -> None:
    card = make_card(DataLoad, {"source": source})
    assert isinstance(card, DataLoad)

    with pytest.raises(ParameterError) as before:
        card.propagate()
    with pytest.raises(ParameterError) as looked:
        card.peek()

    assert before.value.message.startswith("No ")
    assert (looked.value.message, looked.value.hint) == (before.value.message, before.value.hint)
    assert looked.value.field == source
