"""The address to listen on, tried before anything heavy is loaded."""

from __future__ import annotations

import errno
import json
import socket
import sys
from http.client import HTTPConnection, HTTPException

from tensorrag.errors import TensorRagError
from web.address import PORT, address

PATIENCE = 2.0
"""Seconds in which whoever is there already may say who it is."""


def check_port(host: str, port: int) -> None:
    """Try to listen.

    Raises:
        TensorRagError: this is no address, none of this machine, or taken; says by whom if it is
            one of ours.
    """
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not name or "/" in name or (":" in name and name.count(":") < 2):
        raise TensorRagError(
            f'"{host}" is no address to listen on.',
            hint="Give a name or number alone, such as 127.0.0.1 or ::1; the port is --port.",
        )
    try:
        _listen(name, port)
    except socket.gaierror as error:
        raise _not_here(host, error) from error
    except (OSError, UnicodeError) as error:
        if getattr(error, "errno", None) not in (errno.EADDRINUSE, errno.EACCES):
            raise _not_here(host, error) from error
        raise _taken(host, port, error) from error


def _listen(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        if sys.platform != "win32":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((host, port))


def _not_here(host: str, error: Exception) -> TensorRagError:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return TensorRagError(
        f"{host} is no address of this machine: {reason}.",
        hint="127.0.0.1 is this machine alone, 0.0.0.0 every network that it is in.",
    )


def _taken(host: str, port: int, error: Exception) -> TensorRagError:
    other = f"tensorrag serve --port {port + 1 if port < 65535 else PORT}"
    if is_ours(host, port):
        return TensorRagError(
            f"Port {port} on {host} is taken by another TensorRag, with another workspace.",
            hint=f"It is open at {address(host, port)}. For one more: {other}",
        )
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return TensorRagError(
        f"Port {port} on {host} cannot be used: {reason}.", hint=f"Choose another one: {other}"
    )


def is_ours(host: str, port: int) -> bool:
    """Ask whoever listens there whether it is a TensorRag."""
    place = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with
    connection = HTTPConnection(place.strip("[]"), port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        if "TensorRag" in (answer.getheader("www-authenticate") or ""):
            return True
        said = json.loads(answer.read(1000))
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(said, dict) and said.keys() >= {"status", "ready", "version"}
