from random import Random
from typing import Any

import pytest

from tensorrag.catalog import PortInfo
from tensorrag.edit.commands import _HANDLERS
from tensorrag.edit.document import Document, diff
from tensorrag.errors import NodeNotFound, PipelineError
from tensorrag.pipeline import Edge, Node, Pipeline, Position
from tensorrag.pipeline.as_json import to_json
from tensorrag.pipeline.files import dumps, loads
from tests.core.random_pipelines import ODD_NAMES, random_value
from tests.core.small_catalog import CATALOG

MOVE = {"op": "move", "positions": {"a": {"x": 1, "y": 1}}}
START = Pipeline("Start").with_nodes(Node("a", "data_load"), Node("b", "data_split"))


def document(pipeline: Pipeline = START, **options: Any) -> Document:
    return Document(pipeline, CATALOG, **options)


def test_one_gesture_is_one_step() -> None:
    doc = document()
    wire = dict(source="a", source_port="dataset", target="b", target_port="dataset")

    change = doc.apply([MOVE, {"op": "connect", **wire}])

    assert change.revision == doc.revision == 1
    assert change.before is START
    assert doc.undo() is not None
    assert doc.pipeline is START
    assert not doc.undo_label


def test_a_gesture_is_made_whole_or_not_at_all() -> None:
    doc = document()

    with pytest.raises(NodeNotFound):
        doc.apply([MOVE, {"op": "remove", "nodes": ["gone"]}])

    assert doc.pipeline is START
    assert doc.revision == 0
    assert not doc.undo_label


def test_undo_and_redo_raise_the_revision() -> None:
    doc = document()
    doc.apply([MOVE])

    undone, redone = doc.undo(), doc.redo()

    assert undone is not None
    assert redone is not None
    assert (undone.revision, redone.revision) == (2, 3)
    assert undone.label == redone.label == "Move Data Load"
    assert doc.pipeline.nodes["a"].position == Position(1, 1)


def test_there_may_be_nothing_to_undo_or_redo() -> None:
    doc = document()

    assert doc.undo() is None
    assert doc.redo() is None
    assert doc.revision == 0
    assert doc.undo_label == doc.redo_label == ""


def test_a_new_edit_ends_redo() -> None:
    doc = document()
    doc.apply([MOVE])
    doc.undo()
    assert doc.redo_label == "Move Data Load"

    doc.apply([{"op": "rename", "name": "New"}])

    assert not doc.redo_label


def test_what_changes_nothing_is_no_step() -> None:
    doc = document()

    change = doc.apply([{"op": "rename", "name": "Start"}])

    assert not change
    assert doc.revision == 0
    assert not doc.undo_label
    assert not doc.apply([])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_typing_in_one_field_is_one_step() -> None:
    clock = Clock()
    doc = document(clock=clock)
    for text in ("N", "Ne", "New"):
        clock.now += 0.9
        doc.apply([{"op": "rename", "name": text}], merge_key="name")

    assert doc.revision == 3
    doc.undo()
    assert doc.pipeline is START
    doc.redo()
    assert doc.pipeline.name == "New"


def test_a_pause_another_field_or_an_undo_begins_a_new_step() -> None:
    clock = Clock()
    doc = document(clock=clock)
    doc.apply([{"op": "rename", "name": "1"}], merge_key="name")
    clock.now += 1.1
    doc.apply([{"op": "rename", "name": "2"}], merge_key="name")
    doc.apply([{"op": "rename", "description": "3"}], merge_key="description")
    doc.apply([{"op": "rename", "name": "4"}], merge_key="name")
    doc.undo()
    doc.apply([{"op": "rename", "name": "5"}], merge_key="name")

    assert steps(doc) == 4


def test_what_is_typed_and_taken_back_at_once_is_no_step() -> None:
    doc = document(clock=Clock())
    doc.apply([{"op": "rename", "description": "kept"}])
    for text in ("N", "Ne", START.name):
        doc.apply([{"op": "rename", "name": text}], merge_key="name")
    assert (doc.pipeline.name, steps(doc)) == (START.name, 1)

    doc = document(clock=Clock())
    doc.apply([{"op": "rename", "name": "first"}])
    for text in ("x", "first", "second"):
        doc.apply([{"op": "rename", "name": text}], merge_key="name")
    doc.undo()
    assert doc.pipeline.name == "first"


