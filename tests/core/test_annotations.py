"""Notes and frames: in the file, and what an edit may make of them."""

from typing import Any

import pytest

from tensorrag.edit import apply
from tensorrag.edit.annotations import annotations_of
from tensorrag.edit.clipboard import excerpt
from tensorrag.edit.document import Document
from tensorrag.errors import PipelineError
from tensorrag.pipeline import Node, Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.pipeline.delta import delta, patched
from tensorrag.pipeline.files import dumps, loads
from tests.core.small_catalog import CATALOG

NOTE = {
    "id": "note_1",
    "kind": "note",
    "text": "Why <b>this</b>",
    "position": {"x": 10, "y": 20},
    "size": {"width": 200, "height": 100},
}
FRAME = NOTE | {"id": "frame_1", "kind": "frame", "title": "Data"}
ODD = {"kind": "of another program", "points": [1, 2]}


def edit(start: Pipeline, **op: Any) -> Pipeline:
    return apply(start, op, CATALOG)


def annotated(*annotations: Any, start: Pipeline | None = None) -> Pipeline:
    return edit(start or Pipeline(), op="annotate", annotations=list(annotations))


def test_notes_and_frames_are_added_changed_and_removed() -> None:
    both = annotated(NOTE, FRAME)
    assert annotations_of(both) == {"note_1": NOTE, "frame_1": FRAME}

    moved = annotated({"id": "note_1", "position": {"x": 0, "y": 0}}, start=both)
    assert annotations_of(moved)["note_1"] == NOTE | {"position": {"x": 0, "y": 0}}
    assert [*annotations_of(moved)] == ["note_1", "frame_1"]
    assert annotated({"id": "note_1", "text": NOTE["text"]}, start=both) is both

    assert [*annotations_of(edit(moved, op="remove", annotations=["note_1"]))] == ["frame_1"]


def test_what_another_program_keeps_there_stays() -> None:
    start = loads(dumps(Pipeline(annotations=(ODD, "text", NOTE)))).pipeline

    after = annotated({"id": "note_1", "text": "New"}, start=start)
    after = edit(annotated(FRAME, start=after), op="remove", annotations=["note_1"])

    assert after.annotations == (ODD, "text", FRAME)


def test_they_are_a_step_back_and_survive_a_crash() -> None:
    document = Document(Pipeline().with_nodes(Node("a", "train")), CATALOG)
    change = document.apply([{"op": "annotate", "annotations": [NOTE]}])

    assert change.label == "Add a note"
    assert patched(change.before, delta(change.before, change.after)) == change.after
    document.undo()
    assert not document.pipeline.annotations
    document.redo()
    assert document.apply([{"op": "remove", "annotations": ["note_1"]}]).label == "Remove a note"


@pytest.mark.parametrize(
    ("known", "op", "label"),
    [
        ([NOTE], {"op": "annotate", "annotations": [FRAME]}, "Add a frame"),
        ([NOTE, FRAME], {"op": "remove", "annotations": ["frame_1"]}, "Remove a frame"),
        ([NOTE, FRAME], {"op": "remove", "annotations": ["frame_1", "note_1"]}, "Remove 2 notes"),
        ([], {"op": "paste", "pipeline": to_json(Pipeline(annotations=(NOTE,)))}, "Paste a note"),
        ([], {"op": "paste", "pipeline": to_json(Pipeline(annotations=(FRAME,)))}, "Paste a frame"),
    ],
)
def test_a_step_says_whether_it_was_about_a_note_or_a_frame(
    known: list[Any], op: dict[str, Any], label: str
) -> None:
    assert Document(annotated(*known), CATALOG).apply([op]).label == label


def test_they_are_copied_with_free_ids_and_keep_their_distance_to_the_cards() -> None:
    start = annotated(NOTE, FRAME).with_nodes(Node("a", "train"))
    part = excerpt(start, ["a"], ["note_1"])
    assert part.annotations == (NOTE,)
    assert excerpt(start, [], iter(annotations_of(start))).annotations == (NOTE, FRAME)

    after = edit(start, op="paste", pipeline=to_json(part), x=100, y=100)

    assert annotations_of(after)["note_2"]["position"] == {"x": 110, "y": 120}
    alone = edit(Pipeline(), op="paste", pipeline=to_json(excerpt(start, [], ["note_1"])))
    assert annotations_of(alone)["note_1"]["position"] == {"x": 50, "y": 60}


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "Note 1"},
        {"id": 5},
        {"kind": "picture"},
        {"text": 5},
        {"text": "x" * 20_001},
        {"title": "x" * 201},
        {"position": {"x": float("nan"), "y": 0}},
        {"position": None},
        {"size": {"width": 1, "height": 100}},
        {"size": {"width": True, "height": 100}},
        {"script": "alert(1)"},
    ],
)
def test_what_is_no_note_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PipelineError):
        annotated(NOTE | wrong)


def test_what_is_not_there_cannot_be_removed_and_there_is_an_end_to_adding() -> None:
    with pytest.raises(PipelineError, match='no note or frame "gone"'):
        edit(Pipeline(), op="remove", annotations=["gone"])
    many = [NOTE | {"id": f"note_{number}"} for number in range(1_001)]
    with pytest.raises(PipelineError, match="1,000 notes and frames"):
        annotated(*many)
