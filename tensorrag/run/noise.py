"""How much a metric changes with the seed alone: what is smaller than that says nothing.

The rule: of a compared run, all runs count that differ from it in seeds alone, each seed once:
same cards, wires, settings, data and card sources. With at least three in a group, the band is
t · √2 · s. Here s is the standard deviation over the seeds, pooled where several of the compared
runs have a group, and t the quantile of Student's distribution for 95 %. Two single runs that
differ in nothing but the seed lie farther apart than that one time in twenty.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import variance
from typing import Any, TypeVar

from tensorrag.plain import JsonObject
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import RunEntry, runs_of, swept

LEAST = 3
"""Seeds that must have been tried before anything is said."""
LOOKED_AT = 200
"""Runs of a pipeline among which others with another seed are looked for."""
BY_SEED = "seed"
"""What the parameter is called that sets a card's random numbers."""
QUANTILES = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14)
"""Student's t at 97.5 %, by degrees of freedom, from 1 on."""
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Noise:
    """How much one metric changes with the seed alone."""

    seeds: int
    """How many were tried, over all groups."""
    spread: float
    """The standard deviation over the seeds."""
    band: float
    """A change up to this is within noise."""


def noise_of(
    journal: Journal,
    runs: Sequence[tuple[RunEntry, JsonObject]],
    measured: Callable[[Mapping[str, JsonObject]], Mapping[Key, tuple[float, float | None]]],
) -> dict[Key, Noise]:
    """Return the noise of every metric of which enough is known, by its key."""
    kinds = dict.fromkeys(alike(record) for _, record in runs if record)
    groups: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    for run, record in _candidates(journal, runs):
        kind = alike(record)
        if kind in groups:
            groups[kind].setdefault(_text(record.get("seeds")), run)
    known = {
        kind: [measured(journal.to_json(run)["nodes"]) for run in by_seed.values()]
        for kind, by_seed in groups.items()
        if len(by_seed) >= LEAST
    }
    keys = dict.fromkeys(key for group in known.values() for numbers in group for key in numbers)
    return {
        key: noise
        for key in keys
        if (noise := pooled(_values(group, key) for group in known.values())) is not None
    }


def pooled(groups: Iterable[Sequence[float]]) -> Noise | None:
    """Return the noise within groups of values; None where no group has enough of them."""
    whole = [group for group in groups if len(group) >= LEAST]
    freedom = sum(len(group) - 1 for group in whole)
    if not freedom:
        return None
    spread = math.sqrt(sum((len(group) - 1) * variance(group) for group in whole) / freedom)
    quantile = QUANTILES[min(freedom, len(QUANTILES)) - 1]
    return Noise(freedom + len(whole), spread, quantile * math.sqrt(2) * spread)


def alike(record: JsonObject) -> str:
    """Return what is the same in all runs that differ in nothing but their seeds."""
    params = {
        node: {name: value for name, value in own.items() if name != BY_SEED}
        for node, own in record.get("params", {}).items()
    }
    pipeline = record.get("pipeline", {})
    wires = sorted(map(_text, pipeline.get("edges", [])))
    off = sorted(n["id"] for n in pipeline.get("nodes", []) if not n.get("enabled", True))
    return _text([params, wires, off, record.get("cards"), record.get("fingerprints")])


def _values(group: Sequence[Mapping[Key, tuple[float, float | None]]], key: Key) -> list[float]:
    return [numbers[key][0] for numbers in group if key in numbers]


def _candidates(
    journal: Journal, runs: Sequence[tuple[RunEntry, JsonObject]]
) -> list[tuple[str, JsonObject]]:
    """Return the latest runs that succeeded of the same pipelines, the compared ones first.

    The runs of the sweeps of a pipeline are among them. Those that were begun with values of their
    own belong to no pipeline: they have its name.
    """
    found = {entry.id: record for entry, record in runs if entry.status == "succeeded"}
    for pipeline, name in dict.fromkeys((swept(entry.pipeline), entry.name) for entry, _ in runs):
        rows = journal.database.read(
            "SELECT id, record FROM runs WHERE status = 'succeeded'"
            " AND (pipeline IN (?, ?) OR (pipeline IS NULL AND name = ?))"
            " ORDER BY number DESC LIMIT ?",
            (pipeline, runs_of(pipeline or ""), name, LOOKED_AT),
        )
        for run, record in rows:
            found.setdefault(run, json.loads(record))
    return list(found.items())


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
