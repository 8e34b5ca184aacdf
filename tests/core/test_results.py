"""What cards made before, by cache key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tensorrag import ColumnSchema, Peek, Table, TableSchema
from tensorrag.errors import ArtifactNotFound
from tensorrag.store.artifacts import Store
from tensorrag.store.results import Result

KEY = "k" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def made(store: Store, number: float = 1.0) -> Result:
    """A result with one table, as a worker would answer it."""
    table = Table.from_pandas(pd.DataFrame({"x": [number]}))
    output = {
        "type": "Table",
        "sha256": store.put(table).digest,
        "schema": table.schema.model_dump(mode="json"),
        "value": None,
    }
    answer = {
        "outputs": {"dataset": output},
        "face": {"kind": "text", "lines": ["one row"]},
        "previews": {"dataset": {"kind": "text", "text": "x"}},
        "device": "cpu",
    }
    return Result.of(answer, seconds=0.5, executor="local")


def test_a_result_comes_back_as_it_was(store: Store) -> None:
    result = made(store)
    store.results.put(KEY, result)

    found = store.results.get(KEY)

    assert found == result
    assert found is not None
    assert found.previews == {"dataset": {"kind": "text", "text": "x"}}
    assert store.results.get("other") is None


def test_a_result_is_recorded_once_and_the_last_one_counts(store: Store) -> None:
    first, second = made(store, 1.0), made(store, 2.0)
    store.results.put(KEY, first)
    store.results.put(KEY, second)

    assert store.results.get(KEY) == second
    assert store.index.read("SELECT count(*) FROM results") == [(1,)]


def test_what_is_not_on_disk_is_not_claimed(store: Store) -> None:
    result = made(store)
    for path in (store.root / "blobs").glob("*/*"):
        path.unlink()

    with pytest.raises(ArtifactNotFound):
        store.results.put(KEY, result)


@pytest.mark.parametrize("folder", ["blobs", "manifests"])
def test_a_result_whose_files_are_gone_is_a_miss(store: Store, folder: str) -> None:
    store.results.put(KEY, made(store))
    for path in (store.root / folder).glob("*/*"):
        path.unlink()

    assert store.results.get(KEY) is None


def test_a_result_whose_file_is_damaged_is_a_miss(store: Store) -> None:
    store.results.put(KEY, made(store))
    for path in (store.root / "blobs").glob("*/*"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[::-1])

    assert store.results.get(KEY) is None


def test_a_result_of_which_a_word_was_changed_in_the_list_is_a_miss(store: Store) -> None:
    store.results.put(KEY, made(store))
    with store.index.write() as connection:
        connection.execute("UPDATE results SET summary = replace(summary, 'one row', '2 rows')")

    assert store.results.get(KEY) is None


def test_results_are_shared_between_processes(store: Store) -> None:
    program = """
import sys
from pathlib import Path
from tests.core.test_results import made
from tensorrag.store.artifacts import Store
store = Store(Path(sys.argv[1]))
for index in range(20):
    store.results.put(f"{sys.argv[2]}-{index}", made(store, index))
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(store.root), name])
        for name in ("a", "b")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]

    found = [store.results.get(f"{name}-{index}") for name in "ab" for index in range(20)]
    assert all(found)


def test_a_peek_is_kept(store: Store) -> None:
    schema = TableSchema(columns=(ColumnSchema(name="x", kind="number"),), rows=3)
    peek = Peek(schemas=(schema,), fingerprint="abc")

    store.peeks.put("key", peek)

    assert store.peeks["key"] == peek
    assert store.peeks.get("other") is None
    assert list(store.peeks) == ["key"]
