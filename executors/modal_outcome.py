"""What came of a task: read from what its container answered, or from what the SDK raised."""

from __future__ import annotations

import asyncio
import errno
import math
from typing import Any

from executors.job import Job, Outcome
from executors.modal_line import Line
from executors.modal_parcel import FORMAT, Parcel, bytes_of
from executors.modal_sentences import crashed, gone, other_version, sentence
from executors.modal_transfer import receive
from executors.modal_variant import gpu_of
from executors.protocol import decode
from tensorrag.errors import TensorRagError, WorkspaceError
from tensorrag.rates import Rates

AGAIN, LATEST = 2.0, 60.0
"""Seconds after which it is tried again to fetch what is made: all of it comes anew each time."""

WAITS = "The result waits at Modal until there is room; nothing more is paid. Cancel gives it up."


def failure_of(job: Job, error: Exception) -> Outcome:
    """Say how a task ended whose container gave no answer."""
    from modal.exception import FunctionTimeoutError, NotFoundError

    if isinstance(error, NotFoundError):
        return gone()
    if isinstance(error, FunctionTimeoutError):
        return job.ended({"type": "late"})
    return sentence(error, job.task)


async def outcome_of(job: Job, said: Any, rates: Rates, line: Line) -> Outcome:
    """Read what a container answered, strictly: a card may have tampered with it."""
    if not isinstance(said, dict) or said.get("format") != FORMAT or "said" not in said:
        return other_version()
    seconds, start = float(said["seconds"]), float(said.get("start", 0.0))
    if not (0 <= seconds < math.inf and 0 <= start < math.inf):
        return crashed(job.task, "It did not say how long it took.")
    cost = (seconds + start) * rates.per_second(gpu_of(job.task), job.task.memory)
    told = {"cost": round(cost, 6), "seconds": round(seconds, 3), "start": round(start, 3)}
    job.add({"type": "cost", "data": told})
    outcome = job.ended(decode(said["said"]))
    if isinstance(outcome, TensorRagError):
        return outcome
    outcome["device"] = gpu_of(job.task) or outcome.get("device")
    arrived = await _received(job, said["parcel"], line)
    made = {output["sha256"] for output in outcome["outputs"].values()}
    return outcome if made <= arrived else crashed(job.task, "Its result did not arrive.")


async def _received(job: Job, parcel: Parcel, line: Line) -> set[str]:
    """Take what was made into the store, however long there is no room for it here.

    It was paid for, and Modal keeps it for days: nothing has to run again.
    """
    told, wait = False, AGAIN
    while True:
        try:
            return await line.outlast(lambda: receive(parcel, job.place))
        except WorkspaceError as full:
            if job.stopping or not _passes(full):
                raise
            if not told:
                text = f"{full.message} {WAITS}\n"
                job.hear({"type": "log", "data": {"stream": "stderr", "text": text}})
                job.add({"type": "waiting", "data": {"needed": bytes_of(parcel)}})
            told = True
        await asyncio.sleep(wait)
        wait = min(2 * wait, LATEST)


def _passes(refusal: WorkspaceError) -> bool:
    """Whether it was for want of room, and not because the folder may never be written."""
    return getattr(refusal.__cause__, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
