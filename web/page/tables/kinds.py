"""The kinds of columns: in words, and with a control that corrects one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tensorrag.types import ColumnKind, ColumnSchema
from web.page.icons import icon
from web.page.markup import Element, Node, button, div, option, select, span

KINDS: Mapping[ColumnKind, str] = {
    "number": "number",
    "integer": "whole number",
    "binary": "yes/no",
    "category": "category",
    "text": "text",
    "date": "date",
}
_NEVER: Mapping[str, tuple[ColumnKind, ...]] = {"date": ("number", "integer", "binary")}
"""What no value of a kind can be."""


class Doubt(NamedTuple):
    """A kind that was chosen and that some values do not fit; nothing was changed yet."""

    node: str
    """Where it was chosen."""
    column: str
    kind: ColumnKind
    why: str


@dataclass(frozen=True)
class Correctable:
    """Columns that can be given other kinds."""

    node: str
    """The card at which they are looked at."""
    detected: Mapping[str, ColumnKind | None]
    """What they are where they come from."""
    chosen: Mapping[str, ColumnKind] = field(default_factory=dict)
    """What a card behind it makes of them."""
    doubt: Doubt | None = None

    @property
    def made(self) -> tuple[ColumnSchema, ...]:
        """The columns as they are with the kinds that were chosen."""
        kinds = {**self.detected, **self.chosen}
        return tuple(ColumnSchema(name=name, kind=kinds[name]) for name in self.detected)


def kind_words(kind: str | None) -> str:
    """Write a kind for people."""
    return next((words for each, words in KINDS.items() if each == kind), "unknown kind")


def kind_of(correctable: Correctable | None, column: str, kind: str | None, at: int) -> Node:
    """Say what a column is; where that can be corrected, as a choice of kinds.

    Args:
        correctable: the output that it comes from; None where its kind is only said.
        column: its name.
        kind: what it is, where that is not known better.
        at: its place in the list.
    """
    if correctable is None or column not in correctable.detected:
        return kind_words(kind)
    detected = correctable.detected[column] or kind
    now = correctable.chosen.get(column) or detected
    doubt = correctable.doubt
    if doubt is not None and doubt.column == column:
        now = doubt.kind
    options = [_option(each, detected, now) for each in KINDS]
    if now is None:
        options.insert(0, option(value="", selected=True, disabled=True)["unknown kind"])
    chooser = select(
        data_sets="column_kind", data_settles=True, data_of=correctable.node,
        data_column=column, id=f"kind-{at}",
        aria_label=f"Kind of {column}",
        aria_describedby=f"kind-{at}-why" if doubt is not None and doubt.column == column else None,
        title=_changed(correctable, column),
    )[options]  # fmt: skip
    return div(".inp.flat.kind")[chooser, icon("chevron", ".s")]


def _changed(correctable: Correctable, column: str) -> str | None:
    """Say where its kind comes from, once somebody has chosen it."""
    if column not in correctable.chosen:
        return None
    found, now = correctable.detected.get(column), correctable.chosen[column]
    return f"Found to be of kind {kind_words(found)}; Change Kinds makes it {kind_words(now)}"


def _option(kind: ColumnKind, detected: str | None, now: str | None) -> Element:
    never = kind in _NEVER.get(detected or "", ())
    words = f"{KINDS[kind]}: a {detected} is none" if never else KINDS[kind]
    found = kind == detected and kind != now
    return option(value=kind, selected=kind == now, disabled=never)[
        f"{words}, as it was found" if found else words
    ]


def doubt_of(correctable: Correctable | None, column: str, at: int) -> Node:
    """Say why a kind that was chosen does not hold, and what can be done."""
    doubt = correctable.doubt if correctable is not None else None
    if correctable is None or doubt is None or doubt.column != column:
        return None
    ends = {"data_of": doubt.node, "data_column": column}
    kept = kind_words(correctable.chosen.get(column) or correctable.detected.get(column))
    return div(".msg.stale.kindwhy", role="alert", data_testid="kind-doubt")[
        span(".c-stale")[icon("stale", ".s")],
        div(".sp")[
            div(id=f"kind-{at}-why")[doubt.why],
            div(".fix.row")[
                button(
                    ".btn.o.sml", type="button", data_act="column_kind_anyway",
                    data_value=doubt.kind, **ends,
                )["Make them missing"],
                button(".link", type="button", data_act="column_kind_keep")[f"Keep {kept}"],
            ],
        ],
    ]  # fmt: skip
