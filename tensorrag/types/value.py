"""The base of everything that travels along an edge, and the list of its kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import ClassVar, Literal, Self

from tensorrag.errors import ArtifactError
from tensorrag.plain import JsonObject
from tensorrag.preview import Face, Preview, TextFace, TextPreview
from tensorrag.types.schema import Schema

Shape = Literal["square", "diamond", "circle", "triangle"]


class Value(ABC):
    """A value on an edge: it knows how to be stored, described and shown.

    A pack adds a type of its own by subclassing this (or one of ours: an input port accepts
    subclasses) and naming it in the entry point group ``tensorrag.types``.
    """

    label: ClassVar[str] = "Value"
    """What people call it, shown in the legend."""
    shape: ClassVar[Shape] = "square"
    """Shape of its ports, so that nobody has to tell types by colour alone."""
    light: ClassVar[str] = "#52525b"
    """Colour of its ports and wires on light, ``#rrggbb``."""
    dark: ClassVar[str] = "#b0b1b9"
    """The same on dark."""
    teaser: ClassVar[tuple[str, ...]] = ("The result appears here.",)
    """What a card that makes this says before its first run: up to two short lines."""
    schema_type: ClassVar[type[Schema]] = Schema
    unpickles: ClassVar[bool] = False
    """Whether reading it back runs code, as unpickling does. It is then signed, read only where
    this workspace wrote it, and given to ``load_bytes`` instead of ``load``."""

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """What is known of this value: every fact of it."""

    @abstractmethod
    def save(self, folder: Path) -> JsonObject:
        """Write the value as files into an empty folder.

        Returns:
            JSON-safe facts that ``load`` needs besides the files.
        """

    @classmethod
    def load(cls, files: Mapping[str, Path], meta: JsonObject) -> Self:
        """Read the value back from its files (by the names given in ``save``) and facts.

        By default it reads all their bytes; a type of large files does better.
        """
        return cls.load_bytes({name: path.read_bytes() for name, path in files.items()}, meta)

    @classmethod
    def load_bytes(cls, contents: Mapping[str, bytes], meta: JsonObject) -> Self:
        """Read the value back from the very bytes that were verified, for types that unpickle."""
        raise NotImplementedError(f"{cls.__name__} has neither load nor load_bytes.")

    def excerpt(self) -> Value:
        """A small part of it, on which a card can be tried; all of it by default."""
        return self

    def preview(self) -> Preview:
        """What the inspector shows."""
        return TextPreview(text=repr(self))

    def shown(self) -> Preview:
        """Its preview, or for a large one what stands for it until somebody looks."""
        return self.preview()

    def face(self) -> Face:
        """What the card itself shows, small."""
        return TextFace(lines=(self.label,))

    def to_json(self) -> JsonObject | None:
        """Return the value as JSON where it is small enough to be read by people."""
        return None


@cache
def value_types() -> dict[str, type[Value]]:
    """All types by their class name: ours, and those of installed packs."""
    found = dict(_ours())
    for point in entry_points(group="tensorrag.types"):
        kind = point.load()
        found.setdefault(kind.__name__, kind)
    return found


@cache
def _ours() -> dict[str, type[Value]]:
    from tensorrag import types

    return {kind.__name__: kind for kind in types.BUILT_IN}


def value_type(name: str) -> type[Value]:
    """Return the type of this name; raises ArtifactError where no installed pack has it."""
    kind = _ours().get(name) or value_types().get(name)  # what is installed takes 20 ms to read
    if kind is None:
        raise ArtifactError(
            f"No installed pack knows the type {name!r}.", hint="Install the pack that made it."
        )
    return kind
