"""The numbers that cards reported while they ran, told from the events of their run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Points = list[tuple[float, float]]
"""How far a card was, and a number that it reported then."""


def reports(events: Iterable[Mapping[str, Any]], node: str) -> dict[str, Points]:
    """Gather the numbers that a card reported, each with how far the card was.

    One that goes back, as it lost its container, goes over what it had reported from there on; one
    that goes on where it was stopped tells again what it had reported until then.
    """
    found: dict[str, Points] = {}
    state = ""
    for event in events:
        if event.get("node") != node:
            continue
        data = event["data"]
        if event["type"] == "node":
            before, state = state, data["state"]
            if state == "running" and before != "running":
                found = {}
        elif event["type"] == "progress" and isinstance(data.get("done"), int | float):
            last = max((points[-1][0] for points in found.values()), default=float("-inf"))
            for told in data.get("again", ()):
                if told["done"] > last:
                    _take(found, told)
            _take(found, data)
    return found


def _take(found: dict[str, Points], told: Mapping[str, Any]) -> None:
    for name, value in (told.get("metrics") or {}).items():
        if isinstance(value, int | float):
            points = found.setdefault(name, [])
            while points and points[-1][0] > told["done"]:
                points.pop()
            points.append((told["done"], value))


def by_step(points: Points) -> tuple[float | None, ...]:
    """Return what was reported at each whole step from the first on; None where nothing was."""
    known = {int(at): value for at, value in points if at >= 1 and float(at).is_integer()}
    return tuple(known.get(at) for at in range(1, max(known, default=0) + 1))
