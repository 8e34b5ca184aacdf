"""The HTTP interface, put together: each part adds its own routes. See `/docs` for all of it."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from tensorrag.pipeline import JsonObject
from web.http.card_sources import add_card_sources
from web.http.edits import add_edits
from web.http.leaving import add_leaving
from web.http.logs import add_logs
from web.http.models import add_models
from web.http.pipelines import add_pipelines
from web.http.problem_details import ProblemRoute, problem_response
from web.http.results import add_results
from web.http.runs import add_runs
from web.http.sweeps import add_sweeps
from web.http.uploads import add_uploads
from web.http.versions import add_versions
from web.live.sessions import Sessions

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


def make_api(sessions: Sessions) -> APIRouter:
    """Return all routes of the API."""
    api = APIRouter(route_class=ProblemRoute, default_response_class=JSONResponse)
    _add_health(api, sessions)
    api.dependencies.append(Depends(sessions.wait_started))
    _add_cards(api, sessions)
    add_card_sources(api, sessions)
    add_pipelines(api, sessions)
    add_edits(api, sessions)
    add_versions(api, sessions)
    add_runs(api, sessions)
    add_sweeps(api, sessions)
    add_logs(api, sessions)
    add_results(api, sessions)
    add_models(api, sessions)
    add_leaving(api, sessions)
    add_uploads(api, sessions)
    _add_rest(api)
    return api


def _add_health(api: APIRouter, sessions: Sessions) -> None:
    @api.get("/healthz", tags=["server"])
    async def healthz() -> JsonObject:
        """Say that the server is alive."""
        return {"status": "ok", "ready": sessions.ready, "version": version("tensorrag")}


def _add_cards(api: APIRouter, sessions: Sessions) -> None:
    @api.get("/api/cards", tags=["cards"])
    async def cards() -> list[JsonObject]:
        """List the cards that are installed: ports, and parameters as JSON Schema."""
        await sessions.wait_ready()
        return [info.listing() for info in sessions.catalog.cards.values()]


def _add_rest(api: APIRouter) -> None:
    @api.api_route("/api/{rest:path}", methods=METHODS, include_in_schema=False)
    async def nothing(rest: str, request: Request) -> Response:
        """Answer what no other route answers, as the API does."""
        allowed: set[str] = set()
        for route in api.routes[:-1]:
            match, _ = route.matches(request.scope)
            if match is Match.PARTIAL:
                allowed |= getattr(route, "methods", set())
        if allowed:
            listed = ", ".join(sorted(allowed))
            return problem_response(405, f"This takes {listed}.", headers={"Allow": listed})
        return problem_response(404, "There is nothing at this address.", hint="See /docs.")
