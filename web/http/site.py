"""Under which address the server is reached, and which requests do not fit it.

The server listens on this machine alone, yet any web site that is open in the browser can send
requests here. Two things tell them apart. The ``Host`` must be a name of this machine, or a site
has made its own name point here (DNS rebinding). The ``Origin``, where a browser sends one, must
be exactly the address that the page itself came from.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Scope

from tensorrag.errors import TensorRagError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

OTHER_SITE = "Another web site may not use this server."
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ONCE = ("host", "origin", "content-length")


@dataclass(frozen=True)
class Site:
    """The address of a server, as browsers know it."""

    names: frozenset[str] | None
    """Host names, in small letters, under which it may be reached; None for any."""
    origin: str | None = None
    """Its one address, where a proxy stands in front that speaks HTTPS: ``https://lab.example``."""
    proxies: tuple[Network, ...] = ()
    """Where that proxy may be; its word on who asks is taken, nobody else's."""

    @property
    def scheme(self) -> str:
        """``http``, or ``https`` behind a proxy."""
        return "https" if self.origin else "http"

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.names is not None

    def refusal(self, scope: Scope, headers: Mapping[str, str]) -> str | None:
        """Return why a request may not come in, or None."""
        if self.origin is not None:
            return self._not_by_proxy(scope, headers) or self._foreign(scope, headers, self.origin)
        host = headers.get("host", "")
        name = host_name(host)
        if name is None or (self.names is not None and name not in self.names):
            return "This address is not one of this server: open it at http://127.0.0.1."
        return self._foreign(scope, headers, f"http://{host.lower()}")

    def _not_by_proxy(self, scope: Scope, headers: Mapping[str, str]) -> str | None:
        """Return why a request did not take the way through the proxy, or None."""
        host = str(self.origin).partition("://")[2]
        if not self._trusts(scope):
            return f"This server is reached through its proxy alone: open {self.origin}."
        if headers.get("x-forwarded-proto", "https").lower() not in ("https", "wss"):
            return f"This server is reached over HTTPS alone: open {self.origin}."
        if headers.get("host", "").lower().removesuffix(":443") != host:
            return f"This address is not one of this server: open {self.origin}."
        return None

    def _foreign(self, scope: Scope, headers: Mapping[str, str], ours: str) -> str | None:
        """Return why a request is another site's, or None."""
        origin = headers.get("origin")
        if origin is not None and origin.lower() != ours:
            return OTHER_SITE
        if origin is None and scope["type"] == "websocket" and "sec-fetch-site" in headers:
            return "A browser's socket must say where it comes from."
        if came_from_elsewhere(headers) and not is_visit(scope, headers):
            return OTHER_SITE
        return None

    def own(self, origin: str | None, host: str) -> bool:
        """Tell whether an origin is this server's own page; for the second lock, on sockets."""
        return origin is None or origin.lower() == (self.origin or f"http://{host.lower()}")

    def client(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Return the address of who asks: what a proxy says, where it is ours."""
        named = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return named if named and self._trusts(scope) else _peer(scope)

    def _trusts(self, scope: Scope) -> bool:
        try:
            peer = ipaddress.ip_address(_peer(scope).partition("%")[0])
        except ValueError:
            return False
        return any(peer in network for network in self.proxies)


def find_site(host: str, proxy: str | None = None, proxies: tuple[str, ...] = ()) -> Site:
    """Return the site of a server that binds ``host``, maybe behind a proxy.

    Raises:
        TensorRagError: the address of the proxy is none, or there is no proxy.
    """
    if proxies and proxy is None:
        raise TensorRagError(
            "--proxy-address says where a proxy is, and there is none.",
            hint="Say with --behind-proxy how people reach it, such as https://lab.example.",
        )
    if proxy is not None:
        return behind_proxy(proxy, proxies)
    return on_this_machine(host) if is_loopback(host) else Site(names=None)


def on_this_machine(host: str) -> Site:
    """Return the site of a server that binds a loopback address."""
    return Site(frozenset({"127.0.0.1", "localhost", "::1", host.strip("[]").lower()}))


def behind_proxy(url: str, proxies: tuple[str, ...] = ()) -> Site:
    """Return the site of a server behind a proxy.

    Args:
        url: how browsers reach the proxy, such as ``https://lab.example``.
        proxies: addresses or networks that it connects from; this machine by default.

    Raises:
        TensorRagError: one of them is none.
    """
    given = url.lower().removesuffix("/").removesuffix(":443")
    host = _as_sent(given.removeprefix("https://"))
    if not given.startswith("https://") or host is None:
        raise TensorRagError(
            f"{url} is no address for a server behind a proxy.",
            hint="Give the one that people open, without a path, such as https://lab.example.",
        )
    try:
        trusted = tuple(ipaddress.ip_network(proxy) for proxy in proxies) or LOOPBACK
    except ValueError as error:
        raise TensorRagError(
            f"A proxy cannot be there: {error}.", hint="Give an address such as 10.0.0.2."
        ) from None
    return Site(names=None, origin=f"https://{host}", proxies=trusted)


def _as_sent(host: str) -> str | None:
    """Return a host and port as browsers send them, or None if there is no such host."""
    name = host_name(host)
    if name is None or host.endswith(":") or urlsplit(f"//{host}").port == 0:
        return None
    if host.startswith("["):
        return host if _is_ipv6(name) else None
    try:
        sent = name.encode("idna").decode()
    except UnicodeError:
        return None
    return sent + host.removeprefix(name) if _NAME.fullmatch(sent) else None


def _is_ipv6(name: str) -> bool:
    try:
        return bool(ipaddress.IPv6Address(name))
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a server that binds this."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str | None:
    """Return the name in a ``Host`` header without its port, or None if there is no such name."""
    try:
        parts = urlsplit(f"http://{host}")
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    plain = parts.netloc == host and not parts.username and "@" not in host
    return parts.hostname if host and plain else None


def came_from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Tell whether a browser says that a page of another site asks for this."""
    return headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")


def is_visit(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Tell whether somebody followed a link here, which shows a page and changes nothing."""
    navigates = headers.get("sec-fetch-mode") == "navigate"
    whole = headers.get("sec-fetch-dest") in (None, "document")
    return scope["type"] == "http" and scope["method"] == "GET" and navigates and whole


def headers_of(scope: Scope) -> Mapping[str, str]:
    """Return the headers; a ``Host`` or ``Origin`` that stands twice counts as none of ours."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in headers and name in _ONCE:
            value = "twice, twice"
        elif name in headers:  # as one list, in which the last of a proxy's stays the last
            value = f"{headers[name]}{'; ' if name == 'cookie' else ', '}{value}"
        headers[name] = value
    return headers


def _peer(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])
