"""A ranking as a table, and what is shown of such a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from cards._comparing.ranking import Ranked, Ranking
from tensorrag import ColumnSchema, Table
from tensorrag.plain import JsonObject
from tensorrag.preview import RowsPreview
from tensorrag.rates import dollars
from tensorrag.types import METRICS, ColumnKind, Provenance, Task

BEST = "★ "
"""Before the name of the best model."""
OF_DUMMY = "baseline_"
"""Before the name of a metric of the dummy."""

_FIRST: Mapping[str, ColumnKind] = {
    "rank": "integer",
    "model": "category",
    "metric": "category",
    "value": "number",
    "low": "number",
    "high": "number",
    "baseline": "number",
    "behind": "number",
    "within_noise": "binary",
    "train_seconds": "number",
    "train_cost": "number",
    "device": "category",
    "bytes": "integer",
    "seconds_per_1000_rows": "number",
    "rows": "integer",
}
_OF_TASK: Mapping[Task, tuple[str, ...]] = {
    "regression": ("r2", "rmse", "mae", "mse"),
    "binary": (
        "accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc",
        "average_precision", "log_loss", "brier",
    ),
    "multiclass": ("accuracy", "balanced_accuracy", "macro_f1", "log_loss"),
}  # fmt: skip
_LIGHTER = {"bytes": "is smaller", "seconds_per_1000_rows": "predicts faster"}
MUCH_LESS = 2
"""How many times as much the best model takes where another one is called lighter: what is
measured once, as times are, differs by less."""
_UNITS = {"train_seconds": "s", "train_cost": "US$", "seconds_per_1000_rows": "s"}
_IN_UNITS = frozenset({"value", "low", "high", "baseline", "behind"})

Line = Mapping[str, Any]
"""One row of a ranking."""


def metrics_of(task: Task) -> tuple[str, ...]:
    """Return the metrics that models of a task are measured by."""
    return _OF_TASK[task]


def ranking_columns(task: Task) -> tuple[ColumnSchema, ...]:
    """Describe the columns of a ranking of models of a task; units are known after a run."""
    metrics = (*_OF_TASK[task], *(OF_DUMMY + name for name in _OF_TASK[task]))
    kinds = {**_FIRST, **dict.fromkeys(metrics, "number")}
    return tuple(
        ColumnSchema(name=name, kind=kind, unit=_UNITS.get(name))  # type: ignore[arg-type]
        for name, kind in kinds.items()
    )


def ranking_table(
    ranking: Ranking, task: Task, provenance: Provenance, paid: Mapping[str, float | None]
) -> Table:
    """Put a ranking into a table, a model in each row, the best one first.

    Args:
        ranking: of models of a task.
        task: theirs.
        provenance: of the rows that they are measured on.
        paid: by name what the training of a model cost, in US$; None where nobody knows.
    """
    import pyarrow as pa

    columns = [_in_units(column, ranking.unit) for column in ranking_columns(task)]
    rows = [
        {**_row(at, model, ranking), "train_cost": paid.get(model.name)}
        for at, model in enumerate(ranking.models, 1)
    ]
    types = {"integer": pa.int64(), "category": pa.string(), "binary": pa.bool_()}
    arrow = pa.table(
        {
            column.name: pa.array(
                [row.get(column.name) for row in rows], types.get(str(column.kind), pa.float64())
            )
            for column in columns
        }
    )
    return Table(arrow, columns=columns, provenance=provenance)


def measured_of(line: Line) -> JsonObject:
    """Return what was measured of the model in a row, as `Card.judged` tells it."""
    found = {name: line[name] for name in METRICS if line.get(name) is not None}
    dummy = {name: line[OF_DUMMY + name] for name in found}
    return {
        "metrics": {**found, "baseline": {k: v for k, v in dummy.items() if v is not None}},
        "rows": line["rows"],
    }


def _in_units(column: ColumnSchema, unit: str | None) -> ColumnSchema:
    return column.model_copy(update={"unit": unit}) if column.name in _IN_UNITS else column


def _row(rank: int, model: Ranked, ranking: Ranking) -> Line:
    low, high = model.interval or (None, None)
    return {
        "rank": rank,
        "model": model.name,
        "metric": ranking.metric,
        "value": model.score,
        "low": low,
        "high": high,
        "baseline": model.baseline.get(ranking.metric),
        "behind": model.behind,
        "within_noise": model.within_noise,
        "train_seconds": model.seconds,
        "device": model.device,
        "bytes": model.bytes,
        "seconds_per_1000_rows": model.prediction,
        "rows": ranking.rows,
        **model.metrics,
        **{OF_DUMMY + name: value for name, value in model.baseline.items()},
    }


def ranking_preview(lines: Sequence[Line], unit: str | None) -> RowsPreview:
    """Show a ranking, the best model marked."""
    label = METRICS[lines[0]["metric"]].label
    head = f"{label}, {unit}" if unit else label
    return RowsPreview(
        title="Ranking",
        columns=("Model", head, "95 %", "Behind"),
        rows=tuple(_shown(line) for line in lines),
        remarks=tuple(_remark(line) for line in lines),
        note=f"{lines[0]['rows']:,} rows, the same for all",
    )


def _shown(line: Line) -> tuple[str, ...]:
    best = line["rank"] == 1
    ends = [_digits(line[end]) for end in ("low", "high") if line[end] is not None]
    return (
        f"{BEST if best else ''}{line['model']}",
        _digits(line["value"]),
        " to ".join(ends) or "–",
        "best" if best else _digits(line["behind"]),
    )


def _remark(line: Line) -> str:
    close = line["within_noise"] and line["rank"] > 1
    return "Within noise of the best." if close else ""


def costs_preview(lines: Sequence[Line]) -> RowsPreview:
    """Show what each model takes: to train, in money, on disk, to predict."""
    unknown = any(line["train_cost"] is None for line in lines)
    strange = " · no cost is known of a model that was trained elsewhere" if unknown else ""
    return RowsPreview(
        title="What each takes",
        columns=("Model", "Trained in", "Cost", "Size", "1,000 rows in"),
        rows=tuple(
            (
                line["model"],
                _time(line["train_seconds"])
                + ("" if line["device"] == "cpu" else f", {line['device']}"),
                "–" if line["train_cost"] is None else dollars(line["train_cost"]),
                _size(line["bytes"]),
                _time(line["seconds_per_1000_rows"]),
            )
            for line in lines
        ),
        note=f"training and model alone · predicted where this card ran{strange}",
    )


def metrics_preview(lines: Sequence[Line]) -> RowsPreview:
    """Show every metric of every model."""
    shown = [name for name in METRICS if any(line.get(name) is not None for line in lines)]
    return RowsPreview(
        title="All metrics",
        columns=("Model", *(METRICS[name].label for name in shown)),
        rows=tuple((line["model"], *(_known(line[name]) for name in shown)) for line in lines),
    )


def _known(value: float | None) -> str:
    return "–" if value is None else _digits(value)


def sentence(lines: Sequence[Line], unit: str | None) -> str:
    """Say who is best, and how sure that is."""
    best, *others = lines
    kind, units = METRICS[best["metric"]], f" {unit}" if unit else ""
    said = [f"{best['model']} is best by {_in_words(kind.label)}: {_digits(best['value'])}{units}."]
    close = [line for line in others if line["within_noise"]]
    if close:
        names = _listed([line["model"] for line in close])
        said.append(f"Its lead over {names} is within noise: {_instead(best, close)}.")
    elif others:
        said.append("Its lead over all others is more than noise.")
    if best["baseline"] is not None:
        said.append(f"Baseline: {_digits(best['baseline'])}{units}.")
        better = best["value"] - best["baseline"]
        if (better if kind.higher_is_better else -better) <= 0:
            said.append("It does not beat the baseline: it has learnt nothing of use.")
        elif best["low"] is not None and best["low"] <= best["baseline"] <= best["high"]:
            said.append("That lies within its interval: more rows would tell whether it is better.")
    return " ".join(said)


def _instead(best: Line, close: Sequence[Line]) -> str:
    """Name the models that are as good as the best one, and lighter; or say what noise means."""
    found = {line["model"]: lighter for line in close if (lighter := _lighter(line, best))}
    if not found:
        which = "it" if len(close) == 1 else "one of them"
        return f"on other rows {which} may lead"
    names, ways = _listed([*found]), [*found.values()]
    if len(ways) == 1:
        return f"{names}, which {' and '.join(ways[0])}, is as good a choice"
    why = " or ".join(dict.fromkeys(chain.from_iterable(ways)))
    return f"{names}, each of which {why}, are as good a choice"


def _lighter(line: Line, best: Line) -> list[str]:
    """Say in which ways a model takes much less than the best one."""
    return [words for name, words in _LIGHTER.items() if line[name] * MUCH_LESS <= best[name]]


HOW = (
    "Intervals hold with 95 % confidence, and are those that Evaluate tells. Leads are judged on "
    "rows drawn again (bootstrap), or groups of rows that a split kept together, the same for all "
    "models: what is hard for one is so for the others, so a lead may be sure though intervals "
    "overlap. The best of several looks a little better on these rows than it is: measure it once "
    "more on rows that chose nothing."
)


def _in_words(label: str) -> str:
    return label if label[:2].isupper() or label == "R²" else label.lower()


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = len(names) - most
    shown = [*names[:most], *([f"{more} more"] if more > 0 else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _digits(value: float) -> str:
    size = abs(value)
    shown = f"{value:,.0f}" if size >= 1000 else f"{value:.3f}" if size < 10 else f"{value:.4g}"
    return (shown if float(shown.replace(",", "")) else shown.lstrip("-")).replace("-", "−")


def _time(seconds: float) -> str:
    if seconds < 0.01:
        return f"{1000 * seconds:.2g} ms"
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def _size(size: int) -> str:
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= bytes_:
            return f"{size / bytes_:.3g} {unit}"
    return f"{size} bytes"
