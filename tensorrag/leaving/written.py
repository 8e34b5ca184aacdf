"""A pipeline as its cards wrote it: parts of code in order, and all that they need. JSON-safe."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import BaseModel, ConfigDict

from tensorrag.errors import CardError


class Part(BaseModel):
    """What one card wrote."""

    model_config = ConfigDict(frozen=True)

    node: str
    comment: str
    """What stands above the code: the title of the card, and what it does."""
    code: str


class File(BaseModel):
    """A file that the script reads from its folder ``data``, and the card that has it."""

    model_config = ConfigDict(frozen=True)

    name: str
    node: str
    entry: str
    source: str | None = None
    params: dict[str, Any] = {}


class Outcome(BaseModel):
    """Something that the script gives back."""

    model_config = ConfigDict(frozen=True)

    label: str
    """What the script calls it: the title of the card."""
    node: str
    port: str
    variable: str
    metrics: bool
    """Whether it is metrics; else it is a table."""
    compared: bool = True
    """Whether it is what the card made; else it is what matters of that, to be read."""
    timed: tuple[str, ...] = ()
    """Columns that tell how long something took, which is never twice the same."""


class Refusal(BaseModel):
    """Why a card cannot leave."""

    model_config = ConfigDict(frozen=True)

    node: str
    message: str
    hint: str = ""


class Written(BaseModel):
    """All of a script, before it is a text."""

    model_config = ConfigDict(frozen=True)

    name: str = ""
    parts: tuple[Part, ...] = ()
    imports: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()
    """What was left out, and where the script is not quite what ran: sentences."""
    refusals: tuple[Refusal, ...] = ()
    """Where there are some, there is no script."""

    @property
    def digest(self) -> str:
        """What changes when anything that runs does: a verification is of this."""
        whole = self.model_dump_json(exclude={"name", "notes"})
        return hashlib.sha256(whole.encode()).hexdigest()

    def insist(self) -> None:
        """Raise CardError where a card cannot leave."""
        if self.refusals:
            first = self.refusals[0]
            others = len(self.refusals) - 1
            more = f" Nor can {others} more." if others else ""
            raise CardError(f"{first.message}{more}", hint=first.hint)
