"""The server's end of the line to one supervisor, and how such a line comes to be."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from executors import usage
from executors.hanging_up import hung_up
from executors.interpreter import start
from executors.limits import Limits
from executors.protocol import MAX_LINE, ProtocolError, cancel, decode, encode
from tensorrag.errors import UNFORESEEN, ErrorInfo, ExecutorError
from tensorrag.plain import JsonObject


class WorkerLost(ExecutorError):
    """A process ended before it could take its order."""


class Connection:
    """A stream of messages; closing it ends the supervisor and all below it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        process: subprocess.Popen[bytes] | None = None,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._process = process
        self._over = True
        self.pid = 0
        """The pid of the worker that is there now."""
        self.lasts = True
        """Whether the supervisor has another worker when this one is gone."""

    @classmethod
    async def over(
        cls, line: socket.socket, process: subprocess.Popen[bytes] | None = None
    ) -> Connection:
        """Speak over a socket.

        Args:
            line: connected to the supervisor.
            process: the supervisor, where it is a child of this process.
        """
        reader, writer = await asyncio.open_unix_connection(sock=line, limit=2 * MAX_LINE)
        return cls(reader, writer, process)

    async def meet(self) -> None:
        """Wait until a worker is there.

        Raises:
            WorkerLost: its supervisor ended.
            ExecutorError: the system gives no process.
        """
        first = await self.receive() or {}
        if first.get("type") == "refused":
            cause = error_of(first.get("data"))
            raise ExecutorError(cause.message, hint=cause.hint)
        if first.get("type") != "started":
            raise WorkerLost("A worker process ended before it began.", hint="Run the card again.")
        self.pid, self._over = int(first["data"]["pid"]), False

    def order(self, content: JsonObject) -> None:
        """Tell the worker what to do.

        Raises:
            ExecutorError: it is too much for one message.
        """
        line = encode({"pid": self.pid, **content})
        if len(line) > MAX_LINE:
            raise ExecutorError(
                "This is too large to be sent to where cards run.",
                hint="Give the card fewer or smaller parameters.",
            )
        self._send(line)

    def limit(self, limits: Limits) -> None:
        """Tell the supervisor what the worker may use, from now on."""
        self._send(encode({"pid": self.pid, "type": "limits", "data": limits.to_json()}))

    def cancel(self) -> None:
        """Ask for the worker's end."""
        self._send(cancel(self.pid) + b"\n")

    @property
    def is_free(self) -> bool:
        """Whether its worker is gone and another one follows."""
        return self._over and self.lasts

    async def receive(self) -> JsonObject | None:
        """Wait for the next message; None at the end.

        Raises:
            ExecutorError: what came is no message.
        """
        try:
            line = await self._reader.readline()
        except ConnectionError:
            return None
        except ValueError as error:
            raise ExecutorError(
                "A worker sent a line without end.", hint="Run the card again."
            ) from error
        try:
            return decode(line) if line.endswith(b"\n") else None
        except ProtocolError as error:
            raise ExecutorError(str(error), hint="Run the card again.") from error

    async def messages(self) -> AsyncIterator[JsonObject]:
        """Go through the messages; the supervisor's ``exit`` is the last."""
        while not self._over and (content := await self.receive()) is not None:
            self._over = content.get("type") == "exit"
            yield content

    def has_living_worker(self) -> bool:
        """Whether neither the worker that waits for its order nor its supervisor was killed.

        As the system knows it now: the loop may hear of either later.
        """
        line = self._writer.get_extra_info("socket")
        return line.fileno() >= 0 and not hung_up(line) and usage.runs(self.pid)

    def _send(self, line: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(line)

    async def close(self) -> None:
        """Hang up, and wait until the supervisor has left nothing behind."""
        with suppress(OSError, RuntimeError):
            self._writer.write_eof()
        with suppress(ConnectionError, ValueError):
            while not self._reader.at_eof() and await self._reader.read(1 << 16):
                pass
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)


def error_of(data: Any) -> ErrorInfo:
    """Read an error as it came; a process that runs cards may send anything."""
    try:
        return ErrorInfo.model_validate(data)
    except ValidationError:
        return ErrorInfo(
            type="CardError",
            message="The card failed in a way it cannot describe.",
            hint=UNFORESEEN,
        )


async def spawn(
    module: str, scratch: Path, *, again: bool = False, extra: Mapping[str, str] | None = None
) -> Connection:
    """Start a fresh interpreter that runs a module, under a supervisor of its own.

    Args:
        module: a worker or the card host.
        scratch: the folder in which its own is made.
        again: whether another follows when it is gone.
        extra: variables for its environment.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        words = (str(scratch), module, "again" if again else "once")
        process = start("executors.supervisor", theirs, *words, extra=extra)
    connection = await Connection.over(ours, process)
    connection.lasts = again
    return connection
