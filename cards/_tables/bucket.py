"""Where a file in an object store lies, and whom that asks: `s3://`, `gs://`, `runpod://`.

All three speak Amazon's S3: Google Cloud Storage by its interoperability with HMAC keys, RunPod
for its network volumes. A pipeline may come from a stranger, so a request goes to the hosts of
these three alone, whose names are written here, or to one that the settings allow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from cards._tables.address import shown
from tensorrag import ParameterError
from tensorrag.quoting import visible
from tensorrag.sources import allowed_hosts

LONGEST = 2000
"""Characters of an address."""
EXAMPLE = "s3://bucket/folder/table.csv"
_ADDRESS = re.compile(r"(s3|gs|runpod)://([A-Za-z0-9][A-Za-z0-9._-]{1,62})/(.+)", re.DOTALL)
_REGION = re.compile(r"[A-Za-z0-9-]{2,30}")
_WORDS = {"s3": "bucket", "gs": "bucket", "runpod": "volume"}


@dataclass(frozen=True)
class Place:
    """A file in an object store."""

    scheme: str
    """``s3``, ``gs`` or ``runpod``."""
    bucket: str
    key: str
    region: str = ""
    """Empty where it is to be found out, which only Amazon's buckets can be."""
    endpoint: str = ""
    """``host:port`` that is asked; empty for Amazon's own, which the region tells."""
    secure: bool = True
    """Whether it is asked by https."""

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.key.rpartition("/")[2]

    @property
    def container(self) -> str:
        """The bucket or volume in a sentence: ``bucket flats``."""
        return f"{_WORDS[self.scheme]} {shown(self.bucket)}"

    @property
    def host(self) -> str:
        """Whom a sentence names as the one that is asked."""
        return shown(self.endpoint or f"s3.{self.region or 'us-east-1'}.amazonaws.com")


def placed(address: str, region: str = "", endpoint: str = "") -> Place:
    """Judge an address, without asking anybody.

    Args:
        address: ``s3://bucket/key``, ``gs://bucket/key`` or ``runpod://volume/path``.
        region: of an Amazon bucket, or the data centre of a RunPod volume.
        endpoint: ``https://host``, where it is a store of somebody else's.

    Raises:
        ParameterError: it is no such address, or its store is not allowed.
    """
    found = _ADDRESS.fullmatch(address.strip())
    if not found or not address.strip().isprintable() or len(address) > LONGEST:
        raise _wrong("This is no address in a bucket.", f"Give one such as {EXAMPLE}.", "bucket")
    scheme, bucket, key = found.groups()
    if key.endswith("/"):
        raise _wrong("This is a folder, not a file.", "Give the address of one file.", "bucket")
    if not {"", ".", ".."}.isdisjoint(key.split("/")):  # would be asked for as another file
        hint = f"Write each folder once, such as {EXAMPLE}."
        raise _wrong("The address has //, /./ or /../ in it.", hint, "bucket")
    region = region.strip()
    if region and not _REGION.fullmatch(region):
        hint = "Write it as eu-central-1, or as EU-RO-1 for RunPod."
        raise _wrong("This is no region.", hint, "region")
    if endpoint.strip():
        host, secure = _judged(endpoint.strip())
        return Place(scheme, bucket, key, region or "us-east-1", host, secure)
    match scheme:
        case "gs":
            return Place(scheme, bucket, key, region or "auto", "storage.googleapis.com")
        case "runpod" if not region:
            hint = "RunPod's console shows it beside the volume, such as EU-RO-1."
            raise _wrong("The data centre of the volume is not given.", hint, "region")
        case "runpod":
            return Place(scheme, bucket, key, region, f"s3api-{region.lower()}.runpod.io")
        case _:
            return Place(scheme, bucket, key, region.lower())


def name_in(address: str) -> str:
    """Return what the file at an address is called, whether or not that can be read."""
    return visible(address.strip().rstrip("/").rpartition("/")[2])


def _judged(endpoint: str) -> tuple[str, bool]:
    """Return the host and port of an endpoint, and whether it is asked by https."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not re.fullmatch(r"[a-z0-9.:-]+", host) or parts.scheme not in ("https", "http"):
        hint = "Write it as https://storage.example.org."
        raise _wrong("This is no endpoint.", hint, "endpoint")
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        hint = "Give the scheme and the host alone; keys are secrets, chosen above."
        raise _wrong("The endpoint has more than a host.", hint, "endpoint")
    if host not in allowed_hosts():
        raise _wrong(
            f"{shown(host)} is no store that pipelines may read from.",
            "Add it to the allowed hosts in the settings, if you trust it.",
            "endpoint",
        )
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed + (f":{port}" if port else ""), parts.scheme == "https"


def _wrong(message: str, hint: str, field: str) -> ParameterError:
    return ParameterError(message, field=field, hint=hint)
