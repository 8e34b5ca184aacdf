"""Tries cards here before one runs where it costs money: on few rows, for one epoch, and for free.

A wrong column, shape or type shows itself on a few rows as well as on all. The card that is about
to be rented for is tried, and with what it makes all that come after it. What they make is nobody's
result.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from tensorrag.durable import make_folder
from tensorrag.errors import ErrorInfo, ExecutorError, TaskFailed
from tensorrag.executor import Executor
from tensorrag.plain import JsonObject
from tensorrag.run.node_run import NodeRun
from tensorrag.run.trials import Trials
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task

SECONDS = 60.0
"""How long one card may be tried: one that takes longer is not held up."""

NO_VERDICT = frozenset(
    [
        "CardCrashed",
        "CardOutOfMemory",
        "CardTimeout",
        "DiskFull",
        "ImportError",
        "MemoryError",
        "ModuleNotFoundError",
        "OutOfRoom",
        "WorkspaceError",
    ]
)
"""Errors that this machine has, and a rented one may not."""

MOST_PRINTED = 200
"""Pieces of what a card printed that are shown when it fails."""

TRIED = "It was tried on a few rows on this machine first: nothing was rented."


class Rehearsal:
    """Tries the cards of one run.

    Args:
        trials: of the run.
        here: this machine.
        place: the folders that tasks work with.
        store: remembers what went well.
    """

    def __init__(self, trials: Trials, here: Executor, place: Place, store: Store) -> None:
        self._trials, self._here, self._place = trials, here, place
        self._folder = store.root / "rehearsed"
        self._tried: set[str] = set()
        self._going: dict[str, str] = {}

    def is_due(self, node: NodeRun) -> bool:
        """Whether a card was not yet tried, with just these inputs and all that comes after it."""
        if node.id in self._tried:
            return False
        mark = self._trials.mark(node.id)
        return not (self._folder / mark).exists()

    async def of(self, node: NodeRun, hear: Callable[[JsonObject], None]) -> None:
        """Try a card, and those that come after it.

        Args:
            node: the card.
            hear: takes what was printed by one that fails.

        Raises:
            TaskFailed: one of them would fail.
            RunCancelled: it was stopped meanwhile.
        """
        made: dict[str, dict[str, str]] = {}
        for node_id in self._trials.onward(node.id):
            task = self._trials.of(node_id, made)
            if task is None:
                continue
            try:
                answer = await self._try(node.id, task, hear)
            except TaskFailed as error:
                if error.cause.type in NO_VERDICT:
                    return
                raise self._told(node, node_id, error.cause) from error
            except ExecutorError:
                return
            outputs: JsonObject = answer["outputs"]
            made[node_id] = {port: str(output["sha256"]) for port, output in outputs.items()}
            self._tried.add(node_id)
        await asyncio.to_thread(self._remember, self._trials.mark(node.id))

    async def cancel(self, node_id: str) -> None:
        """Stop what goes on for a card."""
        if node_id in self._going:
            await self._here.cancel(self._going[node_id])

    async def _try(
        self, node_id: str, task: Task, hear: Callable[[JsonObject], None]
    ) -> JsonObject:
        update = {"timeout": min(task.timeout or SECONDS, SECONDS)}
        handle = await self._here.submit(task.model_copy(update=update), self._place)
        self._going[node_id] = handle
        printed: deque[JsonObject] = deque(maxlen=MOST_PRINTED)
        try:
            async for event in self._here.events(handle):
                if event.get("type") == "log":
                    printed.append(event["data"])
            return await self._here.result(handle)
        except TaskFailed as error:
            for each in printed if error.cause.type not in NO_VERDICT else ():
                hear(each)
            raise
        except asyncio.CancelledError:
            await self._here.cancel(handle)
            raise
        finally:
            del self._going[node_id]

    def _told(self, node: NodeRun, failed: str, cause: ErrorInfo) -> TaskFailed:
        """Say it on the card that would have been paid for."""
        message = cause.message
        if failed != node.id:
            message = f"{self._trials.title(failed)}, after this card, fails: {message}"
        hint = f"{cause.hint} {TRIED}".strip()
        return TaskFailed(cause.model_copy(update={"message": message, "hint": hint}))

    def _remember(self, mark: str) -> None:
        make_folder(self._folder)
        (self._folder / mark).touch()
