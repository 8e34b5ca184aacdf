"""A pipeline leaves as plain Python that gives the same figures without TensorRag."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tensorrag.pipeline import Node
from tests.cards.leaving import verified, wired

FIVE = (
    "load.dataset > split.dataset, split.train_dataset > train.train_dataset,"
    "model.model_spec > train.model_spec, train.trained_model > evaluate.trained_model,"
    "split.test_dataset > evaluate.test_dataset"
)


def five(sample: str, target: str, model: str, **split: Any) -> tuple[Node, ...]:
    return (
        Node("load", "data_load", {"source": "sample", "sample_name": sample}),
        Node("split", "data_split", split),
        Node("model", "model_define", {"model_type": model}),
        Node("train", "train", {"target_column": target}),
        Node("evaluate", "evaluate"),
    )


@pytest.mark.parametrize(
    ("sample", "target", "model", "split"),
    [
        ("iris", "species", "random_forest", {"stratify_by": "species"}),
        ("breast_cancer", "diagnosis", "svm", {"stratify_by": "diagnosis"}),
    ],
)
def test_five_cards_give_the_same_figures_in_a_clean_process(
    sample: str, target: str, model: str, split: dict[str, Any]
) -> None:
    verdict, script = verified(wired(*five(sample, target, model, **split), wires=FIVE))

    assert verdict.verified, verdict.badge
    assert verdict.same >= 8
    assert "tensorrag" not in script.replace("by TensorRag", "").lower()
    assert max(map(len, script.splitlines())) <= 110
    ast.parse(script)
