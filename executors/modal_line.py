"""The line to Modal while a container works: it may break, and is taken up again where it was.

The SDK gives up within a second. The container does not: whoever closes a laptop, or changes the
network, finds the card where it is by then.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from executors.job import Job
from executors.modal_hints import SIGN_IN

SOONEST, LATEST = 0.5, 30.0
"""Seconds until Modal is asked again that could not be reached: the first time, and at most."""

LOST = "Modal cannot be reached from here. The card goes on there; it is asked until it answers.\n"
NO_ENTRY = (
    f"Modal does not know you any more. {SIGN_IN}. "
    "The card goes on there; Modal is asked until it answers.\n"
)
FOUND = "Modal answers again.\n"

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class Line:
    """Whether Modal can be reached now, for one task.

    Args:
        job: the task; its log says where the line is lost and found.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self.began = asyncio.Event()
        """Set once its container has begun."""
        self._failed = 0
        """How often Modal was asked in vain since it last answered."""

    @property
    def is_lost(self) -> bool:
        """Whether it did not answer when it was last asked."""
        return self._failed > 0

    def found(self) -> None:
        """Modal has answered."""
        if self.is_lost:
            self._say(FOUND)
        self._failed = 0

    async def lost(self, error: Exception) -> None:
        """Wait until Modal may be asked again; raises any error that says something else."""
        if not is_unreached(error) and not is_no_entry(error):
            raise error
        if not self.is_lost:
            log.warning("Modal cannot be reached, %s goes on there: %s", self._job.handle, error)
            self._say(NO_ENTRY if is_no_entry(error) else LOST)
        self._failed += 1
        await asyncio.sleep(pause(self._failed))

    async def outlast(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask Modal for something until it answers."""
        while True:
            try:
                answer = await ask()
            except Exception as error:
                await self.lost(error)
            else:
                self.found()
                return answer

    def _say(self, text: str) -> None:
        if self.began.is_set():  # what is printed before would say that it has begun
            data: dict[str, Any] = {"stream": "stderr", "text": text}
            self._job.hear({"type": "log", "data": data})


def pause(failed: int) -> float:
    """Return how many seconds to wait after Modal was asked in vain so many times."""
    return min(SOONEST * 2.0 ** min(failed - 1, 10), LATEST)


def is_unreached(error: BaseException) -> bool:
    """Whether an error of the SDK says no more than that Modal, or the way there, is not there."""
    import aiohttp
    from grpclib.exceptions import StreamTerminatedError
    from modal import exception as of_modal

    said = of_modal.ConnectionError | of_modal.ServiceError | of_modal.InternalError
    network = ConnectionError | TimeoutError | socket.gaierror | ssl.SSLError
    lost = said | network | StreamTerminatedError | aiohttp.ClientError
    return isinstance(error, lost) or getattr(error, "errno", None) in _NO_WAY


def is_no_entry(error: BaseException) -> bool:
    """Whether Modal does not let us in: whoever signs in again hears what became of a call."""
    from modal import exception as of_modal

    return isinstance(error, of_modal.AuthError | of_modal.PermissionDeniedError)


_NO_WAY = {errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH}
