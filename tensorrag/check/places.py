"""Checks where cards are to run: places that may cost money, GPUs that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tensorrag.check.problems import Fix, Problem
from tensorrag.footprint import GB, Footprint, usable
from tensorrag.gpus import GPUS
from tensorrag.pipeline import Node, Pipeline
from tensorrag.placement import LOCAL, TITLES, Needs, asked_of, gpu_of, placement_of
from tensorrag.quoting import quoted


def place_problems(
    pipeline: Pipeline, node: Node, needs: Needs, footprint: Footprint | None = None
) -> Iterator[Problem]:
    """List what is to be said of where a card runs.

    Args:
        pipeline: that it is in.
        node: the card.
        needs: what it needs; of a card that is not here, nothing is known.
        footprint: how much room it will take.
    """
    if not node.enabled:
        return
    yield from _gpu(pipeline, node, needs)
    asked = asked_of(pipeline, node)
    if asked is None or asked[0] == LOCAL:
        return
    place, who = asked
    name = TITLES.get(place) or quoted(place)
    if who == "card" and needs.stays:
        yield Problem(
            code="cannot_leave",
            node=node.id,
            field="run_on",
            message=f"This card cannot run on {name}: {needs.stays}.",
            hint="Run it on this machine: what it makes goes on from there by itself.",
            fix=Fix(label="Run it here", ops=(_here(node),)),
        )
    elif placement_of(pipeline, node, needs).executor != LOCAL:
        yield from room_problems(node, gpu_of(pipeline, node, needs), footprint)
        if who == "card":
            yield _elsewhere(f"This card runs on {name}", node.id, _here(node))


def pipeline_problems(pipeline: Pipeline, needs: Mapping[str, Needs]) -> Iterator[Problem]:
    """Say once where a pipeline has its cards run, however many they are.

    Args:
        pipeline: that is checked.
        needs: what each card needs.
    """
    place = pipeline.settings.get("run_on")
    for node in pipeline.nodes.values():
        leaves = placement_of(pipeline, node, needs[node.id]).executor != LOCAL
        if node.enabled and leaves and asked_of(pipeline, node) == (place, "pipeline"):
            name = TITLES.get(str(place)) or quoted(str(place))
            op: dict[str, object] = {"op": "settings", "settings": {"run_on": LOCAL}}
            yield _elsewhere(f"Its cards run on {name}", None, op)
            return


def _elsewhere(what: str, node: str | None, here: dict[str, object]) -> Problem:
    return Problem(
        code="runs_elsewhere",
        level="info",
        node=node,
        field="run_on",
        message=f"{what}, which may cost money.",
        hint="Run it on this machine, unless that is what you want.",
        fix=Fix(label="Run it here", ops=(here,)),
    )


def room_problems(node: Node, gpu: str | None, footprint: Footprint | None) -> Iterator[Problem]:
    """Warn of what will not fit into the memory of the GPU that is rented for it."""
    if gpu is None or footprint is None or footprint.memory is None or footprint.fits(gpu):
        return
    larger = footprint.least()
    fix = Fix(label=f"Take {larger}", ops=(_choose(node, larger),)) if larger else None
    memory, room = (f"{size / GB:,.1f}" for size in (footprint.memory, usable(gpu)))
    yield Problem(
        code="does_not_fit",
        level="warning",
        node=node.id,
        field="gpu",
        message=f"This takes about {memory} GB of GPU memory, an estimate; {gpu} has {room} GB.",
        hint="Take smaller batches, fewer units or fewer rows, or a larger GPU.",
        fix=fix,
    )


def _here(node: Node) -> dict[str, object]:
    return {"op": "set_node", "node": node.id, "run_on": LOCAL}


def _gpu(pipeline: Pipeline, node: Node, needs: Needs) -> Iterator[Problem]:
    """Hold the GPU of a card against those that there are."""
    own = node.resources.get("gpu")
    if own and needs.gpu is None:
        yield Problem(
            code="gpu_unused",
            level="info",
            node=node.id,
            field="gpu",
            message="This card uses no GPU: none is rented for it.",
            fix=Fix(label="Ask for none", ops=(_choose(node, None),)),
        )
        return
    name = gpu_of(pipeline, node, needs)
    if name is not None and name not in GPUS:
        op = _choose(node, None) if own else {"op": "settings", "settings": {"gpu": None}}
        yield Problem(
            code="gpu_unknown",
            node=node.id,
            field="gpu",
            message=f"There is no GPU {quoted(name)} to rent.",
            hint=f"Choose one of: {', '.join(GPUS)}.",
            fix=Fix(label="Take the usual one", ops=(op,)),
        )


def _choose(node: Node, gpu: str | None) -> dict[str, object]:
    return {"op": "set_resources", "node": node.id, "resources": {"gpu": gpu}}
