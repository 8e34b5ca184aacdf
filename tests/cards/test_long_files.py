"""A long file is read into the very file that the store takes, where there is room for one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from cards._tables import in_parts, parquet
from cards._tables.reading import read_table
from cards._tables.source import Source
from cards.data_load import DataLoad
from tensorrag import ParameterError
from tensorrag.sources import Sources, looking_in
from tensorrag.types import spool

WRITTEN: dict[str, Callable[[pa.Table, Path], None]] = {
    "rooms.csv": arrow_csv.write_csv,
    "rooms.parquet": pq.write_table,
}
ROOMS = pa.table({"rooms": range(50), "area": np.arange(50) / 4})


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have everything be long, and files in a folder that can be looked into."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    for module in (spool, parquet):
        monkeypatch.setattr(module, "PIECE", 8)
    monkeypatch.setattr(in_parts, "PART", 64)
    monkeypatch.setattr(pa, "cpu_count", lambda: 1)
    return tmp_path / "scratch"


def loaded(name: str, folder: Path) -> DataLoad.Out:
    WRITTEN[name](ROOMS, folder / name)
    with looking_in(Sources(base=folder, uploads=folder)):
        return DataLoad(source="path", path=name).run()


@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_read_into_the_file_that_is_stored(name: str, scratch: Path, tmp_path: Path) -> None:
    table = loaded(name, tmp_path).dataset
    (file,) = scratch.iterdir()
    inode = file.stat().st_ino

    table.save(scratch)

    assert (scratch / "table.arrow").stat().st_ino == inode
    assert table.arrow == ROOMS


@pytest.mark.parametrize("name", WRITTEN)
def test_without_room_for_a_file_it_is_read_into_memory(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no such folder"))

    assert loaded(name, tmp_path).dataset.arrow == ROOMS


def test_what_programs_write_beside_a_table_stays_behind(tmp_path: Path) -> None:
    with_notes = ROOMS.replace_schema_metadata({"pandas": "{}"})
    pq.write_table(with_notes, tmp_path / "rooms.parquet")

    with (tmp_path / "rooms.parquet").open("rb") as file:
        assert read_table(Source(file, "rooms.parquet")).table.schema.metadata is None


def test_two_columns_of_one_name_are_told() -> None:
    file = BytesIO()
    pq.write_table(pa.Table.from_arrays(ROOMS.columns, names=["rooms", "rooms"]), file)

    with pytest.raises(ParameterError, match='has two columns named "rooms", the 1st and the 2nd'):
        read_table(Source(file, "rooms.parquet"))


def test_columns_that_no_file_holds_in_pieces_are_read_at_once() -> None:
    words = pa.array([str(at) for at in range(50)]).dictionary_encode()
    file = BytesIO()
    lists = pa.table({"words": pa.ListArray.from_arrays(range(51), words)})
    pq.write_table(lists, file, use_dictionary=False)

    table = read_table(Source(file, "rooms.parquet")).table

    assert table["words"].to_pylist() == [[str(at)] for at in range(50)]
