"""What fold after fold measured, as metrics with their spread, pictures, and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from cards._validating.crossing import Folded, Question
from tensorrag import ColumnSchema, Metrics, ParameterError, Table, TableSchema
from tensorrag.preview import Axis, ChartPreview, Preview, RowsPreview, Series
from tensorrag.quoting import quoted
from tensorrag.types import METRICS
from tensorrag.types.metrics import MAIN

if TYPE_CHECKING:
    import pyarrow as pa

FOLD = "fold"


def metrics_of(asked: Question, folds: Sequence[Folded], rounds: int, how: str) -> Metrics:
    """Average what the folds measured.

    Args:
        asked: what was learnt.
        folds: all of all rounds.
        rounds: how often all rows were dealt out anew.
        how: the rows were dealt out.
    """
    task, table = asked.decision.task, asked.table
    unit = next(column.unit for column in table.columns if column.name == asked.target)
    values = {name: mean(found) for name, found in _measured(folds).items()}
    return Metrics(
        values,
        {name: mean(fold.baseline[name] for fold in folds) for name in values
         if all(name in fold.baseline for fold in folds)},
        task=task,
        rows=len({int(row) for fold in folds for row in fold.rows}),
        unit=unit,
        caption=_caption(asked, folds, rounds, how),
        intervals=_intervals(folds),
        details=(_per_fold(folds, unit), _picture(folds, MAIN[task][0], unit)),
    )  # fmt: skip


def _measured(folds: Sequence[Folded]) -> dict[str, list[float]]:
    """Return the values of each metric that every fold could measure."""
    return {
        name: [fold.metrics[name] for fold in folds]
        for name in METRICS
        if all(name in fold.metrics for fold in folds)
    }


def _intervals(folds: Sequence[Folded]) -> dict[str, tuple[float, float]]:
    """Tell between which values a metric lies, after Nadeau and Bengio.

    Models of different folds learn from many of the same rows, so their metrics vary less than
    those of models of other data would: the variance is made larger for that.
    """
    from scipy.stats import t

    count = len(folds)
    share = mean(len(fold.rows) / fold.learnt for fold in folds)
    wide = float(t.ppf(0.975, count - 1)) * sqrt(1 / count + share)
    found = {}
    for name, values in _measured(folds).items():
        low, high = mean(values) - wide * stdev(values), mean(values) + wide * stdev(values)
        best = METRICS[name].best
        least = None if name in ("r2",) else 0.0
        found[name] = (
            low if least is None else max(low, least),
            high if best is None else min(high, best),
        )
    return found


def _caption(asked: Question, folds: Sequence[Folded], rounds: int, how: str) -> str:
    main = MAIN[asked.decision.task][0]
    values = _measured(folds)[main]
    label, spread = METRICS[main].label, stdev(values)
    rows = f"{mean(fold.learnt for fold in folds):,.0f} rows"
    said = [
        f"{label} {mean(values):.3f} ± {spread:.3f} (mean and standard deviation of "
        f"{len(folds)} folds, {how}).".replace("-", "−"),
        f"Each model learnt from about {rows}, its preparing included, and was measured on rows "
        "that it had not seen.",
        "Intervals are for new rows of the same kind (95 % confidence, Nadeau and Bengio).",
    ]
    if asked.positive is not None:
        said.append(f"Precision, recall, F1 and the areas are of {asked.positive}.")
    if rounds > 1:
        said.append(f"The rows were dealt out anew {rounds} times.")
    if asked.table.provenance.synthetic:
        said.append("Synthetic data.")
    return " ".join(said)


def _per_fold(folds: Sequence[Folded], unit: str | None) -> Preview:
    """Show what each fold measured, then mean and spread."""
    values = _measured(folds)
    heads = [
        f"{METRICS[n].label}, {unit}" if unit and METRICS[n].in_target_units else METRICS[n].label
        for n in values
    ]
    rows: list[tuple[str | float | int | None, ...]] = [
        (str(at), *(values[name][at - 1] for name in values), len(fold.rows), fold.seconds)
        for at, fold in enumerate(folds, 1)
    ]
    rows.append(("mean", *(mean(values[name]) for name in values), None, None))
    rows.append(("± sd", *(stdev(values[name]) for name in values), None, None))
    return RowsPreview(title="Folds", columns=("Fold", *heads, "Rows", "Seconds"), rows=tuple(rows))


def _picture(folds: Sequence[Folded], main: str, unit: str | None) -> Preview:
    numbers = tuple(range(1, len(folds) + 1))
    kind = METRICS[main]
    return ChartPreview(
        title=f"{kind.label} fold by fold",
        chart="line",
        x=Axis(label="fold"),
        y=Axis(label=kind.label, unit=unit if kind.in_target_units else None),
        series=(
            Series(name="model", x=numbers, y=tuple(fold.metrics[main] for fold in folds)),
            Series(
                name="baseline",
                x=numbers,
                y=tuple(fold.baseline.get(main) for fold in folds),
                dashed=True,
            ),
        ),
        caption="The dashed line is the dummy, which knows only the target.",
    )


def new_column(schema: TableSchema, target: str) -> str:
    """Name the column of predictions.

    Raises:
        ParameterError: there is a column of this name, or of that of the folds.
    """
    name = f"predicted_{target}"
    for taken in (name, FOLD):
        if schema.column(taken) is not None:
            raise ParameterError(
                f"The table has a column {quoted(taken)} already, and it is not written over.",
                field="target_column",
                hint="Rename that column before.",
            )
    return name


def predictions_of(asked: Question, folds: Sequence[Folded]) -> Table:
    """Put beside each row what the model said that had not seen it, in the order of the table."""
    import numpy as np
    import pyarrow as pa

    rows = np.concatenate([fold.rows for fold in folds])
    order = np.argsort(rows, kind="stable")
    numbered = np.repeat(np.arange(1, len(folds) + 1), [len(fold.rows) for fold in folds])
    name = new_column(asked.table.schema, asked.target)
    unit = next(c.unit for c in asked.table.columns if c.name == asked.target)
    told = np.concatenate([fold.predicted for fold in folds])[order]
    kind = pa.array(list(asked.classes)).type if asked.classes else pa.float64()
    made: dict[str, Any] = {
        FOLD: pa.array(numbered[order], pa.int64()),
        name: pa.array(told.tolist(), kind),
        **_likely(asked, folds, order),
    }
    arrow = asked.table.take(rows[order]).arrow
    for column, values in made.items():
        if column not in arrow.column_names:
            arrow = arrow.append_column(column, values)
    kinds = [ColumnSchema(name=FOLD, kind="integer")]
    if not asked.classes:
        kinds.append(ColumnSchema(name=name, kind="number", unit=unit))
    return Table(arrow, columns=kinds, like=asked.table)


def _likely(asked: Question, folds: Sequence[Folded], order: Any) -> dict[str, pa.Array]:
    """Tell how likely each class was, where the models told."""
    import numpy as np
    import pyarrow as pa

    shares = [fold.shares for fold in folds if fold.shares is not None]
    if len(shares) < len(folds) or not asked.classes:
        return {}
    told = np.concatenate(shares)[order]
    return {
        f"probability_{label}": pa.array(told[:, at], pa.float64())
        for at, label in enumerate(asked.classes)
    }
