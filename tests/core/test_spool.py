"""A long table lies in a file while it is read, and the store takes that file."""

from __future__ import annotations

import errno
import hashlib
import pickle
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tensorrag import Table, digests
from tensorrag.store.artifacts import Store
from tensorrag.types import spool as spools
from tensorrag.types.spool import Spool


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have pieces of three rows, in files of a folder that can be looked into."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(spools, "PIECE", 3)
    return folder


def parts(count: int = 5) -> Iterator[pa.Table]:
    for at in range(count):
        yield pa.table({"n": [at, at + 1], "word": ["a", None]})


def test_the_parts_are_together_in_order(scratch: Path) -> None:
    spool = Spool()
    joined = spool.joined(parts())

    assert joined == pa.concat_tables(parts())
    assert [len(chunk) for chunk in joined["n"].chunks] == [4, 4, 2]
    assert spool.has_all_of(joined)
    assert [file.stat().st_size > 0 for file in scratch.iterdir()] == [True]


def test_the_store_takes_the_file_as_it_is(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, store = Spool(), Store(tmp_path / "store")
    table = Table(spool.joined(parts()), spool=spool)
    (file,) = scratch.iterdir()
    inode = file.stat().st_ino
    read: list[Path] = []
    monkeypatch.setattr(hashlib, "file_digest", lambda file, how: read.append(file))

    (stored,) = store.put(table).files

    monkeypatch.undo()
    blob = store.blob(stored.sha256)
    assert read == [], "it was hashed while it was written"
    assert blob.stat().st_ino == inode
    assert hashlib.sha256(blob.read_bytes()).hexdigest() == stored.sha256
    assert not file.exists()
    assert table.arrow == pa.concat_tables(parts()), "its rows are still there"


def test_what_is_put_away_twice_is_written_the_second_time(tmp_path: Path) -> None:
    spool = Spool()
    table = Table(spool.joined(parts()), spool=spool)
    first, second = Store(tmp_path / "first"), Store(tmp_path / "second")

    for store in (first, second):
        again = store.load(store.put(table).digest)
        assert isinstance(again, Table)
        assert again.arrow.equals(table.arrow)


def test_another_process_gets_the_rows_and_not_the_file() -> None:
    spool = Spool()
    table = Table(spool.joined(parts()), spool=spool)

    there = pickle.loads(pickle.dumps(table))  # noqa: S301

    assert there.arrow == table.arrow


@pytest.mark.skipif(sys.platform != "linux", reason="it says what is in memory on Linux alone")
def test_pages_of_the_file_are_let_go_of(scratch: Path) -> None:
    spool = Spool()
    rows = pa.table({"n": np.arange(100_000)})
    table = Table(spool.joined([rows]), spool=spool)

    def in_memory() -> int:
        """Return the bytes of the file that are."""
        maps = Path("/proc/self/smaps").read_text()
        return int(re.findall(rf"{scratch}/.*\n(?:.*\n)*?Rss: *(\d+) kB", maps)[0]) * 1024

    assert pc.sum(table.column("n")).as_py() == sum(range(100_000))
    assert in_memory() > 700_000

    table.release()

    assert in_memory() == 0


def test_a_table_of_other_columns_is_not_that_file(tmp_path: Path) -> None:
    spool, store = Spool(), Store(tmp_path)
    joined = spool.joined(parts()).append_column("more", pa.array(range(10)))
    table = Table(joined, spool=spool)

    again = store.load(store.put(table).digest)

    assert isinstance(again, Table)
    assert again.arrow == joined


def test_short_and_wide_tables_stay_in_memory(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, wide = Spool(), Spool()
    assert short.joined(parts(1)).num_rows == 2
    monkeypatch.setattr(spools, "MOST", 10)
    assert wide.joined(parts()).num_rows == 10
    assert list(scratch.iterdir()) == []


def test_values_after_gaps_alone_are_put_behind_the_file() -> None:
    gaps = pa.table({"n": pa.nulls(4)})
    spool = Spool()

    joined = spool.joined([gaps, gaps, pa.table({"n": [1, 2, 3, 4]}), gaps])

    assert joined["n"].to_pylist() == [*[None] * 8, 1, 2, 3, 4, *[None] * 4]
    assert not spool.has_all_of(joined)


def test_a_file_goes_with_its_spool(scratch: Path) -> None:
    spool = Spool()
    spool.joined(parts())
    assert len(list(scratch.iterdir())) == 1
    del spool
    assert list(scratch.iterdir()) == []


def test_a_file_that_is_not_finished_takes_no_room(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(self: spools._File, piece: pa.Table) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def broken() -> Iterator[pa.Table]:
        yield from parts()
        raise pa.ArrowInvalid("a text among numbers")

    unread, full = Spool(), Spool()
    with pytest.raises(pa.ArrowInvalid):
        unread.joined(broken())
    monkeypatch.setattr(spools._File, "_write", no_room)
    with pytest.raises(OSError, match="No space"):
        full.joined(parts())

    assert list(scratch.iterdir()) == []


def test_a_file_that_was_touched_is_hashed_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    digests.note(path, hashlib.sha256(b"one").hexdigest())

    path.write_bytes(b"other")

    assert digests.sha256_of(path) == hashlib.sha256(b"other").hexdigest()
