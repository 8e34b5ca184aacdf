"""The logs that somebody reads: taken from the journal once, then only what was added to them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from tensorrag.store.journal import Journal
from tensorrag.store.log import Line, Log, require

KEPT = 4
"""How many runs' logs are kept in memory: those that were read last."""

Wanted = tuple[str | None, str, str]


class Logs:
    """What cards printed, for those who page and search. For threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def lines(
        self, run: str, node: str | None = None, *, stream: str = "", search: str = ""
    ) -> Sequence[Line]:
        """Return the lines of a run or of one card of it, or those that hold a text.

        Raises:
            RunNotFound: there is no such run.
            NodeNotFound: it has no such card.
        """
        require(self._journal, run, node)
        with self._lock:
            kept = self._kept.setdefault(run, _Kept())
            self._kept.move_to_end(run)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            kept.catch_up(self._journal, run)
            return kept.find((node, stream, search))


class _Kept:
    """One run's log, and what was asked for last: whoever pages asks for the same again."""

    def __init__(self) -> None:
        self._log = Log()
        self._wanted: Wanted | None = None
        self._found: Sequence[Line] = ()

    def catch_up(self, journal: Journal, run: str) -> None:
        """Take what was added since the last time."""
        new = journal.events(run, self._log.seen, kind="log")
        if new:
            self._log.add(new)
            self._wanted = None

    def find(self, wanted: Wanted) -> Sequence[Line]:
        """Choose the lines of a node and a stream that hold a text."""
        if wanted != self._wanted:
            node, stream, search = wanted
            self._found = self._log.lines(node, stream=stream, search=search)
            self._wanted = wanted
        return self._found
