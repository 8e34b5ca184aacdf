"""A task on its way: what it has said so far, and how it ended."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from executors.connection import Connection, error_of
from executors.limits import LOOKING_SECONDS
from tensorrag.errors import ErrorInfo, RunCancelled, TaskFailed, TensorRagError, too_long
from tensorrag.plain import JsonObject
from tensorrag.store.place import Place
from tensorrag.task import Task

Outcome = JsonObject | TensorRagError

_MOST_EVENTS = 1000
"""Events that wait for those who follow; whoever is further behind than this misses some."""

_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}

_LESS = "Have a card keep fewer rows or columns, such as Sample Rows or Select Columns."
_LESS_TO_LOOK_AT: dict[str, str] = {
    "page": _LESS,
    "profile": _LESS,
    "peek": "Split the file into smaller ones, or write it as Parquet, which is read in parts.",
}


@dataclass(eq=False)
class Job:
    """One submitted task. Whoever follows it late hears the latest events, and the end."""

    handle: str
    task: Task
    place: Place
    outcome: Outcome | None = None
    work: asyncio.Task[None] | None = None
    """What carries it out."""
    stopping: bool = False
    """Whether a stop was asked for, by people or by the clock."""
    expired: bool = False
    """Whether it took longer than it may."""
    connection: Connection | None = None
    """The line to its supervisor, while there is one."""
    _events: deque[JsonObject] = field(default_factory=lambda: deque(maxlen=_MOST_EVENTS))
    _told: int = 0
    """How many events there were."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, event: JsonObject) -> None:
        """Tell those who follow."""
        if self.outcome is None:
            self._events.append({**event, "time": time.time()})
            self._told += 1
            self._wake()

    def finish(self, outcome: Outcome) -> None:
        """Note how it ended; the first end counts."""
        if self.outcome is None:
            self.outcome = outcome
            self._wake()

    async def events(self) -> AsyncIterator[JsonObject]:
        """Go through the events, until the end."""
        seen = 0
        while True:
            while seen < self._told:
                seen = max(seen, self._told - len(self._events))
                event = self._events[seen - self._told]
                seen += 1
                yield event
            if self.outcome is not None:
                return
            await self._changed.wait()

    async def result(self) -> JsonObject:
        """Wait for the end; raises what it ended with."""
        while self.outcome is None:
            await self._changed.wait()
        if isinstance(self.outcome, TensorRagError):
            raise self.outcome
        return self.outcome

    @contextmanager
    def speaking_over(self, connection: Connection) -> Iterator[None]:
        """Have a worker for this task, and a clock that runs."""
        timeout, loop = self.task.timeout, asyncio.get_running_loop()
        clock = loop.call_later(timeout, self.expire) if timeout is not None else None
        self.connection = connection
        self.add({"type": "started", "data": {"pid": connection.pid}})
        try:
            yield
        finally:
            self.connection = None
            if clock is not None:
                clock.cancel()

    def hear(self, content: JsonObject) -> None:
        """Take a message from the worker or its supervisor."""
        if content.get("type") in ("progress", "log"):
            self.add({"type": content["type"], "data": content.get("data")})
        elif content.get("type") in ("result", "error", "cancelled", "exit"):
            self.finish(self.ended(content))

    def stop(self) -> None:
        """Ask for the end: the card first, its process five seconds later."""
        self.stopping = True
        if self.connection is not None:
            self.connection.cancel()
        elif self.outcome is None:
            # What is cancelled before its first step never gets to say so itself.
            self.finish(RunCancelled("The card was cancelled."))
            if self.work is not None:
                self.work.cancel()

    def expire(self) -> None:
        """Ask for the end because time is up, unless it is ending already."""
        if not self.stopping:
            self.expired = True
            self.stop()

    def ended(self, answer: JsonObject) -> Outcome:
        """Read the last word of a worker or its supervisor."""
        kind, data = answer.get("type"), answer.get("data")
        if kind == "result" and isinstance(data, dict):
            return data
        if self.expired or kind == "late":
            return TaskFailed(too_long(self._name, self.task.timeout or 0.0))
        if self.stopping or kind == "cancelled":
            return RunCancelled("The card was cancelled.")
        if kind == "error":
            return TaskFailed(self._blamed(error_of(data)))
        return TaskFailed(self._crash(data if isinstance(data, dict) else {}))

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _blamed(self, error: ErrorInfo) -> ErrorInfo:
        """Blame no card, and none of its settings, for a look that took too much memory."""
        hint = _LESS_TO_LOOK_AT.get(self.task.kind)
        if hint is None or error.type != "CardOutOfMemory":
            return error
        message = f"{self._name} took more memory than looking may."
        return error.model_copy(update={"message": message, "hint": hint})

    def _crash(self, end: JsonObject) -> ErrorInfo:
        """Say why a process ended that gave no answer."""
        code, number = end.get("code"), end.get("signal")
        hint = "A library that it uses has failed; the traceback shows where the card was."
        if number == signal.SIGKILL:
            message = f"{self._name} was killed (signal 9)."
            again = "run it again, with fewer rows or smaller batches where memory is short"
            if self.task.kind in _LESS_TO_LOOK_AT:
                again = "look again"
            hint = f"Somebody has ended its process, or the system where memory runs out: {again}."
        elif number is not None:
            what = "crashed" if number in _CRASHES else "was ended"
            message = f"{self._name} {what}: {signal.strsignal(number)}."
        else:
            message = f"{self._name} ended its process (exit code {code}) without giving a result."
            hint = "Return self.Out(…), or raise an error."
        trace = str(end.get("stderr") or "") or None
        return ErrorInfo(type="CardCrashed", message=message, hint=hint, traceback=trace)

    @property
    def _name(self) -> str:
        if self.task.kind == "draft":
            return "Importing it"
        if self.task.kind in LOOKING_SECONDS:
            return f"Looking at {'the source' if self.task.kind == 'peek' else 'the result'}"
        return self.task.name[:1].upper() + self.task.name[1:]
