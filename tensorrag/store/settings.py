"""What is remembered between starts, in a file that only its owner may read.

The file is one JSON object. Each entry is checked by itself: one that does not fit counts as not
set, and stays in the file until somebody sets it. A file that cannot be read at all is moved
aside, never written over: there are secrets in it.
"""

from __future__ import annotations

import errno
import json
import math
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tensorrag.durable import full_disk_explained, write_file
from tensorrag.errors import ParameterError, WorkspaceError
from tensorrag.pipeline.strict_json import MAX_DIGITS
from tensorrag.plain import JsonObject
from tensorrag.secret import missing
from tensorrag.store.locks import locked
from tensorrag.store.setting_values import Values, checked, refuse_new_errors


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
        return checked(self._read())[0]

    def get(self, name: str, default: Any = None) -> Any:
        """Return one setting as JSON; ``default`` where it is not set, or does not fit."""
        content = self._read()
        checked(content)
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
        wrong = (error for error in checked({**content})[1] if error.field in names)
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
        return checked(self._read())[1]

    @contextmanager
    def _changing(self) -> Iterator[JsonObject]:
        """Lend the content to be changed, and write it if all that was changed fits."""
        with self._held():
            before = self._read(held=True)
            content = json.loads(json.dumps(before))
            yield content
            if content != before:
                kept = {name: value for name, value in content.items() if value is not None}
                refuse_new_errors(before, kept)
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
