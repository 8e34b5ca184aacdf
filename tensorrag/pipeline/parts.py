"""What a pipeline is made of: cards in their places, wires, and entries that are neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


NOTHING: Mapping[str, Any] = MappingProxyType({})


def nothing() -> Mapping[str, Any]:
    """Return an empty mapping that nobody can change: what is absent of a file."""
    return NOTHING


@dataclass(frozen=True, slots=True)
class Position:
    """Where a card's top left corner lies on the canvas, in pixels at 100 %."""

    x: float = 0.0
    y: float = 0.0
    extra: Mapping[str, Any] = field(default_factory=nothing, hash=False)


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire from an output to an input. Either end may name what is not there."""

    source: str
    source_port: str
    target: str
    target_port: str
    extra: Mapping[str, Any] = field(default_factory=nothing, hash=False)
    """Keys of the file that are unknown here: kept, and written back."""

    @property
    def id(self) -> str:
        """The name by which views and Problems point at it: ``load.dataset-split.dataset``."""
        return f"{self.source}.{self.source_port}-{self.target}.{self.target_port}"


@dataclass(frozen=True, slots=True)
class Node:
    """A card placed in a pipeline, with its raw settings. The card need not be installed."""

    id: str
    card: str
    params: Mapping[str, Any] = field(default_factory=nothing, hash=False)
    """JSON values as they stand in the file, neither checked nor filled with defaults."""
    position: Position = Position()
    card_version: int = 1
    title: str | None = None
    note: str | None = None
    enabled: bool = True
    """False: bypassed, the first input of equal type passes through."""
    run_on: str | None = None
    """Name of an executor; None: automatic, which never rents anything."""
    resources: Mapping[str, Any] = field(default_factory=nothing, hash=False)
    """Some of ``gpu``, ``timeout`` (seconds), ``memory`` (MiB), ``cpus``."""
    retries: int = 0
    cache: bool = True
    extra: Mapping[str, Any] = field(default_factory=nothing, hash=False)
    """Keys of the file that are unknown or hold what cannot be used: kept, and written back."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """An entry of a file that is no node or edge. It is kept, written back, and a Problem."""

    place: str
    """The list it stands in: ``nodes`` or ``edges``."""
    raw: Any
    """The JSON value itself."""
    message: str
    """One sentence: why it cannot be used."""
    node: str | None = None
    """The node that it gets in the way of, if there is one."""
