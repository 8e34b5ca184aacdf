"""Tells whether whoever is at the other end of a socket has gone, without reading from it."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import HasFileno


def hung_up(line: HasFileno) -> bool:
    """Whether the other end is closed; what it wrote before may still wait to be read."""
    poll = select.poll()
    poll.register(line, select.POLLHUP)
    return any(event & select.POLLHUP for _, event in poll.poll(0))
