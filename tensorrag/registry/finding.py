"""Finds cards: installed packs by their entry points, and single files in a drop-in folder.

Loading runs the cards' modules, so it happens in a card host or a worker, never in the server.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from pydantic import ValidationError

from tensorrag.card import Card, snake_case
from tensorrag.catalog import CardInfo, Catalog, Notice, TypeInfo
from tensorrag.describing import describe
from tensorrag.errors import CardError, CardNotFound, TensorRagError
from tensorrag.pipeline.absent import why_absent
from tensorrag.pipeline.names import CARD_PATTERN
from tensorrag.quoting import quoted
from tensorrag.registry.loading import (
    cards_of,
    load_card,
    module_from_source,
    modules_of,
    pack_sha256,
)
from tensorrag.registry.modules import python_files
from tensorrag.types.value import value_types

GROUP = "tensorrag.cards"
MAX_FILE = 500_000
"""Largest file with cards of one's own, in bytes."""
MAX_DESCRIPTION = 200_000
"""Longest description of a card, its source left out, in bytes of JSON."""
MAX_NAMED = 100
"""Most ids that are noted of a broken file."""
_CLASS = re.compile(r"^class\s+(\w{1,80})", re.MULTILINE)
_ID = re.compile(r"^\s+id\b[^=\n]*=\s*[\"']([a-z0-9_]{1,80})[\"']", re.MULTILINE)
BUILT_IN = "builtin"
"""Entry point name of the cards that come with TensorRag: their ids have no pack before them."""


@dataclass(frozen=True)
class Found:
    """A card as it describes itself, and its class, which may not be imported yet."""

    info: CardInfo
    loaded: type[Card] | None = None

    @cached_property
    def card(self) -> type[Card]:
        """The class; raises CardNotFound where it is gone by now."""
        card = self.loaded or load_card(self.info.entry, self.info.source)
        card.id = self.info.card
        return card

    @cached_property
    def source_sha256(self) -> str:
        """Digest of the source that decides what the card does.

        Of a file that was dropped in, its text; of a pack, all of it, since a card is made of
        the modules beside its own too.
        """
        if self.info.source is not None:
            return hashlib.sha256(self.info.source.encode()).hexdigest()
        return pack_sha256(self.info.entry.partition(":")[0].partition(".")[0])


