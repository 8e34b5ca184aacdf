"""Large tables are drawn when somebody looks: what stands there until then, and what comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from tensorrag import Card, TableSchema
from tensorrag.perform import perform
from tensorrag.preview import SHOWN_COLUMNS, LaterPreview, Preview
from tensorrag.showing import previews_of
from tensorrag.store.place import Place
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task
from tensorrag.types import Table, Value, picked

HOMES = Table.from_pandas(pd.DataFrame({"rooms": [1, 3, 2], "price": [4.0, None, 2.0]}))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A workspace in which every table is large."""
    monkeypatch.setattr(picked, "LARGE", 0)
    return Workspace.open(tmp_path).place()


def filtered(place: Place) -> Task:
    homes = Workspace.open(place.store.parent).store.put(HOMES).digest
    return Task(
        kind="run",
        card="filter_rows",
        entry="cards.filter_rows:FilterRows",
        params={"condition": "price < 3"},
        inputs={"dataset": (homes,)},
    )


def drawn(place: Place, later: dict[str, Any]) -> dict[str, Any]:
    """What a look at the stored value gives."""
    how = {"last_first": later["last_first"]}
    return perform(Task(kind="profile", params=how, inputs={"value": (later["sha256"],)}), place)


def test_it_looks_as_it_would_have_at_once(place: Place) -> None:
    said, table = perform(filtered(place), place)["previews"]["dataset"]["items"]

    answer = perform(filtered(place), place, later=True)

    assert table["kind"] == "table", "where the store is far, everything is drawn there"
    same, later = answer["previews"]["dataset"]["items"]
    assert same == said, "what the card itself says waits for nobody"
    assert later == {
        "kind": "later",
        "sha256": answer["outputs"]["dataset"]["sha256"],
        "last_first": 0,
    }
    assert drawn(place, later) == table
    assert answer["face"] == perform(filtered(place), place)["face"]


def test_the_last_columns_can_be_shown_first(place: Place) -> None:
    digest = perform(filtered(place), place)["outputs"]["dataset"]["sha256"]

    preview = drawn(place, {"sha256": digest, "last_first": 1})

    assert [column["name"] for column in preview["columns"]] == ["price", "rooms"]
    assert preview["sample"] == [[2.0, 2]]


def test_the_last_columns_stay_where_they_are_while_some_are_not_shown() -> None:
    wide = pd.DataFrame({f"x{at}": [at] for at in range(SHOWN_COLUMNS + 1)})

    preview = Table.from_pandas(wide).preview()

    assert preview.with_last_first(1) == preview


class Shy(Card):
    """Make something that it cannot show."""

    class Out(NamedTuple):
        homes: Table

    def run(self) -> Out:
        return self.Out(HOMES)

    def propagate(self) -> TableSchema:
        return HOMES.schema

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        raise ValueError


def test_what_a_card_cannot_show_waits_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picked, "LARGE", 0)
    homes = Table(HOMES.arrow)
    homes.stored_as = "ab" * 32

    assert previews_of(Shy(), (homes,))["homes"]["kind"] == "later"


def test_small_tables_are_drawn_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    [_, table] = perform(filtered(place), place, later=True)["previews"]["dataset"]["items"]

    assert (table["kind"], table["rows"]) == ("table", 1)


@pytest.mark.parametrize(
    "forged",
    [{"last_first": -1}, {"last_first": "two"}, {"last_first": [1]}, {"sha256": "../../settings"}],
)
def test_what_a_card_forges_is_not_shown(forged: dict[str, Any]) -> None:
    class Forger(Shy):
        def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
            honest = {"kind": "later", "sha256": "0" * 64, "last_first": 0}
            return {"homes": LaterPreview.model_construct(**{**honest, **forged})}

    shown = previews_of(Forger(), (HOMES,))

    assert shown == {"homes": HOMES.preview().model_dump(mode="json")}
