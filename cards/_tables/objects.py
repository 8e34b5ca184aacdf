"""Opens a file in an object store: Parquet where it lies, anything else as a copy.

It is Arrow's own file system, which comes with pyarrow: it speaks S3 to any endpoint, signs or
stays anonymous, and reads ranges, so that of a Parquet file only what is needed is fetched.
s3fs and gcsfs would bring aiobotocore and some twenty packages for the same requests. Google's
store is asked by S3 too, since the file system for it takes no key that could be kept as a secret.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from cards._tables.bucket import Place
from cards._tables.source import Unchanged
from tensorrag import ParameterError, Secret, report
from tensorrag.errors import SourceChanged

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import S3FileSystem

LARGEST = 16 * 2**30
"""Bytes of a file that is copied."""
CONNECTS, ANSWERS = 10.0, 60.0
"""Seconds for a connection, and for more of an answer."""
TRIES = 3
_PART = 8 << 20


@dataclass(frozen=True)
class Keys:
    """The names of the two secrets that sign a request; without them it is anonymous."""

    access: Secret | None = None
    secret: Secret | None = None

    def values(self) -> dict[str, object]:
        """Return them as the file system takes them.

        Raises:
            ParameterError: there is one of them alone.
        """
        if self.access is None and self.secret is None:
            return {"anonymous": True}
        if self.access is None or self.secret is None:
            missing, field = ("secret", "secret_key") if self.access else ("access", "access_key")
            raise ParameterError(
                f"The {missing} key is missing: it takes both.",
                field=field,
                hint="Choose the secret that holds it, or none of them for a public file.",
            )
        return {"access_key": self.access.value(), "secret_key": self.secret.value()}


@contextmanager
def opened(
    place: Place, keys: Keys, unless: str | None = None
) -> Iterator[tuple[IO[bytes], Callable[[], str] | None]]:
    """Open a file, and say with it what asks the store which version of it is there now.

    Of a store that does not tag contents it is always a copy, and there is nothing to ask.

    Raises:
        Unchanged: the version is still ``unless``.
        ParameterError: it is not there, may not be read, or the store cannot be reached.
        SourceChanged: it became another one while it was copied.
    """
    values = keys.values()
    with _explained(place, signed="access_key" in values):
        store = _store(place, values)
        file = _file(store, place)
        version, tagged = _version(file), _is_tagged(file)
        with file:
            if tagged and version == unless:
                raise Unchanged
            if tagged and _head(file) == b"PAR1":
                yield cast("IO[bytes]", file), lambda: _version(_file(store, place))
                return
            with _copied(file, place) as copy:
                if _version(_file(store, place)) != version:
                    raise SourceChanged(place.name)
                yield copy, (lambda: version) if tagged else None


def _store(place: Place, keys: dict[str, object]) -> S3FileSystem:
    from pyarrow import fs

    region = place.region or fs.resolve_s3_region(place.bucket)
    return fs.S3FileSystem(
        region=region,
        endpoint_override=place.endpoint or None,
        scheme="https" if place.secure else "http",
        connect_timeout=CONNECTS,
        request_timeout=ANSWERS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=TRIES),
        **keys,
    )


def _file(store: S3FileSystem, place: Place) -> pa.NativeFile:
    from pyarrow import fs

    try:
        return store.open_input_file(f"{place.bucket}/{place.key}")
    except FileNotFoundError:
        there = store.get_file_info(place.bucket).type is not fs.FileType.NotFound
        raise _no_such(place, bucket=not there) from None


def _no_such(place: Place, *, bucket: bool) -> ParameterError:
    if bucket:
        return ParameterError(
            f"There is no {place.container} at {place.host}.",
            field="bucket",
            hint="Look at its name, and at the region or endpoint.",
        )
    return ParameterError(
        f"There is no file {place.name} at that place in the {place.container}.",
        field="bucket",
        hint="Look at the address; capital letters matter.",
    )


def _version(file: pa.NativeFile) -> str:
    """Return what changes when the content does: the store's own tag of it, and its size."""
    told = file.metadata()
    tag = told.get("ETag") or told.get("Last-Modified") or b""
    return f"{tag.decode(errors='replace').strip(chr(34))}-{file.size()}"


def _is_tagged(file: pa.NativeFile) -> bool:
    """Whether its version names each byte of it: neither a weak tag (``W/``) nor a time does."""
    tag: bytes = file.metadata().get("ETag", b"")
    return tag != b"" and not tag.startswith(b"W/")


def _head(file: pa.NativeFile) -> bytes:
    head: bytes = file.read(4)
    file.seek(0)
    return head


@contextmanager
def _copied(file: pa.NativeFile, place: Place) -> Iterator[IO[bytes]]:
    """Copy a file into a temporary one, whose readers go over it more than once."""
    size = file.size()
    if size > LARGEST:
        raise ParameterError(
            f"{place.name} has {size / 2**30:,.0f} GB; {LARGEST / 2**30:,.0f} GB is the most.",
            field="bucket",
            hint="Write it as Parquet, of which only what is needed is fetched.",
        )
    with tempfile.TemporaryFile() as copy:
        while part := file.read(_PART):
            copy.write(part)
            report(copy.tell() / 2**20, size / 2**20, "MB")
        copy.seek(0)
        yield copy


@contextmanager
def _explained(place: Place, *, signed: bool) -> Iterator[None]:
    """Say in a sentence what a store, or the way to it, says in codes."""
    try:
        yield
    except OSError as error:
        if told := _told(place, str(error), signed=signed):
            raise told from error
        raise


def _told(place: Place, error: str, *, signed: bool) -> ParameterError | None:
    host, said = place.host, re.search(r"AWS Error ([A-Z_]+)", error)
    if (curl := re.search(r"curlCode: (\d+)", error)) is not None:
        why = _CURL.get(int(curl[1]), "cannot be reached")
        hint = "Look at the connection to the internet, and at the region or endpoint."
        return ParameterError(f"{host} {why}.", field="bucket", hint=hint)
    if re.search(r"Bucket '.*' not found", error):
        return _no_such(place, bucket=True)
    if said is None:
        return None
    if re.search(r"ACCESS_DENIED|INVALID_ACCESS|SIGNATURE|CLIENT_TOKEN|HTTP status 40[13]", error):
        return ParameterError(
            f"{host} does not let {'these keys' if signed else 'just anybody'} "
            f"read the {place.container}.",
            field="access_key",
            hint="Look at the keys in the settings, and at what they may read."
            if signed
            else "Choose the secrets that hold its keys.",
        )
    if re.search(r"HTTP status (301|307|400)|PERMANENT_REDIRECT", error):
        return ParameterError(
            f"The {place.container} is in another region than {place.region}, or its store "
            "is no such one.",
            field="region",
            hint="Give the region that the bucket is in, or none: Amazon tells it.",
        )
    status = re.search(r"HTTP status (\d+)", error)
    what = status[1] if status else said[1].lower().replace("_", " ")
    return ParameterError(
        f"{host} answers with the error {what}.",
        field="bucket",
        hint="Look at the address and the endpoint, or try again later.",
    )


_CURL = {
    6: "is not found",
    7: "takes no connection",
    28: "does not answer",
    35: "speaks no https that is known",
    60: "has no valid certificate",
}
