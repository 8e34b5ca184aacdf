"""What a search found, taken over into the model card as one edit that can be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cards.model_define import ModelDefine
from sample_data.pipeline_files import pipeline_path
from tensorrag.edit import apply
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.files import load
from tensorrag.registry.finding import Registry
from web.page.edits.apply_best import Best, apply_part, best_of
from web.page.markup import html

CATALOG = Registry.load().catalog()
SAMPLE = load(pipeline_path("hyperparameter_search")).pipeline


def made(**values: Any) -> dict[str, Any]:
    """What a search of the sample tells that found these values."""
    best = ModelDefine(model_type="elastic_net").run().model_spec.varied(values)
    return {"best_model_spec": {"value": best.to_json()}, "trials": {"value": {}}}


def found(pipeline: Pipeline, outputs: Any, search: str = "search") -> Best | None:
    return best_of(pipeline, CATALOG, search, outputs)


def test_the_best_is_one_edit_of_the_model_card_that_was_searched() -> None:
    best = found(SAMPLE, made(alpha=0.01, l1_ratio=0.5))
    assert best is not None
    assert not best.is_set
    assert best.label == "Apply best alpha, l1_ratio"
    assert 'data-act="apply_best"' in html(apply_part(best))

    applied = apply(SAMPLE, best.op, CATALOG)

    params = applied.nodes["model"].params
    assert ModelDefine(**params).alpha == 0.01
    again = found(applied, made(alpha=0.01, l1_ratio=0.5))
    assert again is not None
    assert again.is_set
    assert 'data-act="apply_best"' not in html(apply_part(again))


def test_only_what_was_varied_is_set() -> None:
    params = {"target_column": "progression", "hyperparameters": ["alpha", "gone"]}
    op = {"op": "set_params", "node": "search", "params": params}

    best = found(apply(SAMPLE, op, CATALOG), made(alpha=0.1, l1_ratio=0.9))

    assert best is not None
    assert best.params == {"alpha": 0.1}


@pytest.mark.parametrize("node", ["load", "train", "nobody"])
def test_other_cards_have_nothing_to_apply(node: str) -> None:
    assert found(SAMPLE, made(alpha=0.1), node) is None


@pytest.mark.parametrize("outputs", [None, {}, {"best_model_spec": None}, {"trials": {"value": 3}}])
def test_without_a_result_there_is_nothing_to_apply(outputs: Any) -> None:
    assert found(SAMPLE, outputs) is None


def test_without_a_model_card_there_is_nothing_to_set() -> None:
    assert found(replace(SAMPLE, edges=()), made(alpha=0.1)) is None
