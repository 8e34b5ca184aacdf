"""What is remembered between starts, in a file that only its owner may read.

The file is one JSON object. Each entry is checked by itself: one that does not fit counts as not
set, and stays in the file until somebody sets it. A file that cannot be read at all is moved
aside, never written over: there are secrets in it.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import math
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
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

from tensorrag.durable import full_disk_explained, write_file
from tensorrag.errors import ParameterError, WorkspaceError
from tensorrag.params import label, parameter_errors
from tensorrag.pipeline.strict_json import MAX_DIGITS
from tensorrag.plain import JsonObject
from tensorrag.redaction import SHORTEST
from tensorrag.secret import NAME, missing
from tensorrag.store.locks import locked

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


class Settings:
    """The settings file, used by several processes at once.

    Example:
        >>> settings = Settings(Path("settings.json"))
        >>> settings.set("store_cap", 50 * 10**9)
        >>> settings.values().store_cap
        50000000000
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def values(self) -> Values:
        """Return all settings; those that do not fit have their defaults.

        Raises:
            WorkspaceError: the file may not be read.
        """
        return _checked(self._read())[0]

    def get(self, name: str, default: Any = None) -> Any:
        """Return one setting as JSON; ``default`` where it is not set, or does not fit."""
        content = self._read()
        _checked(content)
        return content.get(name, default)

    def set(self, name: str, value: Any) -> None:
        """Remember a setting; None means back to the default.

        Raises:
            ParameterError: the value does not fit.
        """
        with self._changing() as content:
            content[name] = value

    def secret(self, name: str) -> str:
        """Return a text that only this workspace has; it is drawn the first time."""
        known = self.get(name)
        if isinstance(known, str):
            return known
        with self._changing() as content:
            if not isinstance(self.get(name), str):  # another process may just have drawn it
                content[name] = secrets.token_urlsafe(32)
            drawn: str = content[name]
        return drawn

    def new_secret(self, name: str) -> str:
        """Draw a text that only this workspace has, in the place of the one that it had."""
        with self._changing() as content:
            content[name] = secrets.token_urlsafe(32)
            drawn: str = content[name]
        return drawn

    # --- secrets of people ------------------------------------------------------------------

    def secret_names(self) -> tuple[str, ...]:
        """Name the secrets; nobody needs more of them than that."""
        return tuple(sorted(self.values().secrets))

    def set_secret(self, name: str, value: str) -> None:
        """Keep a secret, in the place of what had its name.

        Raises:
            ParameterError: the name or the value does not fit.
        """
        with self._changing() as content:
            known = content.get("secrets")
            content["secrets"] = {**(known if isinstance(known, dict) else {}), name: value}

    def delete_secret(self, name: str) -> bool:
        """Forget a secret; tells whether there was one."""
        with self._changing() as content:
            known = content.get("secrets")
            return isinstance(known, dict) and known.pop(name, None) is not None

    def secret_values(self, names: Collection[str]) -> dict[str, str]:
        """Return secrets by name: for the executor, which hands them to one card.

        Raises:
            CardError: there is none of a name.
        """
        known = self.values().secrets if names else {}
        for name in names:
            if name not in known:
                raise missing(name)
        return {name: known[name] for name in names}

    # --- the file ---------------------------------------------------------------------------

    def notices(self) -> tuple[str, ...]:
        """Say what is wrong with the file: entries that do not fit, and files set aside."""
        wrong = [f"{error.message} The default is used instead." for error in self._errors()]
        aside = [
            f"The settings were damaged and are kept as {path.name}. "
            "Set folders, secrets and budgets again, then delete that file."
            for path in self._set_aside_before()
        ]
        return (*wrong, *aside)

    def misfit(self, *names: str) -> str:
        """Say which of some entries is not known, for whom the default is not good enough."""
        content = self._read()
        wrong = (error for error in _checked({**content})[1] if error.field in names)
        for error in wrong:
            return f"{self.path.name}: {error.message}"
        lost = next(self._set_aside_before(), None)
        if lost is None or any(name in content for name in names):
            return ""
        return (
            f"The settings were damaged, and are kept as {lost.name}: no limit is known any more. "
            "Set one, or delete that file."
        )

    def _set_aside_before(self) -> Iterator[Path]:
        return iter(sorted(self.path.parent.glob(f"{self.path.stem}.damaged-*")))

    def sweep(self) -> None:
        """Remove what a crash in the middle of writing left behind: there are secrets in it."""
        with self._held():  # so nobody is writing now
            for left in self.path.parent.glob(f".{self.path.name}.*"):
                left.unlink(missing_ok=True)

    def _errors(self) -> list[ParameterError]:
        return _checked(self._read())[1]

    @contextmanager
    def _changing(self) -> Iterator[JsonObject]:
        """Lend the content to be changed, and write it if all that was changed fits."""
        with self._held():
            before = self._read(held=True)
            content = json.loads(json.dumps(before))
            yield content
            if content != before:
                kept = {name: value for name, value in content.items() if value is not None}
                _refuse_new_errors(before, kept)
                text = json.dumps(kept, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
                # Half a character may stand in what does not fit: it goes back as it came.
                write_file(self.path, text.encode(errors="backslashreplace"), mode=0o600)

    def _read(self, *, held: bool = False) -> JsonObject:
        try:
            if not self.path.is_file() and self.path.exists():
                raise OSError(errno.EINVAL, "it is no file")  # a pipe would be waited for
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise WorkspaceError(
                f"The settings {self.path} cannot be read: {str(error.strerror).lower()}.",
                hint="Make the file readable for yourself: chmod 600.",
            ) from None
        self._keep_private()
        try:
            content = json.loads(text, parse_float=_number, parse_int=_whole, parse_constant=str)
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict):
            return content
        return self._set_aside(held=held)

    def _set_aside(self, *, held: bool) -> JsonObject:
        """Move a damaged file out of the way, unless another process just did so."""
        if not held:
            with self._held():
                return self._read(held=True)
        name = f"{self.path.stem}.damaged-{time.time_ns()}{self.path.suffix}"
        with full_disk_explained(self.path.parent):
            self.path.replace(self.path.with_name(name))
        return {}

    def _keep_private(self) -> None:
        with suppress(OSError):
            if self.path.stat().st_mode & 0o077:
                self.path.chmod(0o600)

    @contextmanager
    def _held(self) -> Iterator[None]:
        with full_disk_explained(self.path.parent):
            file = self.path.with_suffix(".lock").open("a")
        with file:
            locked(file, wait=True)
            yield


