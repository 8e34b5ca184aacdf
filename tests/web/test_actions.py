from dataclasses import replace
from typing import Any

import pytest

from tensorrag.check.problems import Fix, Problem
from tensorrag.pipeline import Edge, Pipeline
from tensorrag.pipeline.room import HEIGHT, WIDTH, free_below
from tests.core.engine import node
from tests.web.desk import Desk
from web.live.session import Session
from web.page.edits.edits import Edits
from web.page.edits.free_places import FIRST, free_place
from web.page.form.form import problem_key

SPLIT = (
    Pipeline("Split")
    .with_nodes(node("data_load"), node("data_split", seed=4))
    .with_edges(Edge("data_load", "dataset", "data_split", "dataset"))
)


class Hands:
    """What one person does in one tab."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.said: list[str] = []
        self.added: list[str] = []
        self.pasted: list[str] = []
        self.turned: list[tuple[str, str]] = []
        self.edits = Edits(
            session,
            lambda message, _: self.said.append(message),
            self.added.append,
            self.pasted.extend,
            lambda node, column: self.turned.append((node, column)),
        )

    def __call__(self, action: str, **data: Any) -> None:
        self.edits.actions[action](data)

    async def fix(self, code: str) -> None:
        """Press the button that mends a problem."""
        (key,) = (problem_key(p) for p in self.session.problems if p.code == code)
        await self.press("fix", problem=key)

    async def press(self, action: str, **data: Any) -> None:
        answer = self.edits.actions[action](data)
        if answer is not None:
            await answer

    def params(self, name: str) -> dict[str, Any]:
        return dict(self.session.pipeline.nodes[name].params)


@pytest.fixture
async def hands(desk: Desk) -> Hands:
    return Hands(await desk.open(SPLIT))


async def test_a_typed_value_is_set_and_its_default_is_not_written(hands: Hands) -> None:
    hands("set", of="data_split", param="seed", value="7")
    assert hands.params("data_split") == {"seed": 7}

    hands("reset", of="data_split", param="seed")
    assert hands.params("data_split") == {}


async def test_typing_on_is_one_step_back(hands: Hands) -> None:
    for typed in ("1", "12", "123"):
        hands("set", of="data_split", param="seed", value=typed, typing=True)
    hands("undo")

    assert hands.params("data_split") == {"seed": 4}


async def test_what_is_no_number_stays_for_the_check_to_name(hands: Hands) -> None:
    hands("set", of="data_split", param="seed", value="many")
    await hands.session.settled()

    assert hands.params("data_split") == {"seed": "many"}
    assert [problem.field for problem in hands.session.problems] == ["seed"]


async def test_whose_step_was_taken_back_is_said_where_another_tab_made_it(hands: Hands) -> None:
    other = Hands(hands.session)
    hands("title", of="data_load", value="Houses")
    other("set", of="data_split", param="seed", value="7")

    hands("undo")
    assert hands.said == ["Undo took back what was done elsewhere: Change Seed."]
    hands("undo")
    assert hands.session.pipeline.nodes["data_load"].title is None
    assert len(hands.said) == 1
    other("redo")
    assert other.said == ["Redo made again what was done elsewhere: Change Data Load."]


async def test_what_was_done_before_a_tab_was_opened_is_taken_back_without_a_word(
    hands: Hands,
) -> None:
    hands("set", of="data_split", param="seed", value="7")
    reloaded = Hands(hands.session)
    reloaded("undo")

    assert reloaded.params("data_split") == {"seed": 4}
    assert reloaded.said == []


async def test_a_mend_that_is_pressed_at_once_takes_back_nothing_that_was_just_set(
    desk: Desk,
) -> None:
    twice = Pipeline("Twice").with_nodes(
        node("data_load"), node("train", target_column="MEDV", feature_columns=["ZN", "ZN"])
    )
    wired = twice.with_edges(Edge("data_load", "dataset", "train", "train_dataset"))
    hands = Hands(await desk.open(wired))

    set_anew = {"op": "set_params", "node": "train", "params": {"feature_columns": ["RM", "RM"]}}
    hands.edits.edit([set_anew])
    await hands.fix("parameter_invalid")

    assert hands.params("train")["feature_columns"] == ["RM"]


@pytest.mark.parametrize("pressed", ["Split by date", "Keep rows of one id together", "", "Gone"])
async def test_of_two_mends_at_one_place_the_one_that_was_pressed_is_made(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, pressed: str
) -> None:
    def concern(label: str, by: str) -> Problem:
        op = {"op": "set_params", "node": "data_split", "params": {"split_by": by}}
        fix = Fix(label=label, ops=(op,))
        place = {"code": "data_concern", "node": "data_split", "field": "split_by"}
        return Problem.model_validate({**place, "message": f"{label}?", "fix": fix})

    both = concern("Split by date", "time"), concern("Keep rows of one id together", "group")

    async def problems_now() -> tuple[Problem, ...]:
        return both

    monkeypatch.setattr(hands.session, "problems_now", problems_now)
    await hands.press("fix", problem=problem_key(both[0]), mend=pressed)

    by = {"Split by date": "time", "Keep rows of one id together": "group"}.get(pressed)
    assert hands.params("data_split").get("split_by") == by


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("set", {"of": "gone", "param": "seed", "value": "1"}),
        ("set", {"of": "data_split", "param": "__class__", "value": "1"}),
        ("set", {"of": ["data_split"], "param": {}, "value": None}),
        ("list_up", {"of": "data_split", "param": "seed", "index": "x"}),
        ("wire", {"of": "data_split", "at": "gone", "value": "data_load.dataset"}),
        ("title", {"of": "gone", "value": "x"}),
        ("rename", {"value": ""}),
        ("fix", {"problem": "forged|||"}),
        ("remove", {}),
        ("duplicate", {"of": "gone", "nodes": "data_split"}),
        ("duplicate", {"of": "data_split", "by": {"x": float("inf"), "y": 0}}),
    ],
)
async def test_a_forged_action_changes_nothing(
    hands: Hands, action: str, data: dict[str, Any]
) -> None:
    before = hands.session.pipeline
    await hands.press(action, **data)

    assert hands.session.pipeline is before


async def test_an_unknown_card_is_refused_with_a_sentence(hands: Hands) -> None:
    hands("add_card", card="os.system")

    assert len(hands.session.pipeline.nodes) == 2
    assert hands.said


async def test_a_card_is_added_beside_the_selected_one_and_turned_to(hands: Hands) -> None:
    hands.edits.selected = "data_load"
    hands("add_card", card="data_split")

    (made,) = hands.added
    place, beside = (hands.session.pipeline.nodes[name].position for name in (made, "data_load"))
    assert place.x > beside.x + WIDTH


async def test_an_input_is_wired_anew_in_one_step(hands: Hands) -> None:
    hands("add_card", card="data_load")
    hands("wire", of="data_split", at="dataset", value=f"{hands.added[0]}.dataset")

    (edge,) = hands.session.pipeline.edges
    assert edge == Edge(hands.added[0], "dataset", "data_split", "dataset")
    hands("undo")
    (edge,) = hands.session.pipeline.edges
    assert edge.source == "data_load"


async def test_an_input_is_unwired(hands: Hands) -> None:
    hands("wire", of="data_split", at="dataset", value="")

    assert hands.session.pipeline.edges == ()


async def test_one_of_several_wires_is_taken_out(desk: Desk) -> None:
    tables = Pipeline("Two tables").with_nodes(
        node("data_load"), replace(node("data_load"), id="other"), node("concatenate")
    )
    wires = [Edge(table, "dataset", "concatenate", "tables") for table in ("data_load", "other")]
    hands = Hands(await desk.open(tables.with_edges(*wires)))

    hands("unwire", of="concatenate", edge=wires[0].id)
    hands("unwire", of="concatenate", edge="gone")  # nor does what is no wire

    assert hands.session.pipeline.edges == (wires[1],)
    assert hands.said == ['There is no wire "gone" in this pipeline.']


async def test_what_was_wrong_with_a_file_is_past_once_another_one_is_on_its_way(
    hands: Hands,
) -> None:
    hands("upload_failed", of="data_load", message="big.csv: It is too large.")
    hands("uploading", of="data_load", name="small.csv")

    assert hands.said == ["big.csv: It is too large.", ""]


async def test_a_card_is_titled_bypassed_duplicated_and_removed(hands: Hands) -> None:
    hands("title", of="data_split", value="Plus <four>")
    hands("bypass", of="data_split")
    assert hands.session.pipeline.nodes["data_split"].title == "Plus <four>"
    assert not hands.session.pipeline.nodes["data_split"].enabled

    hands("duplicate", of="data_split")
    (copy,) = hands.pasted
    assert hands.params(copy) == {"seed": 4}
    assert hands.session.pipeline.nodes[copy].title == "Plus <four>"
    assert hands.session.undo_label == "Duplicate Plus <four>"
    hands("duplicate", of="data_split", by={"x": 300, "y": -40})
    here, there = (
        hands.session.pipeline.nodes[id].position for id in ("data_split", hands.pasted[-1])
    )
    assert (there.x - here.x, there.y - here.y) == (300, -40)

    hands("remove", of="data_split")
    assert "data_split" not in hands.session.pipeline.nodes


async def test_several_cards_are_bypassed_and_switched_on_together(hands: Hands) -> None:
    def on() -> dict[str, bool]:
        return {key: node.enabled for key, node in hands.session.pipeline.nodes.items()}

    hands("bypass", of="data_split")
    hands("bypass", nodes=["data_split", "data_load", "gone", 5])
    assert on() == {"data_load": False, "data_split": False}
    hands("bypass", nodes=["data_split", "data_load"])
    assert on() == {"data_load": True, "data_split": True}
    hands("bypass", nodes=["gone"])
    assert hands.session.undo_label.startswith("Switch")


async def test_several_cards_are_duplicated_with_their_wires_below_them_all(hands: Hands) -> None:
    hands("duplicate", nodes=["data_split", "data_load", "gone", 5])

    nodes, edges = hands.session.pipeline.nodes, hands.session.pipeline.edges
    assert hands.pasted == ["data_load_2", "data_split_2"]
    assert edges[-1].id == "data_load_2.dataset-data_split_2.dataset"
    lowest = max(nodes[name].position.y for name in ("data_load", "data_split"))
    assert all(nodes[name].position.y >= lowest + HEIGHT for name in hands.pasted)
    hands("undo")
    assert len(hands.session.pipeline.nodes) == 2


async def test_what_is_dropped_on_a_card_lies_below_it() -> None:
    pipeline = Pipeline().with_nodes(node("data_split"))
    assert free_below(pipeline, 500, 20) == (500, 20)
    x, y = free_below(pipeline, 30, 20)
    assert (x, y >= HEIGHT) == (30, True)


async def test_a_free_place_is_free() -> None:
    pipeline = Pipeline()
    assert free_place(pipeline) == FIRST
    for number in range(5):
        x, y = free_place(pipeline, "n0" if number else None)
        for other in pipeline.nodes.values():
            apart = abs(other.position.x - x) >= WIDTH or abs(other.position.y - y) >= HEIGHT
            assert apart
        made = node("data_split")
        made = type(made)(id=f"n{number}", card="data_split", position=type(made.position)(x, y))
        pipeline = pipeline.with_nodes(made)


async def test_a_kind_that_loses_values_is_asked_about_where_a_result_tells_it(desk: Desk) -> None:
    load = node("data_load", sample_name="iris")
    hands = Hands(await desk.open(Pipeline("Flowers").with_nodes(load)))
    kinds, number = hands.edits.kinds, {"of": "data_load", "column": "species", "value": "number"}

    await hands.press("column_kind", **number)
    assert hands.params("change_kinds") == {"number": ["species"]}, "the run will tell"
    assert hands.turned == [("change_kinds", "species")]
    hands("undo")
    for odd in ({"value": "colour"}, {"column": "height"}, {"value": "category"}):
        await hands.press("column_kind", **number | odd)

    await desk.run(hands.session)
    await hands.press("column_kind", **number)
    doubt = kinds.doubt
    assert doubt is not None
    assert doubt.why == (
        '150 of 150 rows hold no number, such as "setosa": they would become missing.'
    )
    hands("column_kind_keep")
    assert kinds.doubt is None
    assert "change_kinds" not in hands.session.pipeline.nodes

    hands("column_kind_anyway", **number)
    assert hands.params("change_kinds") == {"number": ["species"], "unreadable": "missing"}
    await hands.press("column_kind", **number | {"value": "binary"})
    assert hands.params("change_kinds")["binary"] == ["species"], "what is lost was said once"
    assert kinds.doubt is None


async def test_a_result_of_before_is_no_reason_to_ask_about_a_kind(desk: Desk) -> None:
    flowers = Pipeline("Flowers").with_nodes(
        node("data_load", sample_name="iris"), node("sample_rows", rows=50)
    )
    wire = Edge("data_load", "dataset", "sample_rows", "dataset")
    hands = Hands(await desk.open(flowers.with_edges(wire)))
    await desk.run(hands.session)
    hands("set", of="sample_rows", param="rows", value="60")
    await hands.session.settled()

    await hands.press("column_kind", of="sample_rows", column="species", value="number")

    assert hands.edits.kinds.doubt is None
    assert hands.params("change_kinds") == {"number": ["species"]}
