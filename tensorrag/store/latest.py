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


def latest_outputs(journal: Journal) -> set[str]:
    """Return the digests of all outputs of the latest run of every pipeline."""
    return {digest for _, _, digests in latest(journal) for digest in digests}
