"""How a long card goes on where it was stopped: ``kept()`` at first, ``keep(…)`` as it goes.

What is kept is found again by a card with the same parameters and inputs, wherever that runs.
Outside a run nothing is kept, so cards can be called from plain Python.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from tensorrag.errors import ArtifactError
from tensorrag.progress import is_stopping, label
from tensorrag.store.checkpoints import Checkpoints, Kept
from tensorrag.types.checkpoint import Arrays

INTERVAL = 5.0
"""Seconds between two checkpoints: what is lost at most when a process is killed."""

SHARE = 0.05
"""Share of the time that keeping may take, at most: where it is slow, it is done less often."""


@dataclass
class Keeper:
    """Keeps how far one task is.

    Args:
        checkpoints: of the store of its place.
        key: under which it is found again.
        ticket: of the task.
        anew: whether to begin from the beginning, whatever another task kept.
    """

    checkpoints: Checkpoints
    key: str
    ticket: str = ""
    anew: bool = False
    clock: Callable[[], float] = time.monotonic
    _due: float = 0.0

    def __post_init__(self) -> None:
        self._due = self.clock() + INTERVAL

    def kept(self) -> Arrays | None:
        """Return what was kept last, and say so in the card's log."""
        kept = self.checkpoints.get(self.key)
        if kept is None or (self.anew and kept.by != self.ticket):
            return None
        try:
            arrays = self.checkpoints.load(kept)
        except ArtifactError:
            return None
        sys.stdout.write(f"It goes on after {kept.words}.\n")
        return arrays

    def keep(self, make: Callable[[], Arrays], done: float, total: float | None, unit: str) -> None:
        """Keep what ``make`` gives, if it is time to."""
        began = self.clock()
        if began < self._due and not is_stopping():
            return
        try:
            kept = Kept(digest="", by=self.ticket, done=done, total=total, unit=label(unit))
            self.checkpoints.put(self.key, make(), kept)
        except Exception as error:  # what is kept is not worth the training
            why = " ".join(filter(None, (str(error), getattr(error, "hint", ""))))
            sys.stderr.write(f"How far this card is could not be kept: {why}\n")
        ended = self.clock()
        self._due = ended + max(INTERVAL, (ended - began) / SHARE)


_keeper: ContextVar[Keeper | None] = ContextVar("tensorrag_keeper", default=None)


@contextmanager
def keeping(keeper: Keeper | None) -> Iterator[None]:
    """Let ``keep`` and ``kept`` speak to this keeper."""
    token = _keeper.set(keeper)
    try:
        yield
    finally:
        _keeper.reset(token)


def kept() -> Arrays | None:
    """Return what this card kept when it was stopped; None where it begins from the beginning.

    Example:
        >>> before = kept()
        >>> epoch = 0 if before is None else int(before["epoch"])
    """
    keeper = _keeper.get()
    return None if keeper is None else keeper.kept()


def keep(
    make: Callable[[], Arrays], done: float, total: float | None = None, unit: str = ""
) -> None:
    """Say that the card could go on from here. Call it just before ``report``.

    Say it as often as you like: it is kept every few seconds, and when the card is asked to stop.

    Args:
        make: gives the arrays that it would need, by name; called only when they are kept.
        done: how far it is, as in ``report``.
        total: how far it will go.
        unit: of both.

    Example:
        >>> keep(lambda: {"epoch": np.array(3), "weights": weights}, 3, 50, "epoch")
    """
    keeper = _keeper.get()
    if keeper is not None:
        keeper.keep(make, done, total, unit)
