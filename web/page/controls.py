"""Controls of a form: each parameter as exactly one native control, with what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from tensorrag.check.problems import Problem
from tensorrag.formula.tokens import written
from tensorrag.types import ColumnSchema, Hyperparameter
from web.page.fields import LISTS, FieldSpec, bounds, choice_words, defaults
from web.page.icons import icon
from web.page.markup import Element, Node, a, button, div, input_, option, select, span
from web.page.ranges import ranges
from web.page.slider import slider
from web.page.wording import plural

Columns = Sequence[ColumnSchema] | None
Tunable = Sequence[Hyperparameter] | None
MAX_DETAIL = 200
"""Characters shown of what was detected."""


@dataclass(frozen=True)
class Form:
    """What the settings of one card are drawn from."""

    node: str
    specs: Sequence[FieldSpec]
    params: Mapping[str, Any]
    """Raw, as in the document; a parameter that is not there has its default."""
    columns: Mapping[str, Columns] = field(default_factory=dict)
    """Columns of each input, None where they are not known."""
    problems: Sequence[Problem] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """What was detected at the card's source; empty where nobody looked, or it is unreadable."""
    tunable: Mapping[str, Tunable] = field(default_factory=dict)
    """What can be varied of the model at each input, None where that is not known."""
    secrets: Sequence[str] = ()
    """Names of the secrets that there are."""
    uploading: str | None = None
    """Name of the file on its way to the server."""

    def value(self, spec: FieldSpec) -> Any:
        """Return a parameter's value, or its default."""
        return self.params.get(spec.name, spec.default)

    def values(self) -> dict[str, Any]:
        """Return every parameter, defaults included."""
        return {**defaults(self.specs), **self.params}

    def visible(self) -> list[FieldSpec]:
        """Return the parameters that matter for the choices made and for the source."""
        values = self.values()
        return [spec for spec in self.specs if spec.active(values) and self._fits_source(spec)]

    def _fits_source(self, spec: FieldSpec) -> bool:
        """Tell whether there is something to override: a Parquet file has no separator."""
        if spec.detail is None or spec.kind != "choice" or self.value(spec) != spec.default:
            return True
        if spec.choices_of is not None:
            return len(self.choices(spec)) > 2
        unreadable = any(
            problem.code in ("source_unreadable", "source_outside") for problem in self.problems
        )
        return spec.detail in self.details or (unreadable and not self.details)

    def choices(self, spec: FieldSpec) -> list[Any]:
        """Return what a parameter can be, its default first where the source has the choices."""
        if spec.choices_of is None:
            return list(spec.choices)
        found = self.details.get(spec.choices_of)
        listed = found if isinstance(found, list | tuple) else []
        return [spec.default, *(name for name in listed if isinstance(name, str))]

    def detected(self, spec: FieldSpec) -> str:
        """Return what was detected of a parameter, as text; empty where nothing was."""
        found = self.details.get(spec.detail or "")
        return str(found)[:MAX_DETAIL] if isinstance(found, str | int | float) else ""

    def wrong(self, name: str) -> list[Problem]:
        """Return what is wrong with a parameter."""
        return [problem for problem in self.problems if problem.field == name]


def is_error(wrong: Sequence[Problem]) -> bool:
    """Tell whether any of these keeps the card from running."""
    return any(problem.level == "error" for problem in wrong)


def help_text(spec: FieldSpec) -> str:
    """Say what a parameter means, and which values fit."""
    limits = bounds(spec)
    sentence = f"{limits[:1].upper()}{limits[1:]}." if limits else ""
    return " ".join(filter(None, [spec.help, sentence]))


def field_id(spec: FieldSpec) -> str:
    """Return the id of a parameter's control."""
    return f"f-{spec.name}"


def control(shown: Form, spec: FieldSpec) -> Node:
    """Draw the control of a parameter, by its kind."""
    match spec.kind:
        case "switch":
            return _switch(shown, spec)
        case "choice":
            return _choice(shown, spec)
        case "column" | "columns":
            return _columns(shown, spec)
        case "secret":
            return _secret(shown, spec)
        case "upload":
            return _upload(shown, spec)
        case "hyperparameters":
            known = shown.tunable.get(spec.hyperparameters_of or "")
            return ranges(shown.node, spec, shown.value(spec), known)
        case "numbers":
            return [_text(shown, spec), _list(shown, spec)]
        case "condition" | "formula":
            return _formula(shown, spec)
        case _:
            return _text(shown, spec)


def _bound(control: Element, shown: Form, spec: FieldSpec) -> Element:
    """Tie a control to its parameter."""
    kind = "number" if spec.kind in ("number", "integer") else "text"
    return control(
        id=field_id(spec),
        data_sets="set",
        data_of=shown.node,
        data_param=spec.name,
        data_kind=kind,
        aria_describedby=f"{field_id(spec)}-help" if help_text(spec) else None,
        aria_invalid="true" if is_error(shown.wrong(spec.name)) else None,
    )


def _text(shown: Form, spec: FieldSpec, *, completes: str | None = None) -> Node:
    numeric = spec.kind in ("number", "integer")
    control = _bound(input_(type="text"), shown, spec)(
        value=spec.write(shown.value(spec)),
        placeholder=spec.shown(spec.default) if spec.default not in (None, "", []) else None,
        inputmode="decimal" if numeric else None,
        data_min=spec.low,
        data_max=spec.high,
        data_step=spec.step or _usual_step(spec) if numeric else None,
        autocomplete="off",
        spellcheck="false",
        data_completes=completes,
        aria_controls=completes,
        aria_autocomplete="list" if completes else None,
    )
    typed = div(".inp.short" if numeric else ".inp")[control, spec.unit and span(".u")[spec.unit]]
    slides = slider(spec, field_id(spec), shown.value(spec))
    return div(".sliding")[typed, slides] if slides else typed


