"""Cards whose source came along with a pipeline: what they are, and taking one in."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tensorrag.catalog import Catalog
from tensorrag.errors import CardError
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.came_along import CameAlong, came_along, source_sha256
from tensorrag.quoting import quoted
from web.live.cards.watch import CardWatch


def waiting_cards(pipeline: Pipeline, catalog: Catalog) -> dict[str, CameAlong]:
    """Return the cards that came along with a pipeline and are not here, by id."""
    came = came_along(pipeline)
    return {card: each for card, each in came.items() if card not in catalog.cards}


def differs(pipeline: Pipeline, catalog: Catalog, card: str) -> bool:
    """Tell whether a card came along with another source than the one that is used here."""
    came, info = came_along(pipeline).get(card), catalog.cards.get(card)
    if came is None or came.trouble or info is None:
        return False
    return info.source is None or source_sha256(info.source) != came.sha256


async def trust(cards: CardWatch, pipeline: Pipeline, card: str, sha256: str) -> None:
    """Put a card that came along with a pipeline among the cards of this workspace.

    Args:
        cards: those that there are.
        pipeline: what it came along with.
        card: its id.
        sha256: digest of the source that somebody has looked at.

    Raises:
        CardError: there is no such source (any more), or it makes no card; the message says which.
    """
    came = waiting_cards(pipeline, cards.catalog).get(card)
    if came is None or came.sha256 != sha256:
        raise CardError("This is not the source that was shown.", hint="Look at it again.")
    if came.trouble:
        raise CardError(came.trouble, hint="Ask whoever made the pipeline for the card itself.")
    name = await asyncio.to_thread(_file_for, cards.folder, card, came.source)
    await cards.add(name, came.source)
    if card not in cards.catalog.cards:
        raise _no_card(name, card, cards.catalog)


def _file_for(folder: Path, card: str, source: str) -> str:
    """Return a name for the file of a card that writes over no other card's."""
    name = f"{card}.py"
    if not (folder / name).exists():
        return name
    return f"{card[:55]}_{source_sha256(source)[:8]}.py"


def _no_card(file: str, card: str, catalog: Catalog) -> CardError:
    wrong = next((notice for notice in catalog.notices if notice.file == file), None)
    if wrong is not None:
        return CardError(f"{file} was kept, but cannot be used. {wrong.message}", hint=wrong.hint)
    return CardError(f"{file} was kept, but has no card {quoted(card)}.", hint="Look at the file.")
