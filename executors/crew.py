"""Gives workers: forked ones, with the next kept ready, or fresh interpreters."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from executors import machine
from executors.connection import Connection, spawn
from executors.protocol import error_of
from executors.zygote import Zygote
from tensorrag.errors import ExecutorError

Starter = Callable[[], Awaitable[Connection]]


class WorkerLost(ExecutorError):
    """A process ended before it could take its order."""


class Crew:
    """The workers of one executor.

    Args:
        scratch: the folder in which each worker gets its own.
        fork: whether workers are forked; GPUs always get fresh interpreters.
    """

    def __init__(self, scratch: Path, *, fork: bool) -> None:
        self._scratch = scratch
        self._zygote = Zygote(scratch) if fork else None
        self._spare: asyncio.Task[Connection] | None = None

    def warm(self) -> None:
        """Start in the background what the first worker would have to wait for."""
        if self._zygote is not None:
            self._zygote.start()

    @property
    def is_warm(self) -> bool:
        """Whether the next worker is forked from a process that has everything imported."""
        return self._zygote is not None and self._zygote.ready

    async def worker(self, gpu: int | None = None) -> Connection:
        """Give a worker that waits for its order.

        Raises:
            ExecutorError: no process could be started.
        """
        if self._zygote is None or gpu is not None:
            device = {} if gpu is None else {"CUDA_VISIBLE_DEVICES": machine.visible_device(gpu)}
            return await _started(lambda: spawn("executors.worker", self._scratch, device))
        spare, self._spare = self._spare, None
        connection = await self._take(spare) if spare is not None else None
        connection = connection or await self._fork(self._zygote)
        self._keep_spare()
        return connection

    async def close(self) -> None:
        """End the spare worker and the fork server."""
        if self._spare is not None:
            spare, self._spare = self._spare, None
            with suppress(ExecutorError):
                await (await spare).close()
        if self._zygote is not None:
            await self._zygote.close()

    def _keep_spare(self) -> None:
        """Have the next worker forked while this one works.

        Not before all imports are in: a worker has what the fork server had when it was forked.
        """
        if self._zygote is not None and self._zygote.ready and self._spare is None:
            self._spare = asyncio.create_task(_started(self._zygote.worker))

    async def _take(self, spare: asyncio.Task[Connection]) -> Connection | None:
        """Take the spare worker, if it has survived waiting."""
        try:
            connection = await asyncio.shield(spare)
        except ExecutorError:
            return None
        except asyncio.CancelledError:
            self._spare = spare
            raise
        if _is_alive(connection.pid):
            return connection
        await connection.close()
        return None

    async def _fork(self, zygote: Zygote) -> Connection:
        try:
            return await _started(zygote.worker)
        except WorkerLost:  # the fork server had died; this one is new
            return await _started(zygote.worker)


async def _started(start: Starter) -> Connection:
    """Start a worker and wait until it is there."""
    connection = await start()
    try:
        first = await connection.receive()
    except BaseException:
        await connection.close()
        raise
    if first is not None and first.get("type") == "started":
        connection.pid = int(first["data"]["pid"])
        return connection
    await connection.close()
    if first is not None and first.get("type") == "refused":
        cause = error_of(first.get("data"))
        raise ExecutorError(cause.message, hint=cause.hint)
    raise WorkerLost(
        "The worker process ended before it began.", hint="Run again; see the log of the server."
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
