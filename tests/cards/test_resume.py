"""A training that was stopped goes on as if it had not been."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from cards._network import dropout
from cards._network.build import build
from cards._network.fit import Epoch, History, fit
from cards._network.layers import Layer, feed_forward
from tensorrag import report
from tensorrag.progress import Reporter, reporting
from tensorrag.run.reported import reports

Arrays = dict[str, Any]

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(130, 5)).astype(np.float32)
Y = (X[:, 0] * X[:, 1])[:, None]


def network(*, deep: bool) -> list[Layer]:
    return feed_forward(5, (48, 16), activation="tanh", dropout=0.3, batch_norm=deep)


def train(layers: list[Layer], start: Arrays | None = None, **options: Any) -> History:
    module = build(layers, seed=3)
    told = {"epochs": 9, "batch_size": 32, "learning_rate": 0.01, "seed": 5}
    return fit(module, X, Y, validation=(X[:20], Y[:20]), start=start, **(told | options))


class Stopped(Exception):
    """Ends a training."""


def stopped_after(epochs: int, layers: list[Layer]) -> Arrays:
    """The state of a training that was stopped after some epochs."""
    kept: list[Arrays] = []

    def stop(epoch: Epoch) -> None:
        if epoch.number == epochs:
            kept.append(epoch.state())
            raise Stopped

    with pytest.raises(Stopped):
        train(layers, on_epoch=stop)
    return kept[0]


@pytest.mark.parametrize("deep", [False, True], ids=["plain", "with batch normalisation"])
@pytest.mark.parametrize("epochs", [1, 4, 8])
def test_it_has_the_curve_of_one_that_was_never_stopped(
    deep: bool, epochs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropout, "BLOCK_ELEMENTS", 1 << 12)  # masks are drawn many times
    layers = network(deep=deep)
    whole = train(layers)

    halves = train(layers, stopped_after(epochs, layers))

    assert halves.loss == pytest.approx(whole.loss, rel=1e-5)
    assert halves.curves["validation_loss"] == pytest.approx(
        whole.curves["validation_loss"], rel=1e-5
    )
    assert halves.continued_at == epochs + 1
    assert whole.continued_at is None


def test_on_a_device_of_another_kind_it_goes_on_with_other_dropout() -> None:
    layers = network(deep=False)
    there = stopped_after(4, layers) | {"device": np.array("cuda"), "masks": np.zeros(16, np.uint8)}

    halves, whole = train(layers, there), train(layers)

    assert halves.loss[:4] == whole.loss[:4]
    assert halves.loss[4:] != whole.loss[4:]
    assert halves.loss[-1] == pytest.approx(whole.loss[-1], rel=0.5)


def test_what_another_version_kept_is_left_alone() -> None:
    layers = network(deep=False)
    strange = stopped_after(2, layers) | {"format": np.array(99)}
    assert train(layers, strange).loss == train(layers).loss


def test_its_curve_is_told_from_the_first_epoch_on() -> None:
    layers, sent = network(deep=False), list[dict[str, Any]]()

    def tell(epoch: Epoch) -> None:
        report(epoch.number, epoch.total, "epoch", **epoch.told)

    start = stopped_after(6, layers)
    with reporting(Reporter(sent.append)):
        halves = train(layers, start, on_epoch=tell)

    events = [{"node": "train", "type": "progress", "data": told} for told in sent]
    found = reports(events, "train")
    assert found["loss"][:6] == list(enumerate(halves.loss[:6], 1))
    assert found["validation_loss"][-1] == (9, halves.curves["validation_loss"][-1])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_too() -> None:
    layers = network(deep=True)
    whole, halves = train(layers), train(layers, stopped_after(4, layers))
    assert halves.device == "cuda"
    assert halves.loss == pytest.approx(whole.loss, rel=1e-3)
