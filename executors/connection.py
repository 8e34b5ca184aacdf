"""The server's end of the line to one supervisor, and how such a line comes to be."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from executors import environment
from executors.protocol import MAX_LINE, JsonObject, ProtocolError, decode


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
        self._over = False
        self.pid = 0
        """The worker's, once it was told."""

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

    def send(self, line: bytes) -> None:
        """Write a line, as far as anybody still reads."""
        if not self._writer.is_closing():
            self._writer.write(line)

    async def receive(self) -> JsonObject | None:
        """Wait for the next message; None at the end.

        Raises:
            ProtocolError: what came is no message.
        """
        try:
            line = await self._reader.readline()
        except ConnectionError:
            return None
        except ValueError as error:
            raise ProtocolError("A worker sent a line without end.") from error
        return decode(line) if line.endswith(b"\n") else None

    async def messages(self) -> AsyncIterator[JsonObject]:
        """Go through the messages; the supervisor's ``exit`` is the last."""
        while not self._over and (content := await self.receive()) is not None:
            self._over = content.get("type") == "exit"
            yield content

    async def close(self) -> None:
        """Hang up, and wait until the supervisor has left nothing behind."""
        with suppress(OSError, RuntimeError):
            self._writer.write_eof()
        with suppress(ConnectionError, ValueError):
            while not self._over and await self._reader.read(1 << 16):
                pass
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.shield(self.close())


async def spawn(module: str, scratch: Path, extra: Mapping[str, str] | None = None) -> Connection:
    """Start a fresh interpreter that runs a module, under a supervisor of its own.

    Args:
        module: a worker or the card host.
        scratch: the folder in which its own is made.
        extra: variables for its environment.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = start("executors.supervisor", theirs, str(scratch), module, extra=extra)
    return await Connection.over(ours, process)


def start(
    module: str, stdin: socket.socket, *arguments: str, extra: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Run one of our modules in an interpreter that sees neither our secrets nor our signals."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=stdin.fileno(),
        env={**environment.allowed(), **(extra or {})},
        start_new_session=True,
    )
