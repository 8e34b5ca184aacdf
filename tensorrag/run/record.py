"""The record of a run: enough to say later why two runs differ."""

from __future__ import annotations

import platform
import sys

from tensorrag.pipeline.as_json import to_json
from tensorrag.plain import JsonObject
from tensorrag.run.plan import library_version
from tensorrag.run.prepare import Prepared, threads
from tensorrag.run.request import Request

LIBRARIES = ("tensorrag", "numpy", "pandas", "pyarrow", "scikit-learn", "torch")
"""Versions that every record names; cards name more."""


def run_record(prepared: Prepared, request: Request) -> JsonObject:
    """Describe a run that is about to begin.

    Devices, handles, costs and times are kept per node as they become known.
    """
    pipeline, peeks, facts = prepared.pipeline, prepared.peeks, prepared.checked.nodes
    named = {name for fact in facts.values() for name in fact.libraries}
    return {
        "pipeline": to_json(pipeline),
        "params": {node: fact.params for node, fact in facts.items()},
        "cards": {
            node: {
                "card": fact.card,
                "version": fact.version,
                "source_sha256": fact.source_sha256,
            }
            for node, fact in facts.items()
        },
        "environment": {
            "python": platform.python_version(),
            "implementation": sys.implementation.name,
            "platform": platform.platform(),
            "libraries": {name: library_version(name) for name in (*LIBRARIES, *sorted(named))},
        },
        "fingerprints": {
            node: peeks[fact.peek_key].fingerprint
            for node, fact in facts.items()
            if fact.peek_key is not None and fact.peek_key in peeks
        },
        "seeds": {
            node: fact.params["seed"] for node, fact in facts.items() if "seed" in fact.params
        },
        "threads": {n: threads(pipeline.nodes[n], fact) for n, fact in facts.items()},
        "executors": {node: each.executor for node, each in prepared.placements.items()},
        "placements": {
            node: {"gpu": each.gpu, "why": each.why} for node, each in prepared.placements.items()
        },
        "until": request.until,
        "branch": request.branch,
        "no_cache": request.no_cache,
        "parent": request.parent,
        "sweep": request.sweep,
    }
