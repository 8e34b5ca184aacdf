"""What the lists of pipelines and of models share: search, headings, and the way back."""

from __future__ import annotations

from web.page.icons import icon
from web.page.markup import Element, Node, button, div, input_, kbd, span, th, thead, tr


def search_field(words: str, query: str, test_id: str) -> Element:
    """Draw the search of a list, which ``/`` leads to; ``words`` say what is searched."""
    field = input_(
        type="search", placeholder=words, aria_label=words, value=query, data_testid=test_id,
        data_sets="search", data_eager=True, data_local=True, data_keys="/", autocomplete="off",
        spellcheck="false",
    )  # fmt: skip
    return div(".search", role="search")[icon("search", ".s"), field, kbd["/"]]


def list_head(who: str, last: str, where: str, time: str, cost: str, result: str) -> Element:
    """Draw the headings of a list; each column is as wide in every list."""
    columns: dict[str, Node] = {
        "": who,
        ".c-last": last,
        ".c-where": where,
        ".num.c-time": time,
        ".num.c-cost": cost,
        ".c-result": result,
        ".c-more": span(".vh")["More"],
    }
    return thead[tr[[th(kind, scope="col")[words] for kind, words in columns.items()]]]


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