@dataclass
class Registry:
    """All cards that are here, by id."""

    found: dict[str, Found] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path | None = None) -> Registry:
        """Load every installed pack, and every ``.py`` file of a drop-in folder.

        What cannot be loaded becomes a notice; nothing is raised.
        """
        registry = cls()
        points = sorted(entry_points(group=GROUP), key=lambda p: (p.name != BUILT_IN, p.name))
        for point in points:
            registry._add_pack(point)
        for path in python_files(folder):
            registry._add_file(path)
        return registry

    @classmethod
    def of(cls, catalog: Catalog) -> Registry:
        """Take the word of a catalog that was kept: a card is imported when it is needed."""
        found = {card_id: Found(info) for card_id, info in catalog.cards.items()}
        return cls(found, list(catalog.notices))

    def get(self, card_id: str) -> Found:
        """Return a card by id; raises CardNotFound with the nearest name."""
        if card_id in self.found:
            return self.found[card_id]
        if broken := why_absent(card_id, self.notices):
            raise CardNotFound(broken[0], hint=broken[1])
        near = get_close_matches(card_id, self.found, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Install the pack that it comes from."
        raise CardNotFound(f"No card is called {quoted(card_id)}.", hint=hint)

    def catalog(self) -> Catalog:
        """Describe everything that was found, as data."""
        kinds = {
            name: TypeInfo(
                name=name,
                label=kind.label,
                shape=kind.shape,
                light=kind.light,
                dark=kind.dark,
                teaser=kind.teaser,
            )
            for name, kind in value_types().items()
        }
        cards = {card_id: found.info for card_id, found in self.found.items()}
        return Catalog(cards=cards, types=kinds, notices=tuple(self.notices))

    def _add_pack(self, point: EntryPoint) -> None:
        try:
            module = point.load()
            cards = list(cards_of(modules_of(module)))
        except KeyboardInterrupt:  # of the person who waits
            raise
        except BaseException as error:
            self._notice(f"pack {point.name}", error)
            return
        for card in cards:
            if point.name != BUILT_IN and "/" not in card.id:
                card.id = f"{point.name}/{card.id}"
            self._add(card, f"pack {point.name}", source=None)

    def _add_file(self, path: Path) -> None:
        try:
            source = _source(path)
            module = module_from_source(source, path.stem)
            cards = list(cards_of([module]))
            if not cards:
                raise CardError(
                    "The file contains no card.",
                    hint="Add a class that inherits from tensorrag.Card.",
                )
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._notice(path.name, error, _named_in(path))
            return
        for card in cards:
            self._add(card, path.name, source=source)

    def _add(self, card: type[Card], where: str, source: str | None) -> None:
        try:
            if card.id in self.found:
                raise CardError(
                    f"A card called {card.id} is there already.", hint="Rename the class."
                )
            info = describe(card, source)
            refuse_unfit(info)
            self.found[card.id] = Found(info, card)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._notice(where, error, (str(card.id),))

    def _notice(self, file: str, error: BaseException, cards: tuple[str, ...] = ()) -> None:
        hint = error.hint if isinstance(error, TensorRagError) else ""
        message = sentence(error)
        self.notices.append(Notice(file=file, message=message, hint=hint, cards=cards))


def _source(path: Path) -> str:
    if path.stat().st_size > MAX_FILE:
        raise CardError(
            f"The file is larger than {MAX_FILE // 1000} kB.",
            hint="Put data into other files.",
        )
    return path.read_text(encoding="utf-8")


def _named_in(path: Path) -> tuple[str, ...]:
    """Return the ids that the cards of a broken file have, as far as its text tells."""
    text = ""
    with suppress(OSError), path.open("rb") as file:
        text = file.read(MAX_FILE).decode(errors="replace")
    named = [snake_case(name) for name in _CLASS.findall(text)] + _ID.findall(text)
    return tuple(named[:MAX_NAMED])


def refuse_unfit(info: CardInfo) -> None:
    """Refuse a description that the page, other programs or a pipeline file could not hold."""
    if info.source is not None and not re.fullmatch(CARD_PATTERN, info.card):
        raise CardError(
            f"{quoted(info.card)} cannot be the id of a card.",
            hint="Use lower-case letters, digits and _, a letter first.",
        )
    try:
        described = info.model_dump(mode="json", exclude={"source"})
        size = len(json.dumps(described, allow_nan=False, ensure_ascii=False).encode())
    except ValueError as error:
        raise CardError(
            f"{info.title} cannot be described as JSON: {error}.",
            hint="Look at the defaults of its parameters, and at its texts.",
        ) from None
    if size > MAX_DESCRIPTION:
        raise CardError(
            f"The description of {info.title} has {size / 1e6:.1f} MB; "
            f"{MAX_DESCRIPTION / 1e6:.1f} MB is the most there may be.",
            hint="Shorten its docstring, or the defaults of its parameters.",
        )


def sentence(error: BaseException) -> str:
    """Say in one sentence why a file gives no card."""
    if isinstance(error, SyntaxError):
        where = f"Line {error.lineno}: " if error.lineno else ""
        return f"{where}{error.msg}."
    if isinstance(error, UnicodeDecodeError):
        return "The file is not UTF-8 text."
    if isinstance(error, ValidationError):
        wrong = error.errors()[0]
        return f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}."
    if isinstance(error, TensorRagError):
        return error.message
    first = str(error).strip().splitlines()
    return f"{type(error).__name__}: {first[0]}" if first else type(error).__name__
