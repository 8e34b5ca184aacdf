"""What is known of results that cards would make again, as nothing above them has changed."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from tensorrag.catalog import Catalog
from tensorrag.check import Checked
from tensorrag.errors import CycleError, WorkspaceError
from tensorrag.peek import Peek
from tensorrag.pipeline import Pipeline
from tensorrag.plain import JsonObject
from tensorrag.run.plan import Planned, plan
from tensorrag.store.artifacts import Store
from tensorrag.types.seen import Seen


def stored_sights(
    pipeline: Pipeline,
    checked: Checked,
    store: Store,
    catalog: Catalog,
    peeks: Mapping[str, Peek] | None = None,
) -> dict[str, dict[str, Seen]]:
    """Return what was seen of stored tables, by node and output. Reads a database: for a thread.

    Args:
        pipeline: what would be run.
        checked: the outcome of checking it.
        store: where results are looked up.
        catalog: the cards.
        peeks: what was seen at outside sources; the store's by default.
    """
    try:
        return sights_of(plan(pipeline, checked, store, catalog=catalog, peeks=peeks))
    except (CycleError, WorkspaceError):  # nothing would run, or a harmed result cannot be dropped
        return {}


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
