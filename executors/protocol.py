"""JSON lines: all that the server, supervisors, workers and the card host say to one another.

One message is one object on one line. Nothing is ever unpickled, and what a worker wrote is parsed
strictly: the server trusts neither its size nor its content.

From the server, each line beginning with the pid of the worker that it is for: ``limits`` and
``cancel``, which are its supervisor's, and orders, which are its own.
From the worker: ``progress``, then one of ``result``, ``error`` or ``cancelled``. From its
supervisor: ``started``, ``log``, and ``exit`` as the last word on this worker; after it, the next
may be ``started``. Each of these is ``{"type": …, "data": …}``.

Supervisors import this, so it imports nothing of TensorRag: they start in an instant.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from tensorrag.plain import JsonObject

MAX_LINE = 32 << 20
"""Bytes in a line, at most: results hold digests, schemas and previews, never the data."""

PROGRESS = b'{"type":"progress",'
"""What a line begins with that says how far a card is."""

MOST_PROGRESS = 1 << 14
"""Bytes of a line that says so, at most: longer ones are dropped."""

ERROR = b'{"type":"error",'
"""What a line begins with that says why a card failed."""

STAYS = b'"stays":true,'
"""What an order has after its address where the worker is to wait for another one."""

WORKER, HOST = b"w", b"h"
"""What the fork server is asked for, beside the descriptor that it is to speak through."""

BUSY = b"b"
"""What the fork server says when it is about to import what takes a second or more: whatever
workers may be needed meanwhile are to be asked for now."""

READY = b"r"
"""What the fork server says when all its imports are in."""


SIZE = 4
"""Bytes before the first words to the fork server, which say how many these are."""


class ProtocolError(Exception):
    """A line that is no message."""


def message(type: str, data: Any = None) -> bytes:
    """Write one message as a line.

    Raises:
        ValueError: a number is not finite.
        TypeError: a value is not JSON.
    """
    return encode({"type": type, "data": data})


def first_words(scratch: str, ahead: str, *modules: str) -> bytes:
    """Write what the fork server is told first: where workers have theirs, and what to import."""
    words = encode({"scratch": scratch, "ahead": ahead, "modules": modules})
    return len(words).to_bytes(SIZE) + words


def address(pid: int) -> bytes:
    """Return what a line from the server begins with that is for this worker."""
    return f'{{"pid":{pid},'.encode()


def cancel(pid: int) -> bytes:
    """Return the line that asks for this worker's end; its supervisor takes care of it."""
    return address(pid) + b'"type":"cancel"}'


def limits(pid: int) -> bytes:
    """Return what the line begins with that tells a supervisor what this worker may use."""
    return address(pid) + b'"type":"limits",'


def encode(content: JsonObject) -> bytes:
    """Write an object as a line; lone surrogates, which no reader takes, become question marks."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


def decode(line: bytes) -> JsonObject:
    """Read an object from a line.

    Raises:
        ProtocolError: it is not JSON, holds NaN or Infinity, or is nested without end.
    """
    try:
        content = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"A worker sent a line that is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ProtocolError("A worker sent a line that is not a JSON object.")
    return content


def failure(type: str, text: str, hint: str) -> JsonObject:
    """Return an error as data: what becomes an ErrorInfo at the other end."""
    return {"type": type, "message": text, "hint": hint, "traceback": None}


def refusal(error: OSError) -> bytes:
    """Write that the system gives no process."""
    hint = "Close other programs, or run fewer cards at once."
    return message(
        "refused", failure("ExecutorError", f"No process could be started: {error.strerror}.", hint)
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


class Lines:
    """Cuts a stream of bytes into lines.

    Args:
        limit: a line longer than this raises ProtocolError.
    """

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read, return the lines that are complete, without their ends."""
        searched = len(self._rest)
        self._rest += data
        if self._rest.find(b"\n", searched) < 0:
            self._check(len(self._rest))
            return []
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        self._check(max(len(rest), *map(len, lines)))
        return lines

    def _check(self, length: int) -> None:
        if length > self._limit:
            raise ProtocolError(f"A message has more than {self._limit >> 20} MB.")
