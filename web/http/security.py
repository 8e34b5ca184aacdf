"""The guard in front of every request, to a page, the API or a socket.

The server listens on this machine alone, yet any web site that is open in the browser can send
requests here. Two things tell them apart. The ``Host`` must be a name of this machine, or a site
has made its own name point here (DNS rebinding). The ``Origin``, where a browser sends one, must
be exactly the address that the page itself came from.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 9 * 2**20
"""Largest body of a request, in bytes: a pipeline of 8 MB and what surrounds it."""
MAX_UPLOAD = 101 * 2**20
"""The same for ``/api/uploads``: a file of 100 MB and what surrounds it."""
UPLOADS = "/api/uploads"

CONTENT_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # NiceGUI makes both
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Lets through what comes from this machine's own pages, and programs on it."""

    def __init__(
        self, app: ASGIApp, *, names: frozenset[str], token: str | None = None, cookie: str = ""
    ) -> None:
        """Guard an app.

        Args:
            app: what is guarded.
            names: host names, in small letters, under which it may be reached; with a token, any.
            token: what a browser must show in its cookie, and a program in ``Authorization``.
            cookie: name of that cookie.
        """
        self._app = app
        self._names = names
        self._token = token
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 403, 401 or 413, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        reason = self._refusal(scope, headers)
        if reason is not None:
            await _refuse(scope, receive, send, 403, reason)
        elif self._token is not None and not self._known(headers):
            await self._log_in(scope, receive, send)
        else:
            await self._pass(scope, receive, send, headers)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> str | None:
        """Return why this may not come in, or None."""
        host = headers.get("host", "")
        name = host_name(host)
        if name is None or (self._token is None and name not in self._names):
            return "This address is not one of this server: open it at http://127.0.0.1."
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in _addresses(host):
            return "Another web site may not use this server."
        if origin is None and scope["type"] == "websocket" and "sec-fetch-site" in headers:
            return "A browser's socket must say where it comes from."
        site = headers.get("sec-fetch-site", "none")
        if site in ("cross-site", "same-site") and not _is_visit(scope, headers):
            return "Another web site may not use this server."
        return None

    def _known(self, headers: Mapping[str, str]) -> bool:
        cookie: SimpleCookie = SimpleCookie()
        cookie.load(headers.get("cookie", "").replace("\n", ""))
        shown = [cookie[self._cookie].value] if self._cookie in cookie else []
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            shown.append(value.strip())
        return any(secrets.compare_digest(one.encode(), str(self._token).encode()) for one in shown)

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Turn the token of the printed link into a cookie."""
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        right = secrets.compare_digest(given.encode(), str(self._token).encode())
        if not right or scope["type"] != "http" or scope["method"] != "GET":
            reason = "Open the link that the server printed when it started: it has the token."
            await _refuse(scope, receive, send, 401, reason)
            return
        cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _pass(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]
    ) -> None:
        most = MAX_UPLOAD if scope["path"] == UPLOADS else MAX_BODY
        reason = f"A request may have {most // 2**20} MB here, and this one has more."
        if headers.get("content-length", "").isdigit() and int(headers["content-length"]) > most:
            await _refuse(scope, receive, send, 413, reason)
            return
        body = _Counted(receive, most)
        answer = _Answer(send)
        try:
            await self._app(scope, body, answer)
        except TooMuchError:
            if answer.began:
                raise
            await _refuse(scope, receive, send, 413, reason)


class TooMuchError(Exception):
    """The body is larger than it may be, whatever its header said."""


class _Counted:
    """Counts the bytes of a request as they arrive."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise TooMuchError
        return message


class _Answer:
    """Adds headers that tell the browser what the page may do."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.began = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.began = True
            present = {name.lower() for name, _ in message.get("headers", ())}
            added = [header for header in HEADERS if header[0] not in present]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await self._send(message)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a server that binds this."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def local_names(host: str) -> frozenset[str]:
    """Return the names under which a server on this machine may be reached."""
    return frozenset({"127.0.0.1", "localhost", "::1", host.strip("[]").lower()})


def host_name(host: str) -> str | None:
    """Return the name in a ``Host`` header without its port, or None if there is no such name."""
    try:
        parts = urlsplit(f"http://{host}")
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    plain = parts.netloc == host and not parts.username and "@" not in host
    return parts.hostname if host and plain else None


def _addresses(host: str) -> frozenset[str]:
    return frozenset({f"http://{host.lower()}", f"https://{host.lower()}"})


def _is_visit(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Tell whether somebody followed a link here, which shows a page and changes nothing."""
    navigates = headers.get("sec-fetch-mode") == "navigate"
    whole = headers.get("sec-fetch-dest") in (None, "document")
    return scope["type"] == "http" and scope["method"] == "GET" and navigates and whole


def _headers(scope: Scope) -> Mapping[str, str]:
    """Return the headers; a ``Host`` or ``Origin`` that stands twice counts as none of ours."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        twice = name in headers and name in ("host", "origin", "content-length")
        headers[name] = "twice, twice" if twice else value
    return headers


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    title = {401: "Not logged in", 403: "Forbidden", 413: "Too large"}[status]
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": reason,
        "problems": [],
    }
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
