"""The HTTP interface of cards of one's own: their files are read, and replaced as the page does."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from tensorrag.errors import CardError, CardNotFound
from tensorrag.pipeline import JsonObject
from tensorrag.pipeline.came_along import source_sha256
from tensorrag.quoting import quoted
from tensorrag.registry.draft import Fault
from web.live.cards.sources import Source, as_text
from web.live.sessions import Sessions

PYTHON = "text/x-python"
TEXT: dict[int | str, JsonObject] = {200: {"content": {PYTHON: {}}}}
BODY: JsonObject = {
    "requestBody": {
        "required": True,
        "description": "The whole text of the file, in UTF-8.",
        "content": {PYTHON: {"schema": {"type": "string"}}},
    }
}


class SavedSource(BaseModel):
    """Where a source is, and which cards it has."""

    file: str
    cards: list[str]


def add_card_sources(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of sources."""
    sources = sessions.sources

    @api.get("/api/cards/{card:path}/source", tags=["cards"], responses=TEXT)
    async def get_source(card: str) -> Response:
        """Return the file of a card of one's own, without what was typed and not saved."""
        await sessions.wait_ready()
        source = await sources.read_card(card)
        if not source.there:
            raise CardNotFound(
                f"There is no card {quoted(card)} here.", hint="GET /api/cards lists them."
            )
        return Response(source.text, media_type=PYTHON, headers=_etag(source.sha256))

    @api.put("/api/cards/{card:path}/source", tags=["cards"], openapi_extra=BODY)
    async def put_source(card: str, request: Request, response: Response) -> SavedSource:
        """Replace the file of a card of one's own, or begin one: tried out first, then saved.

        Send the ETag as If-Match: where the file has changed since, this is refused with 409.
        """
        body = await request.body()
        await sessions.wait_ready()
        source = await sources.read_card(card)
        text = as_text(body, source.file)
        draft = await sources.try_out(source.file, text)
        if draft.faults:
            raise _wrong(draft.faults[0])
        file = await sources.save(source.file, text, _based_on(request, source), draft)
        response.headers.update(_etag(source_sha256(text)))
        return SavedSource(file=file, cards=[info.card for info in draft.cards])


def _etag(digest: str) -> dict[str, str]:
    return {"ETag": f'"{digest}"'}


def _based_on(request: Request, source: Source) -> str:
    wanted = request.headers.get("if-match", "*").strip()
    return source.sha256 if wanted == "*" else wanted.removeprefix("W/").strip('"')


def _wrong(fault: Fault) -> CardError:
    line = f"Line {fault.line}: " if fault.line else ""
    return CardError(f"{line}{fault.message}", hint=fault.hint)
