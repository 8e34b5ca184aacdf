"""Where a card runs: who decides, and that nothing is rented unasked."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from executors.modal_prices import PRICE_PAGE
from tensorrag.gpus import GPUS, next_up
from tensorrag.pipeline import Node, Pipeline
from tensorrag.placement import Circumstances, Needs, Placement, placement_of, why_it_stays

GPU = Needs(gpu="T4")
FILE = Needs(stays=why_it_stays({"source": "path", "path": "a.csv"}, ()))
ON_MODAL = {"run_on": "modal"}


def placed(
    needs: Needs = GPU,
    node: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    **circumstances: Any,
) -> Placement:
    """Place one card of a pipeline."""
    train = replace(Node("train", "train_gpu"), **(node or {}))
    pipeline = replace(Pipeline("P").with_nodes(train), settings=MappingProxyType(settings or {}))
    return placement_of(pipeline, train, needs, Circumstances(**circumstances))


def test_nothing_is_rented_unasked() -> None:
    here = placed()
    assert (here.executor, here.gpu, here.words) == ("local", None, "This machine")
    assert "nothing is rented unasked" in here.why


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"on": "modal"}, "with this run"),
        ({"node": ON_MODAL}, "this card"),
        ({"settings": ON_MODAL}, "this pipeline"),
    ],
)
def test_whoever_asks_gets_it_and_it_says_who_that_was(asked: dict[str, Any], why: str) -> None:
    there = placed(**asked)
    assert (there.executor, there.gpu, there.words) == ("modal", "T4", "Modal T4")
    assert why in there.why


def test_the_call_goes_before_the_card_and_the_card_before_the_pipeline() -> None:
    assert placed(node=ON_MODAL, on="local").executor == "local"
    assert placed(node={"run_on": "local"}, settings=ON_MODAL).executor == "local"
    assert placed(node={"run_on": "local"}, on="modal").executor == "modal"


def test_the_gpu_is_the_cards_then_the_pipelines_then_what_it_is_made_for() -> None:
    l4 = {"resources": MappingProxyType({"gpu": "L4"})}
    assert placed(settings={**ON_MODAL, "gpu": "H100"}).gpu == "H100"
    assert placed(node=l4, settings={**ON_MODAL, "gpu": "H100"}).gpu == "L4"
    assert placed(node=l4, on="modal", gpu="B200").gpu == "B200", "the call goes before all"
    assert placed(Needs(), node=l4, settings=ON_MODAL).gpu is None, "it uses none"


def test_what_cannot_leave_stays_where_all_cards_were_meant() -> None:
    for asked in ({"on": "modal"}, {"settings": ON_MODAL}):
        here = placed(FILE, **asked)
        assert (here.executor, here.why) == ("local", "it reads a file of this machine")
    assert placed(FILE, node=ON_MODAL).executor == "modal", "it was meant itself: that is refused"
    assert "secret" in why_it_stays({}, ["KEY"])


def test_the_settings_may_allow_to_rent_where_there_is_no_gpu() -> None:
    assert placed(may_rent=True).words == "Modal T4"
    assert placed(may_rent=True, local_gpu=True).executor == "local"
    assert placed(Needs(), may_rent=True).executor == "local", "it uses no GPU"
    assert placed(Needs(gpu="T4", stays="it uses a secret"), may_rent=True).executor == "local"
    assert placed(node={"run_on": "local"}, may_rent=True).executor == "local"


def test_every_gpu_has_a_price_and_the_next_one_up_is_dearer() -> None:
    assert list(GPUS) == list(PRICE_PAGE.gpus)
    above = {gpu: next_up(gpu) for gpu in GPUS}
    assert (above["T4"], above["A100-80GB"], above["B200"]) == ("L4", "H100", None)
    assert all(PRICE_PAGE.gpus[up] > PRICE_PAGE.gpus[gpu] for gpu, up in above.items() if up)
    assert next_up("V100") is None
