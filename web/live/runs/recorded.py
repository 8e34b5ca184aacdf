"""A run of before as it was: its pipeline, what each card did, and what is still kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.files import from_object
from tensorrag.preview import TextFace
from tensorrag.store.results import Result
from tensorrag.store.workspace import Workspace
from web.live.runs.network_face import with_consumers
from web.live.runs.shown import Shown, runtime

LOST = TextFace(lines=("No longer kept",)).model_dump(mode="json")
"""What a card shows whose result had to make room."""


@dataclass(frozen=True)
class Recorded:
    """A run that has ended; nothing of it changes any more."""

    run: str
    pipeline: Pipeline
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The settings of each card, defaults included."""
    shown: Mapping[str, Shown] = field(default_factory=dict)
    """By node; those that were not to run are absent."""
    lost: frozenset[str] = frozenset()
    """The nodes whose results are no longer kept."""

    def runtime(self) -> dict[str, JsonObject]:
        """Return what the canvas shows of each card."""
        states = {node: runtime(shown) for node, shown in self.shown.items()}
        return with_consumers(states, self.pipeline, {}, self.shown)

    def kept(self, node: str) -> Shown | None:
        """Return what a card did; without a key where its result is no longer kept."""
        shown = self.shown.get(node)
        if shown is None or node not in self.lost:
            return shown
        return replace(shown, made={**(shown.made or {}), "key": None})


def read(workspace: Workspace, run: str) -> Recorded:
    """Look a run up. Reads files.

    Raises:
        RunNotFound: it is forgotten.
        FileFormatError: its pipeline was written by a newer version.
    """
    record, nodes = workspace.journal.record(run), workspace.journal.to_json(run)["nodes"]
    made = workspace.journal.made(run)
    shown, lost = {}, set()
    for node_id, node in nodes.items():
        result = _kept(workspace, node, (made.get(node_id) or {}).get("key"))
        face = result.summary["face"] if result is not None else None
        shown[node_id] = Shown(node, made.get(node_id), face, run=run)
        if node["state"] == "done" and node["outputs"] and result is None:
            lost.add(node_id)
            shown[node_id] = replace(shown[node_id], face=LOST)
    pipeline = from_object(record["pipeline"]).pipeline
    return Recorded(run, pipeline, record.get("params", {}), shown, frozenset(lost))


def _kept(workspace: Workspace, node: JsonObject, key: str | None) -> Result | None:
    """Return the very result that a run made, or used; made again, it may be another one."""
    result = workspace.store.results.get(key) if key and node["state"] == "done" else None
    digests = {port: output["sha256"] for port, output in node["outputs"].items()}
    return result if result is not None and dict(result.outputs) == digests else None
