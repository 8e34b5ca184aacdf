"""The door: lets in who has the token, or a cookie that was given for it.

The token of the printed link is shown once and becomes a cookie. The cookie is not the token, only
a proof that somebody had it, so that it ends with the token and tells nobody what the token is.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.types import Scope

from web.http.attempts import Attempts

LOGIN = "/login"
"""Where the form of the login page sends the token."""
STAY = 30 * 86400
"""Seconds after which a cookie is worth nothing."""
SHORTEST = 20
"""Characters that a token has at least: a shorter one can be guessed."""

NO_TOKEN = "Open the link that the server printed when it started: it has the token."  # noqa: S105
WRONG_TOKEN = "This is not the token of this server: it may have been replaced."  # noqa: S105
TOO_MANY = "Too many wrong tokens came from your address."
REMEDY = "`tensorrag token` prints the link again."


@dataclass(frozen=True)
class Shut:
    """Who asks may not come in."""

    status: int
    detail: str
    hint: str = REMEDY
    wait: float = 0.0
    """Seconds before it is worth trying again."""


@dataclass(frozen=True)
class Welcome:
    """Who asks gets a cookie, if any, and goes on at a clean address."""

    location: str
    cookie: str | None


class Door:
    """Knows the token of the server, and who is in."""

    def __init__(self, token: str, *, cookie: str, secure: bool = False) -> None:
        """Guard with a token.

        Args:
            token: what lets people in, until `rotate` replaces it.
            cookie: name of the cookie; other servers on this machine have others.
            secure: whether browsers reach the server over HTTPS.
        """
        self._token = token
        self._cookie = f"__Host-{cookie}" if secure else cookie
        self._flags = "; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
        self._attempts = Attempts()
        self._inside: set[asyncio.Timeout] = set()

    @property
    def token(self) -> str:
        """What lets people in."""
        return self._token

    def rotate(self, token: str) -> None:
        """Replace the token: every cookie of the old one is worthless, every connection ends."""
        self._token = token
        for visit in list(self._inside):
            visit.reschedule(asyncio.get_running_loop().time())

    async def hold(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Do the work of a connection that came in; False if the token was replaced meanwhile."""
        visit = asyncio.timeout(None)
        try:
            async with visit:
                self._inside.add(visit)
                await work()
        except TimeoutError:
            if not visit.expired():
                raise
            return False
        finally:
            self._inside.discard(visit)
        return True

    def answer(
        self, scope: Scope, headers: Mapping[str, str], client: str, sent: str | None = None
    ) -> Shut | Welcome | None:
        """Decide on a request: shut out, sent on with a cookie, or (None) let in.

        Args:
            scope: the request.
            headers: its headers, by name in small letters.
            client: who asks; wrong tokens are counted by it.
            sent: the body of the login form, where this is one.
        """
        link, rest = _without_token(scope)
        shown = bearer(headers) or link
        if sent is not None:
            form = dict(parse_qsl(sent))
            shown, rest = form.get("token", "").strip(), form.get("next", "/")
        has_cookie = self._has_cookie(headers)
        if has_cookie and sent is None:
            return Welcome(local(rest), None) if link else None
        if not shown:
            return Shut(401, WRONG_TOKEN if sent is not None else NO_TOKEN)
        wait = self._attempts.wait(client)
        if wait:
            return Shut(429, TOO_MANY, f"Try again in {wait:.0f} s. {REMEDY}", wait)
        if not hmac.compare_digest(shown.encode(), self._token.encode()):
            self._attempts.failed(client)
            return Shut(401, WRONG_TOKEN)
        if sent is None and not link:
            return None
        return Welcome(local(rest), f"{self._cookie}={self._proof()}; Max-Age={STAY}{self._flags}")

    def _has_cookie(self, headers: Mapping[str, str]) -> bool:
        """Tell whether any cookie of our name is good: others may have set one beside it."""
        pairs = (part.partition("=") for part in headers.get("cookie", "").split(";"))
        ours = [value.strip() for name, _, value in pairs if name.strip() == self._cookie]
        return any(self._is_proof(value) for value in ours)

    def _proof(self, ends: int | None = None) -> str:
        """Return what a cookie holds: until when it is good, and a seal by the token."""
        until = str(ends if ends is not None else int(time.time()) + STAY)
        sealed = f"{self._cookie} until {until}".encode()
        return f"{until}.{hmac.new(self._token.encode(), sealed, hashlib.sha256).hexdigest()}"

    def _is_proof(self, value: str) -> bool:
        until = value.partition(".")[0]
        if not (until.isascii() and until.isdigit() and len(until) < 12):
            return False
        right = hmac.compare_digest(value.encode(), self._proof(int(until)).encode())
        return right and int(until) > time.time()


def bearer(headers: Mapping[str, str]) -> str:
    """Return the token in ``Authorization``, empty where there is none."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def local(path: str) -> str:
    """Return a path of this server, whatever was asked for: never another site's address."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


def _without_token(scope: Scope) -> tuple[str, str]:
    """Return the token of a link, empty where there is none, and the address without it."""
    path = scope.get("raw_path", b"") or scope["path"].encode()
    given = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    rest = urlencode([(name, value) for name, value in given if name != "token"])
    address = path.decode("latin-1").partition("?")[0] + (f"?{rest}" if rest else "")
    if scope["type"] != "http" or scope["method"] != "GET":
        return "", address
    return dict(given).get("token", ""), address
