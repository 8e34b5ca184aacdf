"""What cards share that learn something from a table, such as a mean, and change one by it.

They learn it from the table at ``fit_on`` where one is connected, else from the table that they
change. Only of train rows is that harmless: all others are noted in the provenance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import PrivateAttr

from tensorrag import Card, CardError, InputError, Schema, TableSchema
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted
from tensorrag.types import Provenance, Seen


class Fitting(Card):
    """A card that learns from a table, and can change other rows by what it has learnt."""

    on_new_rows = "learnt"
    _learnt: JsonObject = PrivateAttr({})

    @property
    def learnt(self) -> JsonObject:
        """What it has learnt in its run, by column."""
        return self._learnt

    def still_seen_by_others(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Where it matters from what it has learnt, a card says so."""
        return self.still_seen(seen, table)


def fitted(changed: TableSchema, fit_on: TableSchema | None, card: str) -> Provenance:
    """Return where changed rows come from, with a note unless train rows were learnt from.

    Args:
        changed: the table that is changed.
        fit_on: the table that was learnt from, where it is another one.
        card: title of the card that learnt.
    """
    learnt = changed if fit_on is None else fit_on
    unknown = learnt.columns is None and learnt.provenance == Provenance()
    if unknown or learnt.provenance.part == "train":
        return changed.provenance
    known = changed.provenance.fitted
    return changed.provenance.model_copy(update={"fitted": (*known, card)})


def fitting_concerns(schemas: Mapping[str, Schema], what: str) -> Iterator[CardError]:
    """Warn where something is learnt from rows that a model is measured on.

    Args:
        schemas: of the inputs ``dataset`` and ``fit_on``.
        what: what is learnt, such as "The means and spreads".
    """
    port = "fit_on" if "fit_on" in schemas else "dataset"
    learnt = schemas.get(port)
    if isinstance(learnt, TableSchema) and learnt.provenance.part in ("validation", "test"):
        yield InputError(
            f"{what} are learnt from the {learnt.provenance.part} rows.",
            port=port,
            hint="Connect the train rows to fit_on, so that both are changed alike.",
        )


def same_columns(names: list[str], fit_on: TableSchema | None) -> None:
    """Refuse a table to learn from that lacks a column.

    Raises:
        InputError: it lacks one.
    """
    if fit_on is None or fit_on.names is None:
        return
    there = frozenset(fit_on.names)
    lacking = next((name for name in names if name not in there), None)
    if lacking is not None:
        raise InputError(
            f"The table to learn from has no column {quoted(lacking)}.",
            port="fit_on",
            hint="Connect rows of the same table.",
        )
