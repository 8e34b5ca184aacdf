"""What is not the same in runs that are compared: parameters, cards, wires, data and machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tensorrag.quoting import visible
from tensorrag.run.differences import Difference
from web.page.compare.view import Shown, box, columns
from web.page.markup import Element, Node, div, span, table, tbody, td, tr
from web.page.wording import plural

SHOWN = 80
"""Longest value that is shown, in characters."""
LISTED = 4
"""Values of a list that are shown, of more."""
REASONS = {
    "card": "Another card",
    "wires": "Wired differently",
    "data": "Other data",
    "source": "Another version of the card",
    "place": "Ran elsewhere",
    "environment": "Another environment",
}


def changed(shown: Shown) -> Element:
    """Draw the parameters that are not the same in all runs."""
    found = [each for each in shown.compared.differences if each.kind == "parameter"]
    same = shown.compared.same
    others = f"{plural(same, 'parameter')} {'is' if same == 1 else 'are'} the same."
    if not found:
        return box("Changed parameters")[div(".cap")[f"None: {others}" if same else "None."]]
    return box("Changed parameters", testid="changed")[
        table(".ct")[
            columns(shown, "Card", "Parameter"),
            tbody[[_parameter(shown, each) for each in found]],
        ],
        div(".cap")[others],
    ]


def _parameter(shown: Shown, each: Difference) -> Element:
    return tr(data_parameter=f"{each.node}.{each.what}")[
        td(".cut")[shown.title(each.node or "")],
        td(".cut", title=visible(each.what))[shown.setting(each.node, each.what)],
        _values(each),
    ]


def _values(each: Difference) -> Node:
    return [
        td(".num.cut" + (".w6" if at == len(each.values) - 1 else ".m2"), title=written(value))[
            written(value) if there else span(".m3")["not there"]
        ]
        for at, (value, there) in enumerate(zip(each.values, each.there, strict=True))
    ]


def written(value: Any) -> str:
    """Write a value of a parameter, shortened."""
    if isinstance(value, str):
        return visible(value)[:SHOWN]
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "–"}[value]
    if isinstance(value, list) and len(value) > LISTED:
        shown = json.dumps(value[:LISTED], ensure_ascii=False)[1:-1]
        return f"{visible(shown)[:SHOWN]} and {len(value) - LISTED:,} more"
    return visible(json.dumps(value, ensure_ascii=False))[:SHOWN]


def reasons(shown: Shown) -> Node:
    """Draw what else is not the same: cards, wires, data, versions, places, machines."""
    found = [each for each in shown.compared.differences if each.kind != "parameter"]
    if not found:
        said = "Cards, wires, data, versions and environment are the same."
        return box("Why else they may differ", testid="reasons")[div(".cap")[said]]
    return box("Why else they may differ", testid="reasons")[
        table(".ct")[
            columns(shown, "What", "Where"), tbody[[_reason(shown, each) for each in found]]
        ]
    ]


def _reason(shown: Shown, each: Difference) -> Element:
    whose = shown.title(each.node) if each.node else visible(each.what)
    short = _fingerprints(each) if each.kind in ("data", "source") else _values(each)
    return tr(data_reason=each.kind)[td[REASONS[each.kind]], td(".cut", title=whose)[whose], short]


def _fingerprints(each: Difference) -> Node:
    """Show digests by their first letters: that they differ is all that they say."""
    shorter = [str(value).split()[-1][:8] if value is not None else None for value in each.values]
    return _values(Difference(each.kind, each.node, each.what, tuple(shorter), each.there))


def counts(differences: Sequence[Difference]) -> dict[str, int]:
    """Count what changed at each card."""
    found: dict[str, int] = {}
    for each in differences:
        if each.node is not None and each.kind in ("parameter", "card", "data", "source", "place"):
            found[each.node] = found.get(each.node, 0) + 1
    return found


def in_words(title: Mapping[str, str], counted: Mapping[str, int]) -> str:
    """Say for those who cannot see the picture which cards changed."""
    said = [f"{title[node]}: {count} changed" for node, count in counted.items() if node in title]
    return "; ".join(said) or "No card changed"
