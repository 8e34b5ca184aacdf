"""Cards whose source came along in a pipeline file: text, until somebody here trusts it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tensorrag.pipeline.graph import Pipeline
from tensorrag.pipeline.names import NAME_PATTERN
from tensorrag.quoting import quoted

MAX_SOURCE = 500_000
"""Longest source of a card, in bytes: the most that a file with cards may have."""


@dataclass(frozen=True, slots=True)
class CameAlong:
    """The source of one card, as it stands in a pipeline file."""

    card: str
    source: str = ""
    trouble: str = ""
    """Why it can be no card here, as one sentence; empty where it could be."""

    @property
    def sha256(self) -> str:
        """Digest of the source, taken here: what the file says of it is not believed."""
        return source_sha256(self.source)


def source_sha256(source: str) -> str:
    """Return the digest of a source, the same however its lines end."""
    return hashlib.sha256(_lines(source).encode("utf-8", "replace")).hexdigest()


def came_along(pipeline: Pipeline) -> dict[str, CameAlong]:
    """Return what came along with a pipeline, by card id. Nothing in it is run."""
    return {card: _read(card, entry) for card, entry in pipeline.cards.items()}


def with_sources(pipeline: Pipeline, source_of: Callable[[str], str | None]) -> Pipeline:
    """Put the source of each card in that is used and has one, so that it travels along.

    Args:
        pipeline: what came along before and is not known here stays in.
        source_of: returns the source of a card of one's own, None for any other.
    """
    used = dict.fromkeys(node.card for node in pipeline.nodes.values())
    sources = {card: source for card in used if (source := source_of(card)) is not None}
    if not sources:
        return pipeline
    entries = {card: _entry(source) for card, source in sources.items()}
    return replace(pipeline, cards=MappingProxyType({**pipeline.cards, **entries}))


def _entry(source: str) -> dict[str, str]:
    return {"source": source, "sha256": hashlib.sha256(source.encode()).hexdigest()}


def _read(card: str, entry: Any) -> CameAlong:
    source = entry.get("source") if isinstance(entry, Mapping) else None
    if not isinstance(source, str) or not source.strip():
        return CameAlong(card, trouble=f"The file has no source for {quoted(card)}.")
    return CameAlong(card, source, _trouble(card, source, entry.get("sha256")))


def _trouble(card: str, source: str, stated: Any) -> str:
    if not re.fullmatch(NAME_PATTERN, card):
        return f"{quoted(card)} cannot be the id of a card of one's own."
    if len(source.encode()) > MAX_SOURCE:
        return f"The source of {quoted(card)} is larger than {MAX_SOURCE // 1000} kB."
    digests = {hashlib.sha256(text.encode()).hexdigest() for text in (source, _lines(source))}
    if stated is not None and stated not in digests:
        return f"The source of {quoted(card)} was changed after its sha256 was written."
    return ""


def _lines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n")
