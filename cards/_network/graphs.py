"""A step of training as one CUDA graph.

A step of a small network is some forty kernels of a few microseconds each, and to launch them one
by one takes longer than to run them. Here a step is recorded once, with batch and dropout masks
at places that stay, and then launched as a whole.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor

from cards._network.dropout import BlockDropout

Learn = Callable[[Tensor, Tensor], None]
"""(x, y): one step of training on these rows."""

WARM_UP = 3
"""Steps before the one that is recorded: libraries set themselves up in the first ones."""

RECORDED_BELOW = 1_000_000_000
"""Parameters × rows of a batch above which computing takes longer than launching (measured)."""


class Replayed:
    """Learns from batches of one size by replaying a step, from others call by call.

    It is to be called on the stream of `own_stream`. Where a step cannot be recorded, all go on
    call by call.

    Args:
        learn: one step; it makes the same calls each time, and waits for nothing on the device.
        dropouts: the layers in it whose masks are drawn for each step.
        rows: of the batches that are replayed.
    """

    def __init__(self, learn: Learn, dropouts: Sequence[BlockDropout], rows: int) -> None:
        self._learn, self._dropouts, self._rows = learn, dropouts, rows
        self._until_recorded = WARM_UP
        self._graph: torch.cuda.CUDAGraph | None = None
        self._places: list[Tensor] = []
        self._masked: list[tuple[BlockDropout, Tensor]] = []

    def __call__(self, x: Tensor, y: Tensor) -> None:
        """Learn from a batch."""
        if len(x) == self._rows and self._is_recorded(x, y) and self._graph is not None:
            masks = (layer.drawn(place) for layer, place in self._masked)
            torch._foreach_copy_(self._places, [x, y, *masks])
            self._graph.replay()
        else:
            self._learn(x, y)

    def _is_recorded(self, x: Tensor, y: Tensor) -> bool:
        """Record when it is time to; a step that is recorded is not yet taken."""
        if self._until_recorded == 0:
            self._record(x.clone(), y.clone())
        self._until_recorded -= 1
        return self._graph is not None

    def _record(self, x: Tensor, y: Tensor) -> None:
        graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        held = [(layer, layer.hold(self._rows)) for layer in self._dropouts]
        self._masked = [(layer, place) for layer, place in held if place is not None]
        recording = torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local")
        try:
            with _nothing_collected(), recording:
                self._learn(x, y)
        except RuntimeError:
            for layer in self._dropouts:
                layer.let_go()
            return
        self._graph, self._places = graph, [x, y, *(place for _, place in self._masked)]


@contextmanager
def own_stream(device: torch.device) -> Iterator[None]:
    """Work on a stream of its own on CUDA, where the default one cannot be recorded."""
    if device.type != "cuda":
        yield
        return
    before, stream = torch.cuda.current_stream(device), _stream(device)
    stream.wait_stream(before)
    try:
        with torch.cuda.stream(stream):
            yield
    finally:
        before.wait_stream(stream)


@cache
def _stream(device: torch.device) -> torch.cuda.Stream:
    """Make the one stream of this process: for each, libraries keep some 30 MB for good."""
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    with torch.cuda.stream(stream):
        # The thread that goes backward begins with something easy: a product of matrices as the
        # very first would have it warn that nothing is set up.
        one = torch.ones((), device=device, requires_grad=True)
        torch.autograd.backward(one * one)
    return stream


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Keep the collector away: if it found an older graph, its end would spoil the recording."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
