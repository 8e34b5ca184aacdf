"""Has cards described and checked where they may be imported: in a process apart, never here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from tensorrag.catalog import Catalog
from tensorrag.check import Checked, Sights
from tensorrag.check.packing import unpacked
from tensorrag.errors import ExecutorUnavailable
from tensorrag.executor import Executor
from tensorrag.peek import Peek
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.plain import JsonObject
from tensorrag.store.place import Place
from tensorrag.task import Task, TaskKind

LONG: frozenset[TaskKind] = frozenset({"verify"})
"""Kinds of tasks that end when nobody waits for them any more."""


class Hosted:
    """Asks whichever executor takes such questions.

    Args:
        executors: by name.
        place: where the drop-in folder and the store are.
    """

    def __init__(self, executors: Mapping[str, Executor], place: Place) -> None:
        self._executors, self._place = executors, place

    async def catalog(self) -> Catalog:
        """Have all cards described."""
        return Catalog.model_validate(await self.ask(Task(kind="describe")))

    async def check(
        self,
        pipeline: Pipeline,
        peeks: Mapping[str, Peek],
        secrets: Iterable[str],
        sights: Sights | None = None,
    ) -> Checked:
        """Check a pipeline, given what was seen at outside sources. No row is read.

        Args:
            pipeline: may be wrong in any way.
            peeks: by ``NodeFacts.peek_key``.
            secrets: names of those that there are.
            sights: what was seen of results that cards would make again.
        """
        task = await asyncio.to_thread(_propagate, pipeline, peeks, secrets, sights or {})
        return await asyncio.to_thread(unpacked, await self.ask(task))

    async def ask(self, task: Task) -> JsonObject:
        """Put a question, and wait for the answer.

        Raises:
            ExecutorUnavailable: no executor takes it.
        """
        executor = self._able(task.kind)
        handle = await executor.submit(task, self._place)
        try:
            return await executor.result(handle)
        except asyncio.CancelledError:
            if task.kind in LONG:
                await executor.cancel(handle)
            raise

    def _able(self, kind: TaskKind) -> Executor:
        for executor in self._executors.values():
            if kind in executor.kinds:
                return executor
        raise ExecutorUnavailable(
            "No executor is installed that could do this.",
            hint="Install TensorRag again: its own executor is missing.",
        )


def _propagate(
    pipeline: Pipeline, peeks: Mapping[str, Peek], secrets: Iterable[str], sights: Sights
) -> Task:
    known = {key: peek.model_dump(mode="json") for key, peek in peeks.items()}
    params = {"pipeline": to_json(pipeline), "peeks": known, "secrets": list(secrets)}
    params["sights"] = {
        node: {port: seen.model_dump(mode="json") for port, seen in ports.items()}
        for node, ports in sights.items()
    }
    return Task(kind="propagate", params=params)
