"""Errors of the API: RFC 9457 objects, with the pipeline's problems beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from tensorrag.check.problems import Problem
from tensorrag.errors import (
    ArtifactNotFound,
    CardError,
    CardNotFound,
    EdgeNotFound,
    ExecutorError,
    ExecutorUnavailable,
    FileFormatError,
    NodeNotFound,
    PipelineError,
    PortNotFound,
    RevisionError,
    RunError,
    RunNotFound,
    RunRefused,
    TaskFailed,
    TensorRagError,
    WorkspaceError,
)
from tensorrag.params import wrong
from tensorrag.pipeline import JsonObject
from tensorrag.quoting import quoted
from tensorrag.run.prepare import PipelineHasErrors
from web.http.bodies import SEE_DOCS
from web.live.cards.sources import WrittenMeanwhile
from web.live.open_pipelines import PipelineNotFound
from web.live.trouble import sentence

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


STATUS: tuple[tuple[type[TensorRagError], int], ...] = (
    (PipelineNotFound, 404),
    (NodeNotFound, 404),
    (EdgeNotFound, 404),
    (PortNotFound, 404),
    (RunNotFound, 404),
    (ArtifactNotFound, 404),
    (CardNotFound, 404),
    (WrittenMeanwhile, 409),
    (RevisionError, 409),
    (PipelineHasErrors, 422),
    (RunRefused, 409),
    (PipelineError, 422),
    (CardError, 422),
    (FileFormatError, 400),
    (WorkspaceError, 507),
    (ExecutorUnavailable, 503),
    (ExecutorError, 503),
    (RunError, 500),
)
"""The first class that fits decides."""


OF_WORKERS = {
    "ParameterError": 422,
    "InputError": 422,
    "ArtifactError": 422,
    "ArtifactNotFound": 404,
    "ArtifactDamaged": 410,
    "ArtifactForeign": 403,
}
"""What a worker says of what was asked for: no such column to sort by, or a result that is gone."""


def status_of(error: TensorRagError) -> int:
    """Return the HTTP status that says what kind of error this is."""
    if isinstance(error, TaskFailed) and error.cause.type in OF_WORKERS:
        return OF_WORKERS[error.cause.type]
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem_response(
    status: int,
    detail: str,
    *,
    hint: str = SEE_DOCS,
    problems: Iterable[Problem] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Write an error: one sentence, what to do, and where in the pipeline it is wrong."""
    content: JsonObject = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "hint": hint,
        "problems": [problem.model_dump(mode="json") for problem in problems],
    }
    return JSONResponse(content, status, headers=headers, media_type=MEDIA_TYPE)


class ProblemRoute(APIRoute):
    """A route whose errors are RFC 9457 objects, whatever goes wrong in it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler of the route."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except PipelineHasErrors as error:
                first = error.problems[0]
                return problem_response(
                    422, first.message, hint=first.hint, problems=error.problems
                )
            except TensorRagError as error:
                return problem_response(status_of(error), error.message, hint=error.hint)
            except RequestValidationError as error:
                return problem_response(422, _wrong_value(error))
            except (HTTPException, StarletteHTTPException) as error:
                headers = dict(error.headers) if error.headers else None
                return problem_response(error.status_code, str(error.detail), headers=headers)
            except ClientDisconnect:  # nobody is there to read this; nor is it worth a traceback
                return problem_response(
                    400, "The connection ended before all had arrived.", hint="Send it again."
                )
            except Exception as error:
                said = sentence(error)  # before it reaches the log, which tells the pages else
                log.exception("%s %s failed.", request.method, request.url.path)
                return problem_response(500, said, hint="GET /api/log has them.")

        return answer


def _wrong_value(error: RequestValidationError) -> str:
    first = error.errors()[0]
    *_, name = first.get("loc") or ("the request",)
    return f"{quoted(name)} {wrong(first)[0]}"
