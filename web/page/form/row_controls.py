"""Controls of a text that is shown row by row: what changes in one is sent as one change of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from web.page.form.fields import FieldSpec
from web.page.icons import icon
from web.page.markup import Element, button, div, input_, option, select


def choice(
    node: str, spec: FieldSpec, at: int, what: str, label: str,
    choices: Iterable[tuple[str, str]], now: str,
) -> Element:  # fmt: skip
    """Draw a choice of values with their words."""
    options = [option(value=value, selected=value == now)[words] for value, words in choices]
    return div(".inp")[
        select(**_bound(node, spec, at, what, label))[options], icon("chevron", ".s")
    ]


def typed(
    node: str, spec: FieldSpec, at: int, what: str, label: str, value: str, hint: str
) -> Element:
    """Draw a field to type into."""
    control = input_(type="text", value=value, autocomplete="off", spellcheck="false")
    return div(".inp.val")[control(placeholder=hint, **_bound(node, spec, at, what, label))]


def remove(node: str, spec: FieldSpec, at: int) -> Element:
    """Draw what removes a row."""
    says = f"Remove row {at + 1}"
    named = button(".x", type="button", data_act="row", data_of=node, data_param=spec.name)
    return named(data_what="remove", data_index=at, title=says, aria_label=says)[
        icon("close", ".s")
    ]


def add(node: str, spec: FieldSpec) -> Element:
    """Draw what adds one."""
    named = button(".btn.sml", type="button", data_act="row", data_of=node, data_what="add")
    return named(data_param=spec.name)[icon("plus", ".s"), "Add a row"]


def group(spec: FieldSpec, *rows: Any) -> Element:
    """Draw the rows."""
    whole = div(".clauses", role="group", aria_label=f"{spec.label}, row by row")
    return whole[list(rows)]


def _bound(node: str, spec: FieldSpec, at: int, what: str, label: str) -> dict[str, Any]:
    return {
        "id": f"f-{spec.name}-{at}-{what}", "data_sets": "row", "data_of": node,
        "data_param": spec.name, "data_index": at, "data_what": what, "aria_label": label,
    }  # fmt: skip
