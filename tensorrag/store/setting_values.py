"""The settings that there are, and what fits each: an entry is checked by itself."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from tensorrag.errors import ParameterError
from tensorrag.params import label, parameter_errors
from tensorrag.plain import JsonObject
from tensorrag.redaction import SHORTEST
from tensorrag.secret import NAME

STORE_CAP = 20 * 10**9
"""Bytes of stored files that are kept, where nobody says otherwise."""

NOTIFY_AFTER = 60.0
"""Seconds that a run takes before its end is worth a message."""


def _folder(text: str) -> str:
    if "\0" in text or not Path(os.path.expanduser(text)).is_absolute():
        raise ParameterError(
            f"{text[:80]!r} is no full path of a folder.", hint="Write it as /home/me/data."
        )
    if text.startswith(("\\\\", "//")):
        raise ParameterError(
            f"{text[:80]!r} is on another machine: its files cannot be read here.",
            hint="Copy the files to this machine, and allow their folder here.",
        )
    return text


def _webhook(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port  # raises for one that is no number
    except ValueError:
        host, port = "", 0
        parts = urlsplit("")
    plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= 2000
    if not plain or not host or port == 0 or parts.scheme not in ("https", "http"):
        raise ParameterError(
            "That is no address that a message can be sent to.",
            hint="Write it as https://example.com/hook.",
        )
    if parts.username is not None or parts.password is not None:
        raise ParameterError(
            "A user or password in an address would be seen by others.",
            hint="Use an address with a token in its path, as the service gives it.",
        )
    if parts.scheme == "http" and not _is_this_machine(host):
        raise ParameterError(
            "Over http anybody on the way could read it.",
            hint="Use https, or an address of this machine.",
        )
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9.:-]{1,253}", text):
        raise ParameterError(
            f"{text[:60]!r} is no host.", hint="Name it alone, such as files.example.org."
        )
    return text


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(text: str) -> str:
    if len(text) < SHORTEST:
        raise ParameterError(
            f"A secret needs at least {SHORTEST} characters: a shorter one cannot be kept "
            "out of logs.",
            hint="Use a longer one.",
        )
    if len(text) > 10_000 or not all(char.isprintable() or char in "\n\t" for char in text):
        raise ParameterError(
            "A secret is text of at most 10,000 characters.", hint="Check what you have pasted."
        )
    return text


Webhook = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_webhook)]
Host = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True), AfterValidator(_host)
]
Folder = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_folder)]
SecretName = Annotated[str, StringConstraints(pattern=NAME)]
SecretText = Annotated[str, AfterValidator(_secret)]


class Values(BaseModel):
    """The settings, each of the right kind; entries of newer versions are kept as they are."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    allowed_folders: tuple[Folder, ...] = Field((), max_length=100)
    """Folders outside the workspace whose files pipelines may read. Where they are not set: home,
    the current folder and what is mounted for data (`tensorrag.folders`); none where empty."""
    allowed_hosts: tuple[Host, ...] = Field((), max_length=100)
    """Hosts in networks of one's own, such as a file server, that pipelines may read from with
    https, and stores that speak S3. Hosts of the internet at large need not be named for https,
    nor those of Amazon, Google and RunPod for buckets."""
    store_cap: int = Field(STORE_CAP, strict=True, ge=10**8, le=10**15)
    """Bytes of stored results that are kept."""
    card_memory: int | None = Field(None, strict=True, ge=256, le=2**24)
    """MiB that a card may use where it says nothing itself; None: by the kind of the card."""
    rent_automatically: bool = Field(False, strict=True)
    """Whether a GPU is rented for cards that would use one, where this machine has none. It is
    only done with a cap: `budget_run`."""
    rehearse: bool = Field(True, strict=True)
    """Whether a card that is rented for is tried on this machine first."""
    budget_run: float | None = Field(None, strict=True, gt=0, le=10**6)
    """US$ that the cards of one run may cost together; None: no limit."""
    budget_month: float | None = Field(None, strict=True, gt=0, le=10**6)
    """US$ that all cards of a calendar month (UTC) may cost together; None: no limit."""
    budget_hard: bool = Field(True, strict=True)
    """Whether a run is stopped where a budget is used up, not only warned about. Always where
    GPUs are rented automatically."""
    webhook: Webhook | None = Field(None, repr=False)
    """Where it is told that a run has ended; https, or http on this machine. It may hold a token
    of the service, so it is never logged."""
    notify_after: float = Field(NOTIFY_AFTER, strict=True, ge=0, le=7 * 86400)
    """Seconds: nothing is told of runs that took less."""
    secrets: dict[SecretName, SecretText] = Field(default_factory=dict, repr=False)
    """What cards may ask for by name."""
    token: str | None = Field(None, min_length=16, repr=False)
    """What a browser must show to get in."""
    last_pipeline: str | None = None
    """The id of the pipeline that was open last."""

    @property
    def rents_automatically(self) -> bool:
        """Whether a GPU may be rented unasked: switched on, and with a cap."""
        return self.rent_automatically and self.budget_run is not None


def checked(content: JsonObject) -> tuple[Values, list[ParameterError]]:
    """Check each entry; those that do not fit are taken out of ``content``."""
    try:
        return Values(**content), []
    except ValidationError as error:
        details = error.errors(include_input=False)
        found = [
            _about(str(detail["loc"][0]), one, detail)
            for detail, one in zip(details, parameter_errors(error), strict=True)
        ]
        for detail in details:
            _take_out(content, detail["loc"])
        return Values(**content), found


def _about(field: str, error: ParameterError, detail: Mapping[str, Any]) -> ParameterError:
    """Name the entry; of what is secret, never repeat what was given."""
    message = error.message
    if "[key]" in detail["loc"]:
        message = "The name of a secret begins with a letter and has letters, digits, _ . - only."
    elif field in ("secrets", "token") and detail["type"] != "value_error":
        message = f"{label(field)} must be text of the right length."
    return ParameterError(message, field=field, hint=error.hint)


def _take_out(content: JsonObject, place: tuple[int | str, ...]) -> None:
    """Take one entry out; of the secrets only the one that does not fit."""
    inner = content.get(str(place[0]))
    if place[0] == "secrets" and len(place) > 1 and isinstance(inner, dict):
        content["secrets"] = {name: text for name, text in inner.items() if name != place[1]}
    else:
        content.pop(str(place[0]), None)


def refuse_new_errors(before: JsonObject, after: JsonObject) -> None:
    """Hold against a change what does not fit because of it, not what did not before."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    secrets_before = before.get("secrets")
    if "secrets" in changed and isinstance(secrets_before, dict):
        mine = changed["secrets"].items()
        changed["secrets"] = {k: text for k, text in mine if secrets_before.get(k) != text}
    for error in checked(changed)[1]:
        raise error
