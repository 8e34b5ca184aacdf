"""A pipeline as a file to take along, with the cards of one's own that it needs."""

from __future__ import annotations

import re

from tensorrag.catalog import Catalog
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.came_along import with_sources
from tensorrag.pipeline.files import dumps


def export(pipeline: Pipeline, catalog: Catalog, otherwise: str) -> tuple[str, str]:
    """Return the name and the text of the file.

    Args:
        pipeline: what is taken along.
        catalog: the cards that there are.
        otherwise: what the file is called if the pipeline's name makes no file name.
    """
    cards = catalog.cards
    whole = with_sources(pipeline, lambda card: cards[card].source if card in cards else None)
    return f"{file_name(pipeline.name) or otherwise}.json", dumps(whole)


def file_name(name: str) -> str:
    """Return what is left of a name in which no system sees anything but a name."""
    plain = "".join(letter for letter in name if letter.isprintable())
    return re.sub(r'[\\/:*?"<>|]+', "_", plain).strip(" .")[:100]
