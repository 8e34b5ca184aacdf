"""Doing the task of one card: what it says meanwhile."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from tensorrag import Card, EstimatorSpec, InputError, Peek, Table, TableSchema, report
from tensorrag.errors import SourceChanged
from tensorrag.perform import perform
from tensorrag.plain import JsonObject
from tensorrag.preview import Face
from tensorrag.progress import Reporter, reporting
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task


class Written(Table):
    """A table that tells how much of it is written, as that of a pack may."""

    def save(self, folder: Path) -> JsonObject:
        """Write it, and say so."""
        told = super().save(folder)
        report(1, 1, "file")
        return told


class Reread(Card):
    """Read a file that has changed since it was looked at, and does not say so."""

    class Out(NamedTuple):
        dataset: Table

    def run(self) -> Out:
        return self.Out(Table(pa.table({"x": [1]})))

    def propagate(self) -> TableSchema:
        return TableSchema()

    def peek(self) -> Peek:
        return Peek(schemas=(TableSchema(),), fingerprint="as it is now")


class Write(Card):
    """Make such a table."""

    class Out(NamedTuple):
        dataset: Table

    def run(self) -> Out:
        return self.Out(Written(pa.table({"x": [1, 2]})))

    def propagate(self) -> tuple[TableSchema]:
        return (TableSchema(),)


class Met(Table):
    """A table that is written only while its face is drawn, and drawn only while it is written."""

    def __init__(self, arrow: pa.Table) -> None:
        super().__init__(arrow)
        self.met = Barrier(2, timeout=60)

    def save(self, folder: Path) -> JsonObject:
        self.met.wait()
        return super().save(folder)

    def face(self) -> Face:
        self.met.wait()
        return super().face()


class Meet(Write):
    """Make such a table."""

    def run(self) -> Write.Out:
        return self.Out(Met(pa.table({"x": [1, 2]})))


def test_a_face_is_drawn_while_its_value_is_written(tmp_path: Path) -> None:
    place = Place(store=tmp_path / "store", uploads=tmp_path, base=tmp_path)

    made = perform(Task(kind="run", card="meet", entry=f"{__name__}:Meet"), place)

    assert made["face"] is not None
    assert made["outputs"]["dataset"]["sha256"]


def test_what_is_reported_while_a_value_is_stored_arrives(tmp_path: Path) -> None:
    said: list[dict[str, Any]] = []
    place = Place(store=tmp_path / "store", uploads=tmp_path, base=tmp_path)

    with reporting(Reporter(said.append)):
        made = perform(Task(kind="run", card="write", entry=f"{__name__}:Write"), place)

    assert [(each["done"], each["unit"]) for each in said] == [(1, "file")]
    assert made["outputs"]["dataset"]["type"] == "Written"


def test_what_changed_between_the_look_and_the_run_is_no_result(tmp_path: Path) -> None:
    place = Place(store=tmp_path / "store", uploads=tmp_path, base=tmp_path)
    seen = Task(kind="run", card="reread", entry=f"{__name__}:Reread", fingerprint="as it is now")

    assert perform(seen, place)["fingerprint"] == "as it is now"
    with pytest.raises(SourceChanged):
        perform(seen.model_copy(update={"fingerprint": "as it was"}), place)


def test_a_value_of_another_type_than_the_port_is_refused(tmp_path: Path) -> None:
    place = Place(store=tmp_path / "store", uploads=tmp_path, base=tmp_path)
    spec = Store(place.store).put(EstimatorSpec("ridge", {})).digest
    filters = Task(
        kind="run", card="filter_rows", entry="cards.filter_rows:FilterRows",
        params={"condition": "x > 1"}, inputs={"dataset": (spec,)},
    )  # fmt: skip

    with pytest.raises(InputError, match="dataset takes a Table, but a EstimatorSpec arrived"):
        perform(filters, place)
