"""Looks at the processes of this machine, for tests that count them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import psutil


def below(pid: int) -> set[int]:
    """Return all descendants of a process, as far as they are still its own."""
    return {child.pid for child in psutil.Process(pid).children(recursive=True)}


def alive(pids: Iterable[int]) -> set[int]:
    """Return those that still run."""
    return {pid for pid in pids if _runs(pid)}


def seconds_until_gone(pids: Iterable[int], limit: float) -> float:
    """Wait until none runs; returns how long it took, or fails."""
    wanted = set(pids)
    began = time.monotonic()
    while left := alive(wanted):
        assert time.monotonic() - began < limit, [psutil.Process(pid).cmdline() for pid in left]
        time.sleep(0.01)
    return time.monotonic() - began


async def gone(pids: Iterable[int], limit: float = 2.0) -> None:
    """Wait until none runs, while the executor goes on."""
    wanted = set(pids)
    async with asyncio.timeout(limit):
        while alive(wanted):
            await asyncio.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
