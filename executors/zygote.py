"""The server's side of the fork server: starts it, starts it again, asks it for workers."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from executors import early
from executors.connection import Connection, WorkerLost
from executors.protocol import BUSY, HOST, READY, WORKER, first_words
from tensorrag.errors import ExecutorError

_LEAVE_SECONDS = 2.0


class Zygote:
    """The one fork server of an executor.

    ``TENSORRAG_PRELOAD=tables`` has it import less ahead: see there.

    Args:
        scratch: the folder in which workers get theirs.
        when_busy: called when workers have to be asked for at once, or seconds later.
        when_ready: called when all imports are in.
    """

    def __init__(
        self, scratch: Path, when_busy: Callable[[], None], when_ready: Callable[[], None]
    ) -> None:
        self.ready = False
        """Whether all imports are in."""
        self.answers = False
        """Whether it runs, and does not import what takes seconds just now."""
        self.networks = True
        """Whether to import what networks take, too, when it starts."""
        self.modules: tuple[str, ...] = ()
        """Of the cards that will be asked for, where that is known: those it imports, first."""
        self._scratch = scratch
        self._when_busy, self._when_ready = when_busy, when_ready
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> socket.socket:
        """Start it, unless it runs; its imports take seconds, which nobody needs to wait for."""
        if self._control is not None:
            return self._control
        self._collect()
        ahead = os.environ.get("TENSORRAG_PRELOAD") or ("all" if self.networks else "learning")
        self._process, ours = early.taken()
        ours.setblocking(False)
        with suppress(ConnectionError):  # it has died: whoever asks it for a worker gets another
            ours.sendall(first_words(str(self._scratch), ahead, *self.modules))
        self._control, self.answers = ours, True
        asyncio.get_running_loop().add_reader(ours, self._hear)
        return ours

    async def worker(self) -> Connection:
        """Ask for a worker, which may be forked a little later.

        Raises:
            WorkerLost: the fork server has ended; the next one asked is another.
            ExecutorError: the system gives no process.
        """
        connection = await self._asked(WORKER)
        connection.lasts = self.ready  # else it lacks what is still being imported
        return connection

    async def host(self) -> Connection:
        """Ask for a card host; raises as `worker` does."""
        connection = await self._asked(HOST)
        connection.lasts = False
        return connection

    async def _asked(self, wanted: bytes) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self.start(), [wanted], [theirs.fileno()])
            except ConnectionError as error:
                ours.close()
                self._hang_up()
                raise WorkerLost(
                    "The fork server ended before it could fork a worker.",
                    hint="Run the card again.",
                ) from error
            except OSError as error:
                ours.close()
                raise ExecutorError(
                    f"No worker could be started: {error.strerror or error}.",
                    hint="Try again; if it stays so, start TensorRag again.",
                ) from error
        return await Connection.over(ours)

    async def close(self) -> None:
        """Let it end."""
        self._hang_up()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, _LEAVE_SECONDS)
            self._collect()

    def _hear(self) -> None:
        if self._control is None:
            return
        try:
            heard = self._control.recv(16)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if BUSY in heard:
            self.answers = False
            self._when_busy()
        if READY in heard:
            self.ready = self.answers = True
            self._when_ready()
        if not heard:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._control is not None:
            with suppress(RuntimeError):
                asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
        self._control, self.ready, self.answers = None, False, False

    def _collect(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
