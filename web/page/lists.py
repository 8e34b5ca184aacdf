"""What the lists of pipelines and of models share: search, headings, and the way back."""

from __future__ import annotations

from collections.abc import Mapping

from web.page.icons import icon
from web.page.markup import Element, Node, b, button, div, input_, kbd, span, th, thead, tr


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


def scored(
    said: str,
    beside: str,
    share: float,
    *,
    look: str = "",
    at: float | None = None,
    metric: str | None = None,
    value: float | None = None,
) -> Element:
    """Draw a word over a bar; a tick where the baseline is."""
    written = repr(value) if value is not None else None
    return div(".score", data_metric=metric, data_value=written)[
        div(".row")[b[said], span(".sp"), beside and span(".m3", title="Baseline")[beside]],
        div(f".bar{look}", aria_hidden="true")[
            span(style=f"width:{100 * min(1.0, max(0.0, share)):.1f}%"),
            at is not None and 0 < at < 1 and span(".at", style=f"left:{100 * at:.1f}%"),
        ],
    ]


def row_menu(of: str, name: str, about: str, actions: Node) -> Node:
    """Draw what opens the menu of one entry, and the menu.

    Args:
        of: the id of the entry.
        name: what it is called.
        about: the same, told apart from others of its name.
        actions: what can be done with it.
    """
    menu = f"menu-{of}"
    return [
        button(
            ".btn.i.over", type="button", popovertarget=menu, aria_haspopup="menu",
            title=f"More about {name}", aria_label=f"More about {about}",
        )[icon("dots")],
        div(
            ".menu.rowmenu", id=menu, popover="auto", role="menu", aria_label=name,
            data_own=True, data_at=True,
        )[actions],
    ]  # fmt: skip


def row_action(
    of: Mapping[str, str], act: str, drawing: str, word: str, *, first: bool = False
) -> Element:
    """Draw one line of such a menu; ``of`` is the attribute that names the entry."""
    return button(
        ".mi", type="button", role="menuitem", data_act=act,
        tabindex=None if first else "-1", autofocus=first or None, **of,
    )[icon(drawing, ".s"), word]  # fmt: skip


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
