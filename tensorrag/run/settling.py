"""What is written of a task that outlived its run: that it goes on, what it cost, what it made.

All of it is for threads: it writes files.
"""

from __future__ import annotations

import time
from contextlib import suppress

from tensorrag.errors import RunNotFound, WorkspaceError
from tensorrag.plain import JsonObject
from tensorrag.run.rereading import is_other
from tensorrag.store.results import Result
from tensorrag.store.unsettled import Unsettled
from tensorrag.store.workspace import Workspace


class Settling:
    """Brings the journal and the store of a workspace up to date with such tasks."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def write_off(self, stray: Unsettled) -> None:
        """Note that nothing goes on: it never began, or had ended when its run was cut off."""
        journal, at = self._workspace.journal, None
        with suppress(RunNotFound):
            at = journal.run(stray.run).finished
        with suppress(WorkspaceError):
            journal.spending.write_off(stray.ticket, at)
        self.settle(stray)

    def count(self, stray: Unsettled) -> None:
        """Note that somebody listens to it again: it counts as what it is, not at its limit."""
        with suppress(WorkspaceError):
            self._workspace.journal.spending.take_over(stray.ticket)

    def pay(self, stray: Unsettled, paid: JsonObject, *, done: bool) -> None:
        """Note what it has cost; until then it counted at its limit."""
        ticket, told = stray.ticket, paid.get("cost")
        with suppress(WorkspaceError):
            self._workspace.journal.spending.end(
                ticket,
                seconds=paid.get("seconds"),
                cost=told,
                done=done,
                stays=told is not None,
                start=paid.get("start"),
            )

    def keep(self, stray: Unsettled, answer: JsonObject, began: float) -> None:
        """Store a result as if its run had still been there.

        ``began`` is when it was heard of here, in seconds since 1970.
        """
        name, key = stray.shown["executor"], stray.made.get("key")
        if key is None or is_other(answer, stray.made):
            self.settle(stray)
            return
        run = self._workspace.journal.run(stray.run)
        seconds = max(0.0, round(time.time() - (run.finished or began), 3))
        by = {"run": stray.run, "node": stray.node}
        result = Result.of(answer, seconds=seconds, executor=name, **by)
        self._workspace.store.results.put(key, result)
        done = {"state": "done", "reason": None, "seconds": seconds, "device": result.device}
        self.settle(stray, {**stray.shown, **done, "outputs": result.summary["outputs"]})

    def settle(self, stray: Unsettled, shown: JsonObject | None = None) -> None:
        """Note that nothing goes on any more, and what came of it, if anything did."""
        if stray.lost:  # its run has ended as it ended
            return
        state = (shown or stray.shown)["state"]
        made = {**stray.made, "handle": None, "ticket": None, "state": state}
        events = [{"type": "node", "node": stray.node, "data": shown}] if shown else []
        nodes = {stray.node: (shown or stray.shown, made)}
        with suppress(Exception):  # it stays unsettled, and is asked about again
            self._workspace.journal.append(stray.run, events, nodes=nodes)
