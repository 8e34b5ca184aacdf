"""The palette: every card that is installed, to be searched, dragged, or added with Enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorrag.catalog import CardInfo, Catalog, Notice, TypeInfo
from web.page.icons import glyph, icon
from web.page.markup import Element, Node, a, b, button, div, h2, input_, span
from web.page.sources.view import address, new_address

CATEGORIES = ("Data", "Models", "Training", "Evaluation", "Using", "Tables", "Features")
"""The order of the usual categories, first what every pipeline needs; others follow by name."""
OWN = "Your cards"
SEARCH_FIELD = "palette-search"


def palette(catalog: Catalog, query: str = "", pipeline: str = "") -> Node:
    """Draw the palette of a pipeline, or what of it answers a search."""
    write = a(".write", href=new_address(pipeline), data_testid="new-card", title="Write a card")
    return [
        _search(query),
        _cards(catalog, query, pipeline),
        write[icon("plus", ".s"), span(".cut")["New card"]],
        _legend(catalog.types),
    ]


def _search(query: str) -> Element:
    field = input_(
        type="search", id=SEARCH_FIELD, placeholder="Search cards", aria_label="Search cards",
        value=query, data_sets="search", data_eager=True, data_local=True,
        data_enters="add_found", data_below=".pcard", autocomplete="off", spellcheck="false",
    )  # fmt: skip
    return div(".search", role="search")[icon("search", ".s"), field]


def _cards(catalog: Catalog, query: str, pipeline: str) -> Element:
    groups = grouped(catalog, query)
    return div(".pcards", data_arrows=True)[
        [
            div(".pgroup", role="group", aria_label=category)[
                h2(".cat")[category], [_card(info, catalog.types) for info in infos]
            ]
            for category, infos in groups.items()
        ],
        query and not groups and _none(query, pipeline),
        not query and _own(catalog, groups, pipeline),
    ]


def _none(query: str, pipeline: str) -> Element:
    write = a(".link", href=new_address(pipeline))["Write a card"]
    return div(".ptext")[f"No card is called “{query}”. ", write]


def grouped(catalog: Catalog, query: str = "") -> dict[str, list[CardInfo]]:
    """Return the cards by category; a search looks at names first, then at what cards do.

    In each, cards whose own name answers come before those of a category that does, and then
    cards that need no input: there a pipeline begins.
    """

    def beside(info: CardInfo) -> bool:
        return not _says(query, f"{info.title} {info.card}")

    infos = sorted(
        catalog.cards.values(), key=lambda info: (beside(info), bool(info.inputs), info.title)
    )
    named = [info for info in infos if _says(query, f"{info.title} {info.category} {info.card}")]
    found = named or [info for info in infos if _says(query, f"{info.title} {info.summary}")]
    groups: dict[str, list[CardInfo]] = {}
    for info in found:
        groups.setdefault(OWN if info.source is not None else info.category, []).append(info)
    return dict(sorted(groups.items(), key=lambda group: (beside(group[1][0]), _place(group[0]))))


def first_found(catalog: Catalog, query: str) -> CardInfo | None:
    """Return the card that a search shows first."""
    return next((infos[0] for infos in grouped(catalog, query).values()), None)


def _says(query: str, text: str) -> bool:
    return all(word in text.lower() for word in query.lower().split())


def _place(category: str) -> tuple[int, str]:
    if category == OWN:
        return len(CATEGORIES) + 1, ""
    return CATEGORIES.index(category) if category in CATEGORIES else len(CATEGORIES), category


def _card(info: CardInfo, types: Mapping[str, TypeInfo]) -> Element:
    kind = types.get(info.outputs[0].type) if info.outputs else None
    return button(
        ".pcard", type="button", draggable="true", data_card=info.card, data_act="add_card",
        data_item=True, title=f"{info.title}: {info.summary}", data_key=f"card-{info.card}",
    )[glyph(kind), span(".title")[info.title]]  # fmt: skip


def _own(catalog: Catalog, groups: Mapping[str, Sequence[CardInfo]], pipeline: str) -> Node:
    return [
        OWN not in groups
        and [
            h2(".cat")[OWN],
            div(".ptext")["Write one with New card, or drop a Python file on the canvas."],
        ],
        [_notice(notice, pipeline) for notice in catalog.notices],
    ]


def _notice(notice: Notice, pipeline: str) -> Element:
    mend = a(".link", href=address(notice.file, pipeline), data_testid="mend-card")["Mend it"]
    return div(".notice", role="status")[
        b[notice.file],
        notice.message,
        notice.hint and div(".m2")[notice.hint],
        notice.file.endswith(".py") and div[mend],
    ]


def _legend(types: Mapping[str, TypeInfo]) -> Element:
    """Name each shape once: two kinds of Spec look alike and are wired alike."""
    shown = {(kind.label, kind.shape, kind.light): kind for kind in types.values()}
    return div(".legend", role="group", aria_label="Types of values")[
        [div[glyph(kind), span(".cut")[kind.label]] for kind in shown.values()]
    ]
