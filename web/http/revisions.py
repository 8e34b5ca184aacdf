"""Revisions of a pipeline as ETags: a change that was made on an old one is refused."""

from __future__ import annotations

from starlette.requests import Request

from tensorrag.errors import RevisionError
from web.live.session import Session


def etag(revision: int) -> str:
    """Write a revision as an ETag."""
    return f'"{revision}"'


def match(request: Request, session: Session) -> None:
    """Refuse a request whose If-Match names another revision than the present one.

    Raises:
        RevisionError: the pipeline was changed since.
    """
    wanted = request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    known = {part.strip().removeprefix("W/").strip('"') for part in wanted.split(",")}
    if str(session.revision) not in known:
        raise RevisionError(
            "The pipeline was changed since this revision.",
            hint="Get it again, make the change on it, and send that.",
        )
