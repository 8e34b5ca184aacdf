"""What the command line lists: cards, samples and runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tensorrag.plain import JsonObject
from tensorrag.registry import catalog_cache
from tensorrag.registry.modules import python_files
from tensorrag.store.home import home

if TYPE_CHECKING:
    from tensorrag.catalog import Catalog
    from tensorrag.store.journal import Journal


def cards(workspace: Path | None = None) -> list[JsonObject]:
    """Describe every card that is installed or dropped in, in the order of the palette."""
    folder = home(workspace) / "cards"
    known = catalog_cache.known_listing(folder)
    if known is not None:
        return known
    return [info.listing() for info in _catalog(workspace).cards.values()]


def faults(workspace: Path | None = None) -> list[str]:
    """Say why files that were dropped in gave no card; to be asked after `cards`."""
    notices = catalog_cache.known_notices(home(workspace) / "cards")
    return [f"{it['file']}: {it['message']} {it['hint']}".rstrip() for it in notices]


def _catalog(workspace: Path | None) -> Catalog:
    """Return the cards that there are, as they were described before if nothing has changed."""
    folder = home(workspace) / "cards"
    known = catalog_cache.known_catalog(folder)
    if known is not None:
        return known
    catalog = _described(workspace, folder)
    catalog_cache.keep(folder, catalog)
    return catalog


def _described(workspace: Path | None, folder: Path) -> Catalog:
    """Have all cards described: those that were dropped in by a process apart."""
    if python_files(folder):
        from tensorrag.cli.checking import describe

        return describe(workspace)
    from tensorrag.registry.finding import Registry

    return Registry.load().catalog()


def samples() -> list[JsonObject]:
    """Describe every sample pipeline, and the table that it starts from."""
    from sample_data.pipeline_files import sample_pipelines

    return [
        {
            "name": sample.name,
            "title": sample.title,
            "summary": sample.summary,
            **_table(json.loads(sample.path.read_text(encoding="utf-8"))),
        }
        for sample in sample_pipelines().values()
    ]


def size(sample: JsonObject) -> str:
    """Write the size of a sample's table for people."""
    if sample["rows"] is None:
        return "a table of your own"
    made_up = " (synthetic)" if sample["synthetic"] else ""
    return f"{sample['rows']:,} × {sample['columns']}{made_up}"


def runs(workspace: Path | None = None, limit: int = 20) -> list[JsonObject]:
    """List past and present runs, newest first."""
    return [entry.summary() for entry in _journal(workspace).runs(limit)]


def run(workspace: Path | None, run_id: str) -> JsonObject:
    """Return one run as ``run --json`` prints it.

    Raises:
        RunNotFound: there is none of this id.
    """
    return _journal(workspace).to_json(run_id)


def log(workspace: Path | None, run_id: str, node: str | None) -> str:
    """Return what the cards of a run printed, or one of them, a line each with its time.

    Raises:
        RunNotFound: there is none of this id.
        NodeNotFound: the run has no such card.
    """
    from tensorrag.store.log import as_text, read

    return as_text(read(_journal(workspace), run_id, node).lines(), whose=node is None)


def versions(workspace: Path | None, pipeline_id: str) -> list[JsonObject]:
    """List what a pipeline of the workspace was, the latest first.

    Raises:
        PipelineError: there is none of this id.
    """
    from tensorrag.edit.history import history, named_versions
    from tensorrag.store.workspace import Workspace

    opened = Workspace.look(workspace)
    shelf = opened.pipelines
    shelf.load(pipeline_id)
    named = named_versions(shelf.named(pipeline_id).read().records)
    catalog = _catalog(workspace)
    return [
        {
            "revision": version.revision,
            "time": datetime.fromtimestamp(version.made, UTC).isoformat(timespec="seconds"),
            "said": version.said,
            "name": version.name,
        }
        for version in history(shelf.log(pipeline_id).read().records, named, catalog)
    ]


def _journal(workspace: Path | None) -> Journal:
    """Open the journal; runs whose process is gone claim nothing any more."""
    from tensorrag.store.interruption import interrupt_abandoned
    from tensorrag.store.workspace import Workspace

    opened = Workspace.look(workspace)
    if opened.writable:
        interrupt_abandoned(opened.journal)
    return opened.journal


def _table(pipeline: JsonObject) -> JsonObject:
    """Return the facts of the first sample table that a pipeline loads; None of a table to come."""
    from sample_data import SAMPLES

    for node in pipeline["nodes"]:
        if node["card"] == "data_load" and node["params"].get("source", "sample") == "sample":
            table = SAMPLES[node["params"].get("sample_name", "boston_housing")]
            columns = len(table.columns)
            return {"synthetic": table.synthetic, "rows": table.rows, "columns": columns}
    return {"synthetic": False, "rows": None, "columns": None}
