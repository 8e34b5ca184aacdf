"""Bodies of requests, read strictly."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

from tensorrag.pipeline import files, strict_json


async def json_body(request: Request) -> Any:
    """Read the body as JSON; one without content is an empty object.

    Raises:
        FileFormatError: it is no JSON.
    """
    body = await request.body()
    if not body:
        return {}
    return await asyncio.to_thread(strict_json.loads, body, max_bytes=files.MAX_BYTES)


def json_content(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe such a body in OpenAPI."""
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}
