"""A task: all that travels to where a card runs.

It is JSON. What it needs besides (stored inputs, uploads) is in the folders of a Place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tensorrag.plain import JsonObject

TaskKind = Literal[
    "run", "describe", "propagate", "peek", "page", "profile", "draft", "predict",
    "script", "bundle", "verify",
]  # fmt: skip


class Task(BaseModel):
    """One piece of work for an executor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: TaskKind
    card: str = ""
    """Card id."""
    title: str = ""
    """What people call the card where it stands, for messages; it does not travel."""
    entry: str = ""
    """``module:Class`` of the card."""
    source: str | None = None
    """The text of a drop-in card, which travels along."""
    params: dict[str, Any] = Field(default_factory=dict)
    inputs: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Digests of stored values by port; several where the port takes many."""
    titles: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """What people call the cards that these come from, by port, for a card that asks for it."""
    costs: Mapping[str, tuple[float | None, ...]] = Field(default_factory=dict)
    """What these cost where they were made, in US$, by port, for a card that asks for it."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets that it needs; their values travel beside it, never in it."""
    cpus: int = 1
    """Threads that it may use."""
    gpu: bool = False
    """Whether it would use a GPU that is there."""
    rented_gpu: str | None = None
    """The GPU to rent for it, where it runs at a place that rents: ``T4``."""
    timeout: float | None = None
    """Seconds."""
    memory: float | None = None
    """MiB that it may use, with all that it starts; None: what is usual where it runs."""

    key: str = ""
    """The cache key of its result: what it keeps meanwhile is found again by that."""
    fingerprint: str | None = None
    """Of the outside source that it reads, as it was looked at before."""
    stamp: str | None = None
    """How that source looked from outside then."""
    anew: bool = False
    """Whether it begins from the beginning, though an earlier one kept how far it was."""
    rehearsal: bool = False
    """Whether it is only tried, on a small part of its inputs."""
    ticket: str = ""
    """A name that was noted before it was submitted: `Executor.attach` may find it by that."""

    def to_json(self) -> JsonObject:
        """Return the task as builtins, as it travels."""
        return self.model_dump(mode="json", exclude={"title"})

    @property
    def name(self) -> str:
        """How messages call what is run: ``Train (GPU)``, ``the card train``."""
        return self.title or (f"the card {self.card}" if self.card else "the card")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        """Read a task."""
        return cls.model_validate(data)
