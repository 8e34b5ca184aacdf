"""What somebody sees who may not come in: a page in a browser, an RFC 9457 object in a program."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from functools import cache
from html import escape
from http import HTTPStatus
from pathlib import Path

from starlette.types import Receive, Scope, Send

from web.http.door import LOGIN, Shut
from web.http.site import came_from_elsewhere

Header = tuple[bytes, bytes]

TITLES = {
    400: "This cannot be read",
    401: "This editor asks for its token",
    403: "This did not come from the editor",
    408: "Too slow",
    413: "Too large",
    429: "Too many wrong tokens",
}
_STYLE = """
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--canvas);
  color: var(--ink); font: 400 13px/20px var(--f-ui); }
main { box-sizing: border-box; width: min(400px, 100vw - 32px); padding: 24px;
  background: var(--surface); border-radius: 10px;
  box-shadow: 0 0 0 1px var(--line-2), var(--shadow-2); }
.mark { display: flex; align-items: center; gap: 8px; font-weight: 600; margin-bottom: 24px; }
h1 { font-size: 15px; line-height: 20px; font-weight: 600; margin: 0 0 4px; }
p { margin: 0; color: var(--ink-2); text-wrap: pretty; }
p + p { margin-top: 8px; }
code { font: 12px/20px var(--f-mono); color: var(--ink); }
form { display: flex; gap: 8px; margin-top: 16px; }
label { position: absolute; clip-path: inset(50%); }
input, button { box-sizing: border-box; height: 30px; border-radius: 6px; font: inherit; }
input { flex: 1; min-width: 0; padding: 0 8px; border: 1px solid var(--control);
  background: var(--surface); color: var(--ink); }
button { padding: 0 12px; border: 0; background: var(--ink); color: var(--on-ink);
  font-weight: 500; cursor: pointer; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
"""
_THEME = (
    "(() => { const chosen = localStorage.getItem('tensorrag-theme');"
    " const dark = chosen ? chosen === 'dark'"
    " : matchMedia('(prefers-color-scheme: dark)').matches;"
    " document.documentElement.dataset.theme = dark ? 'dark' : 'light' })()"
)
_MARK = (
    '<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" fill="var(--ink)">'
    '<path d="M6.5 6.5C11 6.5 9 13.5 13.5 13.5" fill="none" stroke="var(--ink)"'
    ' stroke-width="1.8"/><rect x="2" y="4" width="5" height="5" rx="1.4"/>'
    '<circle cx="15.5" cy="13.5" r="2.7"/></svg>'
)


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    why: Shut,
    *,
    headers: Mapping[str, str],
) -> None:
    """Answer somebody who may not come in, in the way that suits who asks."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": why.detail})
        return
    if "text/html" in headers.get("accept", ""):
        kind, body = b"text/html; charset=utf-8", _page(why, scope, headers)
    else:
        kind, body = b"application/problem+json", _problem(why)
    sent: list[Header] = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if why.status == 401:
        sent.append((b"www-authenticate", b'Bearer realm="TensorRag"'))
    if why.wait:
        sent.append((b"retry-after", str(math.ceil(why.wait)).encode()))
    await send({"type": "http.response.start", "status": why.status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _problem(why: Shut) -> bytes:
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(why.status).phrase,
        "status": why.status,
        "detail": why.detail,
        "hint": why.hint,
        "problems": [],
    }
    return json.dumps(problem).encode()


def _page(why: Shut, scope: Scope, headers: Mapping[str, str]) -> bytes:
    """Write the page. Nothing of the request stands in it but where to go on, escaped."""
    login = why.status == 401
    # A link from elsewhere comes without the cookie, which is ours alone: ask again, as ourselves.
    again = login and came_from_elsewhere(headers) and scope["method"] == "GET"
    refresh = '<meta http-equiv="refresh" content="0">' if again else ""
    hint = f"<p>{_marked(why.hint)}</p>" if why.hint else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{refresh}<title>{TITLES[why.status]} · TensorRag</title>"
        f"<style>{_tokens()}{_STYLE}</style><script>{_THEME}</script></head><body><main>"
        f'<div class="mark">{_MARK}TensorRag</div><h1>{TITLES[why.status]}</h1>'
        f"<p>{_marked(why.detail)}</p>{hint}{_form(scope) if login else ''}</main></body></html>"
    ).encode()


def _form(scope: Scope) -> str:
    path = scope["path"] if scope["path"] != LOGIN and scope["method"] == "GET" else "/"
    return (
        f'<form method="post" action="{LOGIN}"><label for="token">Token</label>'
        '<input id="token" name="token" type="password" placeholder="Token" required autofocus'
        f' autocomplete="off"><input type="hidden" name="next" value="{escape(path)}">'
        '<button type="submit">Open</button></form>'
    )


def _marked(text: str) -> str:
    """Write a sentence as HTML; what stands between backticks is something to type."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


@cache
def _tokens() -> str:
    """Return the colours of the page and its font, which lies behind the door otherwise."""
    web = Path(__file__).parents[1]
    sheet = (web / "page" / "static" / "tokens.css").read_text(encoding="utf-8")
    colours = [line for line in sheet.splitlines(True) if not line.startswith("@font-face")]
    font = (web / "canvas" / "dist" / "fonts" / "inter-latin-wght-normal.woff2").read_bytes()
    source = f"url(data:font/woff2;base64,{base64.b64encode(font).decode()})"
    return f'@font-face{{font-family:"Inter";src:{source};font-weight:100 900}}{"".join(colours)}'
