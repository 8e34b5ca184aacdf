"""What people do with kinds where columns are looked at: each action checked, then one edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tensorrag.errors import TensorRagError
from tensorrag.pipeline import JsonObject
from tensorrag.quoting import quoted
from tensorrag.types import ColumnKind, TableSchema
from web.live.session import Session
from web.page.actions import Action, Data, Edit, node_in, text
from web.page.edits.correcting import Output, chosen_by, correcting, output_of
from web.page.tables.kinds import KINDS, Correctable, Doubt

_NO: Mapping[ColumnKind, str] = {
    "number": "number", "integer": "whole number", "binary": "yes or no", "date": "date",
}  # fmt: skip


class _Asked(NamedTuple):
    """A kind that somebody chose for a column."""

    output: Output
    column: str
    kind: ColumnKind
    found: ColumnKind | None


def correctable(session: Session, node: str, doubt: Doubt | None) -> Correctable | None:
    """Return the output whose kinds can be corrected where the columns of a card are looked at."""
    pipeline = session.pipeline
    output = output_of(pipeline, session.catalog, node)
    facts = session.checked.nodes.get(output.node) if output is not None else None
    schema = facts.schemas.get(output.port) if facts and output is not None else None
    if output is None or not isinstance(schema, TableSchema) or schema.columns is None:
        return None
    detected = {column.name: column.kind for column in schema.columns}
    mine = doubt if doubt is not None and doubt.node == node else None
    return Correctable(node, detected, chosen_by(output.params(pipeline)), mine)


class KindEdits:
    """What people do with kinds in a list of columns, by the name of the action."""

    def __init__(self, session: Session, edit: Edit, turn: Callable[[str, str], None]) -> None:
        """``turn`` shows the columns of a card, and goes to the control of one of them."""
        self._session, self._edit, self._turn = session, edit, turn
        self.doubt: Doubt | None = None
        """What was asked for and needs an answer."""
        self.actions: dict[str, Action] = {
            "column_kind": self._choose,
            "column_kind_anyway": self._anyway,
            "column_kind_keep": self._keep,
        }

    async def _choose(self, data: Data) -> None:
        asked, self.doubt = self._asked(data), None
        if asked is None:
            return
        why = await self._why_not(asked)
        if why:
            self.doubt = Doubt(text(data, "of"), asked.column, asked.kind, why)
        else:
            self._correct(asked, lose=False)

    def _anyway(self, data: Data) -> None:
        asked, self.doubt = self._asked(data), None
        if asked is not None:
            self._correct(asked, lose=True)

    def _keep(self, _: Data) -> None:
        self.doubt = None

    def _asked(self, data: Data) -> _Asked | None:
        """Return what is asked for, if it is anything that can be done."""
        session, column = self._session, text(data, "column")
        node = node_in(session.pipeline, data)
        kind = next((each for each in KINDS if each == text(data, "value")), None)
        known = correctable(session, node, None) if node is not None else None
        output = output_of(session.pipeline, session.catalog, node) if node is not None else None
        if kind is None or known is None or output is None or column not in known.detected:
            return None
        found = known.detected[column]
        if kind == (known.chosen.get(column) or found):
            return None
        return _Asked(output, column, kind, found)

    def _correct(self, asked: _Asked, *, lose: bool) -> None:
        kind = None if asked.kind == asked.found else asked.kind
        pipeline = self._session.pipeline
        card, ops = correcting(pipeline, asked.output, asked.column, kind, lose=lose)
        if self._edit(ops, f"Make {quoted(asked.column)} {_a(asked.kind)}"):
            self._turn(card, asked.column)

    async def _why_not(self, asked: _Asked) -> str:
        """Say which values would be lost, where the rows are there to tell; else nothing."""
        digest, params = self._digest(asked.output), asked.output.params(self._session.pipeline)
        told = params.get("unreadable") == "missing" or params.get("date_format")
        if digest is None or told or asked.kind not in _NO or asked.kind == asked.found:
            return ""
        where = [(asked.column, "unlike", asked.kind)]
        try:
            found = await self._session.results.table(digest).rows(0, 1, "", where)
        except TensorRagError:
            return ""  # the run will say it
        return _lost(found, asked) if found["total"] else ""

    def _digest(self, output: Output) -> str | None:
        """Return the table that is there, where a run would make the same again."""
        state = self._session.stage.states.get(output.node) or {}
        shown = self._session.results.of(output.node)
        if shown is None or state.get("state") != "done":
            return None
        return shown.digests.get(output.port)


def _lost(found: JsonObject, asked: _Asked) -> str:
    names: Sequence[str] = found["columns"]
    such = ""
    if asked.column in names and found["rows"]:
        such = f", such as {quoted(found['rows'][0][names.index(asked.column)])}"
    rows, of = found["total"], found["of"]
    hold = "rows holds" if rows == 1 else "rows hold"
    them = "it would" if rows == 1 else "they would"
    return f"{rows:,} of {of:,} {hold} no {_NO[asked.kind]}{such}: {them} become missing."


def _a(kind: ColumnKind) -> str:
    return KINDS[kind] if kind in ("text", "binary") else f"a {KINDS[kind]}"
