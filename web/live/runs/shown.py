"""What a card shows of its last run, or of the one that is going on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.run.node_run import NodeRun
from tensorrag.run.plan import Planned
from web.live.checking.prices import price_of

CURVE_POINTS = 200
"""Most points of a live curve; more cannot be told apart on a card."""


Placed = tuple[str, bool, JsonObject, tuple[str, ...]]


def placed(pipeline: Pipeline, node_id: str) -> Placed:
    """Return what of a pipeline decides what a node does: card, settings and wires."""
    node = pipeline.nodes[node_id]
    wires = tuple(edge.id for edge in pipeline.inputs_of(node_id))
    return node.card, node.enabled, dict(node.params), wires


class Arrived(NamedTuple):
    """A value that came in at a port of a card."""

    port: str
    at: int
    """Which one, where the port takes many."""
    source: str
    """The card that it came from, and the port there."""
    source_port: str
    digest: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One node of a run, as it is or as it ended."""

    node: JsonObject
    """As ``tensorrag run --json`` prints it: state, seconds, outputs and so on."""
    made: JsonObject | None = None
    """What its result was made of; None where it was not even tried."""
    face: JsonObject | None = None
    progress: JsonObject | None = None
    curve: Sequence[tuple[float, float]] = ()
    """How far it was and its loss then, while it runs; it may have begun in the middle."""
    placed: Placed | None = None
    """How the node stood in the pipeline that ran, where that is known."""
    run: str = ""
    """The run that it belongs to."""

    @property
    def state(self) -> str:
        """Its state, such as ``done``."""
        return str(self.node["state"])

    @property
    def key(self) -> str | None:
        """The key that its result is stored under."""
        return (self.made or {}).get("key")

    @property
    def digests(self) -> dict[str, str]:
        """What it made, by port."""
        return {port: made["sha256"] for port, made in (self.node["outputs"] or {}).items()}

    @property
    def arrived(self) -> tuple[Arrived, ...]:
        """What came in, in the order of the ports; nothing where it was not even tried."""
        return tuple(
            Arrived(port, at, source, source_port, digest)
            for port, ends in (self.made or {}).get("inputs", {}).items()
            for at, (source, source_port, digest) in enumerate(ends)
            if digest is not None
        )

    @property
    def printed_by(self) -> tuple[str, str] | None:
        """The run and the node that made the result before, where it was only used here."""
        by = (self.made or {}).get("made_by")
        return (str(by["run"]), str(by["node"])) if by else None


def shown_of_run(node: NodeRun, run: str, pipeline: Pipeline, before: Shown | None) -> Shown:
    """Show a node of a run; one that is not done yet keeps the face of the last time."""
    face = node.face
    if face is None and before is not None and node.state in ("queued", "running"):
        face = before.face
    running = node.state == "running"
    curve = [_loss(report) for report in node.history] if running else []
    return Shown(
        node.to_json() | {"cost": node.cost_so_far},
        node.to_made(),
        face,
        node.progress if running else None,
        [point for point in curve if point is not None],
        placed(pipeline, node.id),
        run,
    )


def shown_of_plan(planned: Planned, before: Shown | None) -> Shown | None:
    """Show a result that is stored already, though the last run did not end with it."""
    result = planned.result
    if result is None:
        return None
    node = {
        **(before.node if before else {"card": planned.made.get("card")}),
        "state": "done",
        "cached": False,
        "cancelling": False,
        "reason": None,
        "blocked_by": None,
        "seconds": result.seconds,
        "executor": result.executor,
        "device": result.device,
        "cost": None,
        "estimate": None,
        "error": None,
        "outputs": result.summary["outputs"],
    }
    return Shown(node, planned.made | {"made_by": result.made_by}, result.summary["face"])


def runtime(shown: Shown, *, state: str | None = None, reason: str | None = None) -> JsonObject:
    """Write what the canvas shows; with ``state``, an old result that is out of date."""
    node = shown.node
    current = state is None
    return {
        "state": state or shown.state,
        "reason": node["reason"] if current else reason,
        "cached": bool(node["cached"]) and current,
        "cancelling": bool(node.get("cancelling")) and current,
        "seconds": node["seconds"] if current else None,
        "device": node["device"],
        "executor": node["executor"],
        "waiting": node.get("waiting") if current else None,
        "price": price.to_json() if current and (price := price_of(node)) else None,
        "cost": node.get("cost") if current else None,
        "estimate": node.get("estimate") if current else None,
        "progress": _progress(shown),
        "face": shown.face,
        "ports": labels(node["outputs"]),
        "error": _error(node["error"]) if current else None,
    }


def labels(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Write on each wire how many rows it carries: ``train 40,000``."""
    written = {}
    for port, output in outputs.items():
        schema = output.get("schema") or {}
        if schema.get("type") == "Table" and schema.get("rows") is not None:
            part = (schema.get("provenance") or {}).get("part")
            written[port] = f"{part} {schema['rows']:,}" if part else f"{schema['rows']:,}"
    return written


def _progress(shown: Shown) -> JsonObject | None:
    if shown.progress is None:
        return None
    progress = {**shown.progress}
    if len(shown.curve) > 1:
        points = _thinned(shown.curve)
        progress["curve"] = [loss for _, loss in points]
        progress["curve_at"] = [done for done, _ in points]
    return progress


def _loss(report: JsonObject) -> tuple[float, float] | None:
    done, value = report.get("done"), (report.get("metrics") or {}).get("loss")
    if isinstance(done, int | float) and isinstance(value, int | float):
        return done, value
    return None


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    step = -(-len(points) // CURVE_POINTS)
    return [*points[:-1:step], points[-1]]


def _error(error: JsonObject | None) -> JsonObject | None:
    """Write an error as a card shows it: without the marks around what is typed."""
    if error is None:
        return None
    return {key: str(error.get(key) or "").replace("`", "") for key in ("message", "hint")}
