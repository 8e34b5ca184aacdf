"""Holds one worker, with all that it starts, to its limits: looks now and then, and judges."""

from __future__ import annotations

import os
import time

from executors import usage
from executors.limits import Limits
from executors.protocol import JsonObject, failure

FIRST_SECONDS = 0.2
"""Before the first look: most cards have ended by then, and cost nothing."""
INTERVAL = 0.1
"""Seconds between two looks at processes that are known."""
SCAN_INTERVAL = 0.5
"""Seconds between two searches for new ones, while the machine has about as many as before."""
_SUDDEN = 16
"""So many threads more on the machine are a reason to search at once."""
_SHARE = 0.2
"""Of a core, at most, for looking: where one look takes long, the next is later …"""
_LONGEST_PAUSE = 1.0
"""… by so many seconds at most."""

_MB = 1 << 20


class Guard:
    """Looks at the tree below this process, which must have no other worker.

    Args:
        limits: what it may use.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: list[usage.Process] = []
        self._tasks = 0
        self._kills = usage.kills_for_memory()
        self.due = time.monotonic() + FIRST_SECONDS
        """When to look next."""
        self._scan_at = self.due
        self.highest = 0
        """Most bytes that were seen."""

    def look(self) -> JsonObject | None:
        """Look, if it is time; gives the error where the card uses more than it may."""
        began = time.monotonic()
        if began < self.due:
            return None
        self._see(began)
        found = self._too_many() or self._too_large()
        took = time.monotonic() - began
        self.due = began + took + min(_LONGEST_PAUSE, max(INTERVAL, took / _SHARE))
        return found

    def end(self, number: int, resident: int) -> JsonObject | None:
        """Say why the worker was killed, where that was for want of memory.

        Args:
            number: the signal that it died of.
            resident: the most bytes that it had in memory, shared ones included.
        """
        if number != 9 or usage.kills_for_memory() == self._kills:
            return None
        most = max(self.highest, resident) // _MB
        return failure(
            "CardOutOfMemory",
            "The machine ran out of memory, and the system stopped the card that used "
            f"{most:,} MB; its limit is {self._limits.memory:,} MB.",
            "Give it fewer rows or smaller batches, or run fewer cards at once.",
        )

    def _see(self, now: float) -> None:
        """Look at the processes that are known, and for new ones when it is time."""
        tasks = usage.tasks_of_machine()
        if now >= self._scan_at or abs(tasks - self._tasks) > _SUDDEN:
            self._known = usage.family(os.getpid())
            self._tasks, self._scan_at = tasks, now + SCAN_INTERVAL
        else:
            self._known = usage.again(self._known)

    def _too_many(self) -> JsonObject | None:
        most = self._limits.processes
        if len(self._known) > most:
            return failure(
                "CardTooManyProcesses",
                f"The card started more than {most} processes, which is the limit of a card.",
                "Start fewer at once: n_jobs of a few is enough.",
            )
        if sum(process.threads for process in self._known) > self._limits.threads:
            return failure(
                "CardTooManyThreads",
                f"The card started more than {self._limits.threads:,} threads, which is the limit "
                "of a card.",
                "Start fewer threads at once, such as one per core.",
            )
        return None

    def _too_large(self) -> JsonObject | None:
        """Add up what is charged, which takes time, only where it could be too much at all."""
        limit = self._limits.memory * _MB
        used = sum(process.resident for process in self._known)
        if used > limit:
            # This process, too, has its part of what the fork server shares with all: the
            # libraries. Without that a card would pay for them once more with every process.
            common = usage.charged(os.getpid())
            charged = (usage.charged(process.pid) for process in self._known)
            used = sum(max(0, each - common) for each in charged)
        self.highest = max(self.highest, used)
        if used <= limit:
            return None
        return failure(
            "CardOutOfMemory",
            f"The card used more than {self._limits.memory:,} MB of memory, the limit of this "
            f"card: it had {used // _MB:,} MB.",
            "Give it fewer rows or smaller batches, or raise the memory limit in its settings.",
        )