def _formula(shown: Form, spec: FieldSpec) -> Node:
    """Draw a text that names columns: they are offered while it is typed."""
    columns = shown.columns.get(spec.columns_of or "")
    if not columns:
        return _text(shown, spec)
    return [_text(shown, spec, completes=_names_id(spec, columns)), _names(spec, columns)]


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


def _usual_step(spec: FieldSpec) -> float:
    """Choose a step for the arrow keys that suits the default."""
    if spec.kind == "integer":
        return 1
    size = abs(spec.default) if isinstance(spec.default, int | float) and spec.default else 1
    return float(10 ** (len(str(int(size))) - 2)) if size >= 1 else float(f"1e{f'{size:e}'[-3:]}")


def _switch(shown: Form, spec: FieldSpec) -> Element:
    on = shown.value(spec) is True
    control = _bound(input_(".switch", type="checkbox", role="switch"), shown, spec)
    return control(checked=on)


def _choice(shown: Form, spec: FieldSpec) -> Element:
    now = shown.value(spec)
    choices = shown.choices(spec)
    if now not in choices:
        choices.insert(0, now)
    options = [
        option(value=str(each), selected=each == now)[_choice_words(shown, spec, each)]
        for each in choices
    ]
    return div(".inp")[_bound(select, shown, spec)[options], icon("chevron", ".s")]


def _choice_words(shown: Form, spec: FieldSpec, choice: Any) -> str:
    """Write a choice; what is detected says what it was: ``Auto: semicolon``."""
    if spec.detail is None or choice != spec.default:
        return str(choice) or "Auto" if spec.choices_of else choice_words(choice)
    detected = shown.detected(spec) if shown.value(spec) == spec.default else ""
    word = choice_words(choice or "auto")
    return f"{word}: {detected}" if detected else word


def _secret(shown: Form, spec: FieldSpec) -> Node:
    """Offer the secrets by name; their values are on no page."""
    now = shown.value(spec)
    names = [*shown.secrets, *([now] if isinstance(now, str) and now not in shown.secrets else [])]
    empty = option(value="", selected=not now)["Choose a secret" if names else "None yet"]
    options = [option(value=name, selected=name == now)[name] for name in names]
    add = a(".link.t11", href="/settings#secrets", target="_blank")["Add in settings"]
    chooser = _bound(select, shown, spec)[empty, options]
    return [div(".inp")[chooser, icon("chevron", ".s")], div(".cap")[add]]


def _columns(shown: Form, spec: FieldSpec) -> Node:
    columns = shown.columns.get(spec.columns_of or "")
    value = shown.value(spec)
    many = spec.kind == "columns"
    chosen = list(value) if many and isinstance(value, list | tuple) else []
    named = "" if many else spec.write(value)
    if columns is None:
        control = _bound(input_(type="text", placeholder="A column name"), shown, spec)
        plain = control(value=spec.write(value), autocomplete="off", spellcheck="false")
        return [
            div(".inp")[plain],
            div(".cap")["Connect a table to choose from its columns."],
        ]
    control = _bound(input_(type="text", role="combobox"), shown, spec)(
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


_MEANING = re.compile(r"(?:empty|none chosen|none)\W+(?:means\s+)?([^.;]+)", re.IGNORECASE)


def _empty(spec: FieldSpec) -> str:
    """Say what an empty list of columns means, in the words of the card's own help."""
    found = _MEANING.search(spec.help)
    meaning = found[1].strip() if found else "choose columns"
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
                _list_button(shown, spec, "list_remove", at, "close", str(name)),
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


def _upload(shown: Form, spec: FieldSpec) -> Element:
    name = shown.params.get(f"{spec.name}_name") or ("A file" if shown.value(spec) else "")
    control = input_(".vh", type="file", data_file="upload", data_testid="upload-input")
    says = f"Sending {shown.uploading} …" if shown.uploading else name or "No file chosen"
    return div(".file")[
        control(
            id=field_id(spec),
            data_of=shown.node,
            data_param=spec.name,
            accept=".csv,.tsv,.txt,.gz,.zip,.xlsx,.xlsm,.xls,.parquet,.pq,.arrow,.feather,.json,.jsonl,.ndjson",
            aria_label=spec.label,
        ),
        span(".cut" if name or shown.uploading else ".cut.m3")[says],
        button(".btn.o.sml", type="button", data_opens=field_id(spec))[
            icon("upload", ".s"), "Replace" if name else "Choose a file"
        ],
    ]


def _list(shown: Form, spec: FieldSpec) -> Element:
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
            _list_button(shown, spec, "list_up", at, "up", f"entry {at + 1}", off=at == 0),
            _list_button(
                shown, spec, "list_down", at, "down", f"entry {at + 1}", off=at == len(items) - 1
            ),
            _list_button(shown, spec, "list_remove", at, "close", f"entry {at + 1}"),
        ]
        for at, (item, size) in enumerate(zip(items, sizes, strict=True))
    ]
    add = button(".btn.sml", type="button", data_act="list_add", data_of=shown.node)
    return div(".lst")[rows, add(data_param=spec.name)[icon("plus", ".s"), "Add"]]


_VERBS = {"list_up": "Move up", "list_down": "Move down", "list_remove": "Remove"}


def _list_button(
    shown: Form, spec: FieldSpec, act: str, at: int, drawing: str, what: str, *, off: bool = False
) -> Element:
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
