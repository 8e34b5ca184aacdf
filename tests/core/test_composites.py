"""Composites: a frame that is collapsed, in the file and in what an edit may make of it."""

from typing import Any

import pytest

from tensorrag.edit import apply
from tensorrag.edit.annotations import annotations_of
from tensorrag.edit.clipboard import excerpt
from tensorrag.edit.document import Document
from tensorrag.edit.words import changes
from tensorrag.errors import PipelineError
from tensorrag.pipeline import Node, Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.pipeline.files import dumps, loads
from tests.core.small_catalog import CATALOG
from tests.core.test_annotations import FRAME, NOTE

CARDS = Pipeline().with_nodes(*(Node(name, "train") for name in ("a", "b", "c")))
COMPOSITE = FRAME | {"collapsed": True, "members": ["a", "b"]}


def edit(start: Pipeline, **op: Any) -> Pipeline:
    return apply(start, op, CATALOG)


def annotated(*annotations: Any, start: Pipeline = CARDS) -> Pipeline:
    return edit(start, op="annotate", annotations=list(annotations))


def in_file(*annotations: Any) -> dict[str, Any]:
    """What is made of these when they stand in a file."""
    text = dumps(Pipeline(nodes=CARDS.nodes, annotations=annotations))
    return annotations_of(loads(text).pipeline)


def test_a_frame_is_collapsed_and_opened_and_its_cards_and_wires_stay_as_they_were() -> None:
    document = Document(CARDS, CATALOG)
    made = document.apply([{"op": "annotate", "annotations": [COMPOSITE]}])
    assert made.label == "Collapse 2 cards"
    assert annotations_of(made.after) == {"frame_1": COMPOSITE}
    assert made.after.nodes is CARDS.nodes
    assert loads(dumps(made.after)).pipeline == made.after

    opening = {"op": "annotate", "annotations": [{"id": "frame_1", "collapsed": False}]}
    opened = document.apply([opening])
    assert opened.label == "Open Data"
    assert opened.after.annotations == (FRAME,)
    document.undo()
    assert annotations_of(document.pipeline) == {"frame_1": COMPOSITE}


def test_the_history_says_so() -> None:
    collapsed, untitled = annotated(COMPOSITE), annotated(COMPOSITE | {"title": ""})
    assert changes(CARDS, collapsed, CATALOG) == ["Collapsed Data"]
    assert changes(CARDS, untitled, CATALOG) == ["Collapsed 2 cards"]
    assert changes(collapsed, annotated(FRAME), CATALOG) == ["Opened Data"]
    assert changes(collapsed, untitled, CATALOG) == ["Changed the notes and frames"]


def test_it_is_moved_and_named_like_any_frame() -> None:
    start = annotated(COMPOSITE)
    moved = annotated({"id": "frame_1", "position": {"x": 5, "y": 5}, "title": "New"}, start=start)
    assert annotations_of(moved)["frame_1"]["members"] == ["a", "b"]
    assert annotated({"id": "frame_1", "members": ["b", "b", "c"]}, start=start).annotations == (
        COMPOSITE | {"members": ["b", "c"]},
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"members": ["a", "gone"]}, 'no card "gone"'),
        ({"members": ["a", "frame_2"]}, '"frame_2" is a frame'),
        ({"members": ["c"]}, 'The card "c" is in the composite "Other" already.'),
        ({"members": []}, "no card to collapse"),
        ({"members": [f"card_{n}" for n in range(10_000)]}, "1,000 cards in one composite"),
        ({"members": "a"}, '"members" must be a list of the ids of cards'),
        ({"members": [1]}, '"members" must be a list of the ids of cards'),
        ({"members": {"a": 1}}, '"members" must be a list of the ids of cards'),
        ({"collapsed": "yes"}, '"collapsed" must be true or false'),
        ({"collapsed": None}, '"collapsed" must be true or false'),
        ({"kind": "note"}, "A note cannot be collapsed."),
    ],
)
def test_what_is_no_composite_is_refused_with_a_sentence(
    wrong: dict[str, Any], sentence: str
) -> None:
    other = COMPOSITE | {"id": "frame_2", "title": "Other", "members": ["c"]}
    with pytest.raises(PipelineError) as refused:
        annotated(COMPOSITE | wrong, start=annotated(other))
    assert sentence in str(refused.value)
    assert "\n" not in refused.value.message


