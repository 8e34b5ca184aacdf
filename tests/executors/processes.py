"""Looks at the processes of this machine, for tests that count them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

from tests.clock import within


def below(pid: int) -> set[int]:
    """Return all descendants of a process, as far as they are still its own."""
    return {child.pid for child in psutil.Process(pid).children(recursive=True)}


def below_named(name: str, process: psutil.Process) -> list[psutil.Process]:
    """Return the descendants of that name; some may end while they are looked at."""
    found = []
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            found += [child] if child.name() == name else []
    return found


def alive(pids: Iterable[int]) -> set[int]:
    """Return those that still run."""
    return {pid for pid in pids if _runs(pid)}


def seconds_until_gone(pids: Iterable[int], limit: float) -> float:
    """Wait until none runs; returns how long it took, or fails."""
    wanted = set(pids)
    began = time.monotonic()
    until = began + within(limit)
    while left := alive(wanted):
        assert time.monotonic() < until, [psutil.Process(pid).cmdline() for pid in left]
        time.sleep(0.01)
    return time.monotonic() - began


async def gone(pids: Iterable[int], limit: float = 2.0) -> None:
    """Wait until none runs, while the executor goes on."""
    wanted = set(pids)
    async with asyncio.timeout(within(limit)):
        while alive(wanted):
            await asyncio.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
