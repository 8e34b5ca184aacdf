"""What a run sets out with: the order of its cards, what they may cost, what is tried before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tensorrag.catalog import Catalog
from tensorrag.errors import RunRefused
from tensorrag.estimate import Total, total
from tensorrag.executor import Executor
from tensorrag.pipeline import Pipeline
from tensorrag.placement import LOCAL
from tensorrag.run.budget import LIMITS, RAISE, Budgets
from tensorrag.run.plan import Planner
from tensorrag.run.prepare import Prepared
from tensorrag.run.pricing import Pricing
from tensorrag.run.rehearsal import Rehearsal
from tensorrag.run.request import Request
from tensorrag.run.schedule import Schedule
from tensorrag.run.trials import Trials
from tensorrag.store.journal import Journal
from tensorrag.store.place import Place
from tensorrag.store.setting_values import Values
from tensorrag.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Outset:
    """A run that is about to begin."""

    schedule: Schedule
    pricing: Pricing
    expected: Total
    """What is to be paid for all of it."""
    budgets: Budgets
    """Those that hold for it; none where nothing is paid."""
    rehearsal: Rehearsal | None
    """Tries here what will be paid for; None where nobody wants that."""


def set_out(
    prepared: Prepared,
    request: Request,
    workspace: Workspace,
    executors: Mapping[str, Executor],
    catalog: Catalog,
    place: Place,
) -> Outset:
    """Plan a run, and estimate what it costs. In a thread: this reads and writes files.

    Raises:
        RunRefused: a budget is used up, or cannot be understood.
    """
    store, journal, values = workspace.store, workspace.journal, workspace.settings.values()
    for key, peek in prepared.peeks.items():
        store.peeks.put(key, peek)
    planner = Planner(
        prepared.pipeline,
        prepared.checked,
        store,
        catalog,
        previous=journal.previous(request.pipeline_id) if request.pipeline_id else {},
        peeks=prepared.peeks,
        fresh=_fresh(prepared, request, journal),
    )
    resumes = request.parent is not None
    schedule = Schedule(prepared, planner, store, values.card_memory, resumes=resumes)
    pricing = Pricing(
        prepared.pipeline,
        prepared.checked.nodes,
        prepared.placements,
        executors,
        journal.spending,
        values.card_memory,
    )
    expected = _price(schedule, pricing)
    budgets = _budgets(expected, prepared.pipeline, request.parent, workspace, values)
    here = executors.get(LOCAL) if values.rehearse else None
    trials = Trials(prepared, schedule, values.card_memory)
    rehearsal = Rehearsal(trials, here, place, store) if here is not None else None
    return Outset(schedule, pricing, expected, budgets, rehearsal)


def _fresh(prepared: Prepared, request: Request, journal: Journal) -> frozenset[str]:
    """Return the nodes that run though their result may be known.

    What the run before has made anew need not be made anew by the one that resumes it.
    """
    parent = request.parent if request.no_cache else None
    before = journal.to_json(parent)["nodes"] if parent else {}
    made = {node_id for node_id, node in before.items() if node["state"] == "done"}
    return frozenset(
        node.id
        for node in prepared.pipeline.nodes.values()
        if not node.cache or (request.no_cache and node.id not in made)
    )


def _price(schedule: Schedule, pricing: Pricing) -> Total:
    """Say on each node what is to be paid for it."""
    estimates = pricing.estimates(schedule.first)
    for node_id, each in estimates.items():
        schedule.nodes[node_id].estimate = each.to_json()
    return total(estimates.values())


def _budgets(
    expected: Total, pipeline: Pipeline, parent: str | None, workspace: Workspace, values: Values
) -> Budgets:
    spending = workspace.journal.spending
    if not expected.cards:
        return Budgets(spending)
    before = workspace.journal.resumed(parent)
    budgets = Budgets.of(spending, values, pipeline.settings.get("budget"), before)
    # Whoever set a limit that cannot be understood did not mean that there is none.
    if refusal := workspace.settings.misfit(*LIMITS) or budgets.refusal():
        raise RunRefused(refusal, hint=f"{RAISE} Or run it on this machine.")
    return budgets
