"""The coefficients of a model that adds its columns up, largest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards._learning.terms import never, scales, terms
from tensorrag import Model

if TYPE_CHECKING:
    import numpy as np

NAMED = 20
"""Columns that a sentence names at most."""


@dataclass(frozen=True)
class Coefficient:
    """What a model multiplies one of its columns by."""

    term: str
    """A column of the table, a value of one, or a product of several."""
    weight: float
    """Of the column as the model sees it: standardised, where that was asked for."""
    each: float | None
    """Of one unit of the column itself; None for products."""
    label: str | None = None
    """The class that it speaks for, where there are more than two."""


def coefficients(model: Model) -> list[Coefficient]:
    """Return the coefficients, of each class those that weigh most first; or none.

    Products that are 0 in every row are left out.
    """
    estimator: Any = model.content.get("estimator")
    weights = _weights(model, estimator)
    if weights is None:
        return []
    steps = estimator[:-1]
    names, sizes = terms(steps, model.features), scales(steps, model.features)
    if len(names) != weights.shape[1]:
        return []
    possible = [at for at, one in enumerate(never(steps, model.features)) if not one]
    names, sizes = [names[at] for at in possible], sizes and [sizes[at] for at in possible]
    return list(_listed(model, weights[:, possible], names, sizes))


def zeroed(found: list[Coefficient]) -> str:
    """Name the columns that a model does not use; empty where it uses all."""
    used = {each.term for each in found if each.weight}
    unused = list(dict.fromkeys(each.term for each in found if each.term not in used))
    if not unused:
        return ""
    more = f" and {len(unused) - NAMED} more" if len(unused) > NAMED else ""
    return f"Not used, their coefficient is 0: {', '.join(sorted(unused)[:NAMED])}{more}."


def _weights(model: Model, estimator: Any) -> np.ndarray | None:
    """Return coefficients, classes × columns; one line for numbers and for two classes."""
    import numpy as np

    if estimator is None or not hasattr(estimator, "steps"):
        return None
    last = estimator[-1]
    if not hasattr(last, "coef_"):
        return None
    weights = np.atleast_2d(np.asarray(last.coef_, dtype=np.float64))
    lines = len(model.classes or ()) if model.task == "multiclass" else 1
    if len(weights) != lines:  # an SVM of several classes has some for each pair of them
        return None
    turned = model.task == "binary" and model.classes and model.positive == model.classes[0]
    return -weights if turned else weights


def _listed(
    model: Model, weights: np.ndarray, names: list[str], sizes: list[float] | None
) -> Iterator[Coefficient]:
    labels = map(str, model.classes or ()) if len(weights) > 1 else [None]
    for label, line in zip(labels, weights, strict=True):
        for at in sorted(range(len(names)), key=lambda place: -abs(line[place])):
            each = float(line[at] / sizes[at]) if sizes else None
            yield Coefficient(names[at], float(line[at]), each, label)
