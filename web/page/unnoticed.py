"""Work that says so where it takes a while; what comes at once flashes no word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
UNNOTICED = 0.3
"""Seconds in which what was asked for comes without a word: to flash one would be worse."""


async def noticed(work: Awaitable[T], say: Callable[[], None]) -> T:
    """Wait for work; where it takes long enough to be noticed, ``say`` is called once meanwhile."""
    saying = asyncio.get_running_loop().call_later(UNNOTICED, say)
    try:
        return await work
    finally:
        saying.cancel()
