import subprocess
import sys
from random import Random

import pytest

from tensorrag.errors import CycleError, NodeNotFound
from tensorrag.pipeline import Edge, Node, Pipeline, Position
from tests.core.random_pipelines import random_pipeline


def pipeline(*wires: str, cards: str = "") -> Pipeline:
    """Draw a graph: each wire `a>b`, and cards without a wire."""
    edges = [Edge(a, "out", b, "in") for a, b in (wire.split(">") for wire in wires)]
    ids = [*cards, *(node_id for edge in edges for node_id in (edge.source, edge.target))]
    return Pipeline().with_nodes(*(Node(i, "card") for i in ids)).with_edges(*edges)


DIAMOND = pipeline("a>b", "a>c", "b>d", "c>d", cards="abcde")


def test_order_puts_each_card_after_those_it_depends_on() -> None:
    order = pipeline("c>b", "b>a", cards="abc").order()

    assert order == ("c", "b", "a")


def test_order_follows_the_file_where_the_graph_leaves_it_open() -> None:
    assert pipeline(cards="zyx").order() == ("z", "y", "x")


def test_a_circle_is_named() -> None:
    circle = pipeline("a>b", "b>c", "c>a")

    assert set(circle.cycle() or ()) == {"a", "b", "c"}
    with pytest.raises(CycleError, match='circle: "a" → "b" → "c" → "a"'):
        circle.order()


def test_a_card_wired_to_itself_is_a_circle() -> None:
    assert pipeline("a>a").cycle() == ("a",)


def test_a_long_circle_is_named_in_short() -> None:
    ids = [f"n{number}" for number in range(500)]
    circle = pipeline(*(f"{a}>{b}" for a, b in zip(ids, [*ids[1:], ids[0]], strict=True)))

    with pytest.raises(CycleError) as caught:
        circle.order()
    assert len(str(caught.value)) < 200


def test_no_circle_is_none() -> None:
    assert DIAMOND.cycle() is None


def test_ancestors_and_descendants_leave_the_card_itself_out() -> None:
    assert DIAMOND.ancestors("d") == {"a", "b", "c"}
    assert DIAMOND.descendants("a") == {"b", "c", "d"}
    assert DIAMOND.ancestors("e") == frozenset()


def test_a_card_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(NodeNotFound, match='no card "x"') as caught:
        DIAMOND.ancestors("x")
    assert '"a", "b", "c"' in caught.value.hint


def test_upto_keeps_a_card_and_what_it_depends_on() -> None:
    part = DIAMOND.upto("b")

    assert list(part.nodes) == ["a", "b"]
    assert [edge.id for edge in part.edges] == ["a.out-b.in"]


def test_a_branch_is_a_card_with_what_is_before_and_after_it() -> None:
    wide = pipeline("a>b", "b>c", "b>d", "x>c", "x>y")

    assert list(wide.branch("d").nodes) == ["a", "b", "d"]
    assert set(wide.branch("b").nodes) == {"a", "b", "c", "d", "x"}
    with pytest.raises(NodeNotFound):
        wide.branch("gone")


def test_upto_keeps_wires_from_nothing_so_that_check_still_names_them() -> None:
    part = pipeline("a>b").with_edges(Edge("gone", "out", "b", "in")).upto("b")

    assert [edge.source for edge in part.edges] == ["a", "gone"]


def test_wires_to_nothing_are_no_part_of_the_graph_but_stay_in_the_pipeline() -> None:
    loose = pipeline("a>b").with_edges(Edge("b", "out", "gone", "in"))

    assert set(loose.graph()) == {"a", "b"}
    assert loose.descendants("b") == frozenset()
    assert len(loose.edges) == 2


def test_the_graph_carries_each_wire_and_is_made_once() -> None:
    twice = pipeline("a>b").with_edges(Edge("a", "other", "b", "in"))

    wires = [data["edge"] for _, _, data in twice.graph().edges(data=True)]

    assert wires == list(twice.edges)
    assert twice.graph() is twice.graph()


def test_inputs_and_outputs_come_in_the_order_of_the_file() -> None:
    assert [edge.source for edge in DIAMOND.inputs_of("d")] == ["b", "c"]
    assert [edge.target for edge in DIAMOND.outputs_of("a")] == ["b", "c"]
    assert DIAMOND.inputs_of("nothing") == ()


def test_path_names_the_cards_on_the_way() -> None:
    assert DIAMOND.path("a", "d") in [("a", "b", "d"), ("a", "c", "d")]
    assert DIAMOND.path("d", "a") is None
    assert DIAMOND.path("d", "nothing") is None


def test_free_id_counts_up() -> None:
    taken = Pipeline().with_nodes(Node("train", "train"), Node("train_2", "train"))

    assert Pipeline().free_id("train") == "train"
    assert taken.free_id("train") == "train_3"
    assert taken.free_id("train_2") == "train_3"
    assert taken.free_id("../x") == "card"


def test_free_id_stays_within_the_length_of_a_name() -> None:
    long = "x" * 64

    assert Pipeline().with_nodes(Node(long, "card")).free_id(long) == "x" * 62 + "_2"


def test_removing_a_card_removes_the_wires_at_it() -> None:
    left = DIAMOND.without(nodes=["b"], edges=["c.out-d.in"])

    assert list(left.nodes) == ["a", "c", "d", "e"]
    assert [edge.id for edge in left.edges] == ["a.out-c.in"]


def test_an_edit_shares_what_it_leaves_alone() -> None:
    edited = DIAMOND.with_nodes(Node("b", "card", position=Position(1, 2)))

    assert edited.nodes["a"] is DIAMOND.nodes["a"]
    assert edited.edges is DIAMOND.edges
    assert list(edited.nodes) == list(DIAMOND.nodes)
    assert DIAMOND.nodes["b"].position == Position()


def test_what_is_known_of_the_wiring_is_shared_while_it_stays_the_same() -> None:
    graph = DIAMOND.graph()

    assert DIAMOND.with_nodes(Node("b", "card", {"x": 1})).graph() is graph
    assert DIAMOND.with_nodes(Node("new", "card")).graph() is not graph
    assert DIAMOND.with_edges(Edge("d", "out", "e", "in")).order()[-1] == "e"
    assert DIAMOND.without(nodes=["a"]).order() == ("b", "c", "e", "d")


def test_nothing_in_a_pipeline_can_be_assigned() -> None:
    with pytest.raises(AttributeError):
        DIAMOND.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        DIAMOND.nodes["x"] = Node("x", "card")  # type: ignore[index]


def test_order_holds_for_random_graphs() -> None:
    for seed in range(300):
        drawn = random_pipeline(Random(seed))
        if drawn.cycle() is not None:
            continue
        place = {node_id: index for index, node_id in enumerate(drawn.order())}
        assert set(place) == set(drawn.nodes)
        for edge in drawn.edges:
            if edge.source in place and edge.target in place:
                assert place[edge.source] < place[edge.target]


def test_importing_it_loads_neither_networkx_nor_pandas() -> None:
    code = "import sys, tensorrag.pipeline.files; print(*sys.modules, sep='\\n')"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    loaded = set(names.stdout.split())
    assert not loaded & {"networkx", "numpy", "pandas", "pyarrow", "nicegui", "torch"}
