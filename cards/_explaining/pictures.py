"""What a model goes by, as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cards._explaining.coefficients import Coefficient, zeroed
from cards._explaining.dependence import Dependence
from cards._explaining.importance import Importance
from cards._learning.predicting import estimator_of, gives_shares
from tensorrag import Model
from tensorrag.preview import Axis, BarsPreview, ChartPreview, Preview, Series
from tensorrag.types import METRICS

SHOWN = 20
"""Bars of a picture, at most."""


def importance_picture(found: Importance, unit: str | None, caption: str) -> Preview:
    """Draw a bar per column, the one that matters most on top."""
    kind = METRICS[found.metric]
    change = "lower" if kind.higher_is_better else "higher"
    return BarsPreview(
        title="Importance",
        x=Axis(label=f"{kind.label} {change} by", unit=unit if kind.in_target_units else None),
        names=found.features[:SHOWN],
        values=found.means[:SHOWN],
        spreads=found.spreads[:SHOWN],
        note=_first(len(found.features), "column"),
        caption=caption,
    )


def coefficient_pictures(found: Sequence[Coefficient], model: Model) -> Iterator[Preview]:
    """Draw a bar per coefficient; of several classes a picture for each."""
    for label in dict.fromkeys(each.label for each in found):
        own = [each for each in found if each.label == label]
        yield BarsPreview(
            title="Coefficients" if label is None else f"Coefficients of {label}",
            x=Axis(label=_per(model, label), unit=model.target_unit),
            names=tuple(each.term for each in own[:SHOWN]),
            values=tuple(each.weight for each in own[:SHOWN]),
            note=_first(len(own), "coefficient"),
            caption=f"{zeroed(own)} {_scale(own, model)}".strip(),
        )


def dependence_pictures(found: Sequence[Dependence], model: Model) -> Iterator[Preview]:
    """Draw a line over the values of a number, a bar for each value of a category."""
    for each in found:
        said = _answer(model)
        if each.is_numeric:
            yield _line(each, said, model)
        else:
            yield from _bars(each, said, model)


def _line(each: Dependence, said: str, model: Model) -> Preview:
    numbers = [float(value) for value in each.values]
    return ChartPreview(
        title=f"{model.target} by {each.feature}",
        chart="line",
        x=Axis(label=each.feature, unit=each.unit),
        y=Axis(label=said, unit=model.target_unit),
        series=tuple(
            Series(name=_short(name), x=tuple(numbers), y=told)
            for name, told in each.answers.items()
        ),
        note="partial dependence",
        caption=f"Every row with this {each.feature}, and all else as it is.",
    )


def _bars(each: Dependence, said: str, model: Model) -> Iterator[Preview]:
    more = f" {each.left_out} rarer values are not drawn." if each.left_out else ""
    for name, told in each.answers.items():
        of = name if model.task == "multiclass" else model.target
        yield BarsPreview(
            title=f"{of} by {each.feature}",
            x=Axis(label=said, unit=model.target_unit),
            names=tuple(map(str, each.values)),
            values=told,
            note="partial dependence",
            caption=f"Every row with this {each.feature}, and all else as it is.{more}",
        )


def _answer(model: Model) -> str:
    """Say what is averaged."""
    if model.task == "regression":
        return "predicted on average"
    if not gives_shares(estimator_of(model)):
        return f"share predicted {model.positive}" if model.task == "binary" else "share predicted"
    return f"probability of {model.positive}" if model.task == "binary" else "probability"


def _per(model: Model, label: str | None) -> str:
    if model.task == "regression":
        return f"adds to {model.target}"
    return f"speaks for {label if label is not None else model.positive}"


def _scale(found: Sequence[Coefficient], model: Model) -> str:
    """Say what a coefficient is of."""
    scaled = "StandardScaler" in repr(model.content["estimator"])
    each = "one standard deviation" if scaled else "one unit"
    size = "" if model.task == "regression" else ", in log-odds"
    values = any(" = " in coefficient.term for coefficient in found)
    there = "; a value of a category is there or not" if values else ""
    return f"Of {each} of a column{size}{there}."


def _first(count: int, what: str) -> str:
    plural = "" if count == 1 else "s"
    return f"first {SHOWN} of {count:,} {what}s" if count > SHOWN else f"{count:,} {what}{plural}"


def _short(name: str) -> str:
    return name if len(name) <= 12 else f"{name[:11]}…"