def _number(text: str) -> float | str:
    """Read a number; as text where it is too large: that fits nowhere, and can be written."""
    return number if math.isfinite(number := float(text)) else text


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= MAX_DIGITS else text


def _checked(content: JsonObject) -> tuple[Values, list[ParameterError]]:
    """Check each entry; those that do not fit are taken out of ``content``."""
    try:
        return Values(**content), []
    except ValidationError as error:
        details = error.errors(include_input=False)
        found = [
            _about(str(detail["loc"][0]), one, is_name="[key]" in detail["loc"])
            for detail, one in zip(details, parameter_errors(error), strict=True)
        ]
        for detail in details:
            _take_out(content, detail["loc"])
        return Values(**content), found


def _about(field: str, error: ParameterError, *, is_name: bool) -> ParameterError:
    """Name the entry; of what is secret, never repeat what was given."""
    message = error.message
    if is_name:
        message = "The name of a secret begins with a letter and has letters, digits, _ . - only."
    elif field in ("secrets", "token") and error.field is not None:
        message = f"{label(field)} must be text of the right length."
    return ParameterError(message, field=field, hint=error.hint)


def _take_out(content: JsonObject, place: tuple[int | str, ...]) -> None:
    """Take one entry out; of the secrets only the one that does not fit."""
    inner = content.get(str(place[0]))
    if place[0] == "secrets" and len(place) > 1 and isinstance(inner, dict):
        content["secrets"] = {name: text for name, text in inner.items() if name != place[1]}
    else:
        content.pop(str(place[0]), None)


def _refuse_new_errors(before: JsonObject, after: JsonObject) -> None:
    """Hold against a change what does not fit because of it, not what did not before."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    secrets_before = before.get("secrets")
    if "secrets" in changed and isinstance(secrets_before, dict):
        mine = changed["secrets"].items()
        changed["secrets"] = {k: text for k, text in mine if secrets_before.get(k) != text}
    for error in _checked(changed)[1]:
        raise error
