"""Holds one worker, with all that it starts, to its limits: looks now and then, and judges."""

from __future__ import annotations

import os
import signal
import time

from executors import memory_kills, usage
from executors.cgroup import Group
from executors.limits import Limits
from executors.protocol import failure
from tensorrag.plain import JsonObject

FIRST_SECONDS = 0.2
"""Before the first look: most cards have ended by then, and cost nothing."""
GLANCE_INTERVAL = 0.05
"""Seconds between two glances at how many processes and threads a control group has."""
INTERVAL = 0.1
"""Seconds between two looks at processes that are known."""
SCAN_INTERVAL = 0.5
"""Seconds between two searches for new ones, while the machine has about as many as before."""
_SUDDEN = 16
"""So many threads more are a reason to search at once."""
_SHARE = 0.2
"""Of a core, at most, for looking: where one look takes long, the next is later …"""
_LONGEST_PAUSE = 1.0
"""… by so many seconds at most."""

_MB = 1 << 20


class Guard:
    """Looks at the tree below this process, which must have no other worker.

    Args:
        limits: what it may use.
        group: that holds it, where the system has such groups.
    """

    def __init__(self, limits: Limits, group: Group) -> None:
        self._limits, self._group = limits, group
        self._refusals = group.refusals()
        self._known: list[usage.Process] = []
        self._tasks = self._crowd = 0
        self._kills = memory_kills.counted()
        self._look_at = self._scan_at = time.monotonic() + FIRST_SECONDS
        self.due = self._next(time.monotonic())
        """When to look next."""
        self.highest = 0
        """Most bytes that were seen."""

    def look(self) -> JsonObject | None:
        """Look, if it is time; gives the error where the card uses more than it may."""
        now = time.monotonic()
        if now < self.due:
            return None
        found = self._look(now) if now >= self._look_at or self._grew() else None
        self.due = self._next(time.monotonic())
        return found

    def _next(self, now: float) -> float:
        return min(self._look_at, now + GLANCE_INTERVAL) if self._group.holds else self._look_at

    def _grew(self) -> bool:
        """Whether there are many more processes and threads than at the last look."""
        return self._group.count() > self._crowd + _SUDDEN

    def _look(self, began: float) -> JsonObject | None:
        self._crowd = self._group.count()
        self._see(began)
        found = self._too_many() or self._refused_meanwhile() or self._too_large()
        took = time.monotonic() - began
        self._look_at = began + took + min(_LONGEST_PAUSE, max(INTERVAL, took / _SHARE))
        return found or None

    def end(self, number: int, resident: int) -> JsonObject | None:
        """Say why the worker was killed, where that was for want of memory.

        Args:
            number: the signal that it died of.
            resident: the most bytes that it had in memory, shared ones included.
        """
        most = max(self.highest, resident)
        if number != signal.SIGKILL or memory_kills.counted() == self._kills:
            return None
        if not memory_kills.is_likely(most):  # it was another one
            return None
        return failure(
            "CardOutOfMemory",
            "The machine ran out of memory, and the system stopped the card that used "
            f"{most // _MB:,} MB; its limit is {self._limits.memory:,} MB.",
            "Give it fewer rows or smaller batches, or run fewer cards at once.",
        )

    def refused(self, said: bytes = b"") -> JsonObject | None:
        """Say so where the system has refused the card a process or a thread.

        Which of them it was, the card says itself, or what is there by now tells.

        Args:
            said: the error of the card, if it has told one.
        """
        if self._group.refusals() == self._refusals:
            return None
        if b"start new thread" in said:
            return self._too_many_threads()
        self._known = usage.family(os.getpid())
        return self._too_many() or failure(
            "CardTooManyProcesses",
            f"The card started more than {self._group.tasks:,} processes and threads, which is "
            "the limit of a card.",
            "Start fewer at once: n_jobs of a few is enough.",
        )

    def _refused_meanwhile(self) -> JsonObject | None:
        """Say what was refused; one that has ended may have said so itself: that is heard first."""
        if not self._known:
            return None
        error = self.refused()
        return error if self._known else None

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
            return self._too_many_threads()
        return None

    def _too_many_threads(self) -> JsonObject:
        return failure(
            "CardTooManyThreads",
            f"The card started more than {self._limits.threads:,} threads, which is the limit "
            "of a card.",
            "Start fewer threads at once, such as one per core.",
        )

    def _too_large(self) -> JsonObject | None:
        """Add up what is charged, which takes time, only where it could be too much at all."""
        limit = self._limits.memory * _MB
        used = sum(process.resident for process in self._known)
        if used > limit:
            # This process, too, has its part of what the fork server shares with all: the
            # libraries. Without that a card would pay for them once more with every process.
            common, used = usage.charged(os.getpid()), 0
            for process in self._known:
                used += max(0, usage.charged(process.pid) - common)
                if used > limit or self._grew():  # each takes its time: no more than needed
                    break
        self.highest = max(self.highest, used)
        if used <= limit:
            return None
        return failure(
            "CardOutOfMemory",
            f"The card used more than {self._limits.memory:,} MB of memory, the limit of this "
            f"card: it had {used // _MB:,} MB or more.",
            "Give it fewer rows or smaller batches, or raise the memory limit in its settings.",
        )
