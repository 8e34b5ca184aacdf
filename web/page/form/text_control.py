"""A parameter as a text that is typed, and what ties any control to its parameter."""

from __future__ import annotations

from web.page.form.content import Form, is_error
from web.page.form.fields import FieldSpec, bounds
from web.page.form.slider import slider
from web.page.markup import Element, Node, div, input_, span


def help_text(spec: FieldSpec) -> str:
    """Say what a parameter means, and which values fit."""
    limits = bounds(spec)
    sentence = f"{limits[:1].upper()}{limits[1:]}." if limits else ""
    return " ".join(filter(None, [spec.help, sentence]))


def field_id(spec: FieldSpec) -> str:
    """Return the id of a parameter's control."""
    return f"f-{spec.name}"


def bound(control: Element, shown: Form, spec: FieldSpec) -> Element:
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


def text_control(shown: Form, spec: FieldSpec, *, completes: str | None = None) -> Node:
    """Draw a text or a number; ``completes`` is the id of a list that is offered meanwhile."""
    numeric = spec.kind in ("number", "integer")
    control = bound(input_(type="text"), shown, spec)(
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


def _usual_step(spec: FieldSpec) -> float:
    """Choose a step for the arrow keys that suits the default."""
    if spec.kind == "integer":
        return 1
    size = abs(spec.default) if isinstance(spec.default, int | float) and spec.default else 1
    return float(10 ** (len(str(int(size))) - 2)) if size >= 1 else float(f"1e{f'{size:e}'[-3:]}")
