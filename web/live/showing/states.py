"""What each card shows: the last run while nothing has changed since, else what the plan says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from tensorrag.errors import CycleError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.run.plan import Planned
from tensorrag.run.reasons import GONE
from web.live.runs.shown import Shown, placed, runtime, shown_of_plan

NOTHING_SHOWN: JsonObject = {
    "state": None,
    "reason": None,
    "cached": False,
    "cancelling": False,
    "seconds": None,
    "device": None,
    "executor": None,
    "waiting": None,
    "price": None,
    "cost": None,
    "estimate": None,
    "progress": None,
    "face": None,
    "ports": {},
    "error": None,
}

DECIDING = ("card", "version", "source", "params", "libraries")


class Display(NamedTuple):
    """What one card shows."""

    shown: Shown | None
    """The result, also an old one."""
    state: str | None = None
    """Instead of the state of ``shown``: ``stale``, ``blocked`` or ``bypassed``."""
    reason: str | None = None

    def runtime(self) -> JsonObject:
        """Write it as the canvas takes it."""
        if self.shown is not None:
            return runtime(self.shown, state=self.state, reason=self.reason)
        return {**NOTHING_SHOWN, "state": self.state, "reason": self.reason}


def displays(
    pipeline: Pipeline,
    planned: Mapping[str, Planned],
    shown: Mapping[str, Shown],
    active: Collection[str],
) -> dict[str, Display]:
    """Decide for each card; those that never ran are left out.

    Args:
        pipeline: as it is now.
        planned: what would happen if it ran; may be a moment behind, or empty.
        shown: how each node last ended, or what it does.
        active: the nodes that wait or run just now.
    """
    unchanged: set[str] = set()
    chosen: dict[str, Display] = {}
    for node_id in _from_the_sources(pipeline):
        before, expected = shown.get(node_id), planned.get(node_id)
        if before is not None and _unchanged(pipeline, node_id, before, expected, unchanged):
            unchanged.add(node_id)
        if before is not None and node_id in active:
            chosen[node_id] = Display(before)
        elif not pipeline.nodes[node_id].enabled:
            chosen[node_id] = Display(None, "bypassed")
        elif before is not None and node_id in unchanged and not _gone(before, expected):
            chosen[node_id] = Display(before)
        else:
            display = _expected(before, expected)
            if display is not None:
                chosen[node_id] = display
    return chosen


def _expected(before: Shown | None, expected: Planned | None) -> Display | None:
    if expected is not None:
        stored = shown_of_plan(expected, before)
        if stored is not None:
            return Display(stored)
        if expected.state == "blocked":
            return Display(before, "blocked", expected.reason)
    if before is None:
        return None
    return Display(before, "stale", expected.reason if expected is not None else None)


def _unchanged(
    pipeline: Pipeline,
    node_id: str,
    before: Shown,
    expected: Planned | None,
    unchanged: Collection[str],
) -> bool:
    """Tell whether nothing that decides a node's result has changed since it was shown."""
    sources = {edge.source for edge in pipeline.inputs_of(node_id)} & pipeline.nodes.keys()
    if not sources <= set(unchanged):
        return False
    if before.made is None or expected is None or not expected.made:
        return before.placed is None or before.placed == placed(pipeline, node_id)
    one, other = before.made, expected.made
    return (
        all(one.get(name) == other.get(name) for name in DECIDING)
        and (
            None in (one["fingerprint"], other["fingerprint"])
            or one["fingerprint"] == other["fingerprint"]
        )
        and _wires(one["inputs"]) == _wires(other["inputs"])
    )


def _gone(before: Shown, expected: Planned | None) -> bool:
    return before.state == "done" and expected is not None and expected.reason == GONE


def _wires(inputs: JsonObject) -> JsonObject:
    return {port: [end[:2] for end in ends] for port, ends in inputs.items() if ends}


def _from_the_sources(pipeline: Pipeline) -> tuple[str, ...]:
    try:
        return pipeline.order()
    except CycleError:
        return tuple(pipeline.nodes)
