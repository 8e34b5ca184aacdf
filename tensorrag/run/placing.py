"""Where the cards of one run are placed: what the settings and the machine have to say to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tensorrag.check import Checked
from tensorrag.check.places import room_problems
from tensorrag.check.problems import Problem
from tensorrag.executor import Executor
from tensorrag.pipeline import Pipeline
from tensorrag.placement import (
    LOCAL,
    RENTED,
    RENTED_UNASKED,
    Circumstances,
    Placement,
    placement_of,
)
from tensorrag.quoting import quoted


async def circumstances_of(
    pipeline: Pipeline,
    checked: Checked,
    executors: Mapping[str, Executor],
    *,
    on: str | None = None,
    gpu: str | None = None,
    may_rent: bool = False,
) -> Circumstances:
    """Find out what decides where the cards of a run go, besides the pipeline.

    Nothing is rented unasked where nothing can be rented; whoever asks by name is told so.

    Args:
        pipeline: what is to run.
        checked: the outcome of checking it.
        executors: by name.
        on: the executor for all nodes.
        gpu: the one to rent for all nodes that would use one.
        may_rent: whether the settings allow to rent one unasked.
    """
    local_gpu = may_rent and await has_gpu(executors)
    found = Circumstances(on=on, gpu=gpu, may_rent=may_rent, local_gpu=local_gpu)
    would = placed(pipeline, checked, found).values()
    if not any(each.why == RENTED_UNASKED for each in would):
        return found
    return replace(found, trouble=await _trouble(executors))


async def _trouble(executors: Mapping[str, Executor]) -> str:
    """Say why nothing can be rented now, as a part of a sentence; empty where something can."""
    if RENTED not in executors:
        return "nothing is installed for it"
    offers = await executors[RENTED].offers()
    return "" if offers.available else offers.reason.strip().rstrip(".")


async def has_gpu(executors: Mapping[str, Executor]) -> bool:
    """Tell whether this machine has a GPU of its own."""
    local = executors.get(LOCAL)
    offers = (await local.offers()).offers if local is not None else ()
    return any(offer.device != "cpu" for offer in offers)


def placed(
    pipeline: Pipeline, checked: Checked, circumstances: Circumstances
) -> dict[str, Placement]:
    """Decide for each node where it runs."""
    return {
        node.id: placement_of(pipeline, node, checked.nodes[node.id].needs, circumstances)
        for node in pipeline.nodes.values()
        if node.id in checked.nodes
    }


def with_room(pipeline: Pipeline, checked: Checked, circumstances: Circumstances) -> Checked:
    """Add a warning for each card that will not fit into a GPU which nobody asked for by name.

    The check itself knows only of GPUs that the pipeline asks for: settings are no part of it.
    """
    found = [
        problem
        for node_id, placement in placed(pipeline, checked, circumstances).items()
        if placement.why == RENTED_UNASKED and pipeline.nodes[node_id].enabled
        for problem in room_problems(
            pipeline.nodes[node_id], placement.gpu, checked.nodes[node_id].footprint
        )
    ]
    return checked.model_copy(update={"problems": (*checked.problems, *found)})


def unknown_places(
    pipeline: Pipeline, placements: Mapping[str, Placement], executors: Mapping[str, Executor]
) -> list[Problem]:
    """List the places that are not here."""
    return [
        Problem(
            code="executor_unknown",
            node=node,
            field="run_on",
            message=f"Nothing called {quoted(placement.executor)} is installed that could run "
            "this card.",
            hint=f"Choose one of: {', '.join(executors)}.",
        )
        for node, placement in placements.items()
        if placement.executor not in executors and pipeline.nodes[node].enabled
    ]
