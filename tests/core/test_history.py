"""What a pipeline was: every edit in words, and versions that have a name."""

from dataclasses import replace
from typing import Any

import pytest

from tensorrag.edit.document import Document
from tensorrag.edit.history import (
    MOST_NAMED,
    Version,
    history,
    named_record,
    named_versions,
    with_name,
)
from tensorrag.edit.records import all_records, change_record, state_record
from tensorrag.edit.words import changes, summary
from tensorrag.errors import PipelineError
from tensorrag.pipeline import Node, Pipeline
from tests.core.small_catalog import CATALOG

START = Pipeline("Start").with_nodes(Node("load", "data_load"), Node("split", "data_split"))
WIRE = {"source": "load", "source_port": "dataset", "target": "split", "target_port": "dataset"}


class Edited:
    """A pipeline that is edited, and the records of its log."""

    def __init__(self) -> None:
        self.document = Document(START, CATALOG, revision=10)
        self.records: list[Any] = [state_record(START, 10)]

    def edit(self, *ops: dict[str, Any], merge_key: str | None = None) -> None:
        self.records.append(change_record(self.document.apply(ops, merge_key=merge_key)))

    def undo(self) -> None:
        change = self.document.undo()
        assert change is not None
        self.records.append(change_record(change))

    def said(self) -> list[str]:
        return [version.said for version in history(self.records, [], CATALOG)]


SAID: list[tuple[list[dict[str, Any]], str]] = [
    ([{"op": "add", "card": "evaluate", "x": 0, "y": 0}], "Added Evaluate"),
    ([{"op": "remove", "nodes": ["load"]}], "Removed Data Load"),
    ([{"op": "remove", "nodes": ["load", "split"]}], "Removed Data Load and Data Split"),
    ([{"op": "connect", **WIRE}], "Connected Data Load to Data Split"),
    (
        [{"op": "set_params", "node": "split", "params": {"seed": 7}}],
        "Set Seed of Data Split to 7",
    ),
    ([{"op": "set_node", "node": "split", "title": "Mine"}], "Called Data Split Mine"),
    ([{"op": "set_node", "node": "split", "enabled": False}], "Bypassed Data Split"),
    ([{"op": "set_node", "node": "split", "retries": 2}], "Changed how Data Split runs"),
    ([{"op": "move", "positions": {"load": {"x": 5, "y": 5}}}], "Moved Data Load"),
    ([{"op": "rename", "name": "New"}], "Called the pipeline New"),
    ([{"op": "rename", "description": "x"}], "Changed the description"),
    ([{"op": "settings", "settings": {"seed": 1}}], "Changed the settings"),
    (
        [
            {"op": "rename", "name": "New"},
            {"op": "move", "positions": {"load": {"x": 5, "y": 5}}},
            {"op": "remove", "nodes": ["split"]},
        ],
        "Called the pipeline New, and 2 more changes",
    ),
]


@pytest.mark.parametrize(("ops", "said"), SAID, ids=[said for _, said in SAID])
def test_an_edit_in_words(ops: list[dict[str, Any]], said: str) -> None:
    edited = Edited()

    edited.edit(*ops)

    assert edited.said() == [said, "As it was here first"]


def test_a_file_is_called_as_it_came() -> None:
    kept = {"upload": f"sha256:{64 * '0'}"}
    named, nameless = (
        START.with_nodes(Node("load", "data_load", params=params))
        for params in ({**kept, "upload_name": "rents.csv"}, kept)
    )

    assert changes(START, named, CATALOG) == ["Set Upload of Data Load to rents.csv"]
    assert changes(START, nameless, CATALOG) == ["Set Upload of Data Load to a file"]


def test_what_is_the_same_has_no_words() -> None:
    assert changes(START, START, CATALOG) == []
    assert summary([]) == ""


def test_typing_is_one_entry_and_undo_is_one() -> None:
    edited = Edited()
    for name in ("N", "Ne", "New"):
        edited.edit({"op": "rename", "name": name}, merge_key="name")
    edited.undo()

    assert edited.said() == [
        "Undid: Rename the pipeline",
        "Called the pipeline New",
        "As it was here first",
    ]
    first, second, third = history(edited.records, [], CATALOG)
    assert (first.pipeline.name, second.pipeline.name, third.pipeline.name) == (
        "Start",
        "New",
        "Start",
    )
    assert first.made >= second.made >= third.made > 1e9


def test_a_log_that_is_written_anew_keeps_words_times_and_revisions() -> None:
    edited = Edited()
    for name in ("One", "Two"):
        edited.edit({"op": "rename", "name": name})
    before = history(edited.records, [], CATALOG)
    document = edited.document

    anew = [*all_records(document.steps, document.pipeline, document.revision)]

    after = history(anew, [], CATALOG)
    assert [(v.revision, v.said) for v in after[:2]] == [(v.revision, v.said) for v in before[:2]]
    assert [v.made for v in after[:2]] == pytest.approx([v.made for v in before[:2]], abs=0.1)


def test_a_named_version_stays_when_the_log_forgets_it() -> None:
    edited = Edited()
    edited.edit({"op": "rename", "name": "Good"})
    good = history(edited.records, [], CATALOG)[0]
    named = with_name([], good, "  The good\n one ")
    again = named_versions([named_record(version) for version in named])

    assert again == [replace(good, name="The good one")]
    assert [v.name for v in history(edited.records, again, CATALOG)] == ["The good one", ""]
    assert history([], again, CATALOG) == again
    assert with_name(again, good, "") == []


def test_names_have_a_limit() -> None:
    version = Version(1, 0.0, START, "")
    many = [replace(version, revision=number, name="x") for number in range(2, MOST_NAMED + 2)]

    with pytest.raises(PipelineError, match="200 named versions already"):
        with_name(many, version, "One more")
    with pytest.raises(PipelineError, match="letters at most"):
        with_name([], version, "x" * 201)
    for unreadable in ("be\0fore", "\x1b[31mred", "txt.\u202eexe"):
        with pytest.raises(PipelineError, match="has a character that nobody can read"):
            with_name([], version, unreadable)
    assert len(with_name(many, many[0], "Renamed")) == MOST_NAMED


@pytest.mark.parametrize("record", [{}, {"pipeline": 1}, {"pipeline": {"version": 99}}])
def test_an_odd_record_is_passed_over(record: dict[str, Any]) -> None:
    assert named_versions([record]) == []
    assert history([record], [], CATALOG) == []


def test_what_was_typed_and_taken_back_at_once_is_no_entry() -> None:
    edited = Edited()
    for name in ("N", START.name):
        edited.edit({"op": "rename", "name": name}, merge_key="name")

    assert edited.said() == ["As it was here first"]
