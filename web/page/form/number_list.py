"""A list of numbers as bars that can be moved, removed and added to."""

from __future__ import annotations

from typing import Any

from web.page.form.content import Form
from web.page.form.fields import LISTS, FieldSpec
from web.page.icons import icon
from web.page.markup import Element, button, div, span


def number_list(shown: Form, spec: FieldSpec) -> Element:
    """Draw a list of numbers as bars that can be moved, removed and added to."""
    value = shown.value(spec)
    items = list(value) if isinstance(value, list | tuple) else []
    sizes = [each if isinstance(each, int | float) and each > 0 else 0 for each in items]
    tallest = max(sizes, default=0) or 1
    rows = [
        div(".li")[
            span(".num.m3")[at + 1],
            span(".lbar")[span(style=f"width:{max(2, round(100 * size / tallest))}%")],
            span(".num")[spec.write([item])],
            list_button(shown, spec, "list_up", at, "up", f"entry {at + 1}", off=at == 0),
            list_button(
                shown, spec, "list_down", at, "down", f"entry {at + 1}", off=at == len(items) - 1
            ),
            list_button(shown, spec, "list_remove", at, "close", f"entry {at + 1}"),
        ]
        for at, (item, size) in enumerate(zip(items, sizes, strict=True))
    ]
    add = button(".btn.sml", type="button", data_act="list_add", data_of=shown.node)
    return div(".lst")[rows, add(data_param=spec.name)[icon("plus", ".s"), "Add"]]


_VERBS = {"list_up": "Move up", "list_down": "Move down", "list_remove": "Remove"}


def list_button(
    shown: Form, spec: FieldSpec, act: str, at: int, drawing: str, what: str, *, off: bool = False
) -> Element:
    """Draw what moves or removes an entry."""
    named = button(".x", type="button", data_act=act, data_of=shown.node, data_param=spec.name)
    says = f"{_VERBS[act]} {what}"
    return named(data_index=at, title=says, aria_label=says, disabled=off)[icon(drawing, ".s")]


def edit_list(spec: FieldSpec, value: Any, act: str, at: int) -> list[Any]:
    """Return a list with one entry moved, removed, or one more."""
    items = list(value) if isinstance(value, list | tuple) else []
    if act == "list_add":
        last = items[-1] if items and isinstance(items[-1], int) else 64
        return [*items, max(1, last // 2)] if spec.kind in LISTS else items
    if not -len(items) <= at < len(items):
        return items
    item = items.pop(at)
    if act == "list_up":
        items.insert(max(0, at - 1), item)
    elif act == "list_down":
        items.insert(at + 1, item)
    return items
