"""Where an address on the web leads: never into this machine or the network around it.

A pipeline may come from a stranger. What a host's name means is looked up once, judged, and the
very address that was judged is connected to: a name that means another address a moment later
leads nowhere. Redirects are judged alike.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from tensorrag import ParameterError
from tensorrag.quoting import visible
from tensorrag.sources import allowed_hosts

LONGEST = 2000
"""Characters of an address."""


@dataclass(frozen=True)
class Address:
    """A place on the web that may be read from."""

    host: str
    """As it is written; the certificate must be its."""
    port: int
    ip: str
    """The address that was judged."""
    target: str
    """Path and query, as they are asked for."""


def judged(url: str) -> Address:
    """Look up and judge an address.

    Raises:
        ParameterError: it is no https address, its host is not found, or it leads to a network
            of one's own; the sentence names the host, never the query, which may hold a key.
    """
    if not url.strip():
        raise _wrong("No address is given.", "Give one such as https://example.org/table.csv.")
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port or 443
    except ValueError:
        raise _wrong("This is no address.", "Give one such as https://example.org/t.csv.") from None
    if parts.scheme != "https":
        stored = parts.scheme in ("s3", "gs", "runpod")
        raise _wrong(
            f"{visible(parts.scheme or 'Such')[:20]} addresses are not read"
            f"{' from the web' if stored else ''}.",
            "Choose Bucket under Load from."
            if stored
            else "Give an address that begins with https://.",
        )
    if parts.username is not None or parts.password is not None:
        raise _wrong(
            "The address has a name or a password in it, which the pipeline's file would keep.",
            "Take it out; what needs signing in is downloaded by hand, and uploaded.",
        )
    if not host or len(url) > LONGEST or not url.strip().isprintable() or " " in url.strip():
        raise _wrong("This is no address.", "Give one such as https://example.org/table.csv.")
    target = parts.path or "/"
    target += f"?{parts.query}" if parts.query else ""
    return Address(host, port, _looked_up(host, port), _ascii(target))


def _looked_up(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _wrong(
            f"There is no host {shown(host)}, or it cannot be reached from here.",
            "Look at the address, and at the connection to the internet.",
        ) from None
    ips = [str(entry[4][0]) for entry in found]
    if host.casefold() not in allowed_hosts() and not all(is_public(ip) for ip in ips):
        raise _wrong(
            f"{shown(host)} is in a network of one's own, which pipelines may not read from.",
            "Add it to the allowed hosts in the settings, or upload the file.",
        )
    return ips[0]


def is_public(ip: str) -> bool:
    """Tell whether an IP address is one of the internet at large, however it is wrapped."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local:  # of old, and global to Python
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def shown(host: str) -> str:
    """Write a host so that it can stand in a sentence."""
    return visible(host)[:100]


def _ascii(target: str) -> str:
    """Write what is no ASCII as browsers do."""
    return "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in target)


def _wrong(message: str, hint: str) -> ParameterError:
    return ParameterError(message, field="url", hint=hint)
