"""The course of a run, told from its events: bars, and the numbers that cards reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tensorrag.catalog import TypeInfo
from tensorrag.run.reported import Points
from tensorrag.types.metrics import METRICS
from web.page.runs.timeline import Bar

Event = Mapping[str, Any]

BEST = "best"
"""What a search reports beside the metric of each trial."""

ENDED = frozenset({"done", "failed", "cancelled", "blocked", "bypassed"})


def moment(event: Event) -> datetime:
    """Return when an event happened."""
    return datetime.fromisoformat(str(event["time"]).replace("Z", "+00:00"))


def began(events: Sequence[Event]) -> datetime | None:
    """Return when a run began; before that it may have waited."""
    waited = [e for e in events[:2] if e["type"] == "run" and e["data"]["status"] == "queued"]
    begun = events[len(waited) :] or events
    return moment(begun[0]) if begun else None


def bars(
    events: Sequence[Event], titles: Mapping[str, str], kinds: Mapping[str, TypeInfo | None]
) -> list[Bar]:
    """Return a bar per card of a run, in the order in which they came to do something."""
    start = began(events)
    if start is None:
        return []
    states: dict[str, Event] = {}
    starts: dict[str, float] = {}
    ends: dict[str, float] = {}
    lefts: dict[str, float | None] = {}
    for event in events:
        node = event.get("node")
        if not node:
            continue
        at = (moment(event) - start).total_seconds()
        if event["type"] == "progress":
            lefts[node] = event["data"].get("left")
        if event["type"] != "node":
            continue
        state, before = event["data"]["state"], _state(states.get(node))
        states[node] = event["data"]
        if state == "running" and before != "running":
            starts[node] = at
        elif state in ENDED:
            starts.setdefault(node, at)
            ends[node] = at
    drawn = [
        Bar(
            node=node,
            title=titles.get(node, node),
            kind=kinds.get(node),
            state=data["state"],
            start=starts.get(node) if data.get("seconds") or data["state"] == "running" else None,
            end=ends.get(node) if data["state"] in ENDED else None,
            seconds=data.get("seconds"),
            cached=bool(data.get("cached")),
            device=data.get("device") or "",
            left=lefts.get(node),
            stopping=bool(data.get("cancelling")),
        )
        for node, data in states.items()
    ]
    return sorted(
        drawn, key=lambda bar: (starts.get(bar.node, float("inf")), ends.get(bar.node, 0))
    )


def _state(told: Event | None) -> str | None:
    return told["state"] if told is not None else None


def places(events: Iterable[Event]) -> list[Event]:
    """Return the last that was told of each card that ran, runs or will be paid for.

    Those whose results were reused are left out.
    """
    last = {event["node"]: event["data"] for event in events if event["type"] == "node"}
    return [{**data, "node": node} for node, data in last.items() if _takes_part(data)]


def _takes_part(node: Event) -> bool:
    if node["state"] == "queued":
        return node.get("estimate") is not None
    return node["state"] == "running" or (node["seconds"] is not None and not node["cached"])


def latest(found: Mapping[str, Points]) -> dict[str, float]:
    """Return the last of each reported number."""
    shown = {name: points for name, points in found.items() if name != BEST or not searched(found)}
    return {name: points[-1][1] for name, points in shown.items() if points}


def best(found: Mapping[str, Points]) -> dict[str, float]:
    """Return the best of each reported number: the least of losses, the most of the rest.

    The best so far of a search is what it is now.
    """
    metric = searched(found)
    if metric is not None:
        return {name: points[-1][1] for name, points in {metric: found[BEST]}.items()}
    return {
        name: (max if _rises(name) else min)(value for _, value in points)
        for name, points in found.items()
        if points
    }


def _rises(name: str) -> bool:
    """Whether more of a number is better."""
    if name in METRICS:
        return METRICS[name].higher_is_better
    return "loss" not in name and "error" not in name


def searched(found: Mapping[str, Points]) -> str | None:
    """Return the metric of a search; None where what is reported is of no search."""
    return next((name for name in found if name in METRICS), None) if BEST in found else None


def curves(found: Mapping[str, Points]) -> list[tuple[str, Points]]:
    """Choose what is drawn as a learning curve: the losses, else the first number.

    Of a search: the best so far, and each trial.
    """
    metric = searched(found)
    if metric is not None:
        return [("best", found[BEST]), ("trial", found[metric])]
    names = {"loss": "train", "validation_loss": "val.", "val_loss": "val."}
    losses = [(names.get(name, name), points) for name, points in found.items() if "loss" in name]
    return losses or list(found.items())[:1]
