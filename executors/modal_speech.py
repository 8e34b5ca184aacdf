"""What a container says while it performs a task: put on a queue, a few times a second.

A thread of its own does the sending. Where the queue cannot be reached, what was said is lost and
the card goes on: no progress is worth a training.
"""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from executors.capture import Capture
from executors.protocol import message

if TYPE_CHECKING:
    import modal

LASTS = 24 * 3600
"""Seconds that what was said can be read again."""

_PAUSE = 0.1


class Speech:
    """Sends events, and what is printed, until it is left.

    Args:
        events: a queue of Modal.
        name: the partition that is this task's.
    """

    def __init__(self, events: modal.Queue, name: str) -> None:
        self._events, self._name = events, name
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._captures = (Capture("stdout"), Capture("stderr"))
        self._kept: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def say(self, kind: str, data: Any) -> None:
        """Say something, as a line of JSON; returns at once."""
        self._waiting.put(message(kind, data))

    def __enter__(self) -> Speech:
        """Begin to listen to what is printed."""
        _flush()
        for descriptor, capture in zip((1, 2), self._captures, strict=True):
            self._kept.append(os.dup(descriptor))
            os.dup2(capture.write_end, descriptor)
            capture.close_write_end()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Send the last words."""
        _flush()
        for descriptor, kept in zip((1, 2), self._kept, strict=True):
            os.dup2(kept, descriptor)
            os.close(kept)
        self._over.set()
        self._thread.join()
        for capture in self._captures:
            capture.close()

    def _work(self) -> None:
        while not self._over.is_set():
            select.select(self._captures, [], [], _PAUSE)
            for capture in self._captures:
                capture.drain()
                self._pass_on(capture)
            self._send()
            self._over.wait(_PAUSE / 2)
        for capture in self._captures:
            capture.drain()
            self._pass_on(capture, last=True)
        self.say("end", {})
        self._send()

    def _pass_on(self, capture: Capture, *, last: bool = False) -> None:
        while (portion := capture.take(last=last)) is not None:
            self.say("log", portion)

    def _send(self) -> None:
        said = []
        with suppress(queue.Empty):
            while True:
                said.append(self._waiting.get_nowait())
        if said:
            with suppress(Exception):
                self._events.put_many(said, block=False, partition=self._name, partition_ttl=LASTS)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
