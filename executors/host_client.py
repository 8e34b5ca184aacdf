"""The server's side of the card host: asks it, and replaces it when it hangs or crashes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from executors.connection import Connection, error_of
from executors.errands import Errands
from executors.limits import CHECK_SECONDS
from executors.patience import Patience
from executors.suspects import MOST, Suspects
from tensorrag.errors import ExecutorError, TaskFailed
from tensorrag.plain import JsonObject
from tensorrag.store.place import Place
from tensorrag.task import Task

ANSWER_SECONDS = 5.0
"""How long an answer may take before the host counts as hung."""

START_SECONDS = 30.0
"""How long it may take to start."""

CARD_SECONDS = CHECK_SECONDS + 1.0
"""How long the host may be silent over one card: it interrupts what can be interrupted."""

LOAD_SECONDS = 60.0
"""How long it may take to import the files of the drop-in folder, when they have changed."""

_ON_THE_WAY = ("loading", "loaded", "asking")


class _HostEndedError(ExecutorError):
    """The host is gone; ``end`` tells its exit code or signal."""

    def __init__(self, end: JsonObject) -> None:
        super().__init__(
            "The process that holds the cards ended.",
            hint="A card of your own crashes it: mend or remove the file in the cards folder.",
        )
        self.end = end


class _CardHungError(ExecutorError):
    """The host hangs over a card that is known now."""


class CardHost:
    """The one card host of an executor.

    Args:
        begin: starts one; it is there when it gives the line to it.
    """

    def __init__(self, begin: Callable[[], Awaitable[Connection]]) -> None:
        self._begin = begin
        self._starting: asyncio.Task[Connection] | None = None
        self._errands = Errands()
        self._turn = asyncio.Lock()
        self._suspects = Suspects()
        self._asked = 0

    def start(self) -> asyncio.Task[Connection]:
        """Start it, unless it runs."""
        if self._starting is None:
            self._starting = self._errands.begin(self._start())
        return self._starting

    async def ask(self, task: Task, place: Place) -> JsonObject:
        """Put a question, after those that were put before.

        Raises:
            TaskFailed: the question has no answer.
            ExecutorError: the host hung over it, or two of them crashed.
        """
        async with self._turn:
            return await self._persist(task, place)

    async def _persist(self, task: Task, place: Place) -> JsonObject:
        """Ask, and ask again without the cards that took the host with them."""
        unexplained = 0
        for _ in range(2 * MOST):
            try:
                return await self._put(task, place)
            except _CardHungError:
                continue
            except _HostEndedError as error:
                unexplained += not self._suspects.ended(error.end)
                if unexplained > 1:  # of itself once; twice, it is because of this question
                    raise
        return await self._put(task, place)

    async def _put(self, task: Task, place: Place) -> JsonObject:
        try:
            return await self._answer(await asyncio.shield(self.start()), task, place)
        except ExecutorError:
            self._replace()
            raise

    async def close(self) -> None:
        """End it."""
        self._let_go()
        await self._errands.finish()

    def _replace(self) -> None:
        self._let_go()
        self.start()

    def _let_go(self) -> None:
        if self._starting is not None:
            starting, self._starting = self._starting, None
            self._errands.begin(_end(starting))

    async def _start(self) -> Connection:
        connection = await self._begin()
        try:
            async with Patience(connection.pid, START_SECONDS):
                await _next(connection, "ready")
        except TimeoutError:
            await connection.close()
            raise ExecutorError(
                "The process that holds the cards does not start.",
                hint="Look into the server log; too little memory is the usual reason.",
            ) from None
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _answer(self, connection: Connection, task: Task, place: Place) -> JsonObject:
        self._asked += 1
        asked = {
            "id": self._asked,
            "task": task.to_json(),
            "place": place.model_dump(mode="json"),
            "broken": self._suspects.broken,
        }
        connection.order(asked)
        self._suspects.hear(None)
        clock = Patience(connection.pid, ANSWER_SECONDS)
        try:
            async with clock:
                while True:
                    answer = await _next(connection, *_ON_THE_WAY, "result", "error")
                    if answer["type"] in _ON_THE_WAY:
                        clock.begin(self._patience(answer))
                    elif answer["id"] == asked["id"]:  # not that of one who gave up waiting
                        break
        except TimeoutError:
            if self._suspects.hung():
                raise _CardHungError("A card hangs.") from None
            raise ExecutorError(
                f"The cards did not answer within {clock.seconds:.0f} seconds.",
                hint="A card of your own hangs, or the pipeline is too long to be checked at once.",
            ) from None
        if answer["type"] == "error":
            raise TaskFailed(error_of(answer["data"]))
        return answer["data"] if isinstance(answer["data"], dict) else {}

    def _patience(self, said: JsonObject) -> float:
        """Return how many seconds the next word may take after this one."""
        if said["type"] == "asking":
            self._suspects.hear(said["data"])
            return ANSWER_SECONDS if said["data"] is None else CARD_SECONDS
        return LOAD_SECONDS if said["type"] == "loading" else ANSWER_SECONDS


async def _end(starting: asyncio.Task[Connection]) -> None:
    with suppress(ExecutorError):
        await (await starting).close()


async def _next(connection: Connection, *types: str) -> JsonObject:
    """Wait for a message of one of these types; it has ``type``, ``id`` and ``data``.

    Raises:
        ExecutorError: the host has ended.
    """
    async for content in connection.messages():
        if content.get("type") in types:
            return {"id": None, "data": None, **content}
        if content.get("type") == "exit":
            raise _HostEndedError(content.get("data") or {})
    raise _HostEndedError({})
