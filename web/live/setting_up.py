"""Setting a place up: its own command is called, and what it says is kept for all who look.

It is the command of the terminal, in a process of its own: nothing here waits for it, and no
cloud's package is loaded for it.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

State = Literal["", "running", "done", "failed"]

MOST_LINES, MOST_LETTERS = 2000, 500
"""Lines that are kept, and letters of each."""
_GRACE = 5.0
"""Seconds that the command gets to end when the server does."""


class SettingUp:
    """Calls ``tensorrag PLACE deploy``, once at a time."""

    def __init__(self) -> None:
        self.state: State = ""
        self.lines: list[str] = []
        """What it has said; the last one may not be at its end."""
        self._listeners: list[Callable[[], None]] = []
        self._work: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    def begin(self, place: str) -> None:
        """Begin, unless it goes on already."""
        if self.state != "running":
            self.state, self.lines = "running", []
            self._work = asyncio.create_task(self._call(place))
            self._tell()

    async def ended(self) -> None:
        """Wait for its end."""
        if self._work is not None:
            await asyncio.shield(self._work)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call this whenever it says something or ends; returns what stops that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    async def close(self) -> None:
        """End it: the server ends."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _GRACE)
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        if self._work is not None:
            await asyncio.gather(self._work, return_exceptions=True)

    async def _call(self, place: str) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-u", "-m", "tensorrag", place, "deploy",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"},
            )  # fmt: skip
            await self._read(self._process.stdout)
            self.state = "failed" if await self._process.wait() else "done"
        except OSError as error:
            self._hear(f"It could not be started: {error}.")
            self.state = "failed"
        finally:
            if self.state == "running":
                self.state = "failed"
            self._tell()

    async def _read(self, said: asyncio.StreamReader | None) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while said is not None and (portion := await said.read(1 << 14)):
            self._hear(decoder.decode(portion))
            self._tell()

    def _hear(self, text: str) -> None:
        """Take more of what it says: a line may come in parts."""
        first, *more = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        last = self.lines.pop() if self.lines else ""
        lines = [line[:MOST_LETTERS] for line in (last + first, *more)]
        self.lines = [*self.lines, *lines][-MOST_LINES:]

    def _tell(self) -> None:
        for callback in list(self._listeners):
            callback()
