"""A small model that is trained and measured in an instant."""

from __future__ import annotations

from dataclasses import replace

from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.pipeline.parts import Position

EDGES = (
    Edge("load", "dataset", "split", "dataset"),
    Edge("split", "train_dataset", "train", "train_dataset"),
    Edge("define", "model_spec", "train", "model_spec"),
    Edge("split", "test_dataset", "evaluate", "test_dataset"),
    Edge("train", "trained_model", "evaluate", "trained_model"),
)


def pipeline(alpha: float = 1.0) -> Pipeline:
    """Ridge on 442 patients, measured on a fifth of them."""
    nodes = (
        Node("load", "data_load", params={"sample_name": "diabetes"}),
        Node("split", "data_split"),
        Node("define", "model_define", params={"model_type": "ridge", "alpha": alpha}),
        Node("train", "train", params={"target_column": "progression"}),
        Node("evaluate", "evaluate"),
    )
    placed = (replace(node, position=Position(300.0 * at, 0.0)) for at, node in enumerate(nodes))
    return Pipeline(name="Diabetes").with_nodes(*placed).with_edges(*EDGES)
