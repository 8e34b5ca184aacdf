"""What the journal tells of a run that is compared with others: its record, its cards, its cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorrag.plain import JsonObject
from tensorrag.run.reported import by_step, reports
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import RunEntry

EMPTY: JsonObject = {}


@dataclass(frozen=True, slots=True)
class Told:
    """What the journal tells of one run."""

    entry: RunEntry
    record: JsonObject
    nodes: Mapping[str, JsonObject]
    cost: float | None
    reported: Mapping[tuple[str, str], tuple[float | None, ...]]
    """By card and name, what those reported by epoch that did not come to their end."""


def read(journal: Journal, run: str) -> Told:
    """Look a run up. Reads files: for a thread.

    Raises:
        RunNotFound: there is none of this id.
    """
    entry, nodes = journal.run(run), journal.to_json(run)["nodes"]
    rented = any(node.get("cost") is not None for node in nodes.values())
    cost = journal.spending.of_run(run) if rented else None
    return Told(entry, journal.record(run), nodes, cost, _reported(journal, run, nodes))


def _reported(
    journal: Journal, run: str, nodes: Mapping[str, JsonObject]
) -> dict[tuple[str, str], tuple[float | None, ...]]:
    cut = {node for node, shown in nodes.items() if shown["state"] not in ("done", "queued")}
    steps = journal.events(run, kind="progress") if cut else []
    told = [each for each in steps if each["data"].get("unit") == "epoch"]
    return {
        (node, name): by_step(points)
        for node in nodes
        if node in cut
        for name, points in reports(told, node).items()
    }


def cards_of(record: JsonObject) -> Mapping[str, Any]:
    """Return the kind of each card; one that is bypassed is another than one that is not."""
    nodes = record.get("pipeline", EMPTY).get("nodes", [])
    kinds = {node["id"]: node["card"] for node in nodes}
    return {n["id"]: f"{kinds[n['id']]}{'' if n.get('enabled', True) else ', off'}" for n in nodes}


def nodes_of(told: Sequence[Told]) -> list[str]:
    """Return the cards of all runs, in the order of the pipelines."""
    return list(dict.fromkeys(node for each in told for node in cards_of(each.record)))


def outputs_of(nodes: Mapping[str, JsonObject]) -> list[tuple[str, JsonObject]]:
    """Return what every card has made, with the id of the card."""
    return [
        (node, output)
        for node, shown in nodes.items()
        for output in (shown.get("outputs") or EMPTY).values()
    ]
