"""What runs have measured, by how much that differs, and whether the difference is noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorrag.plain import JsonObject
from tensorrag.run.noise import Noise, alike, noise_of
from tensorrag.run.told import Told, nodes_of, outputs_of
from tensorrag.store.journal import Journal
from tensorrag.types.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric in all runs."""

    node: str
    metric: str
    trained: bool
    """Whether it was measured on the rows that the model has learnt from."""
    higher_is_better: bool
    values: tuple[float | None, ...]
    baselines: tuple[float | None, ...]
    """The dummy's."""
    noise: Noise | None
    """How much it changes with the seed; None where too few seeds were tried."""
    seed_alone: tuple[bool, ...]
    """Whether a run differs from the first in nothing but seeds."""

    def changes(self) -> tuple[float | None, ...]:
        """Return how much each run differs from the first."""
        first = self.values[0]
        return tuple(None if first is None or v is None else v - first for v in self.values)

    def verdicts(self) -> tuple[str, ...]:
        """Say of each run what came of it in comparison with the first.

        ``better``, ``worse``, ``same``, ``noise``; ``seed`` where nothing but the seed differs
        and too few seeds were tried; empty where a number is missing.
        """
        changes = list(zip(self.changes(), self.seed_alone, strict=True))
        return ("", *(self._verdict(*each) for each in changes[1:]))

    def _verdict(self, change: float | None, seed_alone: bool) -> str:
        if change is None:
            return ""
        if change == 0:
            return "same"
        if self.noise is not None and abs(change) <= self.noise.band:
            return "noise"
        if self.noise is None and seed_alone:
            return "seed"
        return "better" if (change > 0) == self.higher_is_better else "worse"


def measures_of(journal: Journal, told: Sequence[Told]) -> list[Measure]:
    """Return every metric of any run, those on rows that were learnt from last."""
    numbers = [measured(each.nodes) for each in told]
    keys = dict.fromkeys(key for own in numbers for key in own)
    ordered = sorted(keys, key=lambda key: (key.trained, _at(told, key.node), key.place))
    first = alike(told[0].record)
    seed_alone = tuple(bool(each.record) and alike(each.record) == first for each in told)
    spread = noise_of(journal, [(each.entry, each.record) for each in told], measured)
    return [
        Measure(
            node=key.node,
            metric=key.metric,
            trained=key.trained,
            higher_is_better=METRICS[key.metric].higher_is_better,
            values=tuple(own[key][0] if key in own else None for own in numbers),
            baselines=tuple(own[key][1] if key in own else None for own in numbers),
            noise=spread.get(key),
            seed_alone=seed_alone,
        )
        for key in ordered
    ]


def _at(told: Sequence[Told], node: str) -> int:
    nodes = nodes_of(told)
    return nodes.index(node) if node in nodes else len(nodes)


@dataclass(frozen=True, slots=True)
class Key:
    """Which number it is."""

    node: str
    metric: str
    trained: bool

    @property
    def place(self) -> int:
        """Where it stands in the order of metrics."""
        return list(METRICS).index(self.metric)


def measured(nodes: Mapping[str, JsonObject]) -> dict[Key, tuple[float, float | None]]:
    """Return every metric of a run, and the dummy's beside it."""
    found: dict[Key, tuple[float, float | None]] = {}
    for node, output in outputs_of(nodes):
        value = output.get("value")
        if output.get("type") == "Metrics" and isinstance(value, Mapping):
            dummy = value.get("baseline")
            beside = dummy if isinstance(dummy, Mapping) else {}
            found |= _numbers(node, value, beside, trained=False)
        elif output.get("type") == "Model" and isinstance(value, Mapping):
            learnt = value.get("train")
            found |= _numbers(node, learnt if isinstance(learnt, Mapping) else {}, {}, trained=True)
    return found


def _numbers(
    node: str, values: Mapping[str, Any], beside: Mapping[str, Any], *, trained: bool
) -> dict[Key, tuple[float, float | None]]:
    return {
        Key(node, name, trained): (values[name], beside.get(name))
        for name in METRICS
        if isinstance(values.get(name), int | float)
    }
