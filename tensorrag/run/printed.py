"""What one card prints: made fit to be kept and shown, wherever it ran, and never too much."""

from __future__ import annotations

import re
from typing import Any, TypeGuard

from tensorrag.plain import JsonObject
from tensorrag.store.run_entry import timestamp

CHARACTERS = 16 << 20
"""Most characters that are kept of one card; executors on this machine hand on far less."""

PORTIONS = 20_000
"""Most portions that are kept of one card."""

STREAMS = ("stdout", "stderr")

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours, and moves of the cursor
    r"|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # titles of windows, links
    r"|[@-Z\\-_])"
)
_VISIBLE = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n\r"},
    0x7F: "␡",
    **{code: f"\\x{code:02x}" for code in range(0x80, 0xA0)},
    # These turn the direction of what follows, or end a line where none ends.
    **{
        code: f"\\u{code:04x}"
        for start, end in ((0x200E, 0x200F), (0x2028, 0x202E), (0x2066, 0x2069), (0xD800, 0xDFFF))
        for code in range(start, end + 1)
    },
}


def readable(text: str) -> str:
    """Write what a terminal would show, without colours, and with control characters visible."""
    text = _ESCAPES.sub("", text)
    if "\r" in text:
        lines = (line.rstrip("\r") for line in text.split("\n"))
        text = "\n".join(line.rsplit("\r", 1)[-1] for line in lines)
    return text.translate(_VISIBLE)


class Printed:
    """Takes what an executor tells of a card's output, and gives the data of a ``log`` event.

    Its lines are numbered through all tries of the card, for each stream.
    """

    def __init__(self) -> None:
        self._next = dict.fromkeys(STREAMS, 0)
        self._base = dict.fromkeys(STREAMS, 0)
        """How many lines there were before this try."""
        self._characters, self._portions = CHARACTERS, PORTIONS

    def again(self) -> None:
        """The card is tried once more: what it prints comes after what it printed."""
        self._base = dict(self._next)

    def take(self, data: JsonObject) -> JsonObject | None:
        """Return ``{"stream", "text", "first", "time", "at"}``; None when it is too much.

        See `tensorrag.store.log`, which reads it. All that is missing or cannot be used is made
        up: an executor may know no more than the text.
        """
        stream = "stderr" if data.get("stream") == "stderr" else "stdout"
        raw = str(data.get("text", ""))
        if self._portions <= 0 or self._characters <= 0:
            return None
        self._portions -= 1
        self._characters -= len(raw)
        if self._portions <= 0 or self._characters <= 0:
            raw = "It prints too much: the rest is not kept.\n"
        text = readable(raw)
        count = len(text.removesuffix("\n").split("\n"))
        first = data.get("first")
        first = self._base[stream] + first if _is_count(first) else self._next[stream]
        self._next[stream] = first + count
        at = data.get("at")
        fits = isinstance(at, list) and len(at) == count and all(map(_is_count, at))
        time = data.get("time")
        return {
            "stream": stream,
            "text": text,
            "first": first,
            "time": timestamp(time / 1000 if _is_time(time) else None),
            "at": at if fits else [0] * count,
        }


def _is_count(value: Any) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 2**53


def _is_time(value: Any) -> TypeGuard[int]:
    return _is_count(value) and value < 4e12  # far beyond 2090
