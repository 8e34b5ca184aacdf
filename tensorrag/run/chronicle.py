"""The events of one run: noted as they happen, recorded together, then told to those who listen."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from tensorrag.plain import JsonObject
from tensorrag.progress import INTERVAL
from tensorrag.run.node_run import NodeRun
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import timestamp

Item = TypeVar("Item")

IN_MEMORY = 1 << 20
"""Characters of log that a run keeps in memory; older ones are in the journal alone."""


class Chronicle:
    """Nothing is told before it is in the journal. Noting is safe from any thread."""

    def __init__(self, journal: Journal, run: str = "") -> None:
        self.run = run
        """The id of the run, once it has one."""
        self.events: list[JsonObject] = []
        """All that was told, in order: the event of number n at n - 1. Old logs have no text."""
        self.ended = False
        """Whether nothing more will come."""
        self._journal = journal
        self._noted: deque[JsonObject] = deque()
        self._touched: deque[NodeRun] = deque()
        self._told = asyncio.Event()
        """Set, and replaced, when there is something new."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._granted: list[asyncio.Future[None]] = []
        self._texts: deque[tuple[int, int]] = deque()
        """Where there are logs in memory, and their sizes."""
        self._size = 0
        self._emptied: set[int] = set()
        """Where there were."""

    def note(self, kind: str, data: JsonObject, node: NodeRun | None = None) -> None:
        """Note that something has happened just now."""
        name = node.id if node is not None else None
        self._noted.append(
            {"time": timestamp(), "run": self.run, "node": name, "type": kind, "data": data}
        )

    def touch(self, node: NodeRun) -> None:
        """Note that what is known of a node has changed, though no event says so."""
        self._touched.append(node)

    def show(self, node: NodeRun) -> None:
        """Note the state of a node."""
        self.touch(node)
        self.note("node", node.to_event(), node)

    def record(self, status: str | None = None) -> None:
        """Write what was noted to the journal as one transaction. For a thread.

        Raises:
            WorkspaceError: it cannot be written; it stays noted.
        """
        waiting = _emptied(self._waiting)  # first: what they wait for was noted before
        nodes = {node.id: node for node in _emptied(self._touched)}
        events = _emptied(self._noted)
        rows = {node_id: (node.to_json(), node.to_made()) for node_id, node in nodes.items()}
        try:
            if events or rows:
                self._journal.append(self.run, events, nodes=rows, status=status)
        except BaseException:
            self._noted.extendleft(reversed(events))
            self._touched.extend(nodes.values())
            self._waiting.extend(waiting)
            raise
        self._granted += waiting
        self._number(events)
        self._empty_old()

    def recall(self) -> None:
        """Read what was told of the run before, maybe by a process that is gone. For a thread."""
        self.events[:] = self._journal.events(self.run)

    def give_up(self) -> None:
        """Number what was noted although it could not be written: better told than lost."""
        self._number(_emptied(self._noted))

    def tell(self) -> None:
        """Wake those who listen, and those whose notes were recorded. On the event loop."""
        granted, self._granted = self._granted, []
        for future in granted:
            if not future.done():
                future.set_result(None)
        self._told.set()
        self._told = asyncio.Event()

    async def recorded(self) -> None:
        """Wait until all that was noted so far is in the journal."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    async def listen(self, after: int = 0) -> AsyncIterator[JsonObject]:
        """Yield the events whose number is greater than ``after``, until the end."""
        seen = after
        while True:
            told = self._told
            while seen < len(self.events):
                event = self.events[seen]
                if seen not in self._emptied:  # asked afterwards: another thread empties them
                    seen += 1
                    yield event
                    continue
                for event in await asyncio.to_thread(self._journal.events, self.run, seen):
                    seen = event["seq"]
                    yield event
            if self.ended:
                return
            await told.wait()

    def _number(self, events: list[JsonObject]) -> None:
        # One process writes the events of a run, so the journal counts them just so.
        first = len(self.events) + 1
        for seq, event in enumerate(events, first):
            self.events.append({"seq": seq, **event})
            if event["type"] == "log":
                size = len(event["data"].get("text", ""))
                self._texts.append((seq - 1, size))
                self._size += size

    def _empty_old(self) -> None:
        """Leave old logs to the journal: a card that prints without end must not fill memory."""
        while self._size > IN_MEMORY and len(self._texts) > 1:
            place, size = self._texts.popleft()
            self._size -= size
            self._emptied.add(place)
            self.events[place] = {**self.events[place], "data": {"text": ""}}


class Pace:
    """Lets one thing happen at most four times a second; a later wish replaces a waiting one.

    Args:
        act: what to do; it looks up the latest state itself.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._acted = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def wish(self) -> None:
        """Act now, or as soon as it is time again."""
        if self._timer is not None:
            return
        wait = self._acted + INTERVAL - time.monotonic()
        if wait <= 0:
            self._do()
        else:
            self._timer = asyncio.get_running_loop().call_later(wait, self._do)

    def finish(self) -> None:
        """Act at once if a wish is waiting: the last one is always granted."""
        if self._timer is not None:
            self._do()

    def drop(self) -> None:
        """Forget a waiting wish."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _do(self) -> None:
        self.drop()
        self._acted = time.monotonic()
        self._act()


def _emptied(queue: deque[Item]) -> list[Item]:
    """Take out what is there; others may append meanwhile."""
    return [queue.popleft() for _ in range(len(queue))]
