"""What is known of a table that is made of several."""

from __future__ import annotations

from collections.abc import Sequence

from tensorrag import ColumnSchema, InputError
from tensorrag.quoting import named
from tensorrag.types import NUMERIC, ColumnKind, Provenance

_WIDER: tuple[ColumnKind, ...] = ("number", "integer", "binary")
_TEXTS = frozenset({"text", "category"})


def merged(provenances: Sequence[Provenance]) -> Provenance:
    """Tell where the rows of several tables come from: a part only if all are of it."""
    sources = dict.fromkeys(p.source for p in provenances if p.source is not None)
    parts = {provenance.part for provenance in provenances}
    return Provenance(
        source=" + ".join(sources)[:200] or None,
        part=next(iter(parts)) if len(parts) == 1 else None,
        synthetic=any(provenance.synthetic for provenance in provenances),
        fitted=tuple(dict.fromkeys(card for p in provenances for card in p.fitted)),
        time=next((p.time for p in provenances if p.time is not None), None),
        ahead=max(provenance.ahead for provenance in provenances),
        dealt=next((p.dealt for p in provenances if p.dealt is not None), None),
        copied=next((p.copied for p in provenances if p.copied is not None), None),
    )


def in_common(columns: Sequence[ColumnSchema], port: str) -> ColumnSchema:
    """Tell the kind and unit of a column that several tables have under one name.

    Raises:
        InputError: one is a number and one is text.
    """
    first, *others = columns
    common = first
    for other in others:
        common = common.model_copy(update={"kind": _wider(common, other, port), "missing": None})
        if other.unit != common.unit:
            common = common.model_copy(update={"unit": None})
    return common


def _wider(one: ColumnSchema, other: ColumnSchema, port: str) -> ColumnKind | None:
    if one.kind == other.kind or None in (one.kind, other.kind):
        return one.kind if one.kind == other.kind else None
    kinds = {one.kind, other.kind}
    if kinds <= NUMERIC:
        return next(kind for kind in _WIDER if kind in kinds)
    if kinds <= _TEXTS:
        return "text"
    raise InputError(
        f"{named(one.name)} is {_WORDS[one.kind or 'text']} in one table and "
        f"{_WORDS[other.kind or 'text']} in another.",
        port=port,
        hint="Make them alike first, with Derive Column or where they are loaded.",
    )


_WORDS = {
    "number": "a number",
    "integer": "a number",
    "binary": "yes/no",
    "category": "text",
    "text": "text",
    "date": "a date",
}
