"""Controls of a form: each parameter as exactly one native control, with what belongs to it."""

from __future__ import annotations

from typing import Any

from web.page.form.column_controls import columns_control, formula_control
from web.page.form.content import Form
from web.page.form.fields import FieldSpec, choice_words
from web.page.form.number_list import number_list
from web.page.form.ranges import ranges
from web.page.form.text_control import bound, field_id, text_control
from web.page.icons import icon
from web.page.markup import Element, Node, a, button, div, input_, option, select, span


def control(shown: Form, spec: FieldSpec) -> Node:
    """Draw the control of a parameter, by its kind."""
    match spec.kind:
        case "switch":
            return _switch(shown, spec)
        case "choice":
            return _choice(shown, spec)
        case "column" | "columns":
            return columns_control(shown, spec)
        case "secret":
            return _secret(shown, spec)
        case "upload":
            return _upload(shown, spec)
        case "hyperparameters":
            known = shown.tunable.get(spec.hyperparameters_of or "")
            return ranges(shown.node, spec, shown.value(spec), known)
        case "numbers":
            return [text_control(shown, spec), number_list(shown, spec)]
        case "condition" | "formula":
            return formula_control(shown, spec)
        case _:
            return text_control(shown, spec)


def _switch(shown: Form, spec: FieldSpec) -> Element:
    on = shown.value(spec) is True
    control = bound(input_(".switch", type="checkbox", role="switch"), shown, spec)
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
    return div(".inp")[bound(select, shown, spec)[options], icon("chevron", ".s")]


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
    chooser = bound(select, shown, spec)[empty, options]
    return [div(".inp")[chooser, icon("chevron", ".s")], div(".cap")[add]]


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
