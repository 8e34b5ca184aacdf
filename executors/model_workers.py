"""Workers that stay, each with one model that it has opened: what answers requests.

Each answers one question after the other. One that crashes, hangs or takes too much memory is
ended, whoever asked is told, and the next question gets a fresh one. One that nobody asks ends.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from executors.connection import Connection, error_of
from executors.crew import Crew
from executors.errands import Errands
from executors.limits import limits_for, seconds_for
from tensorrag.errors import ExecutorError, TaskFailed
from tensorrag.plain import JsonObject
from tensorrag.store.place import Place
from tensorrag.task import Task

IDLE_SECONDS = 300.0
"""After which a worker that nobody asks ends."""
START_SECONDS = 120.0
"""How much longer a first answer may take: a worker begins, and opens the model."""
MOST = 4
"""Workers that stay at once: the one asked longest ago makes room."""

_ENDED = "The process that answers with this model ended"
_HINT = "Ask again: another one begins."
_ENDS = {"CardOutOfMemory", "CardTooManyProcesses", "CardTooManyThreads"}
"""Errors that say why a process was ended; of all others the question is to blame."""


@dataclass(eq=False)
class _Answerer:
    """One worker, or what is to become one."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked: int = 0
    """Questions that wait for it, or that it answers."""
    held: AsyncExitStack | None = None
    connection: Connection | None = None
    answers: bool = False
    """Whether it has answered before."""
    idle: asyncio.TimerHandle | None = None


class ModelWorkers:
    """The workers of one executor that answer with models.

    Args:
        crew: gives the workers.
        idle_seconds: after which one that nobody asks ends.
    """

    def __init__(self, crew: Crew, idle_seconds: float = IDLE_SECONDS) -> None:
        self._crew, self._idle_seconds = crew, idle_seconds
        self._answerers: dict[tuple[str, str], _Answerer] = {}
        self._room = asyncio.Semaphore(MOST)
        self._errands = Errands()

    async def ask(self, task: Task, place: Place) -> JsonObject:
        """Have a task of the kind ``predict`` answered by the worker that holds its model.

        Raises:
            TaskFailed: the question has no answer.
            ExecutorError: the worker ended over it, or took too long.
        """
        key = (str(place.store), next(iter(task.inputs.values()))[0])
        answerer = self._answerers.pop(key, None) or _Answerer()
        self._answerers[key] = answerer  # the one asked last comes last
        self._keep(answerer)
        answerer.asked += 1
        try:
            async with answerer.turn, self._room:
                answer = await self._asked(answerer, task, place)
                self._let_go_later(key, answerer)
        finally:
            answerer.asked -= 1
        if answer["type"] == "error":
            raise TaskFailed(error_of(answer.get("data")))
        data = answer.get("data")
        return data if isinstance(data, dict) else {}

    async def _asked(self, answerer: _Answerer, task: Task, place: Place) -> JsonObject:
        self._make_room()
        self._keep(answerer)
        try:
            async with asyncio.timeout(await self._patience(answerer, task)):
                answer = await self._answer(answerer, task, place)
        except TimeoutError:
            await self._end(answerer)
            raise ExecutorError(
                "The model took too long to answer, and its process was ended.",
                hint="Send fewer rows at once.",
            ) from None
        except BaseException:
            await self._end(answerer)
            raise
        answerer.answers = True
        return answer

    async def close(self) -> None:
        """End all of them."""
        for answerer in self._answerers.values():
            self._keep(answerer)
            await self._end(answerer)
        self._answerers.clear()
        await self._errands.finish()

    async def _answer(self, answerer: _Answerer, task: Task, place: Place) -> JsonObject:
        connection = await self._connected(answerer)
        connection.order(
            {
                "stays": True,
                "task": task.to_json(),
                "place": place.model_dump(mode="json"),
                "threads": 1,
            }
        )
        async for content in connection.messages():
            if content.get("type") == "result":
                return content
            if content.get("type") == "error":
                cause = error_of(content.get("data"))
                if cause.type in _ENDS:
                    raise ExecutorError(f"{_ENDED}. {cause.message}", hint=_HINT)
                return content
        raise ExecutorError(f"{_ENDED}.", hint=_HINT)

    async def _patience(self, answerer: _Answerer, task: Task) -> float:
        """Return how many seconds an answer may take; what has died meanwhile begins anew."""
        if answerer.connection is not None and not answerer.connection.has_living_worker():
            await self._end(answerer)
        seconds = seconds_for("predict", task.timeout) or 0.0
        return seconds + (0.0 if answerer.answers else START_SECONDS)

    async def _connected(self, answerer: _Answerer) -> Connection:
        if answerer.connection is not None:
            return answerer.connection
        answerer.held = AsyncExitStack()
        connection = await answerer.held.enter_async_context(self._crew.worker())
        connection.limit(limits_for("predict", gpu=False, memory=None))
        answerer.connection = connection
        return connection

    def _make_room(self) -> None:
        """End the one asked longest ago, unless somebody waits for it."""
        spare = [key for key, each in self._answerers.items() if not each.asked]
        for key in spare[: max(0, len(self._answerers) - MOST)]:
            self._let_go(key)

    def _let_go_later(self, key: tuple[str, str], answerer: _Answerer) -> None:
        loop = asyncio.get_running_loop()
        answerer.idle = loop.call_later(self._idle_seconds, self._let_go, key)

    def _let_go(self, key: tuple[str, str]) -> None:
        answerer = self._answerers.pop(key, None)
        if answerer is not None:
            self._keep(answerer)
            self._errands.begin(self._end(answerer))

    def _keep(self, answerer: _Answerer) -> None:
        if answerer.idle is not None:
            answerer.idle.cancel()
            answerer.idle = None

    async def _end(self, answerer: _Answerer) -> None:
        held, answerer.held = answerer.held, None
        answerer.connection, answerer.answers = None, False
        if held is not None:
            await held.aclose()
