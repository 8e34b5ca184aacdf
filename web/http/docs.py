"""`/openapi.json`, and `/docs`: the same as a page that loads nothing from anywhere."""

from __future__ import annotations

import json
from html import escape
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse, JSONResponse

from tensorrag.pipeline import JsonObject

TITLE = "TensorRag"
ABOUT = (
    "Everything that the page does with pipelines, runs and results. Errors are RFC 9457 objects: "
    "`detail` is one sentence, `hint` says what to do, `problems` lists what is wrong with the "
    "pipeline and where. No GET changes anything."
)
STYLE = """
:root { color-scheme: light dark; font: 13px/20px system-ui, sans-serif; }
body { max-width: 860px; margin: 32px auto; padding: 0 16px; }
h1 { font-size: 20px; } h2 { font-size: 15px; margin-top: 32px; }
details { border: 1px solid #8886; border-radius: 8px; margin: 8px 0; padding: 8px 12px; }
summary { cursor: pointer; } summary b { display: inline-block; width: 64px; }
code, pre { font: 12px/18px ui-monospace, monospace; } code { overflow-wrap: anywhere; }
pre { overflow: auto; background: #8881; border-radius: 6px; padding: 8px; }
table { border-collapse: collapse; } td, th { text-align: left; padding: 2px 16px 2px 0; }
"""


def add_docs(router: APIRouter, api: APIRouter) -> None:
    """Add the description of an API, as JSON and as a page."""

    def describe() -> JsonObject:
        return get_openapi(
            title=TITLE, version=version("tensorrag"), description=ABOUT, routes=api.routes
        )

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        """Return the description of the API."""
        return JSONResponse(describe())

    @router.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the description of the API."""
        return HTMLResponse(page(describe()))


def page(described: JsonObject) -> str:
    """Write an OpenAPI description as a page of HTML, without any script."""
    groups: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_operation(method, path, operation))
    sections = "".join(
        f"<h2>{escape(tag.capitalize())}</h2>{''.join(operations)}"
        for tag, operations in groups.items()
    )
    models = described.get("components", {}).get("schemas", {})
    shown = "".join(_model(name, schema) for name, schema in models.items())
    info = described["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1>"
        f"<p>{escape(info['description'])}</p>"
        '<p>As JSON: <a href="/openapi.json">openapi.json</a></p>'
        f"{sections}<h2>Objects</h2>{shown}</main></body></html>"
    )


def _operation(method: str, path: str, operation: JsonObject) -> str:
    answers = ", ".join(operation.get("responses", {}))
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code></summary>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        f"{_parameters(operation.get('parameters', []))}"
        f"{_body(operation.get('requestBody'))}<p>Answers: {escape(answers)}</p></details>"
    )


def _parameters(parameters: list[JsonObject]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{escape(_kind(one.get('schema', {})))}</td>"
        f"<td>{'must' if one.get('required') else ''}</td></tr>"
        for one in parameters
    )
    return f"<table>{rows}</table>" if rows else ""


def _body(body: JsonObject | None) -> str:
    if body is None:
        return ""
    parts = [
        f"<p>Body: <code>{escape(kind)}</code></p>{_pre(content.get('schema', {}))}"
        for kind, content in body["content"].items()
    ]
    return f"<p>{escape(body.get('description', ''))}</p>{''.join(parts)}"


def _model(name: str, schema: JsonObject) -> str:
    return f"<details><summary><code>{escape(name)}</code></summary>{_pre(schema)}</details>"


def _kind(schema: JsonObject) -> str:
    kinds = [one.get("type", "") for one in schema.get("anyOf", [schema])]
    return " or ".join(filter(None, kinds))


def _pre(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2))}</pre>"
