"""What a card prints: read as it comes, cut to a sensible amount, handed on in small portions."""

from __future__ import annotations

import codecs
import os
import time

from tensorrag.redaction import Blackout, Stream

INTERVAL = 0.1
"""Seconds between two portions: a thousand short lines are a few messages."""

TOTAL = 1 << 20
"""Characters that are kept of one stream of one card."""

LINE = 4000
"""Characters that are kept of one line."""

_CHUNK = 1 << 16
_TAIL = 16_000


class Capture:
    """One output stream of a worker, as a pipe.

    Args:
        stream: ``stdout`` or ``stderr``.
    """

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.tail = ""
        """The last characters, kept also of what is dropped: they tell why a worker crashed."""
        self.due: float | None = None
        """When the next portion is to be taken; None while nothing waits."""
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stream = Stream(Blackout())
        self._waiting = ""
        self._left = TOTAL
        self._dropped = False

    def fileno(self) -> int:
        """Return the end to wait on."""
        return self._read_end

    def hide(self, blackout: Blackout) -> None:
        """Black out these secrets from now on."""
        self._stream = Stream(blackout)

    def close_write_end(self) -> None:
        """Leave the writing to the worker."""
        os.close(self.write_end)

    def close(self) -> None:
        """Let go of the reading end."""
        os.close(self._read_end)

    def read(self) -> bool:
        """Read what is there; False at the end of the stream."""
        try:
            data = os.read(self._read_end, _CHUNK)
        except BlockingIOError:
            return True
        self._add(self._decoder.decode(data, final=not data), final=not data)
        return bool(data)

    def drain(self) -> None:
        """Read all that was written until now, and no more than a pipe holds."""
        for _ in range(16):
            try:
                data = os.read(self._read_end, _CHUNK)
            except BlockingIOError:
                return
            self._add(self._decoder.decode(data, final=not data), final=not data)
            if not data:
                return

    def take(self, *, only_due: bool) -> str:
        """Return the next portion: whole lines, or all that waits."""
        if self.due is None or (only_due and time.monotonic() < self.due):
            return ""
        text, self._waiting, self.due = self._waiting, "", None
        return "\n".join(_readable(line) for line in text.split("\n"))

    def _add(self, text: str, *, final: bool = False) -> None:
        text = self._stream.feed(text, final=final)  # before anything is cut off
        self.tail = (self.tail + text)[-_TAIL:]
        kept = text[: self._left]
        self._left -= len(kept)
        self._waiting += kept
        if len(kept) < len(text) and not self._dropped:
            self._dropped = True
            self._waiting += (
                f"\n… more than {TOTAL >> 20} MB of {self.stream}: the rest is dropped\n"
            )
        if self._waiting and self.due is None:
            self.due = time.monotonic() + INTERVAL


def _readable(line: str) -> str:
    """Show of a line what a terminal would show at the end, and not too much of it."""
    line = line.rstrip("\r").rsplit("\r", 1)[-1]
    return line if len(line) <= LINE else line[:LINE] + " …"
