"""A card that is not here: the source that came along with it, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorrag.pipeline.came_along import CameAlong
from tensorrag.quoting import visible
from web.page.icons import icon
from web.page.markup import Element, Node, button, div, h3, pre, span, table, tbody, td, th, tr
from web.page.wording import plural

VALUE_SHOWN = 200
"""Longest value of a setting that is shown, in characters."""


def placeholder(node: str, came: CameAlong | None, params: Mapping[str, Any]) -> Node:
    """Draw what is known of a card that is not here: the source that came along, its settings."""
    return [_source(node, came) if came is not None else None, _kept(params) if params else None]


def _source(node: str, came: CameAlong) -> Element:
    lines = came.source.splitlines()
    return div(".sec.wide")[
        h3["Its source", span(".u")[f"{plural(len(lines), 'line')} · sha256 {came.sha256[:12]}"]],
        div(".msg.error")[span(".c-error")[icon("failed", ".s")], came.trouble]
        if came.trouble
        else _trust(node, came),
        pre(".source", tabindex="0", data_testid="card-source")[
            "\n".join("\t".join(map(visible, line.split("\t"))) for line in lines)
        ],
    ]


def _trust(node: str, came: CameAlong) -> Node:
    trust = button(
        ".btn.p.sml", type="button", data_act="trust_card", data_testid="trust-card",
        data_of=node, data_sha256=came.sha256,
    )["Trust this card"]  # fmt: skip
    return div(".msg.info")[
        span(".c-idle")[icon("info", ".s")],
        div(".sp")[
            span(".w5")["It came along with this pipeline, and has never run here."],
            div(".m2")["A card is a program: once trusted, it may do whatever you may."],
            div(".fix")[trust],
        ],
    ]


def _kept(params: Mapping[str, Any]) -> Element:
    rows = [
        tr[th(scope="row")[visible(name)], td(".cut")[visible(str(value))[:VALUE_SHOWN]]]
        for name, value in params.items()
    ]
    return div(".sec.wide")[h3["Settings that are kept"], table(".mt")[tbody[rows]]]
