"""What the parts of the settings have in common."""

from __future__ import annotations

from web.page.icons import icon
from web.page.markup import Element, Node, div, h2, p, section, span


def part(name: str, title: str, say: str) -> Element:
    """Begin a part with its title and what it is about."""
    return section(".part", id=name, data_testid=f"settings-{name}", aria_labelledby=f"{name}-h")[
        h2(id=f"{name}-h")[title], p(".m2")[say]
    ]


def wrong(sentence: str | None) -> Node:
    """Say below a field why what was typed cannot be."""
    return (
        sentence
        and div(".msg.error", role="alert")[
            span(".c-error")[icon("failed", ".s")], div(".sp")[sentence]
        ]
    )
