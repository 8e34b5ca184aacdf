"""Which hyperparameters of a connected model a search varies, and over which ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorrag.types import Hyperparameter
from web.page.form.fields import FieldSpec
from web.page.icons import icon
from web.page.markup import Element, Node, button, div, input_, label, span
from web.page.numerals import number_of

WIDE = 50
"""Times the low end that the high end may be before a search goes by factors, unless told."""
Chosen = dict[str, Any]
Tunable = Sequence[Hyperparameter] | None


def ranges(node: str, spec: FieldSpec, value: Any, tunable: Tunable) -> Node:
    """Draw what can be varied of the model, each with its range where it is."""
    chosen = {str(each.get("name")): each for each in _entries(value)}
    known = {each.name for each in tunable or ()}
    gone = [name for name in chosen if name not in known]
    group = div(".tune", id=f"f-{spec.name}", role="group", aria_label=spec.label)
    return group[
        [_row(node, spec, each, chosen.get(each.name)) for each in tunable or ()],
        [_gone(node, spec, name, known=tunable is not None) for name in gone],
        tunable is None and div(".cap")["Connect a model to choose from its hyperparameters."],
        tunable is not None and not tunable and div(".cap")["This model has none to vary."],
    ]


def tuned(value: Any, tunable: Tunable, name: str, what: str, raw: Any) -> list[Chosen]:
    """Return what is varied after one change.

    Args:
        value: what was varied.
        tunable: what can be.
        name: of the hyperparameter that is changed.
        what: ``on``, ``low``, ``high``, ``log``, or ``choice N``.
        raw: what it became, as the browser sent it.
    """
    entries = _entries(value)
    known = next((each for each in tunable or () if each.name == name), None)
    if what == "on":
        others = [each for each in entries if each.get("name") != name]
        return [*others, {"name": name}] if raw is True and known is not None else others
    if known is None:
        return entries
    return [
        _changed(each, known, what, raw) if each.get("name") == name else each for each in entries
    ]


def _entries(value: Any) -> list[Chosen]:
    """Return what is varied; a name alone stands for its usual range."""
    listed = value if isinstance(value, list | tuple) else []
    entries = [{"name": each} if isinstance(each, str) else each for each in listed]
    return [dict(each) for each in entries if isinstance(each, Mapping)]


def _changed(entry: Chosen, known: Hyperparameter, what: str, raw: Any) -> Chosen:
    if what in ("low", "high"):
        typed = str(raw).strip()
        found = number_of(typed)
        usual = getattr(known, what)
        new = typed[:100] if found is None else int(found) if found.is_integer() else found
        return _with(entry, what, None if not typed or new == usual else new)
    if what == "log":
        return _with(entry, "log", None if raw is _by_factors(known, {**entry, "log": None}) else
                     raw is True)  # fmt: skip
    if what.startswith("choice "):
        chosen = _choices(entry, known)
        at = next((each for each in known.choices if what == f"choice {each}"), None)
        left = [each for each in known.choices if (raw is True if each == at else each in chosen)]
        return _with(entry, "choices", None if len(left) == len(known.choices) else left)
    return entry


def _with(entry: Chosen, name: str, value: Any) -> Chosen:
    others = {key: each for key, each in entry.items() if key != name}
    return others if value is None else {**others, name: value}


def _by_factors(known: Hyperparameter, entry: Chosen) -> bool:
    if isinstance(entry.get("log"), bool):
        return bool(entry["log"])
    low, high = (entry.get(end, getattr(known, end)) for end in ("low", "high"))
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return False
    return low > 0 and high / low >= WIDE


def _choices(entry: Chosen, known: Hyperparameter) -> list[Any]:
    listed = entry.get("choices")
    return list(listed) if isinstance(listed, list | tuple) else list(known.choices)


def _row(node: str, spec: FieldSpec, known: Hyperparameter, entry: Chosen | None) -> Element:
    on = _box(node, spec, known.name, "on", entry is not None)
    return div(data_key=f"tune-{known.name}", data_hyperparameter=known.name)[
        div(".row")[
            label[on, span(".cut")[known.name]],
            span(".sp"),
            span(".u")[f"is {_word(known.value)}"],
        ],
        entry is not None and (_several if known.choices else _ends)(node, spec, known, entry),
    ]


def _ends(node: str, spec: FieldSpec, known: Hyperparameter, entry: Chosen) -> Element:
    return div(".ends")[
        _end(node, spec, known, entry, "low", "lowest"),
        span(".m3")["to"],
        _end(node, spec, known, entry, "high", "highest"),
        label(title="Try equal factors rather than equal steps: 0.01, 0.1, 1")[
            _box(node, spec, known.name, "log", _by_factors(known, entry)), "log"
        ],
    ]


def _end(
    node: str, spec: FieldSpec, known: Hyperparameter, entry: Chosen, what: str, word: str
) -> Element:
    value = entry.get(what, getattr(known, what))
    control = input_(
        type="text", id=f"f-{spec.name}-{known.name}-{what}", data_sets="tune", data_of=node,
        data_param=spec.name, data_name=known.name, data_what=what, data_kind="number",
        value=_plain(value), inputmode="decimal", autocomplete="off", spellcheck="false",
        aria_label=f"{known.name}, {word}",
    )  # fmt: skip
    return div(".inp")[control]


def _several(node: str, spec: FieldSpec, known: Hyperparameter, entry: Chosen) -> Element:
    chosen = _choices(entry, known)
    return div(".several")[
        [
            label[_box(node, spec, known.name, f"choice {each}", each in chosen), _word(each)]
            for each in known.choices
        ]
    ]


def _box(node: str, spec: FieldSpec, name: str, what: str, on: bool) -> Element:
    return input_(
        type="checkbox", id=f"f-{spec.name}-{name}-{what}".replace(" ", "-"), data_sets="tune",
        data_of=node, data_param=spec.name, data_name=name, data_what=what, checked=on,
    )  # fmt: skip


def _gone(node: str, spec: FieldSpec, name: str, *, known: bool) -> Element:
    """What is chosen and the model does not have, or not that anybody knows."""
    remove = button(
        ".x", type="button", data_act="tune", data_of=node, data_param=spec.name, data_name=name,
        data_what="on", aria_label=f"Do not vary {name}", title=f"Do not vary {name}",
    )  # fmt: skip
    return div(".chips")[
        span(".chip.bad" if known else ".chip")[span(".cut")[name], remove[icon("close", ".s")]]
    ]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else value if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)
