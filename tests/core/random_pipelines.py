"""Pipelines drawn at random, sound and unsound ones, for tests of what must hold for all."""

from random import Random
from types import MappingProxyType
from typing import Any

from tensorrag.pipeline import Edge, Node, Pipeline, Position

ODD_NAMES = ("../x", "__proto__", "A B", "x" * 80, "<b>", "ünïcode", "a.b-c.d", "\u202eabc")


def random_pipeline(random: Random, *, size: int = 8, odd: bool = True) -> Pipeline:
    """Return a pipeline of at most this many cards; `odd` ones have names no editor gives."""
    pool = [f"card_{number}" for number in range(size)]
    if odd and random.random() < 0.3:
        pool.append(random.choice(ODD_NAMES))
    ids = random.sample(pool, random.randint(0, len(pool)))
    nodes = {node_id: random_node(random, node_id) for node_id in ids}
    ends = [*ids, "nothing"] if odd else ids
    edges = tuple(random_edge(random, ends) for _ in range(random.randint(0, 2 * len(ids))))
    return Pipeline(
        name=random.choice(["", "A name", 'With "quotes"', "Ünïcode 🏠"]),
        description=random.choice(["", "Two\nlines"]),
        nodes=MappingProxyType(nodes),
        edges=edges,
        requires=random.choice([(), ("pack>=1",), ({"pack": "x"},)]),
        settings=random.choice([{}, {"run_on": "local", "seed": 3}, {"budget": 2.5}]),
        annotations=random.choice([(), ({"kind": "note", "text": "hm"},)]),
        subgraphs=random.choice([{}, {"part": {"nodes": [], "edges": []}}]),
        cards=random.choice([{}, {"mine": {"source": "class Mine: …", "sha256": "0"}}]),
        metadata=random_object(random, 2),
        extra=random.choice([{}, {"later": {"key": [1, None]}}]) if odd else {},
    )


def random_node(random: Random, node_id: str) -> Node:
    return Node(
        id=node_id,
        card=random.choice(["data_load", "train", "my_pack/scale", "not_installed"]),
        params=random_object(random, 2),
        position=Position(random.choice([0, 20, -13.5, 1e6]), random.randint(-500, 500)),
        card_version=random.choice([1, 1, 3]),
        title=random.choice([None, None, "My title"]),
        note=random.choice([None, None, "Why\nthis"]),
        enabled=random.random() < 0.8,
        run_on=random.choice([None, None, "modal"]),
        resources=random.choice([{}, {"gpu": "T4", "timeout": 600}]),
        retries=random.choice([0, 0, 3]),
        cache=random.random() < 0.8,
        extra=random.choice([{}, {}, {"colour": "red", "retries": "many"}]),
    )


def random_edge(random: Random, ids: list[str]) -> Edge:
    source, target = random.choice(ids), random.choice(ids)
    ports = ("dataset", "model_spec", "trained_model")
    extra = random.choice([{}, {}, {"colour": "blue"}])
    return Edge(source, random.choice(ports), target, random.choice(ports), extra)


def random_object(random: Random, depth: int) -> dict[str, Any]:
    names = random.sample(["target_column", "alpha", "layers", "z", "a"], random.randint(0, 4))
    return {name: random_value(random, depth) for name in names}


def random_value(random: Random, depth: int) -> Any:
    kind = random.randint(0, 7 if depth else 5)
    if kind == 6:
        return [random_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    if kind == 7:
        return random_object(random, depth - 1)
    return [None, True, 42, -0.125, "text", "ünï\u202e{{7*7}}"][kind]
