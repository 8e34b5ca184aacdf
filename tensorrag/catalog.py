"""Cards as data: all that the server, the page and other programs ever hold of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Info(BaseModel):
    model_config = ConfigDict(frozen=True)


class PortInfo(_Info):
    """A port by the name of its type."""

    name: str
    type: str
    optional: bool = False
    many: bool = False
    accepts: tuple[str, ...] = ()
    """For inputs: every known type that fits, subclasses included."""


class TypeInfo(_Info):
    """How a type is called and drawn."""

    name: str
    label: str
    shape: str
    light: str
    dark: str
    teaser: tuple[str, ...] = ()


class CardInfo(_Info):
    """A card as described by itself."""

    card: str
    title: str
    category: str
    summary: str
    """The first sentence of its help."""
    help: str = ""
    inputs: tuple[PortInfo, ...] = ()
    outputs: tuple[PortInfo, ...] = ()
    params: dict[str, Any]
    """JSON Schema; ``x-when``, ``x-columns-of``, ``x-unit``, ``x-step`` and ``x-recommended``
    say what a form needs beyond it."""
    version: int = 1
    gpu: str | None = None
    timeout: int = 3600
    """Seconds it may take."""
    entry: str = ""
    """``module:Class``; where a worker finds it."""
    source: str | None = None
    """The text of a drop-in card's file."""

    def input(self, name: str) -> PortInfo | None:
        """Return the input of this name."""
        return next((port for port in self.inputs if port.name == name), None)

    def output(self, name: str) -> PortInfo | None:
        """Return the output of this name."""
        return next((port for port in self.outputs if port.name == name), None)

    def passing(self) -> dict[str, str | None]:
        """Return the input that each output passes on when bypassed: the first of its type."""
        return {
            output.name: next((port.name for port in self.inputs if port.type == output.type), None)
            for output in self.outputs
        }

    def listing(self) -> dict[str, Any]:
        """Return what ``tensorrag cards --json`` and ``GET /api/cards`` show."""
        named = {"card", "title", "category", "summary", "params", "version", "gpu"}
        shown = self.model_dump(mode="json", include=named)
        ports = {"name", "type", "optional", "many"}
        shown["inputs"] = [port.model_dump(include=ports) for port in self.inputs]
        shown["outputs"] = [port.model_dump(include={"name", "type"}) for port in self.outputs]
        order = ("card", "title", "category", "summary", "inputs", "outputs", "params")
        return {key: shown[key] for key in (*order, "version", "gpu")}


class Notice(_Info):
    """Why a card could not be loaded."""

    file: str
    message: str
    hint: str = ""
    cards: tuple[str, ...] = ()
    """Ids of the cards that the file would bring, as far as its text tells."""

    def brings(self, card_id: str) -> bool:
        """Whether this is why a card is not here."""
        pack = card_id.partition("/")[0]
        return card_id in self.cards or ("/" in card_id and self.file == f"pack {pack}")


class Catalog(_Info):
    """All cards and types that are installed here, and what could not be loaded."""

    cards: dict[str, CardInfo]
    types: dict[str, TypeInfo]
    notices: tuple[Notice, ...] = ()


def why_not(output: PortInfo, input: PortInfo) -> str | None:
    """Say why an output cannot be connected to an input; None where it can."""
    if output.type in input.accepts or output.type == input.type:
        return None
    return f"{input.name} takes {with_article(input.type)}, not {with_article(output.type)}."


def with_article(type: str) -> str:
    """Return a type as a sentence has it: ``a Table``, ``a model definition``."""
    if type in _SAID:
        return _SAID[type]
    return f"{'an' if type[0] in 'AEIOU' else 'a'} {type}"


_SAID = {"EstimatorSpec": "a model definition", "NetworkSpec": "a network definition"}
"""Types that are shown by another name than their class has."""
