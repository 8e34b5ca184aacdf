"""What cards at paid places cost, and their containers that wait for more: adding it up."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple


class Paid(NamedTuple):
    """What is known of the cost of one card that was sent."""

    pool: tuple[str, str | None]
    """Place and GPU: the containers among which one may be used again."""
    rate: float
    most: float
    idle: float
    began: float | None
    """In seconds since 1970; None where nobody heard that it has begun."""
    seconds: float | None
    """None where it has not ended, as far as is known."""
    cost: float | None
    alive: bool
    """Whether the process that sent it still listens."""

    def spent(self, now: float) -> float:
        """Return what it has cost so far, in US$; at its limit where nobody knows."""
        if self.cost is not None:
            return self.cost
        if not self.alive:
            return self.most * self.rate
        if self.began is None:
            return 0.0
        return max(0.0, min(now - self.began, self.most)) * self.rate  # clocks are set back, too


def total(paid: Iterable[Paid], now: float | None = None) -> float:
    """Add up what cards have cost, and their containers that wait for more; US$."""
    known, moment = list(paid), time.time() if now is None else now
    return sum(each.spent(moment) for each in known) + waiting_cost(known)


def waiting_cost(paid: Iterable[Paid]) -> float:
    """Return the cost of containers that wait after their cards, in US$.

    One waits until the next card of its kind begins, which takes the one that was used last, or
    else until it is given up.
    """
    cost, waiting = 0.0, list[Paid]()
    for each in sorted((e for e in paid if e.began is not None), key=lambda e: e.began or 0.0):
        began = each.began or 0.0
        free = [w for w in waiting if w.pool == each.pool and _end(w) <= began <= _end(w) + w.idle]
        if free:
            last = max(free, key=_end)
            waiting.remove(last)
            cost += (began - _end(last)) * last.rate
        if each.seconds is not None and each.idle:
            waiting.append(each)
    return cost + sum(each.idle * each.rate for each in waiting)


def _end(paid: Paid) -> float:
    return (paid.began or 0.0) + (paid.seconds or 0.0)
