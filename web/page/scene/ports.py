"""The ports of a card as tabs: what came in, and what went out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorrag.catalog import CardInfo, Catalog
from web.live.runs.shown import Arrived
from web.page.icons import glyph
from web.page.markup import Element, Node, button, div, span


@dataclass(frozen=True)
class PortTab:
    """One port that has something to show."""

    key: str
    """``train``, or ``in:dataset:0`` for what came in."""
    label: str
    type: str = ""
    """The name of its type."""
    came: Arrived | None = None
    """The value, where it came in."""


def in_tabs(info: CardInfo | None, arrived: Sequence[Arrived]) -> list[PortTab]:
    """Return a tab for each value that came in; those at one port are numbered."""
    types = {port.name: port.type for port in info.inputs} if info else {}
    at_port = [came.port for came in arrived]
    return [
        PortTab(
            f"in:{came.port}:{came.at}",
            f"{came.port} {came.at + 1}" if at_port.count(came.port) > 1 else came.port,
            types.get(came.port, ""),
            came,
        )
        for came in arrived
    ]


def out_tabs(info: CardInfo | None, ports: Sequence[str]) -> list[PortTab]:
    """Return a tab for each output."""
    types = {port.name: port.type for port in info.outputs} if info else {}
    return [PortTab(port, port, types.get(port, "")) for port in ports]


def chosen_tab(tabs: Sequence[PortTab], key: str | None) -> PortTab | None:
    """Return the tab that was chosen, else the first output, else the first input."""
    wanted = [tab for tab in tabs if tab.key == key]
    outputs = [tab for tab in tabs if tab.came is None]
    return next(iter((*wanted, *outputs, *tabs)), None)


def port_tabs(
    tabs: Sequence[PortTab], chosen: PortTab | None, catalog: Catalog, act: str = "port"
) -> Node:
    """Draw them; a click sends ``act``. One output alone needs no tab."""
    if chosen is None or (len(tabs) == 1 and chosen.came is None):
        return None
    ins = [tab for tab in tabs if tab.came is not None]
    outs = [tab for tab in tabs if tab.came is None]
    return div(".ports", role="tablist", aria_label="What came in and what went out")[
        [
            div(".ends", role="presentation")[
                span(".t11.m3")[word], [_tab(tab, tab == chosen, catalog, act) for tab in some]
            ]
            for word, some in (("In", ins), ("Out", outs))
            if some
        ]
    ]


def _tab(tab: PortTab, chosen: bool, catalog: Catalog, act: str) -> Element:
    came = "came in" if tab.came is not None else "went out"
    return button(
        type="button", role="tab", data_act=act, data_at=tab.key, title=f"{tab.label}: what {came}",
        aria_selected="true" if chosen else "false",
    )[glyph(catalog.types.get(tab.type)), tab.label]  # fmt: skip
