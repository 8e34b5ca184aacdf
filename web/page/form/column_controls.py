"""Controls that name columns: chosen from a list, or offered while a formula is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from tensorrag.formula.tokens import written
from tensorrag.types import ColumnSchema
from web.page.form.content import Form
from web.page.form.fields import FieldSpec
from web.page.form.number_list import list_button
from web.page.form.text_control import bound, field_id, text_control
from web.page.icons import icon
from web.page.markup import Element, Node, div, input_, span
from web.page.wording import plural


def formula_control(shown: Form, spec: FieldSpec) -> Node:
    """Draw a text that names columns: they are offered while it is typed."""
    columns = shown.columns.get(spec.columns_of or "")
    if not columns:
        return text_control(shown, spec)
    return [text_control(shown, spec, completes=_names_id(spec, columns)), _names(spec, columns)]


def _names(spec: FieldSpec, columns: Sequence[ColumnSchema]) -> Element:
    """List the columns as they are written in a formula; the browser shows those that fit."""
    named = _names_id(spec, columns)
    options = [
        div(".opt", role="option", id=f"{named}-{at}", data_value=written(column.name))[
            span(".cut")[column.name], span(".u")[column.kind]
        ]
        for at, column in enumerate(columns)
    ]
    box = div(".menu.list", popover="manual", role="listbox", data_own=True, id=named)
    return box(aria_label="Columns")[options]


def _names_id(spec: FieldSpec, columns: Sequence[ColumnSchema]) -> str:
    """Name the list after what is in it: which of it is shown is the browser's business."""
    content = repr([(column.name, column.kind) for column in columns])
    return f"{field_id(spec)}-{crc32(content.encode(errors='replace')):x}"


def columns_control(shown: Form, spec: FieldSpec) -> Node:
    """Choose one column or several of those that come in; without a table, write a name."""
    columns = shown.columns.get(spec.columns_of or "")
    value = shown.value(spec)
    many = spec.kind == "columns"
    chosen = list(value) if many and isinstance(value, list | tuple) else []
    named = "" if many else spec.write(value)
    if columns is None:
        control = bound(input_(type="text", placeholder="A column name"), shown, spec)
        plain = control(value=spec.write(value), autocomplete="off", spellcheck="false")
        return [
            div(".inp")[plain],
            div(".cap")["Connect a table to choose from its columns."],
        ]
    control = bound(input_(type="text", role="combobox"), shown, spec)(
        value=named,
        data_had=named,
        data_many=many,
        placeholder=("Add a column" if chosen else _empty(spec)) if many else "Choose a column",
        autocomplete="off",
        spellcheck="false",
        aria_expanded="false",
        aria_autocomplete="list",
        aria_controls=f"{field_id(spec)}-list",
    )
    return [
        many and _chips(shown, spec, chosen, columns),
        div(".inp")[control, icon("chevron", ".s")],
        _column_list(spec, columns, set(chosen) if many else {value}, many=many),
    ]


def _empty(spec: FieldSpec) -> str:
    meaning = spec.empty or "choose columns"
    return meaning[:1].upper() + meaning[1:]


def _chips(
    shown: Form, spec: FieldSpec, chosen: list[Any], columns: Sequence[ColumnSchema]
) -> Node:
    known = {column.name for column in columns}
    if not chosen:
        return None
    return div(".chips")[
        [
            span(".chip" if name in known else ".chip.bad", data_key=f"chip-{name}")[
                span(".cut")[str(name)],
                list_button(shown, spec, "list_remove", at, "close", str(name)),
            ]
            for at, name in enumerate(chosen)
        ]
    ]


def _column_list(
    spec: FieldSpec, columns: Sequence[ColumnSchema], chosen: set[Any], *, many: bool
) -> Element:
    offered = [column for column in columns if not (many and column.name in chosen)]
    options = [
        div(
            ".opt", role="option", id=f"{field_id(spec)}-{at}", data_value=column.name,
            aria_selected="true" if column.name in chosen else "false",
        )[span(".cut")[column.name], span(".u")[column.kind]]
        for at, column in enumerate(offered)
    ]  # fmt: skip
    none = div(".none", hidden=True)[f"None of {plural(len(offered), 'column')} is called so."]
    box = div(".menu.list", popover="manual", role="listbox", id=f"{field_id(spec)}-list")
    return box(aria_label=spec.label)[options, none]