def steps(doc: Document) -> int:
    count = 0
    while doc.undo():
        count += 1
    return count


def test_the_history_is_bounded() -> None:
    doc = document()
    for number in range(1000):
        doc.apply([{"op": "rename", "name": str(number)}])

    assert steps(doc) == 500


def test_a_gesture_is_a_list_and_not_too_long() -> None:
    for ops in (None, {"op": "move"}, "move", 5, [MOVE] * 1001):
        with pytest.raises(PipelineError, match="must be a list"):
            document().apply(ops)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ops", "label"),
    [
        ([{"op": "add", "card": "train"}], "Add Train"),
        ([{"op": "add", "node": {"card": "train"}}], "Add Train"),
        ([MOVE], "Move Data Load"),
        ([{"op": "add", "card": "join", "id": "j"}, {"op": "remove", "nodes": ["a"]}], "Remove Da"),
        ([{"op": "remove", "nodes": ["a", "b"]}], "Remove 2 cards"),
        ([{"op": "set_node", "node": "a", "enabled": False}], "Bypass Data Load"),
        (
            [{"op": "set_node", "node": node, "enabled": False} for node in ("a", "b")],
            "Bypass 2 cards",
        ),
        (
            [{"op": "add", "card": "join", "id": "j"}, {"op": "remove", "nodes": ["j"]}],
            "Remove a c",
        ),
        ([{"op": "set_params", "node": "b", "params": {"seed": 1}}], "Change Seed"),
        ([{"op": "set_node", "node": "b", "title": "Parts"}], "Change Data Split"),
        ([{"op": "paste", "pipeline": to_json(START)}], f"Paste {len(START.nodes)} cards"),
    ],
)
def test_steps_have_names(ops: list[Any], label: str) -> None:
    assert document().apply(ops).label.startswith(label)


def test_the_caller_may_name_a_step() -> None:
    doc = document()
    doc.apply([MOVE], label="Tidy up")

    assert doc.undo_label == "Tidy up"


# --- properties that hold for whatever is done ----------------------------------------------


def random_op(random: Random, pipeline: Pipeline) -> dict[str, Any]:
    """Draw an edit that often fits, and sometimes is what only a forger would send."""
    ids = [*pipeline.nodes, "gone"]
    wires = [*(edge.id for edge in pipeline.edges), "a.b-c.d"]
    cards = [*CATALOG.cards, "os.system"]
    spot = {"x": random.uniform(-500, 500), "y": random.choice([0, 40, float("nan"), "5"])}
    choices: list[dict[str, Any]] = [
        {"op": "add", "card": random.choice(cards), **spot},
        {"op": "add", "card": random.choice(cards)},
        {"op": "move", "positions": {random.choice(ids): {"x": random.randint(0, 9), "y": 1}}},
        {"op": "remove", "nodes": random.sample(ids, 1), "edges": []},
        {"op": "disconnect", "id": random.choice(wires)},
        {
            "op": "set_params",
            "node": random.choice(ids),
            "params": {"seed": random_value(random, 2)},
        },
        {"op": "set_node", "node": random.choice(ids), "enabled": random.random() < 0.5},
        {"op": "rename", "name": random.choice(["One", "Two", 3])},
        {"op": "paste", "pipeline": to_json(pipeline if len(pipeline.nodes) < 9 else START)},
        {"op": "add", "card": random.choice(cards)},
        {"op": "replace", "pipeline": to_json(START)} if random.random() < 0.1 else MOVE,
        {"op": random.choice([*_HANDLERS, *ODD_NAMES]), "node": random_value(random, 2)},
    ]
    choices += [random_connect(random, pipeline) for _ in range(8)]
    return random.choice(choices)


def random_connect(random: Random, pipeline: Pipeline) -> dict[str, Any]:
    """Draw two cards and, mostly, ports that they have."""
    known = [node for node in pipeline.nodes.values() if node.card in CATALOG.cards]
    if len(known) < 2 or random.random() < 0.1:
        return {"op": "connect", "source": "a", "source_port": "x", "target": "gone"}
    source, target = random.sample(known, 2)
    outputs = CATALOG.cards[source.card].outputs or (PortInfo(name="none", type="Table"),)
    inputs = CATALOG.cards[target.card].inputs or outputs
    return {
        "op": "connect",
        "source": source.id,
        "source_port": random.choice(outputs).name,
        "target": target.id,
        "target_port": random.choice(inputs).name,
    }


