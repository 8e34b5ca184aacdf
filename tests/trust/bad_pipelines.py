"""Pipelines that have a fault and open all the same, and what has to be said of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tensorrag.plain import JsonObject


@dataclass(frozen=True)
class Bad:
    """A pipeline, and the problem that has to be found in it."""

    code: str
    says: str
    """A part of the sentence or of its hint."""
    node: str | None = None
    param: str | None = None
    edge: str | None = None
    cards: dict[str, JsonObject | None] = field(default_factory=dict)
    """Changes of the good pipeline, by node: keys of the node; None takes it away."""
    wires: tuple[str, ...] | None = None
    """In the place of the good ones, each ``a.out-b.in``."""
    file: JsonObject = field(default_factory=dict)
    """Keys of the file."""

    def content(self) -> JsonObject:
        """Return the file."""
        nodes = [
            {"id": node_id, **GOOD[node_id], **(self.cards.get(node_id) or {})}
            for node_id in GOOD
            if self.cards.get(node_id, {}) is not None
        ]
        more = [
            {"id": node_id, **changes}
            for node_id, changes in self.cards.items()
            if node_id not in GOOD and changes is not None
        ]
        wires = WIRES if self.wires is None else self.wires
        head = {"format": "tensorrag.pipeline", "version": 1, "name": "Bad"}
        return {**head, "nodes": nodes + more, "edges": [wire(w) for w in wires], **self.file}


GOOD: dict[str, JsonObject] = {
    "load": {"card": "data_load", "params": {}},
    "split": {"card": "data_split", "params": {}},
    "model": {"card": "model_define", "params": {}},
    "net": {"card": "model_define_gpu", "params": {}},
    "train": {"card": "train", "params": {"target_column": "MEDV"}},
}
WIRES = (
    "load.dataset-split.dataset",
    "split.train_dataset-train.train_dataset",
    "model.model_spec-train.model_spec",
)


def wire(text: str) -> JsonObject:
    """Return a wire, written ``a.out-b.in``, as it stands in a file."""
    source, _, target = text.partition("-")
    ends = (*source.rpartition(".")[::2], *target.rpartition(".")[::2])
    return dict(zip(("source", "source_port", "target", "target_port"), ends, strict=True))


def param(node: str, name: str, value: Any, says: str, code: str = "parameter_invalid") -> Bad:
    """A parameter of the good pipeline that cannot be."""
    others = GOOD[node]["params"]
    return Bad(code, says, node, name, cards={node: {"params": {**others, name: value}}})


def odd(node_id: str) -> Bad:
    """A card with an id that cannot be one."""
    return Bad("id_invalid", "cannot be the id", node_id, cards={node_id: {"card": "data_load"}})


def key(name: str, value: Any, says: str) -> Bad:
    """A key of a card whose value cannot be used."""
    return Bad("entry_unusable", says, "split", name, cards={"split": {name: value}})


CARDS: dict[str, Bad] = {
    "unknown card": Bad("card_unknown", "No card is", "split", cards={"split": {"card": "x"}}),
    "nearly one": Bad("card_unknown", "data_load?", "load", cards={"load": {"card": "dataload"}}),
    "os.system": Bad("card_unknown", "os.system", "load", cards={"load": {"card": "os.system"}}),
    "a path": Bad("card_unknown", "No card", "load", cards={"load": {"card": "../data_load"}}),
    "a dunder": Bad("card_unknown", "No card", "load", cards={"load": {"card": "__class__"}}),
    "no name": Bad("card_unknown", "No card", "load", cards={"load": {"card": ""}}),
    "a long name": Bad("card_unknown", "No card", "load", cards={"load": {"card": "x" * 9000}}),
    "a card from elsewhere": Bad(
        "card_untrusted", "came along", "load",
        cards={"load": {"card": "bird"}}, file={"cards": {"bird": {"source": "import os"}}},
    ),
    "no object": Bad("entry_unusable", "no object", file={"nodes": [5]}),
    "an id twice": Bad(
        "entry_unusable", "already", "load",
        file={"nodes": [{"id": "load", "card": "data_load"}] * 2},
    ),
    "an id that is empty": Bad(
        "entry_unusable", '"id" is empty', file={"nodes": [{"id": "", "card": "data_load"}]}
    ),
    "an id that is a number": Bad(
        "entry_unusable", '"id" must be text', file={"nodes": [{"id": 1, "card": "data_load"}]}
    ),
    "id ../x": odd("../x"),
    "id __proto__": odd("__proto__"),
    "id constructor()": odd("constructor()"),
    "id with markup": odd("<img src=x onerror=alert(1)>"),
    "id of 65": odd("a" * 65),
    "id in capitals": odd("Load"),
    "id right to left": odd("\u202ecba"),
    "id with a line feed": odd("a\nb"),
    "id with a dot": odd("load.dataset"),
    "many retries": key("retries", 10**6, "0 to 10"),
    "retries in words": key("retries", "many", "0 to 10"),
    "no place": key("position", {"x": "left"}, "two numbers"),
    "a place far away": key("position", {"x": 1e300, "y": 0}, "two numbers"),
    "memory below nothing": key("resources", {"memory": -1}, "above 0"),
    "time without end": key("resources", {"timeout": "∞"}, "above 0"),
    "version 0 of a card": key("card_version", 0, "from 1 up"),
    "enabled in words": key("enabled", "no", "true or false"),
    "settings that are a list": key("params", [1], "an object"),
    "an executor by path": key("run_on", "../../bin/sh", "name of an executor"),
}  # fmt: skip

EDGES: dict[str, Bad] = {
    "a circle": Bad(
        "cycle", "in a circle", "split", edge="split.test_dataset-split.dataset",
        wires=("split.test_dataset-split.dataset",),
    ),
    "a long circle": Bad(
        "cycle", "in a circle", "train", edge="split.train_dataset-train.train_dataset",
        wires=("split.train_dataset-train.train_dataset", "train.model-split.dataset"),
    ),
    "to nothing": Bad(
        "edge_dangling", '"gone"', "gone", edge="load.dataset-gone.dataset",
        wires=(*WIRES, "load.dataset-gone.dataset"),
    ),
    "from nothing": Bad(
        "edge_dangling", '"gone"', "split", edge="gone.dataset-split.dataset",
        wires=("gone.dataset-split.dataset",),
    ),
    "two into one": Bad(
        "port_taken", "has several", "split", edge="load.dataset-split.dataset",
        wires=(*WIRES, "split.test_dataset-split.dataset"),
    ),
    "the same twice": Bad(
        "edge_duplicate", "twice", "split", edge=WIRES[0], wires=(*WIRES, WIRES[0])
    ),
    "types that do not fit": Bad(
        "port_type", "takes a Table", "split", edge="model.model_spec-split.dataset",
        wires=("model.model_spec-split.dataset",),
    ),
    "no such output": Bad(
        "port_unknown", 'no output "__proto__"', "split", edge="load.__proto__-split.dataset",
        wires=("load.__proto__-split.dataset",),
    ),
    "no such input": Bad(
        "port_unknown", 'no input "<b>"', "split", edge="load.dataset-split.<b>",
        wires=("load.dataset-split.<b>",),
    ),
    "no wire at all": Bad("input_missing", "Nothing is connected", "split", wires=()),
    "no object": Bad("entry_unusable", "no object", file={"edges": ["load-split"]}),
    "an end that is a number": Bad(
        "entry_unusable", "must be text", file={"edges": [{**wire(WIRES[0]), "target": 5}]}
    ),
}  # fmt: skip

PARAMETERS: dict[str, Bad] = {
    "out of range": param("split", "train_ratio", 7, "less than 1"),
    "below the range": param("split", "test_ratio", -0.1, "0"),
    "too much together": param("split", "train_ratio", 0.99, "add up"),
    "text for a number": param("split", "train_ratio", "0.8 or so", "number"),
    "a list for a number": param("split", "seed", [42], "whole number"),
    "an object for a number": param("split", "seed", {"$gt": 0}, "whole number"),
    "nothing for a number": param("split", "seed", None, "whole number"),
    "half a seed": param("split", "seed", 0.5, "whole number"),
    "a large seed": param("split", "seed", 2**32, "4,294,967,295"),
    "a switch in words": param("split", "shuffle", "maybe", "yes or no"),
    "1e308": param("net", "learning_rate", 1e308, "10"),
    "a learning rate of 0": param("net", "learning_rate", 0, "0"),
    "epochs 0": param("net", "epochs", 0, "1"),
    "epochs 10^12": param("net", "epochs", 10**12, "1000000"),
    "batch 0": param("net", "batch_size", 0, "1"),
    "10^9 hidden units": param("net", "hidden_layers", [10**9], "16,384"),
    "0 hidden units": param("net", "hidden_layers", [0], "1"),
    "no hidden layers": param("net", "hidden_layers", [], "1"),
    "1,000 hidden layers": param("net", "hidden_layers", [8] * 1000, "64"),
    "hidden layers in words": param("net", "hidden_layers", "128,64", "list"),
    "no such choice": param("model", "model_type", "__import__('os')", "linear"),
    "alpha 0": Bad(
        "parameter_invalid", "0", "model", "alpha",
        cards={"model": {"params": {"model_type": "ridge", "alpha": 0}}},
    ),
    "unknown parameter": param("split", "colour", "red", "colour"),
    "a parameter with a dunder": param("split", "__class__", {}, "__class__"),
    "a column that is not there": param(
        "train", "target_column", "PRICE", "PRICE is not in", "column_missing"
    ),
    "a column with markup": param("train", "target_column", "<b>x", '"<b>x"', "column_missing"),
    "no column": param("train", "target_column", "", "not chosen", "column_empty"),
    "a number for a column": param("train", "target_column", 7, "text"),
    "features that are the target": param(
        "train", "feature_columns", ["MEDV"], "MEDV"
    ),
    "a column that is gone upstream": Bad(
        "column_missing", "Data Load (iris) has no such column.", "train", "target_column",
        cards={"load": {"params": {"sample_name": "iris"}}},
    ),
    "an executor that is not here": Bad(
        "executor_unknown", "moon", "split", "run_on", cards={"split": {"run_on": "moon"}}
    ),
}  # fmt: skip

CHAIN: JsonObject = {
    "format": "tensorrag.pipeline",
    "version": 1,
    "name": "A chain of 500",
    "nodes": [
        {"id": "load", "card": "data_load"},
        *({"id": f"split{i}", "card": "data_split", "params": {"test_ratio": 0, "train_ratio": 0.99,
           "validation_ratio": 0.01}} for i in range(499)),
    ],
    "edges": [
        wire("load.dataset-split0.dataset"),
        *(wire(f"split{i}.train_dataset-split{i + 1}.dataset") for i in range(498)),
    ],
}  # fmt: skip
FAN: JsonObject = {
    "format": "tensorrag.pipeline",
    "version": 1,
    "name": "A fan of 200",
    "nodes": [
        {"id": "load", "card": "data_load"},
        *({"id": f"split{i}", "card": "data_split"} for i in range(200)),
    ],
    "edges": [wire(f"load.dataset-split{i}.dataset") for i in range(200)],
}
