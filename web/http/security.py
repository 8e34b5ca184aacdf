"""The guard in front of every request, to a page, the API or a socket.

It asks three things, in this order: does the request fit the address of this server (`Site`), has
who sends it the right to come in (`Door`, where there is a token), and is it small enough. It is
plain ASGI, so that it sees websockets too, and stands in front of everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.http.door import LOGIN, Door, Shut, Welcome
from web.http.refusals import Header, refuse
from web.http.site import Site, headers_of

MAX_BODY = 9 * 2**20
"""Largest body of a request, in bytes: a pipeline of 8 MB and what surrounds it."""
MAX_UPLOAD = 101 * 2**20
"""The same for ``/api/uploads``: a file of 100 MB and what surrounds it."""
MAX_LOGIN = 4096
"""The same for the login form."""
UPLOADS = "/api/uploads"
DRAIN = 64 * 2**20
"""Bytes beyond the limit that are read and dropped, so that a browser hears the answer at all."""
DRAIN_SECONDS = 10.0
PATIENCE = 30.0
"""Seconds in all that a body may make us wait for it; what arrives earns some of them back."""
RATE = 1000
"""Bytes that are worth a second of waiting."""

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
HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OPEN_HERE = "Open the editor under the address that it printed when it started."
LARGER = Shut(
    413,
    f"The file is larger than {MAX_UPLOAD // 2**20 - 1} MB, the most there may be.",
    "Put it into an allowed folder of the editor's machine, and load it by path.",
)
TOO_MUCH = Shut(
    413,
    f"A request may have {MAX_BODY // 2**20} MB here, and this one has more.",
    "Send less at once.",
)
TOO_SLOW = Shut(408, "The request did not arrive in time.", "Send it again.")
_FORWARDED = (b"forwarded", b"x-forwarded-", b"x-real-ip")


class Guard:
    """Lets through what comes from this server's own pages, and from programs."""

    def __init__(self, app: ASGIApp, *, site: Site, door: Door | None = None) -> None:
        """Guard an app.

        Args:
            app: what is guarded.
            site: under which address it is reached.
            door: who may come in; everybody on this machine, if there is none.
        """
        self._app = app
        self._site = site
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 403, 401, 429 or 413, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        visitor = _Visitor(scope, headers_of(scope), receive, _Answer(send))
        reason = self._site.refusal(scope, visitor.headers)
        if reason is not None:
            await visitor.refuse(Shut(403, reason, OPEN_HERE))
        elif self._door is None:
            await self._pass(visitor)
        else:
            await self._ask(self._door, visitor)

    async def _ask(self, door: Door, visitor: _Visitor) -> None:
        """Let in who has the right, until the token is replaced."""
        sent = await _form(visitor) if _is_login(visitor) else None
        client = self._site.client(visitor.scope, visitor.headers)
        found = door.answer(visitor.scope, visitor.headers, client, sent)
        if isinstance(found, Shut):
            await visitor.refuse(found)
        elif isinstance(found, Welcome):
            await visitor.send_on(found)
        elif not await door.hold(lambda: self._pass(visitor)):
            await visitor.end()

    async def _pass(self, visitor: _Visitor) -> None:
        """Hand a request on, whose body is counted as it arrives."""
        file = visitor.scope["path"] == UPLOADS
        most, refusal = (MAX_UPLOAD, LARGER) if file else (MAX_BODY, TOO_MUCH)
        body = _Counted(visitor, most, refusal)
        length = visitor.headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            await body.refuse()
            return
        await self._app(self._seen_by_app(visitor), body, visitor.answer)

    def _seen_by_app(self, visitor: _Visitor) -> Scope:
        """Return the request as the app sees it: nothing that anybody made up about its way."""
        scope, scheme = visitor.scope, self._site.scheme
        kept = [pair for pair in scope["headers"] if not pair[0].lower().startswith(_FORWARDED)]
        socket = scope["type"] == "websocket"
        return {
            **scope,
            "headers": kept,
            "scheme": scheme.replace("http", "ws") if socket else scheme,
            "client": (self._site.client(scope, visitor.headers), 0),
        }


