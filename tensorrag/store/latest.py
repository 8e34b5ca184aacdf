"""The latest run of every pipeline, and what it made: that is kept, whatever else has to go."""

from __future__ import annotations

import json

from tensorrag.store.journal import Journal


def latest(journal: Journal) -> list[tuple[str, str, set[str]]]:
    """Return the latest run of every pipeline: id, name, and the digests of its outputs."""
    rows = journal.database.read(
        # Of those that began: one that waits its turn has no outputs yet.
        "SELECT run, name, shown FROM nodes JOIN (SELECT max(number) AS latest FROM nodes"
        " GROUP BY coalesce(pipeline, run)) ON nodes.number = latest"
        " JOIN runs ON runs.id = run ORDER BY latest DESC"
    )
    found: dict[str, tuple[str, set[str]]] = {}
    for run, name, shown in rows:
        _, digests = found.setdefault(run, (name, set()))
        outputs = json.loads(shown).get("outputs", {}).values()
        digests.update(output["sha256"] for output in outputs)
    return [(run, name, digests) for run, (name, digests) in found.items()]


def failures(journal: Journal, pipeline_id: str) -> dict[str, str]:
    """Say of each node that did not come to its end when it ran last, what became of it."""
    rows = journal.database.read(
        "SELECT node, json_extract(shown, '$.state'), json_extract(shown, '$.error.message'),"
        " max(number) FROM nodes WHERE pipeline = ? AND made IS NOT NULL GROUP BY node",
        (pipeline_id,),
    )
    return {
        node: f"failed when it ran last: {said}"
        if said
        else "did not come to its end when it ran last."
        for node, state, said, _ in rows
        if state != "done"
    }


def latest_outputs(journal: Journal) -> set[str]:
    """Return the digests of all outputs of the latest run of every pipeline."""
    return {digest for _, _, digests in latest(journal) for digest in digests}
