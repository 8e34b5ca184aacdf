"""What nobody thought of: each gets a reference, which stands in the log and on the page."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from tensorrag.errors import TensorRagError

Say = Callable[[str], None]

AGAIN = 10.0
"""Seconds in which the same trouble is not told once more: something may fail at every look."""

_MARK = "tensorrag_reference"

log = logging.getLogger(__name__)


def reference(error: BaseException) -> str:
    """Return what this error is found by in the log; it is drawn the first time."""
    if not hasattr(error, _MARK):
        with suppress(AttributeError):
            setattr(error, _MARK, secrets.token_hex(2))
    return str(getattr(error, _MARK, "0000"))


def sentence(error: BaseException) -> str:
    """Say calmly that something went wrong."""
    return f"Something went wrong (reference {reference(error)}); details are in the server log."


def explained(error: Exception, what: str) -> TensorRagError:
    """Return an error that can be shown to people: one that nobody thought of goes to the log.

    Args:
        error: is being handled.
        what: failed, as a sentence for the log.
    """
    if isinstance(error, TensorRagError):
        return error
    said = sentence(error)  # before it reaches the log, which tells the pages else
    log.exception(what)
    return TensorRagError(said, hint="Try again; if it comes back, look at the log of the server.")


class Troubles(logging.Handler):
    """Tells the pages of errors that reach the log, wherever in the server they come from.

    One that has its reference already was told by whoever gave it: a page, or an answer.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._listeners: list[Say] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last: tuple[str, float] = ("", 0.0)

    def listen(self, say: Say) -> Callable[[], None]:
        """Call this, on the event loop, with each sentence; returns what ends that."""
        self._loop = asyncio.get_running_loop()
        self._listeners.append(say)

        def stop() -> None:
            if say in self._listeners:
                self._listeners.remove(say)

        return stop

    def emit(self, record: logging.LogRecord) -> None:
        """Give the error of a record its reference, and tell it."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None or hasattr(error, _MARK):
            return
        told = sentence(error)
        if self._loop is not None and not self._loop.is_closed() and self._is_news(error):
            with suppress(RuntimeError):  # the loop was closed just now
                self._loop.call_soon_threadsafe(self._tell, told)

    def _is_news(self, error: BaseException) -> bool:
        what, now = f"{type(error).__name__}: {error}", time.monotonic()
        before, at = self._last
        self._last = (what, now if what != before or now - at > AGAIN else at)
        return what != before or now - at > AGAIN

    def _tell(self, told: str) -> None:
        for say in tuple(self._listeners):
            with suppress(Exception):  # a page that is going away; the log has the error itself
                say(told)