@dataclass
class _Visitor:
    """One request, and how it is answered."""

    scope: Scope
    headers: Mapping[str, str]
    receive: Receive
    answer: _Answer

    async def refuse(self, why: Shut) -> None:
        """Say why this may not come in, unless an answer is under way already."""
        if not self.answer.began:
            await refuse(self.scope, self.receive, self.answer, why, headers=self.headers)
        self.answer.closed = True

    async def send_on(self, welcome: Welcome) -> None:
        """Send a browser to the address without the token, with its cookie."""
        headers: list[Header] = [
            (b"location", welcome.location.encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"cache-control", b"no-store"),
            (b"content-length", b"0"),
        ]
        if welcome.cookie is not None:
            headers.append((b"set-cookie", welcome.cookie.encode()))
        await self.answer({"type": "http.response.start", "status": 303, "headers": headers})
        await self.answer({"type": "http.response.body", "body": b""})

    async def end(self) -> None:
        """End a connection of somebody who is not in any more."""
        if self.scope["type"] == "websocket":
            last: Message = {"type": "websocket.close", "code": 1008, "reason": "Log in again."}
        else:
            last = {"type": "http.response.body", "body": b""}
        with suppress(RuntimeError):  # it may be closed already, or have promised more bytes
            await self.answer(last)


class _Counted:
    """Counts the bytes of a request as they arrive: too many or too slow is answered at once."""

    def __init__(self, visitor: _Visitor, most: int, too_many: Shut) -> None:
        self._visitor = visitor
        self._left, self._too_many = most, too_many
        self._patience = PATIENCE
        self._arriving = visitor.scope["type"] == "http"
        self._over = False

    async def __call__(self) -> Message:
        if self._over:
            return {"type": "http.disconnect"}
        try:
            message = await (self._next() if self._arriving else self._visitor.receive())
        except TimeoutError:
            self._over = True
            await self._visitor.refuse(TOO_SLOW)
            return {"type": "http.disconnect"}
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                await self.refuse()
                return {"type": "http.disconnect"}
        return message

    async def _next(self) -> Message:
        """Return the next piece of the body; what it takes to come is taken from our patience."""
        clock = asyncio.get_running_loop().time
        began = clock()
        async with asyncio.timeout(max(0.0, self._patience)):
            message = await self._visitor.receive()
        earned = len(message.get("body", b"")) / RATE
        self._patience = min(PATIENCE, self._patience - (clock() - began) + earned)
        self._arriving = message.get("more_body", False)
        return message

    async def refuse(self) -> None:
        """Drop what still comes, for a while, then refuse: the app sees a closed connection."""
        self._over = True
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._drain()
        await self._visitor.refuse(self._too_many)

    async def _drain(self) -> None:
        dropped, more = 0, True
        while more and dropped < DRAIN:
            message = await self._visitor.receive()
            dropped += len(message.get("body", b""))
            more = message.get("more_body", False)


class _Answer:
    """Adds headers that tell the browser what the page may do; says nothing once closed."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.began = self.closed = False

    async def __call__(self, message: Message) -> None:
        if self.closed:
            return
        if message["type"] in ("http.response.start", "websocket.accept", "websocket.close"):
            self.began = True
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message.get("headers", ())}
            added = [header for header in HEADERS if header[0] not in present]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await self._send(message)


def _is_login(visitor: _Visitor) -> bool:
    scope, kind = visitor.scope, visitor.headers.get("content-type", "")
    asked = scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", LOGIN)
    return asked and kind.startswith("application/x-www-form-urlencoded")


async def _form(visitor: _Visitor) -> str:
    """Return the body of the login form; of one that is too long, nothing."""
    body, more = b"", True
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while more and len(body) <= MAX_LOGIN:
                message = await visitor.receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
    return body.decode("latin-1") if len(body) <= MAX_LOGIN else ""
