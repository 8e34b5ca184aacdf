"""A long CSV file is read in parts: what comes of it is what comes of reading it whole."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pyarrow as pa
import pytest

from cards._tables import in_parts
from cards._tables.reading import read_table
from cards._tables.source import Choices, Source
from tensorrag import ParameterError


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have parts of one length on every machine."""
    monkeypatch.setattr(pa, "cpu_count", lambda: 1)


def read(text: bytes) -> pa.Table:
    return read_table(Source(BytesIO(text), "rows.csv"), Choices()).table


def rows(count: int, line: str) -> bytes:
    return "\n".join(["n,x,word", *(line.format(at=at) for at in range(count))]).encode()


SAME = {
    "all alike": rows(50, "{at},{at}.5,word {at}"),
    "a line end last": rows(50, "{at},{at}.5,word {at}") + b"\n",
    "lines end as on Windows": rows(50, "{at},{at}.5,w{at}").replace(b"\n", b"\r\n"),
    "lines end as on old Macs": rows(50, "{at},{at}.5,w{at}").replace(b"\n", b"\r"),
    "empty lines": rows(50, "{at},{at}.5,w{at}\n\n\n"),
    "only empty lines at the end": rows(9, "{at},{at}.5,w{at}") + b"\n" * 200,
    "whole numbers that are none later": rows(30, "{at},1,a") + b"\n7.5,x,a\n" * 3,
    "numbers that are words later": rows(30, "{at},1,a") + b"\nsome,2,b",
    "gaps first": rows(30, ",,") + b"\n" + rows(30, "{at},2024-01-31,yes")[9:],
    "gaps later": rows(30, "{at},2024-01-31,true") + b"\n" + rows(30, ",,")[9:],
    "days, then times": rows(30, "2024-01-31,1,a") + b"\n2024-01-31 12:30,1,a" * 9,
    "times with points": rows(30, "31.01.2024 12:30,1,a") + b"\n2024-01-31 12:30,1,a" * 9,
    "flags, then counts": rows(30, "true,false,a") + b"\n1,0,a" * 9,
    "more than can be counted": rows(30, "{at},1,a") + b"\n123456789012345678901234,1,a" * 9,
    "codes with zeros": rows(30, "0{at},1,a"),
    "no UTF-8 later": rows(30, "{at},1,a") + "\n7,1,Größe".encode("latin-1") * 9,
    "columns of one name": rows(50, "{at},1,a").replace(b"n,x", b"x,x"),
    "a mark before all": b"\xef\xbb\xbf" + rows(50, "{at},{at}.5,w{at}"),
    "quotes later": rows(30, "{at},1,a") + b'\n7,1,"x\ny"' * 9,
    "quotes, and words where numbers were": rows(30, "{at},1,a") + b'\n7,"x",a' * 9,
    "quotes later that never close": rows(30, "{at},1,a") + b'\n7,1,"x\ny' + b"\n1,2,3" * 9,
    "quotes in the header": rows(50, "{at},1,a").replace(b"n,x", b'"n","x"'),
    "lines in the header": rows(50, "{at},1,a").replace(b"n,x", b'"n\nm","x"'),
    "a mark before every line": rows(50, "\ufeff{at},1,a"),
    "texts over lines": rows(50, '{at},1,"a\nb {at}"'),
}


@pytest.mark.parametrize("name", SAME)
def test_it_is_the_table_that_the_whole_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome(part: int) -> object:
        monkeypatch.setattr(in_parts, "PART", part)
        try:
            return read(SAME[name]).combine_chunks()
        except ParameterError as error:
            return error.message

    assert outcome(64) == outcome(1 << 20)


def test_parts_that_fit_are_all_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_parts, "PART", 64)

    table = read(SAME["all alike"])

    assert table.num_rows == 50
    assert table.column("n").num_chunks > 5
    assert table.schema.types == [pa.int64(), pa.float64(), pa.string()]


def test_from_the_first_quote_on_the_rest_is_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_parts, "PART", 64)

    table = read(SAME["quotes later"])

    assert table["word"].to_pylist() == ["a"] * 30 + ["x\ny"] * 9
    assert table.column("n").num_chunks == 4, "it was not read once more, as a whole"


def test_a_part_is_of_the_kinds_that_those_before_it_have_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(in_parts, "PART", 64)

    table = read(rows(90, "{at},{at}.5,a") + b"\n7,8,9" * 90)  # whole numbers from here on

    assert table.column("x").num_chunks > 5, "it was not read once more, as a whole"
    assert table.schema.types == [pa.int64(), pa.float64(), pa.string()]


def test_a_line_without_an_end_is_not_taken_into_memory() -> None:
    text, taken = rows(9, "{at},1,a") + b"\n" + b"x" * (16 << 20), []

    class Stream(BytesIO):
        def readline(self, size: int | None = -1) -> bytes:
            taken.append(line := super().readline(size))
            return line

    with pytest.raises(ParameterError, match="a line of more than 1 MB"):
        read_table(Source(Stream(text), "rows.csv"), Choices())
    assert len(max(taken, key=len)) <= in_parts.LONGEST_LINE


def test_a_column_of_gaps_may_have_values_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_parts, "PART", 64)

    table = read(SAME["gaps first"])

    assert table.column("n").num_chunks > 5, "it was not read once more, as a whole"
    assert table["n"].null_count == 30


def test_a_mistake_is_found_in_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_parts, "PART", 64)

    with pytest.raises(ParameterError, match=r"line 42 has 4 values where 3 were expected"):
        read(rows(40, "{at},1,a") + b"\n1,2,3,4\n5,6,7")


@pytest.mark.parametrize("seed", range(20))
def test_columns_of_whatever_comes_are_what_the_whole_gives(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(seed)
    values = ["", "1", "0", "-7", "2.5", "1e9", "nan", "NA", "true", "2024-02-29", "x", "007"]
    kinds = [draw.choice(values, size=draw.integers(1, 4)) for _ in range(6)]
    body = [",".join(str(draw.choice(kind)) for kind in kinds) for _ in range(60)]
    text = "\n".join(["a,b,c,d,e,f", *body]).encode()
    monkeypatch.setattr(in_parts, "PART", 100)
    found = read(text).combine_chunks()
    monkeypatch.undo()

    assert found == read(text).combine_chunks()
