"""What is known of one card: its settings, its wires, where it runs, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorrag.catalog import TypeInfo
from tensorrag.check.problems import Problem
from tensorrag.pipeline.came_along import CameAlong
from web.page.form.content import Form
from web.page.placing.card_place import CardPlace
from web.page.placing.fits import Fits

Runtime = Mapping[str, Any]


@dataclass(frozen=True)
class Wire:
    """An input of a card, what it is wired to, and what else it could be."""

    port: str
    kind: TypeInfo | None
    value: str | None
    """Output that it is wired to, as ``node.port``; None where it is not."""
    options: Sequence[tuple[str, str]] = ()
    """Outputs that fit, as value and words."""
    detail: str = ""
    optional: bool = False
    many: bool = False
    wired: Sequence[tuple[str, str]] = ()
    """For inputs that take many: edge and words."""
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Limit:
    """What a card may use at most, and what it would be if nothing were said."""

    name: str
    """``timeout`` or ``memory``."""
    value: float | None
    default: int
    unit: str
    help: str


@dataclass(frozen=True)
class Card:
    """What the inspector shows of one card."""

    node: str
    title: str
    own_title: str = ""
    """The title that was given to it here; empty where it has its card's."""
    help: str = ""
    kind: TypeInfo | None = None
    known: bool = True
    own: bool = False
    """Whether its source lies in the workspace."""
    broken: bool = False
    """Whether it is not known because its file is broken."""
    enabled: bool = True
    runtime: Runtime | None = None
    settings: Form = field(default_factory=lambda: Form(node="", specs=(), params={}))
    wires: Sequence[Wire] = ()
    place: CardPlace | None = None
    """Where it runs; None where nothing is known of the card."""
    fits: Fits | None = None
    """How much room it takes; None where nobody knows."""
    limits: Sequence[Limit] = ()
    problems: Sequence[Problem] = ()
    came_along: CameAlong | None = None
    """Its source, where that came along with the pipeline and is not trusted."""
    differs: bool = False
    """Whether it came along with another source than the one that is used here."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Its settings as they stand in the file."""
    busy: bool = False
    """Whether any run is going on."""

    @property
    def state(self) -> str:
        """What the card does; ``idle`` before its first run."""
        return str((self.runtime or {}).get("state") or "idle")

    @property
    def stopping(self) -> bool:
        """Whether it is being stopped."""
        return bool((self.runtime or {}).get("cancelling"))

    @property
    def errors(self) -> int:
        """How many things keep it from running."""
        return sum(problem.level == "error" for problem in self.problems)
