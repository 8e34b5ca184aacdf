"""What a check finds out: all that is known of each node without running it, and Problems."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializeAsAny

from tensorrag.check.problems import Problem
from tensorrag.footprint import Footprint
from tensorrag.placement import Needs, why_it_stays
from tensorrag.types.schema import AnySchema


class NodeFacts(BaseModel):
    """All that is known of a node without running it. JSON-safe."""

    model_config = ConfigDict(frozen=True)

    card: str
    title: str
    entry: str = ""
    """``module:Class``; empty where the card is not installed."""
    source: str | None = None
    source_sha256: str = ""
    version: int = 1
    params: dict[str, Any] = {}
    """The parameters that matter, defaults filled in."""
    migrated: dict[str, Any] | None = None
    """Its parameters as the card made them of those for an older version of itself."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets that it needs."""
    libraries: tuple[str, ...] = ()
    brief: str = ""
    """The line on the card."""
    peek_key: str | None = None
    """For cards that read an outside source: what its Peek is stored under."""
    inputs: dict[str, SerializeAsAny[AnySchema] | None] = {}
    schemas: dict[str, SerializeAsAny[AnySchema] | None] = {}
    """By output port."""
    details: dict[str, Any] = {}
    """What was detected at its outside source, once it was looked at; or what it offers."""
    titles: dict[str, tuple[str, ...]] = {}
    """What people call the cards before it, by input; of a card that asks for it."""
    reads_costs: bool = False
    """Whether it asks what the models before it cost."""
    gpu: str | None = None
    footprint: Footprint | None = None
    """How much room it will need."""
    cores: int = 1
    """How many it makes use of, where its settings do not say how many it gets."""
    timeout: int = 3600

    @property
    def needs(self) -> Needs:
        """What of it decides where it can run."""
        return Needs(gpu=self.gpu, stays=why_it_stays(self.params, self.secrets))

    @property
    def synthetic(self) -> bool:
        """Whether what comes out was made up, as far as is known."""
        tables = (getattr(schema, "provenance", None) for schema in self.schemas.values())
        return any(provenance is not None and provenance.synthetic for provenance in tables)


class Checked(BaseModel):
    """The outcome of a check."""

    model_config = ConfigDict(frozen=True)

    problems: tuple[Problem, ...] = ()
    nodes: dict[str, NodeFacts] = {}