def play(seed: int, gestures: int = 150) -> tuple[Document, list[Pipeline]]:
    """Make random gestures; return the document and each state it went through."""
    random = Random(seed)
    doc = document()
    states = [doc.pipeline]
    for _ in range(gestures):
        ops = [random_op(random, doc.pipeline) for _ in range(random.choice([1, 1, 1, 3]))]
        refusal = None
        try:
            doc.apply(ops)
        except PipelineError as error:
            refusal = error.message
        if refusal is not None:
            assert refusal.endswith(".")
            assert doc.pipeline is states[-1]
        elif doc.pipeline is not states[-1]:
            states.append(doc.pipeline)
    return doc, states


@pytest.mark.parametrize("seed", range(25))
def test_undoing_all_leads_to_the_start_and_redoing_all_to_the_end(seed: int) -> None:
    doc, states = play(seed)
    assert len(states) > 5, "the random edits must really change something"

    for state in reversed(states[:-1]):
        doc.undo()
        assert doc.pipeline is state
    assert doc.undo() is None
    for state in states[1:]:
        doc.redo()
        assert doc.pipeline is state
    assert doc.redo() is None


def test_the_random_gestures_reach_wired_pipelines() -> None:
    wires = [max(len(state.edges) for state in play(seed)[1]) for seed in range(25)]

    assert sum(count > 2 for count in wires) > 10


@pytest.mark.parametrize("seed", range(25))
def test_every_state_is_sound_and_survives_the_file(seed: int) -> None:
    _, states = play(seed)
    for state in states:
        assert all(node_id == node.id for node_id, node in state.nodes.items())
        assert state.cycle() is None
        assert len({edge.id for edge in state.edges}) == len(state.edges)
        assert {end for edge in state.edges for end in (edge.source, edge.target)} <= set(
            state.nodes
        )
        loaded = loads(dumps(state))
        assert dumps(loaded.pipeline) == dumps(state)
        assert loaded.warnings == ()


@pytest.mark.parametrize("seed", range(25))
def test_a_view_that_follows_the_differences_shows_the_same(seed: int) -> None:
    _, states = play(seed)
    nodes, edges = dict(states[0].nodes), {edge.id: edge for edge in states[0].edges}
    for before, after in zip(states, [*states[1:], states[0]], strict=True):
        for part in diff(before, after):
            if "node" in part:
                nodes[part["node"]] = after.nodes[part["node"]]
            elif "remove_node" in part:
                del nodes[part["remove_node"]]
            elif "edge" in part:
                edges[part["edge"].id] = part["edge"]
            else:
                del edges[part["remove_edge"]]
        assert nodes == dict(after.nodes)
        assert edges == {edge.id: edge for edge in after.edges}


def test_the_difference_of_one_moved_card_is_one() -> None:
    change = document().apply([MOVE])

    assert diff(change.before, change.after) == [{"node": "a"}]


def test_the_difference_names_wires_before_the_cards_they_need() -> None:
    wired = START.with_edges(Edge("a", "dataset", "b", "dataset"))

    assert [list(part) for part in diff(START, wired)] == [["edge"]]
    assert [list(part) for part in diff(wired, wired.without(nodes=["a"]))] == [
        ["remove_edge"],
        ["remove_node"],
    ]


def test_a_gesture_on_one_of_5000_cards_shares_all_the_rest() -> None:
    nodes = [Node(f"n{i}", "join", position=Position(i, 0)) for i in range(5000)]
    edges = [Edge(f"n{i % 4000}", "dataset", f"n{4000 + i // 20}", "tables") for i in range(20_000)]
    big = document(Pipeline().with_nodes(*nodes).with_edges(*edges))
    graph = big.pipeline.graph()

    change = big.apply([{"op": "move", "positions": {"n7": {"x": 1, "y": 1}}}])

    assert change.after.graph() is graph
    assert change.after.edges is change.before.edges
    assert diff(change.before, change.after) == [{"node": "n7"}]
