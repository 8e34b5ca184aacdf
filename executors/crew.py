"""Gives workers: forked ones, of which some are always ready, or fresh interpreters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from executors import machine
from executors.connection import Connection, WorkerLost, spawn
from executors.errands import Errands
from executors.zygote import Zygote
from tensorrag.errors import ExecutorError

_WORKER, _HOST = "executors.worker", "executors.card_host"

_READY = 2
"""Workers that are kept ready: the next, and the one after it while the first is replaced."""

_SPARE = 4
"""Workers that are kept ready while no others can be had: for a look, and a few cards."""

_FORK_SERVERS = 2
"""How many are asked for one worker: whatever ends two of them may end the third."""


class Crew:
    """The workers of one executor.

    Args:
        scratch: the folder in which each worker gets its own.
        fork: whether workers are forked; GPUs always get fresh interpreters.
    """

    def __init__(self, scratch: Path, *, fork: bool) -> None:
        self._scratch = scratch
        self._zygote = Zygote(scratch, self._have_some_ready, self._renew) if fork else None
        self._ready: list[Connection] = []
        self._errands = Errands()
        self._preparing: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._closed = False

    def warm(self, *, networks: bool, modules: Sequence[str] = ()) -> None:
        """Start in the background what the first worker would have to wait for."""
        if self._zygote is not None:
            self._zygote.networks, self._zygote.modules = networks, tuple(modules)
            self._zygote.start()
        else:
            self._have_one_ready()

    @property
    def is_warm(self) -> bool:
        """Whether a worker is ready that has everything imported."""
        return bool(self._ready) and (self._zygote is None or self._zygote.ready)

    @asynccontextmanager
    async def worker(self, gpu: int | None = None) -> AsyncIterator[Connection]:
        """Lend a worker that waits for its order; afterwards nothing is left of it.

        Raises:
            ExecutorError: no process could be started.
        """
        connection = await self._get(gpu)
        try:
            yield connection
        finally:
            if connection.is_free and self._are_few:
                self._prepare(self._keep(connection))
            else:
                self._errands.begin(connection.close())

    async def host(self) -> Connection:
        """Start a card host; whoever asks for it ends it.

        It is a fork where there is one at once: that spares it two interpreters and their imports.

        Raises:
            ExecutorError: no process could be started.
        """
        if self._zygote is not None and self._zygote.answers:
            with suppress(WorkerLost):
                return await _met(await self._zygote.host())
        return await _met(await spawn(_HOST, self._scratch))

    async def close(self) -> None:
        """End all workers and the fork server."""
        self._closed = True
        await self._errands.finish()
        ready, self._ready = self._ready, []
        zygote = () if self._zygote is None else (self._zygote.close(),)
        await asyncio.gather(*(each.close() for each in ready), *zygote)

    async def _get(self, gpu: int | None) -> Connection:
        if gpu is not None:
            return await self._hire(self._new_for_gpu(gpu))
        while (connection := await self._next_ready()) is not None:
            if connection.has_living_worker():
                return connection
            self._errands.begin(connection.close())
        return await self._hire(self._new())

    async def _next_ready(self) -> Connection | None:
        """Return a worker that is ready, or will be in an instant; None if all are spoken for."""
        while not self._ready:
            if len(self._preparing) <= self._waiting:
                return None
            self._waiting += 1
            try:
                await asyncio.wait(self._preparing, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._waiting -= 1
        return self._ready.pop(0)

    async def _hire(self, start: Coroutine[None, None, Connection]) -> Connection:
        hiring = self._errands.begin(start)
        try:
            return await asyncio.shield(hiring)
        except asyncio.CancelledError:
            self._errands.begin(_dismiss(hiring))
            raise

    async def _new(self) -> Connection:
        """Have one forked; a fresh interpreter takes its place where fork servers do not last."""
        for _ in range(_FORK_SERVERS):
            if self._zygote is not None:
                with suppress(WorkerLost):  # the fork server had died; the next one is new
                    return await _met(await self._zygote.worker())
        return await _met(await spawn(_WORKER, self._scratch, again=self._zygote is None))

    async def _new_for_gpu(self, number: int) -> Connection:
        return await _met(await spawn(_WORKER, self._scratch, extra=machine.only_gpu(number)))

    @property
    def _are_few(self) -> bool:
        return self._at_hand < _READY

    @property
    def _at_hand(self) -> int:
        return len(self._ready) + len(self._preparing)

    def _have_one_ready(self) -> None:
        if not self._ready and not self._preparing and not self._closed:
            self._prepare(self._keep(None))

    def _have_some_ready(self) -> None:
        while self._at_hand < _SPARE and not self._closed:
            self._prepare(self._keep(None))

    def _renew(self) -> None:
        """Have one ready that has everything imported, in the place of those that lack the rest."""
        while self._ready:
            self._errands.begin(self._ready.pop().close())
        self._have_one_ready()

    def _prepare(self, work: Coroutine[None, None, None]) -> None:
        task = self._errands.begin(work)
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def _keep(self, connection: Connection | None) -> None:
        """Have a worker ready: the next one of a supervisor, or of a new one."""
        try:
            ready = await (self._new() if connection is None else _met(connection))
            if self._zygote is not None and self._zygote.ready and not ready.lasts:
                self._errands.begin(ready.close())  # asked for before all imports were in
                ready = await self._new()
        except ExecutorError:
            return  # whoever needs a worker will ask again, and be told
        if self._closed:
            await ready.close()
        else:
            self._ready.append(ready)


async def _met(connection: Connection) -> Connection:
    """Wait for the worker of a connection; without one there is no use for it."""
    try:
        await connection.meet()
    except ExecutorError:
        await connection.close()
        raise
    return connection


async def _dismiss(hiring: asyncio.Task[Connection]) -> None:
    """End a worker for which nobody waits any more."""
    with suppress(ExecutorError):
        await (await hiring).close()
