"""A step that was recorded on a GPU learns what it learns when it is taken call by call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cards._network import graphs
from cards._network.build import build
from cards._network.fit import Epoch, History, fit
from cards._network.layers import feed_forward
from cards._network.losses import SQUARED_ERROR, Loss, cross_entropy

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

CUDA = torch.device("cuda")
X = np.random.default_rng(0).normal(size=(330, 6)).astype(np.float32)
NUMBERS = X[:, 0] * X[:, 1]
CLASSES = np.digitize(X[:, 0], [-0.5, 1.5]).astype(np.float32)
"""Ten batches of 32 rows, and one of ten."""


def network(*, outputs: int = 1, dropout: float = 0.0, deep: bool = False) -> nn.Module:
    layers = feed_forward(
        6, [48, 16], activation="tanh", dropout=dropout, batch_norm=deep, outputs=outputs
    )
    return build(layers, seed=1)


def learn(module: nn.Module, y: Any, loss: Loss = SQUARED_ERROR, **options: Any) -> History:
    told: dict[str, Any] = {"epochs": 6, "batch_size": 32, "learning_rate": 0.01, "device": CUDA}
    return fit(module, X, y, loss=loss, **told | options)


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is replayed is counted here."""
    counted, replay = [0], torch.cuda.CUDAGraph.replay

    def counting(graph: torch.cuda.CUDAGraph) -> None:
        counted[0] += 1
        replay(graph)

    monkeypatch.setattr(torch.cuda.CUDAGraph, "replay", counting)
    return counted


@pytest.fixture
def by_call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., History]:
    """Learn without recording anything."""

    def learning(*given: Any, **options: Any) -> History:
        with monkeypatch.context() as patch:
            patch.setattr(graphs, "WARM_UP", 10**9)
            return learn(*given, **options)

    return learning


@pytest.mark.parametrize("deep", [False, True], ids=["plain", "with batch normalisation"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_it_learns_the_same(
    deep: bool, dropout: float, replays: list[int], by_call: Callable[..., History]
) -> None:
    one, other = (network(dropout=dropout, deep=deep) for _ in range(2))

    usual = by_call(one, NUMBERS)
    assert replays == [0]
    history = learn(other, NUMBERS)

    assert replays == [6 * 10 - graphs.WARM_UP]
    assert history.loss == pytest.approx(usual.loss, rel=1e-4)
    state = other.state_dict()
    for name, value in one.state_dict().items():
        assert torch.allclose(value, state[name], atol=1e-4), name


@pytest.mark.parametrize("weights", [None, [0.5, 1.0, 3.0]])
@pytest.mark.parametrize("classes", [2, 3])
def test_classes_too(
    classes: int,
    weights: list[float] | None,
    replays: list[int],
    by_call: Callable[..., History],
) -> None:
    y = np.minimum(CLASSES, classes - 1)
    loss = cross_entropy(classes, weights and weights[:classes], CUDA)
    outputs = 1 if classes == 2 else classes

    usual = by_call(network(outputs=outputs), y, loss)
    history = learn(network(outputs=outputs), y, loss)

    assert replays[0] > 0
    assert history.loss == pytest.approx(usual.loss, rel=1e-4)
    assert history.curves["accuracy"] == pytest.approx(usual.curves["accuracy"], abs=0.01)
    assert history.curves["accuracy"][-1] > 0.7


def test_it_goes_on_where_it_was_stopped(replays: list[int]) -> None:
    kept: list[dict[str, Any]] = []

    def keep(epoch: Epoch) -> None:
        if epoch.number == 3:
            kept.append(epoch.state())

    whole = learn(network(dropout=0.3, deep=True), NUMBERS, on_epoch=keep)
    halves = learn(network(dropout=0.3, deep=True), NUMBERS, start=kept[0])

    assert replays == [6 * 10 + 3 * 10 - 2 * graphs.WARM_UP]
    assert halves.continued_at == 4
    assert halves.loss == pytest.approx(whole.loss, rel=1e-4)


class Hesitant(nn.Module):
    """Asks the device for a number in each step, which no recording has."""

    def forward(self, x: Tensor) -> Tensor:
        return x * min(1.0, abs(x).sum().item())


def test_what_cannot_be_recorded_learns_call_by_call(
    replays: list[int], by_call: Callable[..., History]
) -> None:
    usual = by_call(nn.Sequential(Hesitant(), network(dropout=0.3)), NUMBERS)
    history = learn(nn.Sequential(Hesitant(), network(dropout=0.3)), NUMBERS)

    assert replays == [0]
    assert history.loss == pytest.approx(usual.loss, rel=1e-4)
    learn(network(), NUMBERS)  # and the next network is recorded again
    assert replays[0] > 0
