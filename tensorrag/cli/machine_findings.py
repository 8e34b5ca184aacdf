"""What `tensorrag doctor` finds of this machine, and of the other places where cards run."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from tensorrag.cli.finding import Finding
from tensorrag.cli.printing import size
from tensorrag.executor import Executor, Offers, open_executors

LIBRARIES = ("torch", "scikit-learn", "pandas", "pyarrow", "nicegui")
LITTLE_SHARED = 64 * 2**20
"""Bytes of /dev/shm below which data loaders of torch fail."""
PATIENCE = 5.0
"""Seconds that a place elsewhere may take to say how it is."""
CGROUP = Path("/sys/fs/cgroup/memory.max")


def of_machine(scratch: Path) -> Iterator[Finding]:
    """Tell of Python, libraries, memory, and each executor that is installed."""
    system = f"{platform.system()} {platform.release()}"
    yield Finding(about="Python", message=f"{platform.python_version()} on {system}")
    yield _libraries()
    yield _memory()
    if sys.platform != "linux":
        yield Finding(
            about="Limits",
            level="note",
            message="Memory limits, and ending all that a card started, are for Linux only.",
        )
    elif (shared := _free(Path("/dev/shm"))) is not None:  # noqa: S108
        little = shared < LITTLE_SHARED
        yield Finding(
            about="Shared memory",
            level="note" if little else "ok",
            message=f"{size(shared)} free in /dev/shm",
            hint="In a container, start it with --shm-size=1g." if little else "",
        )
    for offers in asyncio.run(_offers(scratch)):
        yield _place(offers)


def _libraries() -> Finding:
    found = {name: _version(name) for name in LIBRARIES}
    missing = [name for name, number in found.items() if number is None]
    if missing:
        return Finding(
            about="Libraries",
            level="problem",
            message=f"{', '.join(missing)} cannot be found.",
            hint="Install TensorRag again: pip install --force-reinstall tensorrag",
        )
    return Finding(about="Libraries", message=", ".join(f"{k} {v}" for k, v in found.items()))


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    text = f"{size(memory.available)} of {size(memory.total)} free"
    limit = _limit()
    if limit is not None and limit < memory.total:
        text += f"; this container may use {size(limit)}"
    little = min(memory.available, limit or memory.available) < 10**9
    hint = "Cards that need more fail: close other programs, or give the container more."
    return Finding(
        about="Memory",
        level="note" if little else "ok",
        message=text,
        hint=hint if little else "",
    )


def _place(offers: Offers) -> Finding:
    if offers.available:
        labels = ", ".join(offer.label for offer in offers.offers)
        message = " ".join(filter(None, [offers.outdated, labels or "ready"]))
    else:
        message = offers.reason or "not available"
    return Finding(
        about=f"Runs on {offers.executor}",
        level="ok" if offers.available and not offers.outdated else "note",
        message=message,
        hint=offers.hint,
    )


async def _offers(scratch: Path) -> list[Offers]:
    executors = open_executors(scratch)
    try:
        return [await _offers_of(name, executor) for name, executor in executors.items()]
    finally:
        for executor in executors.values():
            await executor.close()


async def _offers_of(name: str, executor: Executor) -> Offers:
    """Ask an executor, but not for long; where nobody is signed in, nothing is asked anywhere."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await executor.offers()
    except TimeoutError:
        said = f"It did not answer within {PATIENCE:g} seconds."
        hint = "Look at the network, then call `tensorrag doctor` again."
        return Offers(executor=name, available=False, reason=said, hint=hint)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _limit() -> int | None:
    try:
        return int(CGROUP.read_text())
    except (OSError, ValueError):  # "max" is no limit
        return None
