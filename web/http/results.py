"""The HTTP interface of results: previews, and rows of tables."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tensorrag.arranging.conditions import Condition
from tensorrag.errors import ArtifactNotFound, NodeNotFound
from tensorrag.pipeline import JsonObject
from tensorrag.quoting import quoted
from web.http.patience import cut_short
from web.live.keeping.exporting import file_name
from web.live.sessions import Sessions
from web.live.stored_table import StoredTable
from web.live.trouble import explained

CSV: dict[int | str, JsonObject] = {200: {"content": {"text/csv": {}}}}
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
        if preview is None:
            return await sessions.hosting.profile(output["sha256"])
        return await sessions.hosting.drawn(preview)

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

    @api.get(f"{OUTPUT}/csv", tags=["results"], responses=CSV)
    async def get_csv(
        request: Request, run_id: str, node_id: str, port: str, sort: str = "", where: str = "[]"
    ) -> Response:
        """Return a whole table as a CSV file, sorted and chosen as rows are.

        It is written while it is sent: end the connection, and no more of it is made. Texts stand
        in quotes, and what is missing is empty without any.
        """
        output, _ = await asyncio.to_thread(find, run_id, node_id, port)
        return await csv_file(request, output["sha256"], sort, where, f"{node_id}.{port}")

    @api.get("/api/tables/{sha256}/csv", tags=["results"], responses=CSV)
    async def get_table_csv(
        request: Request, sha256: str, sort: str = "", where: str = "[]", name: str = "table"
    ) -> Response:
        """Return any stored table as a CSV file; runs tell the `sha256` of what came out."""
        return await csv_file(request, sha256, sort, where, name)

    async def csv_file(request: Request, digest: str, sort: str, where: str, name: str) -> Response:
        parts = StoredTable(sessions.hosting, digest).csv(sort, conditions_of(where))
        first = await anext(parts)  # what is wrong is said before anything is sent
        file = f"{file_name(name) or 'table'}.csv"
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file)}",
            "Content-Encoding": "identity",  # to pack a gigabyte would keep all others waiting
        }
        return StreamingResponse(
            whole(request, file, first, parts), media_type="text/csv", headers=headers
        )

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


async def whole(
    request: Request, file: str, first: str, rest: AsyncIterator[str]
) -> AsyncIterator[str]:
    """Yield all parts of a file; where one cannot be made, what was sent must not look whole."""
    yield first
    try:
        async for part in rest:
            yield part
    except Exception as error:
        why = explained(error, "Part of a file could not be made.")
        cut_short(request.scope, f"{file} was sent in part only. {why.message}")
