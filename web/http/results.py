"""The HTTP interface of results: previews, and rows of tables."""

from __future__ import annotations

import asyncio
import json

from fastapi import APIRouter

from tensorrag.arranged import Condition
from tensorrag.errors import ArtifactNotFound, NodeNotFound
from tensorrag.pipeline import JsonObject
from tensorrag.pipeline.names import quoted
from web.live.sessions import Sessions

OUTPUT = "/api/runs/{run_id}/nodes/{node_id}/outputs/{port}"


def add_results(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of results."""
    workspace = sessions.workspace

    @api.get(f"{OUTPUT}/preview", tags=["results"])
    async def get_preview(run_id: str, node_id: str, port: str) -> JsonObject:
        """Return what the inspector shows of an output: raw numbers, tagged by `kind`."""
        output, key = await asyncio.to_thread(find, run_id, node_id, port)
        result = await asyncio.to_thread(workspace.store.results.get, key) if key else None
        preview: JsonObject | None = result.previews.get(port) if result is not None else None
        return preview or await sessions.hosting.profile(output["sha256"])

    @api.get(f"{OUTPUT}/rows", tags=["results"])
    async def get_rows(
        run_id: str,
        node_id: str,
        port: str,
        offset: int = 0,
        limit: int = 100,
        sort: str = "",
        where: str = "[]",
    ) -> JsonObject:
        """Return rows of a table; `sort` is a column, `-column` for descending.

        `where` is a JSON list of conditions that must all hold: `[["RM", ">", 7]]`. Comparisons
        are = ≠ < ≤ > ≥, contains, lacks, begins, ends, missing and present.
        """
        output, _ = await asyncio.to_thread(find, run_id, node_id, port)
        conditions = conditions_of(where)
        return await sessions.hosting.page(output["sha256"], offset, limit, sort, conditions)

    def conditions_of(where: str) -> tuple[Condition, ...]:
        try:
            return Condition.all_of(json.loads(where))
        except (ValueError, RecursionError):
            return Condition.all_of(where)  # which says what conditions look like

    def find(run_id: str, node_id: str, port: str) -> tuple[JsonObject, str | None]:
        """Look an output up in the journal. In a thread."""
        nodes = workspace.journal.to_json(run_id)["nodes"]
        if node_id not in nodes:
            raise NodeNotFound(
                f"This run has no card {quoted(node_id)}.",
                hint='GET /api/runs/{run} lists its cards, under "nodes".',
            )
        output = (nodes[node_id].get("outputs") or {}).get(port)
        if output is None:
            raise ArtifactNotFound(
                f"{quoted(node_id)} has no result at {quoted(port)} in this run.",
                hint="Look at the state of the card: it may have failed, or not have run.",
            )
        return output, workspace.journal.made(run_id).get(node_id, {}).get("key")
