"""Rows of a large stored table: their numbers are kept, and its file is not written again."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tensorrag import Table
from tensorrag.errors import ArtifactDamaged, ArtifactNotFound
from tensorrag.pages import page
from tensorrag.store.artifacts import Store
from tensorrag.task import Task
from tensorrag.types import ColumnSchema, Provenance, picked, profile
from tensorrag.types.looking import with_seen
from tensorrag.types.picked import Picked, taken

ROWS = 1_100_000
"""Rows of two columns of 8 bytes: some 17 MB."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def large(store: Store) -> Table:
    """A stored table: the numbers of its rows, and the same with every third one missing."""
    numbers = np.arange(ROWS)
    gaps = pa.array(numbers.astype(float), mask=numbers % 3 == 0)
    return reloaded(store, Table(pa.table({"x": numbers, "gaps": gaps})))


def reloaded(store: Store, table: Table) -> Table:
    found = store.load(store.put(table).digest)
    assert isinstance(found, Table)
    return found


def mixed(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(ROWS)[:rows]


def test_most_rows_of_a_large_table_are_stored_as_their_numbers(store: Store, large: Table) -> None:
    before, numbers = store.size(), mixed(800_000)

    part = reloaded(store, large.take(numbers, provenance=Provenance(part="train")))

    assert store.size() - before < 4 * 800_000 + 1_000, "4 bytes a row, and no column once more"
    assert part.num_rows == 800_000
    assert part.provenance.part == "train"
    assert np.array_equal(part.column("x").to_numpy(), numbers)
    assert part.arrow.equals(large.arrow.take(numbers))
    assert part.select(["gaps"]).equals(large.arrow.take(numbers).select(["gaps"]))


def test_they_tell_all_that_any_table_tells(store: Store, large: Table) -> None:
    numbers = mixed(300_000)
    part = reloaded(store, large.take(numbers))
    plain = Table(large.arrow.take(numbers), like=large)

    assert part.schema == plain.schema
    assert part.columns[1].missing == int((numbers % 3 == 0).sum())
    assert part.preview() == plain.preview()
    assert part.face() == plain.face()
    assert part.excerpt().arrow.equals(plain.excerpt().arrow)
    assert part.to_pandas(["x"]).equals(plain.to_pandas(["x"]))
    assert pa.Table.from_batches(part.batches(50_000)).equals(plain.arrow)
    assert pickle.loads(pickle.dumps(part)).arrow.equals(plain.arrow)  # noqa: S301


def test_what_they_hold_is_looked_for_one_column_at_a_time(
    store: Store, large: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = mixed(300_000)
    part = reloaded(store, large.take(numbers))
    plain, at_once = Table(large.arrow.take(numbers), like=large), set[int]()

    def noted(arrow: pa.Table, rows: np.ndarray, release: Callable[[], object]) -> pa.Table:
        at_once.add(arrow.num_columns)
        return taken(arrow, rows, release)

    monkeypatch.setattr(picked, "taken", noted)

    assert with_seen(part) == with_seen(plain)
    assert at_once == {1}


def test_tiny_pictures_of_many_rows_take_no_column_whole(
    store: Store, large: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = mixed(300_000)
    part = reloaded(store, large.take(numbers))
    plain = Table(large.arrow.take(numbers), like=large)
    monkeypatch.setattr(picked, "taken", None)

    assert part.face() == plain.face()


def test_missing_values_are_counted_without_taking_any(
    large: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = mixed(100_000)
    part = Picked(large.arrow, numbers)
    monkeypatch.setattr(picked, "taken", None)

    assert part.missing("gaps") == int((numbers % 3 == 0).sum())
    assert part.missing("x") == 0


def test_rows_of_rows_are_rows_of_the_same_file(store: Store, large: Table) -> None:
    first, second = mixed(900_000), np.arange(0, 900_000, 2)
    part = reloaded(store, large.take(first))
    before = store.size()

    half = reloaded(store, part.take(second))

    assert store.size() - before < 4 * len(second) + 1_000
    assert np.array_equal(half.column("x").to_numpy(), first[second])


def test_rows_of_rows_that_another_process_took_along_are_those_rows(
    store: Store, large: Table
) -> None:
    numbers = mixed(ROWS)
    there: Table = pickle.loads(pickle.dumps(large.take(numbers)))  # noqa: S301

    half = reloaded(store, there.take(np.arange(900_000)))

    assert np.array_equal(half.column("x").to_numpy(), numbers[:900_000])


def test_a_page_shows_the_rows_of_the_part(store: Store, large: Table) -> None:
    numbers = mixed(800_000)
    digest = store.put(large.take(numbers)).digest

    def shown(**asked: object) -> list[object]:
        task = Task(kind="page", card="page", inputs={"table": (digest,)}, params=asked)
        return [row[0] for row in page(task, store)["rows"]]

    assert shown(offset=500_000, limit=3) == numbers[500_000:500_003].tolist()
    assert shown(sort="-x", limit=3) == np.sort(numbers)[::-1][:3].tolist()
    assert shown(offset=800_000) == []


def test_few_rows_or_those_of_a_small_table_are_written(store: Store, large: Table) -> None:
    few = store.put(large.take(mixed(50_000)))
    small = reloaded(store, Table(pa.table({"x": [3, 1, 2]})))
    two = store.put(small.take(np.array([2, 0])))

    assert [file.name for file in few.files] == [file.name for file in two.files] == ["table.arrow"]
    assert store.load(two.digest).arrow["x"].to_pylist() == [2, 3]  # type: ignore[attr-defined]


def test_where_the_file_is_gone_the_rows_are_written(tmp_path: Path, large: Table) -> None:
    store = Store(tmp_path)
    artifact = store.put(Table(large.arrow))
    part = store.load(artifact.digest).take(np.arange(ROWS))  # type: ignore[attr-defined]
    store.blob(artifact.files[0].sha256).unlink()

    again = store.put(part)

    assert [file.name for file in again.files] == ["table.arrow"]
    store.verify(again, thorough=True)


def test_a_file_that_goes_just_before_it_is_linked_to_is_missed(tmp_path: Path) -> None:
    store = Store(tmp_path)

    class Linked(Table):
        def save(self, folder: Path) -> dict[str, object]:
            (folder / "table.arrow").symlink_to(store.blob("0" * 64))
            return {}

    with pytest.raises(ArtifactNotFound):
        store.put(Linked(pa.table({"x": [1]})))


def test_a_link_to_anywhere_else_is_no_file_of_the_store(tmp_path: Path, store: Store) -> None:
    elsewhere = tmp_path / ("0" * 64)
    elsewhere.write_bytes(b"what stands there is none of ours")

    class Linked(Table):
        def save(self, folder: Path) -> dict[str, object]:
            (folder / "table.arrow").symlink_to(elsewhere)
            return {}

    kept = store.put(Linked(pa.table({"x": [1]}))).files[0]

    assert kept.sha256 != elsewhere.name
    assert store.blob(kept.sha256).read_bytes() == elsewhere.read_bytes()
    assert not store.blob(kept.sha256).is_symlink()


def test_a_file_of_the_store_that_somebody_has_changed_is_not_linked_to(
    tmp_path: Path, large: Table
) -> None:
    store = Store(tmp_path)
    artifact = store.put(Table(large.arrow))
    part = store.load(artifact.digest).take(np.arange(ROWS))  # type: ignore[attr-defined]
    blob = store.blob(artifact.files[0].sha256)
    blob.chmod(0o644)
    with blob.open("r+b") as file:
        file.seek(ROWS)
        file.write(b"another number")

    with pytest.raises(ArtifactDamaged):
        store.put(part)

    assert not store.holds(artifact.digest)


@pytest.mark.parametrize(
    "rows",
    [
        pa.table({"row": np.array([0, 5], np.uint32)}),
        pa.table({"row": np.array([-1, 0])}),
        pa.table({"row": [0.0, 1.0]}),
        pa.table({"row": ["0", "1"]}),
        pa.table({"row": pa.array([0, None])}),
        pa.table({"other": [0]}),
    ],
    ids=["beyond", "before", "decimals", "texts", "missing", "unnamed"],
)
def test_numbers_of_no_rows_are_told_in_a_sentence(tmp_path: Path, rows: pa.Table) -> None:
    meta = Table(pa.table({"x": [1, 2, 3, 4, 5]})).save(tmp_path)
    file = tmp_path / picked.FILE
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)

    with pytest.raises(ArtifactDamaged, match="none of the 5 rows of its file"):
        Table.load({"table.arrow": tmp_path / "table.arrow", picked.FILE: file}, meta)


def test_a_store_may_be_named_from_where_one_stands(
    tmp_path: Path, large: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(Path("store"))
    part = reloaded(store, Table(large.arrow)).take(mixed(500_000))

    assert [file.name for file in store.put(part).files] == ["rows.arrow", "table.arrow"]


def test_rows_are_taken_of_texts_that_no_single_arrow_array_holds(store: Store) -> None:
    texts = nothings(rows=1 << 12, each=1 << 16)  # 256 MB of zeros, which take no memory
    numbers = pa.chunked_array([np.arange(1 << 12) + (at << 12) for at in range(9)])
    whole = pa.table({"x": numbers, "text": pa.chunked_array([texts] * 9)})
    wanted = np.array([30_000, 5, 5, 4_096, 36_863])

    part = Picked(whole, wanted)

    assert part.column("x").to_pylist() == wanted.tolist()
    assert part.select(["text", "x"])["x"].to_pylist() == wanted.tolist()
    assert part.column("text").to_pylist() == [texts[0].as_py()] * 5
    assert Table(whole, columns=KINDS).take(wanted).column("x").to_pylist() == wanted.tolist()


def test_while_long_rows_are_taken_the_file_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pa.table({"text": [f"text {row}" for row in range(100)]})
    monkeypatch.setattr(picked, "LONG", 400)
    freed: list[int] = []

    found = Picked(whole, np.arange(99)).select(["text"], lambda: freed.append(1))

    assert found["text"].to_pylist() == whole["text"].to_pylist()[:99]
    assert len(freed) > 5


def test_texts_that_are_too_long_to_be_counted_are_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = pa.table({"text": ["a long text", None, "another"]})
    part = Table(Picked(texts, np.array([2, 1])))
    monkeypatch.setattr(profile, "MOST_TEXT", 1)
    monkeypatch.setattr(picked, "taken", None)

    [text] = part.preview().columns

    assert (text.missing, text.distinct, text.top) == (1, None, None)
    assert part.preview().sample == (("another",), (None,))


KINDS = (ColumnSchema(name="x", kind="integer"), ColumnSchema(name="text", kind="text"))


def nothings(rows: int, each: int) -> pa.Array:
    """Texts of so many characters that are all zero."""
    offsets = np.arange(rows + 1, dtype=np.int32) * each
    values = pa.py_buffer(np.zeros(rows * each, np.uint8))
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), values)
