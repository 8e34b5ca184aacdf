"""What is known of results that cards would make again, as nothing above them has changed."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from tensorrag.plain import JsonObject
from tensorrag.run.plan import Planned
from tensorrag.types.seen import Seen


def sights_of(planned: Mapping[str, Planned]) -> dict[str, dict[str, Seen]]:
    """Return what was seen of tables, by node and output; of cards that are to run again, nothing.

    Args:
        planned: what is to be expected of each node.
    """
    found = {
        node: _sights(plan.result.summary.get("outputs", {}))
        for node, plan in planned.items()
        if plan.result is not None
    }
    return {node: sights for node, sights in found.items() if sights}


def _sights(outputs: JsonObject) -> dict[str, Seen]:
    told = {port: output.get("schema", {}).get("seen") for port, output in outputs.items()}
    return {port: seen for port, each in told.items() if each and (seen := _seen(each))}


def _seen(told: JsonObject) -> Seen | None:
    try:
        return Seen.model_validate(told)
    except ValidationError:  # of another version
        return None
