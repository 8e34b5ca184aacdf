"""What the lists of pipelines and of models share: their search, and the way back."""

from __future__ import annotations

from web.page.icons import icon
from web.page.markup import Element, Node, button, div, input_, kbd


def search_field(words: str, query: str, test_id: str) -> Element:
    """Draw the search of a list, which ``/`` leads to; ``words`` say what is searched."""
    field = input_(
        type="search", placeholder=words, aria_label=words, value=query, data_testid=test_id,
        data_sets="search", data_eager=True, data_local=True, data_keys="/", autocomplete="off",
        spellcheck="false",
    )  # fmt: skip
    return div(".search", role="search")[icon("search", ".s"), field, kbd["/"]]


def deleted_note(name: str | None, back: str) -> Node:
    """Offer to take the last deletion back, if there was one; ``back`` says what that does."""
    if name is None:
        return None
    return div(".note.low", role="status", data_testid="deleted", data_key="deleted")[
        div(".sp")[f"{name} was deleted."],
        button(
            ".pick", type="button", data_act="restore", data_keys="mod+z", data_testid="restore",
            title=f"{back} (Ctrl+Z)",
        )["Undo"],
        button(type="button", data_act="forget_deleted", aria_label="Close", title="Close")[
            icon("close", ".s")
        ],
    ]  # fmt: skip
