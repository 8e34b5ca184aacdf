"""A container that does not come: said after a while, with the next GPU up. The call waits on."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

from executors.job import Job
from tensorrag.gpus import next_up
from tensorrag.plain import JsonObject
from tensorrag.rates import Rates
from tensorrag.task import Task

PATIENCE = 120.0
"""Seconds; ``TENSORRAG_GPU_PATIENCE`` says otherwise."""


def patience() -> float:
    """Return how long a container may take to come before anybody is told, in seconds."""
    with suppress(ValueError):
        return float(os.environ.get("TENSORRAG_GPU_PATIENCE", PATIENCE))
    return PATIENCE


async def tell_of_waiting(job: Job, gpu: str | None, rates: Rates, began: asyncio.Event) -> None:
    """Say that a task has not begun for long, unless it begins before.

    Args:
        job: the task.
        gpu: the GPU that it waits for; None where it needs none.
        rates: what is asked for GPUs.
        began: set when it begins.
    """
    seconds = patience()
    try:
        async with asyncio.timeout(seconds):
            await began.wait()
    except TimeoutError:
        job.add({"type": "waiting", "data": _missing(gpu, job.task, rates, seconds)})


def _missing(gpu: str | None, task: Task, rates: Rates, seconds: float) -> JsonObject:
    """Name what does not come, and what may be had instead at which price per second."""
    above = next_up(gpu) if gpu else None
    price = rates.per_second(above, task.memory) if above else None
    return {"gpu": gpu, "seconds": seconds, "next": above, "price": price}
