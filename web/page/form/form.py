"""The settings of a card as a form, generated from its fields."""

from __future__ import annotations

from tensorrag.check.problems import Problem
from web.page.form.clauses import clause_rows
from web.page.form.content import Form, is_error
from web.page.form.controls import control
from web.page.form.fields import FieldSpec
from web.page.form.terms import term_rows
from web.page.form.text_control import field_id, help_text
from web.page.icons import icon
from web.page.markup import Element, Node, button, div, label, span
from web.page.prose import plain, prose
from web.page.remedies import way_out

SWEPT = frozenset({"number", "integer", "choice", "switch"})
"""Kinds of fields that can be swept."""


def form(shown: Form) -> Node:
    """Draw every parameter that matters for the choices made."""
    visible = shown.visible()
    if not visible:
        return div(".sec.m2.s12")["This card has no settings."]
    return [[_field(shown, spec), _rows(shown, spec)] for spec in visible]


def _rows(shown: Form, spec: FieldSpec) -> Node:
    """Below a formula, draw it row by row; above it stands the text, which counts."""
    draw = {"condition": clause_rows, "formula": term_rows}.get(spec.kind)
    if draw is None:
        return None
    columns = shown.columns.get(spec.columns_of or "")
    return div(".field.k-rows", data_key=f"rows-{spec.name}", data_rows=spec.name)[
        draw(shown.node, spec, shown.value(spec), columns)
    ]


def _field(shown: Form, spec: FieldSpec) -> Element:
    wrong = shown.wrong(spec.name)
    kinds = f".k-{spec.kind}" + (".bad" if is_error(wrong) else "")
    return div(f".field{kinds}", data_field=spec.name, data_key=f"field-{spec.name}")[
        div(".fl")[
            label(for_=field_id(spec), title=plain(spec.help) or None)[spec.label],
            _sweeper(shown, spec),
            _aside(shown, spec),
        ],
        control(shown, spec),
        _read_as(shown, spec),
        [problem_message(problem) for problem in wrong],
        _help(spec),
    ]


def _read_as(shown: Form, spec: FieldSpec) -> Node:
    """Say under a source how it was read; a choice says so itself."""
    detected = shown.detected(spec) if spec.kind != "choice" else ""
    return div(".cap", data_testid="read-as")[f"Read as {detected}"] if detected else None


def _help(spec: FieldSpec) -> Node:
    text = help_text(spec)
    return div(".cap", id=f"{field_id(spec)}-help")[prose(text)] if text else None


def _aside(shown: Form, spec: FieldSpec) -> Node:
    """Beside the label: required, the default, or the way back to it."""
    bare = spec.default in (None, "", [])
    if spec.required or (spec.kind == "column" and spec.default == ""):
        return span(".u")["required"]
    if spec.kind == "upload":
        return None
    if shown.value(spec) == spec.default:
        return None if bare or spec.kind == "switch" else span(".u")["default"]
    back = button(".link.u", type="button", data_act="reset", data_of=shown.node)
    word = "clear" if bare else f"reset to {spec.shown(spec.default)}"
    return back(data_param=spec.name, aria_label=f"{spec.label}: {word}", title=word)[word]


def _sweeper(shown: Form, spec: FieldSpec) -> Node:
    """Offer to try several values, where a field can have them."""
    if spec.kind not in SWEPT:
        return None
    says = f"Try several values of {spec.label}"
    opens = button(".x.sweeper", type="button", data_act="sweep", data_of=shown.node)
    return opens(data_param=spec.name, aria_label=says, title="Try several values")[
        icon("sweep", ".s")
    ]


def problem_message(problem: Problem) -> Element:
    """Say what is wrong, what to do, and offer to do it."""
    tone = "error" if problem.level == "error" else "stale"
    return div(f".msg.{tone}", role="alert" if problem.level == "error" else "status")[
        span(f".c-{tone}")[icon("failed" if problem.level == "error" else "warning", ".s")],
        div(".sp")[
            span(".w5")[problem.message],
            problem.hint and div(".m2")[problem.hint],
            fix_button(problem, ".p"),
            div(".fix")[way] if (way := way_out(problem.code)) else None,
        ],
    ]


def fix_button(problem: Problem, look: str = ".o") -> Node:
    """Offer the edit that mends a problem, as one button."""
    if problem.fix is None:
        return None
    named = button(f".btn.sml.fix{look}", type="button", data_act="fix")
    label = problem.fix.label
    return named(data_problem=problem_key(problem), data_mend=label)[label]


def problem_key(problem: Problem) -> str:
    """Return what names the place of a problem between page and server; others may be there."""
    parts = (problem.code, problem.node, problem.port, problem.field, problem.edge)
    return "|".join(part or "" for part in parts)