def test_members_alone_do_not_collapse_a_frame() -> None:
    with pytest.raises(PipelineError, match='"collapsed" must be true or false'):
        annotated(FRAME | {"members": ["a"]})


def test_one_can_be_opened_and_its_cards_taken_by_another_in_one_step() -> None:
    start = annotated(COMPOSITE)
    other = COMPOSITE | {"id": "frame_2", "members": ["b", "c"]}
    after = annotated({"id": "frame_1", "collapsed": False}, other, start=start)
    assert annotations_of(after) == {"frame_1": FRAME, "frame_2": other}


@pytest.mark.parametrize(
    ("nonsense", "left"),
    [
        ({"members": ["a", 5, None, "gone", "a", "b"]}, ["a", "b"]),
        ({"members": ["gone"]}, None),
        ({"members": "a"}, None),
        ({"members": None}, None),
        ({"collapsed": 1}, None),
        ({"collapsed": False}, None),
        ({"kind": "note"}, None),
    ],
)
def test_nonsense_in_a_file_is_mended(nonsense: dict[str, Any], left: list[str] | None) -> None:
    read = in_file(COMPOSITE | nonsense)["frame_1"]
    assert read.get("members") == left
    assert read.get("collapsed") == (True if left else None)


def test_in_a_file_the_first_composite_keeps_a_card_that_two_name() -> None:
    read = in_file(COMPOSITE, COMPOSITE | {"id": "frame_2", "members": ["b", "c"]})
    assert read["frame_2"]["members"] == ["c"]


def test_a_card_that_is_removed_leaves_it_and_a_new_one_of_its_id_does_not_join() -> None:
    after = edit(annotated(COMPOSITE, NOTE), op="remove", nodes=["a"])
    assert annotations_of(after)["frame_1"]["members"] == ["b"]
    again = edit(after, op="add", card="train", id="a")
    assert annotations_of(again)["frame_1"]["members"] == ["b"]
    assert annotations_of(edit(after, op="remove", nodes=["b"]))["frame_1"] == FRAME


@pytest.mark.parametrize("odd", [FRAME | {"members": [["a"], {}]}, {"kind": "x", "members": ["a"]}])
def test_what_a_file_says_oddly_keeps_no_card_from_being_removed(odd: dict[str, Any]) -> None:
    after = edit(Pipeline(nodes=CARDS.nodes, annotations=(odd,)), op="remove", nodes=["a"])
    assert ([*after.nodes], after.annotations) == (["b", "c"], (odd,))


def test_it_is_removed_with_its_cards_in_one_step() -> None:
    after = edit(annotated(COMPOSITE), op="remove", nodes=["a", "b"], annotations=["frame_1"])
    assert ([*after.nodes], after.annotations) == (["c"], ())


def test_a_copy_holds_the_copies_of_its_cards() -> None:
    start = annotated(COMPOSITE)
    part = to_json(excerpt(start, ["a", "b"], ["frame_1"]))
    after = annotations_of(edit(start, op="paste", pipeline=part, x=300, y=300))
    assert after["frame_2"]["members"] == ["a_2", "b_2"]
    assert after["frame_1"] == COMPOSITE

    elsewhere = annotations_of(edit(Pipeline(), op="paste", pipeline=part))
    assert elsewhere["frame_1"]["members"] == ["a", "b"]
    alone = to_json(excerpt(start, ["b"], ["frame_1"]))
    assert annotations_of(edit(start, op="paste", pipeline=alone))["frame_2"]["members"] == ["b_2"]
