"""What comes out of a clipboard: any text, of which cards are made if it holds some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tensorrag.catalog import Catalog
from tensorrag.edit.annotations import annotations_of
from tensorrag.edit.clipboard import excerpt
from tensorrag.errors import FileFormatError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.as_json import FORMAT
from tensorrag.pipeline.came_along import with_sources
from tensorrag.pipeline.files import MAX_BYTES, dumps, from_object
from tensorrag.pipeline.strict_json import loads

MARKS = re.compile(r"^[ \t\xa0>]*[\xa0>][ \t\xa0>]*", re.MULTILINE)
"""How a mail begins lines: quoted, or with spaces that do not break."""
NO_CARDS = "There are no cards in what was copied."


def read_copied(text: str) -> tuple[JsonObject, int]:
    """Read cards as they are copied, or the text of a whole pipeline's file.

    Returns:
        The pipeline to paste, and how many entries of it are of no use.

    Raises:
        FileFormatError: it holds no cards; the message is one sentence.
    """
    written = passage(text)
    if not written:
        raise FileFormatError(NO_CARDS, hint="Copy cards, or the text of a pipeline's file.")
    try:
        copied = loads(written, max_bytes=MAX_BYTES)
        pipeline = from_object(loads(written, max_bytes=MAX_BYTES)).pipeline
    except FileFormatError as error:
        raise FileFormatError(
            f"What was copied cannot be pasted. {error.message}", hint=error.hint
        ) from None
    if not pipeline.nodes and not annotations_of(pipeline):
        raise FileFormatError(NO_CARDS, hint="Copy at least one card.")
    return copied, len(pipeline.misfits)


def passage(text: str) -> str:
    """Return what of a text is cards: a mail puts words around them, and marks before their lines.

    Empty where there is none. Lines of JSON begin outside of its texts, which are left as they are.
    """
    bare = MARKS.sub("", text).lstrip("\ufeff \r\n\t")
    if bare.startswith("{"):
        return bare
    start, end = bare.find("{"), bare.rfind("}")
    return bare[start : end + 1] if FORMAT in bare[start:end] else ""


def copied_text(
    nodes: Iterable[str], notes: Iterable[str], pipeline: Pipeline, catalog: Catalog
) -> str:
    """Write these cards and notes as they are copied: as the text of a pipeline's file."""
    return dumps(_with_sources(excerpt(pipeline, nodes, notes), catalog))


def sources_of(nodes: Iterable[str], pipeline: Pipeline, catalog: Catalog) -> Mapping[str, Any]:
    """Return the sources of cards of one's own that a copy of these cards needs elsewhere."""
    return _with_sources(excerpt(pipeline, nodes), catalog).cards


def _with_sources(part: Pipeline, catalog: Catalog) -> Pipeline:
    cards = catalog.cards
    return with_sources(part, lambda card: cards[card].source if card in cards else None)
