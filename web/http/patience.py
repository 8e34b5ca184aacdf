"""How long a connection may take to say what it wants: who says nothing holds no place for ever.

And what becomes of what it had asked for when it is gone: nobody is told, and nothing has failed.
And how an answer ends whose rest cannot be made: the connection breaks, so that whoever reads it
knows that it is not whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

SECONDS = 10.0
"""Within these the head of a request has arrived: its address and headers."""
HEAD = 2**16
"""Bytes that the head may have."""

log = logging.getLogger(__name__)


_CUT = "tensorrag.cut"


def cut_short(scope: Mapping[str, Any], why: str) -> None:
    """Break the connection in the middle of an answer, and log the sentence that says why.

    An exception would not do: what lies between ends an answer properly before it passes one on.
    """
    scope[_CUT](why)


class Patient(HttpToolsProtocol):
    """A connection that is ended when the head of a request does not come to an end."""

    _left: asyncio.TimerHandle | None = None
    _head = 0
    _answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)
        if self._answering is not None:  # of several at once, the one before knows only the last
            self._answering.disconnected = True

    def data_received(self, data: bytes) -> None:
        """Read on; between requests, look whether another one begins."""
        before = cast(RequestResponseCycle | None, self.cycle)
        between = before is None or before.response_complete
        super().data_received(data)
        if self.transport.get_protocol() is not self or self.cycle is not before:
            self._wait_no_more()  # it is a socket now, or a request has begun
        elif between:
            self._head += len(data)
            self._wait()
            if self._head > HEAD and not self.transport.is_closing():
                self.send_400_response("The head of this request is too long.")

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        cast(dict[str, Any], cycle.scope)[_CUT] = partial(self._cut, cycle)
        super()._start_asgi_task(cycle, app)

    def _cut(self, cycle: RequestResponseCycle, why: str) -> None:
        log.warning("%s", why)
        cycle.disconnected = True
        self.transport.close()

    def _wait(self) -> None:
        if self._left is None:
            self._left = self.loop.call_later(SECONDS, self._give_up)

    def _wait_no_more(self) -> None:
        self._head = 0
        if self._left is not None:
            self._left.cancel()
            self._left = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
