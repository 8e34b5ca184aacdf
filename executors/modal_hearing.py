"""What a container says while it works, and what it answers in the end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from executors import modal_sdk
from executors.job import Job
from executors.modal_line import Line, is_no_entry, pause
from executors.modal_parcel import REVOKED
from executors.modal_variant import gpu_of
from executors.protocol import MOST_PROGRESS, decode
from tensorrag.plain import JsonObject
from tensorrag.task import Task

if TYPE_CHECKING:
    import modal

DAY = 24 * 3600.0
"""Seconds: nothing runs longer at Modal."""

POLL = 60.0
"""Seconds after which Modal is asked anew for an answer that has not come."""

OFTEN = 4
"""As after so many times in vain, at most, it is asked what is said: every four seconds. What was
said last is to be there soon after the answer."""


async def answer(call: modal.FunctionCall[Any], line: Line, job: Job) -> Any:
    """Wait for what a container answers, however often Modal cannot be reached until then.

    Raises:
        Exception: what the SDK raises of a call that ended otherwise.
    """
    while True:
        try:
            # After a while without a line, it is first asked whether it is there at all.
            said = await call.get.aio(timeout=0 if line.is_lost else POLL)
            line.found()
            return said
        except TimeoutError:  # it has not ended
            if line.is_lost and job.stopping:  # nobody heard that it is to stop
                await line.outlast(partial(call.cancel.aio, terminate_containers=True))
            line.found()
        except Exception as error:
            await line.lost(error)
            if is_no_entry(error):  # somebody may have signed in by now
                call = await asyncio.to_thread(modal_sdk.again, call)


async def listen(job: Job, name: str, line: Line) -> None:
    """Pass on what is said; where it cannot be had, the answer comes all the same."""
    heard = failed = 0
    while True:
        at = 0
        with suppress(Exception):
            words = modal_sdk.events().iterate.aio(partition=name, item_poll_timeout=DAY)
            async for word in words:
                at += 1
                if at <= heard:  # whoever asks again is told all of it again
                    continue
                heard, failed = at, 0
                said = decode(word)
                if said.get("type") == "end":
                    return
                _pass_on(job, said, word, line)
        failed = min(failed + 1, OFTEN)
        await asyncio.sleep(pause(failed))


def _pass_on(job: Job, said: JsonObject, word: bytes, line: Line) -> None:
    """Nothing else is heard this way: how a task ended is told by its answer alone."""
    kind = said.get("type")
    if kind == "started":
        line.began.set()
        job.add({"type": "started", "data": _where(job.task, said.get("data"))})
    elif kind == "log" or (kind == "progress" and len(word) <= MOST_PROGRESS):
        job.hear(said)


def _where(task: Task, said: Any) -> JsonObject:
    """Say where a task has begun: on which device, and how Modal calls call and container."""
    names = said if isinstance(said, dict) else {}
    known = {key: str(names.get(key))[:100] for key in ("call", "container")}
    return {"device": gpu_of(task) or "cpu", **known}


async def call_that_began(name: str) -> str:
    """Return how Modal calls a task that has begun; one that has not must not begin any more."""
    events = modal_sdk.events()
    await events.put.aio(b"", partition=name + REVOKED, partition_ttl=int(DAY))
    async for word in events.iterate.aio(partition=name):
        data = decode(word).get("data")
        if isinstance(data, dict) and isinstance(data.get("call"), str):
            return str(data["call"])
    return ""
