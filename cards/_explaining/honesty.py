"""What may not be read out of importance, said beside it."""

from __future__ import annotations

from collections.abc import Iterator

from cards._explaining.asked import Asked
from cards._explaining.importance import Importance
from tensorrag.types import METRICS, NUMERIC, Provenance

TOGETHER = 0.8
"""Correlation from which on two columns stand in for one another."""
NAMED = 3
"""Pairs that are named at most."""
LEARNT = "These are train rows: what it learnt by heart counts as important here, too."


def notes(asked: Asked, found: Importance, of: Provenance, most: int) -> Iterator[str]:
    """Say what the figures are of, and what they do not tell."""
    if of.part == "train":
        yield LEARNT
    metric, model = METRICS[found.metric], asked.model
    better = "falls" if metric.higher_is_better else "rises"
    unit = f" {model.target_unit}" if metric.in_target_units and model.target_unit else ""
    label = (
        metric.label if metric.label[:2].isupper() or metric.label == "R²" else metric.label.lower()
    )
    yield (
        f"By how much the {label}, {found.whole:.3g}{unit} with all columns, {better} when the "
        "values of a column are mixed among the rows."
    )
    if asked.rows < asked.of:
        yield f"Measured on {asked.rows:,} of {asked.of:,} rows, drawn at random."
    if asked.rows < min(asked.of, most):
        yield f"So few, because the model is asked about each of {len(model.features):,} columns."
    yield from _shared(asked)
    yield f"It tells what this model goes by, and not what {model.target} comes from."
    if of.synthetic:
        yield "Synthetic data."


def _shared(asked: Asked) -> Iterator[str]:
    pairs, count = together(asked)
    if pairs:
        some = ", ".join(f"{one} and {other} ({r:.2f})" for r, one, other in pairs)
        more = f" and {count - len(pairs):,} more pairs" if count > len(pairs) else ""
        said = (
            f"Columns that go together share their importance, so each looks small: {some}{more}."
        )
        yield said.replace("(-", "(−")


def together(asked: Asked) -> tuple[list[tuple[float, str, str]], int]:
    """Return the closest pairs of numeric columns that stand in for one another; and how many."""
    import numpy as np

    names = [column.name for column in asked.columns if column.kind in NUMERIC]
    if len(names) < 2 or asked.rows < 3:
        return [], 0
    values = np.column_stack([asked.values(name) for name in names])
    values = np.where(np.isfinite(values), values, np.nanmean(values, axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        close = np.corrcoef(values, rowvar=False)
    ones, others = np.nonzero(np.tril(np.abs(close) >= TOGETHER, -1))
    found = close[ones, others]
    first = np.argsort(-np.abs(found), kind="stable")[:NAMED]
    return [(float(found[at]), names[ones[at]], names[others[at]]) for at in first], len(found)
