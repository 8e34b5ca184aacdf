"""Tells that a long run has ended: every page that is open, and a webhook.

The webhook gets names and numbers alone, never a value of a card. It is called from the server, in
the background: nothing waits for it, it has ten seconds, and is tried once more.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tensorrag.errors import TensorRagError
from tensorrag.plain import JsonObject
from tensorrag.run import Run
from tensorrag.store.setting_values import NOTIFY_AFTER
from tensorrag.store.settings import Settings
from web.live.listeners import call_each

TOLD_OF = frozenset({"succeeded", "failed"})
"""How runs end that are told of: whoever cancels one knows it."""
LIMIT = 10.0
"""Seconds that one attempt may take, whatever the other side does."""
PAUSE = 5.0
"""Seconds before the second attempt."""
ATTEMPTS = 2
AT_ONCE = 20
"""Messages on their way; of more at once none is sent: the other side does not keep up."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended."""

    run: str
    pipeline: str | None
    """Where people find it: of a run of a sweep, the pipeline that is swept."""
    name: str
    status: str
    seconds: float

    @property
    def said(self) -> str:
        """In words: ``Boston housing succeeded after 3 min 05 s``."""
        whole = round(self.seconds)
        minutes, rest = divmod(whole, 60)
        took = f"{minutes} min {rest:02d} s" if minutes else f"{whole} s"
        return f"{self.name or 'A pipeline'} {self.status} after {took}"

    def message(self) -> JsonObject:
        """Return what the webhook is sent; ``text`` is what chat services show."""
        return {
            "event": "run.ended",
            "run": self.run,
            "status": self.status,
            "seconds": self.seconds,
            "pipeline": {"id": self.pipeline, "name": self.name},
            "text": self.said,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the last message."""

    at: float
    """Seconds since 1970."""
    trouble: str = ""
    """Why it did not arrive; empty where it did."""


class Notifier:
    """Hears of runs that have ended. Used on the event loop alone."""

    def __init__(self, settings: Settings) -> None:
        self.after = NOTIFY_AFTER
        """Seconds that a run takes at least, as the settings said last."""
        self.last: Delivery | None = None
        self._settings = settings
        self._listeners: list[Callable[[Ended], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, callback: Callable[[Ended], None]) -> Callable[[], None]:
        """Call this with every long run that has ended; returns what ends that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def ended(self, run: Run) -> None:
        """Take note of a run that has ended; returns at once."""
        name, seconds = run.pipeline.name, run.seconds
        if run.status in TOLD_OF:
            told = Ended(run.id, run.request.origin, name, run.status, seconds)
            self._do(lambda: self._tell(told))

    def look(self) -> None:
        """Take up the settings."""
        self._do(self._look)

    async def test(self) -> Delivery | None:
        """Send a message as if a run had ended; None where there is no address."""
        await self._send(Ended("test", None, "A test from TensorRag", "succeeded", 61.0), 1)
        return self.last

    async def close(self) -> None:
        """Give up what is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self) -> None:
        self.after = (await asyncio.to_thread(self._settings.values)).notify_after

    async def _tell(self, ended: Ended) -> None:
        await self._look()
        if ended.seconds < self.after:
            return
        call_each(self._listeners, ended)
        await self._send(ended)

    async def _send(self, ended: Ended, attempts: int = ATTEMPTS) -> None:
        url = (await asyncio.to_thread(self._settings.values)).webhook
        if url is None or len(self._tasks) > AT_ONCE:
            return
        trouble, again = await post(url, ended.message())
        for _ in range(attempts - 1):
            if again:
                await asyncio.sleep(PAUSE)
                trouble, again = await post(url, ended.message())
        self.last = Delivery(time.time(), trouble)
        if trouble:  # its path may hold a token: the host alone is named
            log.warning("The webhook at %s was not told: %s", urlsplit(url).hostname, trouble)

    def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        """Begin it; it is only made once it begins, as the end of the server may come first."""
        task = asyncio.create_task(self._safely(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _safely(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except TensorRagError as error:  # the settings cannot be read
            log.warning("Nobody was told that a run has ended: %s", error)
        except Exception:
            log.exception("Nobody was told that a run has ended.")


async def post(url: str, message: JsonObject) -> tuple[str, bool]:
    """Send a message. Returns why it did not arrive, and whether it may the second time.

    A redirect is not followed: it could lead anywhere. No answer is read beyond its status.
    """
    httpx = await asyncio.to_thread(importlib.import_module, "httpx")
    proxied = urlsplit(url).scheme == "https"  # what stays on this machine takes no way around
    try:
        async with (
            asyncio.timeout(LIMIT),
            await asyncio.to_thread(  # it reads the certificates that this machine trusts
                httpx.AsyncClient, follow_redirects=False, trust_env=proxied, timeout=LIMIT
            ) as client,
            client.stream("POST", url, json=message, headers={"User-Agent": "TensorRag"}) as answer,
        ):
            status: int = answer.status_code
    except TimeoutError:
        return f"it did not answer within {LIMIT:.0f} s", True
    except httpx.ConnectError:
        return "nobody answers there", True
    except httpx.HTTPError:
        return "the connection broke", True
    except (
        httpx.InvalidURL,
        ValueError,
        OSError,
    ):  # no address after all, or certificates that cannot be read
        return "it could not be reached", False
    if status < 300:
        return "", False
    if status < 400:
        return f"it answered with a redirect ({status}), which is not followed", False
    return f"it answered {status}", status >= 500 or status == 429
