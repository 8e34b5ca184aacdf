"""Bodies of requests, read as strictly as the files of pipelines."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from tensorrag.errors import PipelineError
from tensorrag.pipeline import files, strict_json

Model = TypeVar("Model", bound=BaseModel)


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
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        where = f'"{name}" ' if name else "The body "
        raise PipelineError(
            f"{where}cannot be used: {first['msg']}.",
            hint="The HTTP interface is described at /docs.",
        ) from None


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Describe such a body in OpenAPI."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}
