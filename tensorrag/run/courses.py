"""How the cards of runs went: their learning curves, and how long each took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tensorrag.run.told import EMPTY, Told, nodes_of, outputs_of


@dataclass(frozen=True, slots=True)
class Curve:
    """One learning curve of one card in all runs."""

    node: str
    name: str
    values: tuple[tuple[float | None, ...], ...]
    """By run, then by epoch; empty where a run has none. Of a card that did not come to its end
    it is what it reported as far as it came, which may be not every epoch."""


@dataclass(frozen=True, slots=True)
class Duration:
    """How long one card took in all runs."""

    node: str
    seconds: tuple[float | None, ...]
    reused: tuple[bool, ...]


def curves_of(told: Sequence[Told]) -> list[Curve]:
    """Return every learning curve that any run has, also of cards that were cut off."""
    histories: list[dict[tuple[str, str], tuple[float | None, ...]]] = [
        {
            (node, name): tuple(values)
            for node, output in outputs_of(each.nodes)
            if output.get("type") == "Model" and isinstance(output.get("value"), Mapping)
            for name, values in (output["value"].get("history") or EMPTY).items()
        }
        | {key: values for key, values in each.reported.items() if any(values)}
        for each in told
    ]
    keys = dict.fromkeys(key for own in histories for key in own)
    return [Curve(*key, tuple(own.get(key, ()) for own in histories)) for key in keys]


def durations_of(told: Sequence[Told]) -> list[Duration]:
    """Return how long each card took, of those that took any time in some run."""
    found = []
    for node in nodes_of(told):
        shown = [each.nodes.get(node, EMPTY) for each in told]
        took = tuple(own.get("seconds") for own in shown)
        if any(seconds is not None for seconds in took):
            found.append(Duration(node, took, tuple(bool(own.get("cached")) for own in shown)))
    return found
