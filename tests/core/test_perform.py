"""Doing the task of one card: what it says meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from tensorrag import Card, Table, TableSchema, report
from tensorrag.perform import perform
from tensorrag.plain import JsonObject
from tensorrag.progress import Reporter, reporting
from tensorrag.store.place import Place
from tensorrag.task import Task


class Written(Table):
    """A table that tells how much of it is written, as that of a pack may."""

    def save(self, folder: Path) -> JsonObject:
        """Write it, and say so."""
        told = super().save(folder)
        report(1, 1, "file")
        return told


class Write(Card):
    """Make such a table."""

    class Out(NamedTuple):
        dataset: Table

    def run(self) -> Out:
        return self.Out(Written(pa.table({"x": [1, 2]})))

    def propagate(self) -> tuple[TableSchema]:
        return (TableSchema(),)


def test_what_is_reported_while_a_value_is_stored_arrives(tmp_path: Path) -> None:
    said: list[dict[str, Any]] = []
    place = Place(store=tmp_path / "store", uploads=tmp_path, base=tmp_path)

    with reporting(Reporter(said.append)):
        made = perform(Task(kind="run", card="write", entry=f"{__name__}:Write"), place)

    assert [(each["done"], each["unit"]) for each in said] == [(1, "file")]
    assert made["outputs"]["dataset"]["type"] == "Written"
