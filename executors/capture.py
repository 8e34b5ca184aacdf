"""What a card prints: read as it comes, cut to a sensible amount, handed on in small portions.

The first megabyte of a stream is kept whole. Of what follows a few lines are kept now and then,
so that it can be watched while it goes on, and the last lines at the end: they tell how it ended.
"""

from __future__ import annotations

import codecs
import os
import time
from collections import deque
from typing import Any

from tensorrag.redaction import Blackout, Stream

INTERVAL = 0.1
"""Seconds between two portions: a thousand short lines are a few messages."""

SLOWER = 1 / 500
"""Share of the time so far that passes between two portions, so that a day has a few thousand."""

UNFINISHED = 1.0
"""Seconds after which a line is shown although its end is not there yet: a progress bar."""

TOTAL = 1 << 20
"""Characters of one stream of one card that are kept whole."""

SAMPLE = 20
"""Lines in a portion after that."""

LAST = 1000
"""Lines that are kept of the end."""

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
        self._began = 0.0
        """When the first of it came: a worker may have waited long for its card."""
        self._left = TOTAL
        self._waiting: list[tuple[int, str]] = []
        """Whole lines that are handed on next, each with its time in ms since 1970."""
        self._last: deque[tuple[int, str]] = deque(maxlen=LAST)
        """The last lines after the first megabyte; of them, too, some were handed on."""
        self._count = 0
        """How many whole lines there were."""
        self._told = 0
        """How many of them were handed on, or passed over."""
        self._rest, self._rest_at, self._more = "", 0, 0
        """The line that is not finished, when it began, and characters of it that were cut off."""

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

    def take(self, *, last: bool = False) -> dict[str, Any] | None:
        """Return the next portion once it is due; at the ``last``, one after the other at once.

        Returns:
            ``{"stream", "text", "first", "time", "at"}``: the number of the first line, counted
            from 0; its time in ms since 1970; and for each line the ms since then. Lines of a
            number that was handed on before take the place of those.
        """
        if not last and (self.due is None or time.monotonic() < self.due):
            return None
        self.due = None
        if self._waiting and self._last:
            lines, first = self._waiting, self._told
            self._wait(INTERVAL)  # the others come next
        elif self._last:
            # The last ones come whole, also those between which some were passed over.
            lines = list(self._last) if last else self._sample()
            first = self._count - len(lines)
        else:
            lines, first = self._waiting, self._told
        self._waiting = []
        self._told = first + len(lines)
        if last:
            self._last.clear()
        return self._portion(lines, first, last=last)

    def _sample(self) -> list[tuple[int, str]]:
        """Return a few of the lines that are new."""
        new = min(SAMPLE, self._count - self._told)
        lines = list(self._last)[len(self._last) - new :]
        while sum(len(text) for _, text in lines[:-1]) > LINE:
            del lines[0]
        return lines

    def _portion(
        self, lines: list[tuple[int, str]], first: int, *, last: bool
    ) -> dict[str, Any] | None:
        unfinished = self._rest.rstrip("\r") if self._told == self._count else ""
        if unfinished:
            lines = [*lines, (self._rest_at, _cut(unfinished, self._more))]
            self._rest = "" if last else self._rest
        if not lines:
            return None
        began = lines[0][0]
        return {
            "stream": self.stream,
            "text": "\n".join(text for _, text in lines) + ("" if unfinished else "\n"),
            "first": first,
            "time": began,
            "at": [max(0, at - began) for at, _ in lines],
        }

    def _add(self, text: str, *, final: bool = False) -> None:
        text = self._stream.feed(text, final=final)  # before anything is cut off
        if not text:
            return
        now = int(time.time() * 1000)
        self._began = self._began or time.monotonic()
        self.tail = (self.tail + text)[-_TAIL:]
        lines: list[tuple[int, str]] | deque[tuple[int, str]]
        lines = self._waiting if self._left > 0 else self._last
        self._left -= len(text)
        if not self._rest:
            self._rest_at = now
        first, *others = text.split("\n")
        self._lengthen(first)
        for line in others:
            lines.append((self._rest_at, _cut(self._rest.rstrip("\r"), self._more)))
            self._rest, self._rest_at, self._more = "", now, 0
            self._lengthen(line)
        self._count += len(others)
        self._wait(INTERVAL if others and self._left > 0 else UNFINISHED)

    def _lengthen(self, text: str) -> None:
        """Go on with the line as a terminal does: after a carriage return it begins anew."""
        line = self._rest + text
        if "\r" in line.rstrip("\r"):
            self._more = 0
            end = line.rstrip("\r")
            line = end.rsplit("\r", 1)[-1] + line[len(end) :]
        self._more += max(0, len(line) - LINE)
        self._rest = line[:LINE]

    def _wait(self, seconds: float) -> None:
        """Have the next portion taken after this, or later the longer it all takes."""
        now = time.monotonic()
        due = now + max(seconds, (now - self._began) * SLOWER)
        self.due = due if self.due is None else min(self.due, due)


def _cut(line: str, more: int) -> str:
    return f"{line} … {more:,} more characters" if more else line
