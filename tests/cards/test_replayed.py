"""What is recorded once and replayed is what would have been done call by call.

A tape stands for CUDA's graph: what is recorded is kept for later instead of being done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor

from cards._network.dropout import BlockDropout, MaskSource
from cards._network.graphs import WARM_UP, Replayed

Step = tuple[list[float], list[float], list[float]]
BATCHES = [4, 4, 4, 2] * 3
"""Rows of each: the last batch of an epoch is smaller."""


class Tape:
    """Stands for a CUDA graph."""

    under_way: Tape | None = None
    replays = 0

    def __init__(self) -> None:
        self.kept: list[Callable[[], None]] = []

    def replay(self) -> None:
        Tape.replays += 1
        for each in self.kept:
            each()


@contextmanager
def recording(tape: Tape, **_: Any) -> Iterator[None]:
    Tape.under_way = tape
    try:
        yield
    finally:
        Tape.under_way = None


@pytest.fixture(autouse=True)
def tapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Tape)
    monkeypatch.setattr(torch.cuda, "graph", recording)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: None)
    monkeypatch.setattr(Tape, "replays", 0)


def steps(rows: int, *, hesitant: bool = False) -> list[Step]:
    """Return what is learnt in each step: features, targets and masks; drawn by one seed."""
    layer, seen = BlockDropout(0.5).train(), list[Step]()
    layer.start(MaskSource(0, torch.device("cpu")))

    def learn(x: Tensor, y: Tensor) -> None:
        mask = layer.mask(x)
        if Tape.under_way is not None and hesitant:
            raise RuntimeError("operation not permitted when stream is capturing")

        def go() -> None:
            seen.append((x.flatten().tolist(), y.tolist(), mask.flatten().tolist()))

        go() if Tape.under_way is None else Tape.under_way.kept.append(go)

    step = Replayed(learn, [layer, BlockDropout(0.0)], rows)
    for number, size in enumerate(BATCHES):
        x = torch.arange(size * 3.0).view(size, 3) + 100 * number
        step(x, x[:, 0] + 0.5)
    return seen


NEVER = 10**9


def test_it_is_the_same_step_after_step() -> None:
    usual = steps(rows=NEVER)
    assert Tape.replays == 0
    assert len(usual) == len(BATCHES)

    assert steps(rows=4) == usual
    assert Tape.replays == BATCHES.count(4) - WARM_UP


def test_what_cannot_be_recorded_goes_on_call_by_call() -> None:
    assert steps(rows=4, hesitant=True) == steps(rows=NEVER)
    assert Tape.replays == 0
