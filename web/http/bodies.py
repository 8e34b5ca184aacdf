"""Bodies of requests, read as strictly as the files of pipelines."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from tensorrag.errors import PipelineError
from tensorrag.params import wrong
from tensorrag.pipeline import files, strict_json
from tensorrag.quoting import quoted

Model = TypeVar("Model", bound=BaseModel)
SEE_DOCS = "The HTTP interface is described at /docs."


async def read_body(model: type[Model], request: Request) -> Model:
    """Read the body as this model; one without content is an empty object.

    Raises:
        FileFormatError: it is no JSON.
        PipelineError: it is something else.
    """
    body = await request.body()
    return await asyncio.to_thread(_read, model, body)  # it may be long


def _read(model: type[Model], body: bytes) -> Model:
    raw = strict_json.loads(body, max_bytes=files.MAX_BYTES) if body else {}
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise PipelineError(_told(error.errors()[0]), hint=SEE_DOCS) from None


def _told(detail: Any) -> str:
    name = quoted(".".join(str(part) for part in detail["loc"]))
    if detail["type"] == "extra_forbidden":
        return f"{name} is nothing that is taken here."
    return f"{name if detail['loc'] else 'The body'} {wrong(detail)[0]}"


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Describe such a body in OpenAPI."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}
