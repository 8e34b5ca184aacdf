"""Fetches a file from the web into a temporary one, and no more of it than is allowed."""

from __future__ import annotations

import http.client
import socket
import ssl
import tempfile
from contextlib import closing
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote, urljoin, urlsplit

from cards._tables.address import Address, judged, shown
from cards._tables.source import Unchanged
from tensorrag import ParameterError, report

LARGEST = 512 * 2**20
"""Bytes of a file."""
REDIRECTS = 5
PATIENCE = 30.0
"""Seconds without an answer, or without more of it."""
_PART = 1 << 20
_MOVED = (301, 302, 303, 307, 308)
_SAYS = {401: "asks to sign in", 403: "does not allow it", 404: "has no such file"}


@dataclass(frozen=True)
class Fetched:
    """A file from the web; it is gone when it is closed."""

    stream: IO[bytes]
    tag: str | None = None
    """What its host calls this content, and no other: a strong ``ETag``."""


def download(url: str, largest: int = LARGEST, *, unless: str | None = None) -> Fetched:
    """Fetch a file from an https address.

    Args:
        url: the address.
        largest: bytes that it may have.
        unless: the tag of what was fetched before: it is not fetched again.

    Raises:
        Unchanged: its content still has the tag ``unless``.
        ParameterError: the address is refused, does not answer with a file, or with one that is
            too large, or ends before it is whole.
    """
    for _ in range(REDIRECTS + 1):
        address = judged(url)
        try:
            with closing(_Judged(address)) as connection:
                headers = {"User-Agent": "TensorRag", "Accept-Encoding": "identity"}
                headers |= _only_if_not(unless)
                connection.request("GET", address.target, headers=headers)
                with connection.getresponse() as answer:
                    if unless and answer.status == http.client.NOT_MODIFIED:
                        raise Unchanged
                    if answer.status not in _MOVED:
                        return Fetched(_content(answer, address, largest), _tag(answer))
                    url = _joined(url, answer.headers.get("Location", ""))
        except (OSError, http.client.HTTPException) as error:
            raise _failed(address, error) from error
    raise _wrong("The address leads on and on.", "Give the address of the file itself.")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise _wrong("The address leads to one that is none.", "Look at the address.") from None


def _only_if_not(tag: str | None) -> dict[str, str]:
    """Ask for a file only where its content has another tag."""
    name, _, value = (tag or "").partition(" ")
    return {"If-None-Match": value} if name == "ETag" and value.startswith('"') else {}


def _tag(answer: http.client.HTTPResponse) -> str | None:
    """Return what names each byte of the content: neither a weak tag (``W/``) nor a time does."""
    etag = answer.headers.get("ETag", "")
    return f"ETag {etag}" if etag.startswith('"') else None


def name_of(url: str) -> str:
    """Return what a file on the web is called."""
    try:
        parts = urlsplit(url.strip())
        last = unquote(parts.path).rstrip("/").rpartition("/")[2]
        return last or parts.hostname or "the address"
    except ValueError:  # it is half typed, or is none
        return "the address"


class _Judged(http.client.HTTPSConnection):
    """Connects to the IP address that was judged, with the certificate of the host."""

    def __init__(self, address: Address) -> None:
        self._context = ssl.create_default_context()
        super().__init__(address.host, address.port, timeout=PATIENCE, context=self._context)
        self._address = address

    def connect(self) -> None:
        """Connect, by no proxy and no other address."""
        plain = socket.create_connection((self._address.ip, self._address.port), PATIENCE)
        self.sock = self._context.wrap_socket(plain, server_hostname=self._address.host)


def _content(answer: http.client.HTTPResponse, address: Address, largest: int) -> IO[bytes]:
    host = shown(address.host)
    if answer.status != 200:
        says = _SAYS.get(answer.status, f"answered with the error {answer.status}")
        raise _wrong(f"{host} {says}.", "Open the address in a browser to see what is there.")
    announced = answer.length
    if announced is not None and announced > largest:
        raise _too_large(host, largest)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked closes it
    done = 0
    try:
        while part := answer.read(_PART):
            done += len(part)
            if done > largest:
                raise _too_large(host, largest)
            file.write(part)
            report(done / 2**20, announced / 2**20 if announced else None, "MB")
        if announced is not None and done < announced:
            raise _wrong(f"{host} broke off in the middle of the file.", "Run again.")
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _failed(address: Address, error: Exception) -> ParameterError:
    host = shown(address.host)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _wrong(f"{host} has no valid certificate.", "Nobody knows who answers there.")
    if isinstance(error, TimeoutError):
        return _wrong(f"{host} does not answer.", "Try again later, or upload the file.")
    reason = getattr(error, "strerror", None) or type(error).__name__
    return _wrong(f"{host} could not be read from: {reason}.", "Look at the address.")


def _too_large(host: str, largest: int) -> ParameterError:
    return _wrong(
        f"The file at {host} is larger than {largest / 2**20:,.0f} MB.",
        "Download it by hand, and give its path.",
    )


def _wrong(message: str, hint: str) -> ParameterError:
    return ParameterError(message, field="url", hint=hint)
