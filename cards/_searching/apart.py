"""Trials in processes of their own, so that several networks train beside one another.

Training a small network is mostly calls from Python, of which one process makes one at a time:
threads would wait for one another. So a process is forked for each trial. It has the rows at once,
shared until they are written to, and takes memory for what it makes of them and for its network.
Where that is too much, trials go on one at a time, which the log says. What comes of a trial is
the same either way: all that is random in it follows from the seed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Condition, Lock
from typing import TYPE_CHECKING, Any

from cards._searching.carrying_out import Judge
from cards._searching.study import Watch, reason_of
from tensorrag import CardError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

NO_ROOM = "can't allocate memory"
"""What torch says of memory that it did not get on the processor."""


class LackOfMemory(CardError):
    """A trial did not get the memory that it needs."""


def can_part() -> bool:
    """Whether trials can have processes of their own here: on a GPU, and where nothing can be
    forked safely, they take turns.
    """
    from cards._network.device import best_device

    return sys.platform == "linux" and best_device().type == "cpu"


class Apart:
    """Judges values as another judge does, in a process that is forked for that.

    The first one is judged here, alone: what is imported for that, all others have at once.

    Args:
        judge: keeps no random numbers of its own from one call to the next.
        at_once: so many trials run beside one another at most.
    """

    def __init__(self, judge: Judge, at_once: int) -> None:
        self.metric = judge.metric
        self._judge, self._most, self._running = judge, at_once, 0
        self._changed, self._forking, self._ready = Condition(), Lock(), False

    def __call__(self, values: Mapping[str, Any], watch: Watch) -> float:
        """Tell how good it is; called in threads.

        Raises:
            CardError: the trial failed, or lacked memory though it ran alone.
        """
        with self._forking:
            if not self._ready:
                self._ready = True
                return self._judge(values, watch)
        told, alone = _Once(watch), False
        while True:
            try:
                with self._turn() as alone:
                    return self._answer(values, told)
            except LackOfMemory:
                if alone:
                    raise
                self._take_turns()
                told.again()

    def _take_turns(self) -> None:
        with self._changed:
            if self._most > 1:
                print(
                    f"Memory ran out with {self._most} trials at a time: from here on there is "
                    "one at a time. Give the card more memory, or choose fewer."
                )
            self._most = 1

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Wait until there is room for one more; tells whether it is the only one allowed."""
        with self._changed:
            self._changed.wait_for(lambda: self._running < self._most)
            self._running += 1
            alone = self._most == 1
        try:
            yield alone
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _answer(self, values: Mapping[str, Any], watch: Watch) -> float:
        """Have one trial made, and listen to it; it is ended where nobody listens any more."""
        from multiprocessing import get_context

        forking = get_context("fork")
        with self._forking:  # else another child would hold this one's end, and hide that it died
            here, there = forking.Pipe(duplex=False)
            child = forking.Process(target=_speak, args=(there, self._judge, values), daemon=True)
            child.start()
            there.close()
        try:
            return _heard(here, watch)
        finally:
            child.kill()
            child.join()
            here.close()


class _Once:
    """Passes on each step of a trial once, though the trial is begun again."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._told, self._at = watch, 0, 0

    def again(self) -> None:
        self._at = 0

    def __call__(self, value: float) -> None:
        self._at += 1
        if self._at > self._told:
            self._told = self._at
            self._watch(value)


def _heard(here: Connection, watch: Watch) -> float:
    while True:
        try:
            said: Mapping[str, Any] = here.recv()
        except EOFError:
            raise LackOfMemory(
                "The process of the trial was ended, most likely because memory ran out.",
                hint="Try fewer trials at a time, smaller networks, or fewer rows.",
            ) from None
        if "step" in said:
            watch(said["step"])
        elif "figure" in said:
            return float(said["figure"])
        else:
            raise (LackOfMemory if said["memory"] else CardError)(said["failed"])


def _speak(there: Connection, judge: Judge, values: Mapping[str, Any]) -> None:
    """Make a trial, in a process of its own."""
    import torch

    torch.set_num_threads(1)
    try:
        there.send({"figure": judge(values, lambda value: there.send({"step": value}))})
    except Exception as error:
        lacks = isinstance(error, MemoryError) or NO_ROOM in str(error)
        there.send({"failed": reason_of(error), "memory": lacks})
