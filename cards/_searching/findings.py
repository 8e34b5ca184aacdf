"""What came of a search: a table of its trials, the best one, and what is shown of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cards._searching.study import Trial
from tensorrag import ColumnSchema, EstimatorSpec, NetworkSpec, Table, TableSchema
from tensorrag.preview import (
    Axis,
    ChartPreview,
    Face,
    FaceNumber,
    GroupPreview,
    NumbersFace,
    Preview,
    Series,
    Stat,
    StatsPreview,
)
from tensorrag.types.metrics import METRICS

HONEST = (
    "The best of many trials is flattered by the rows that chose it: how good the model is, only "
    "rows tell that no trial was measured on."
)
ENOUGH = 10
"""Complete trials from which on it is told which hyperparameter mattered."""
Spec = EstimatorSpec | NetworkSpec


def columns_of(names: Sequence[str], metric: str | None) -> TableSchema:
    """Return the columns of the table of trials, as far as they are known before a run."""
    if metric is None:
        return TableSchema()
    kinds = {"number": "integer", metric: "number", "seconds": "number", "state": "category"}
    listed = ["number", *names, metric, "seconds", "state"]
    return TableSchema(
        columns=tuple(
            ColumnSchema.model_validate({"name": name, "kind": kinds.get(name)}) for name in listed
        )
    )


def table_of(trials: Sequence[Trial], names: Sequence[str], metric: str) -> Table:
    """Write down the trials, a row each."""
    import pyarrow as pa

    columns: dict[str, Any] = {"number": pa.array([each.number for each in trials], pa.int64())}
    for name in names:
        columns[name] = pa.array([each.values[name] for each in trials])
    columns[metric] = pa.array([each.metric for each in trials], pa.float64())
    columns["seconds"] = pa.array([each.seconds for each in trials], pa.float64())
    columns["state"] = pa.array([each.state for each in trials], pa.string())
    known = columns_of(names, metric).columns or ()
    return Table(pa.table(columns), columns=[each for each in known if each.kind is not None])


def best_of(trials: Sequence[Trial], metric: str) -> Trial | None:
    """Return the best complete trial, of equal ones the first; None where all failed."""
    found = [each for each in trials if each.metric is not None]
    sign = 1 if METRICS[metric].higher_is_better else -1
    return max(found, key=lambda each: sign * (each.metric or 0.0), default=None)


def read(table: Table) -> tuple[list[Trial], list[str], str]:
    """Read the trials back, the names of what was varied, and the metric."""
    listed = table.arrow.column_names
    names, metric = listed[1:-3], listed[-3]
    trials = [
        Trial(
            number=row["number"],
            values={name: row[name] for name in names},
            state=row["state"],
            metric=row[metric],
            seconds=row["seconds"],
        )
        for row in table.arrow.to_pylist()
    ]
    return trials, names, metric


def face(trials: Sequence[Trial], metric: str) -> Face:
    """The metric of the best, and that of the settings as they were."""
    best, label = best_of(trials, metric), METRICS[metric].label
    return NumbersFace(
        items=(
            FaceNumber(label=f"{label} best", value=best.metric if best else None, measured=True),
            FaceNumber(label="as set", value=trials[0].metric, measured=True),
            FaceNumber(label="trials", value=len(trials)),
        )
    )


def preview(trials: Sequence[Trial], names: Sequence[str], metric: str) -> Preview:
    """The best values beside those that were set, the course of the search, what mattered."""
    best = best_of(trials, metric) or trials[0]
    parts: list[Preview] = [_values(best, trials[0], names, metric), _course(trials, metric)]
    mattered = importances(trials, names, metric)
    if mattered:
        parts.append(_bars(mattered))
    return GroupPreview(items=tuple(parts))


def _values(best: Trial, own: Trial, names: Sequence[str], metric: str) -> Preview:
    label = METRICS[metric].label
    title = "Best values" if best.number else "The settings as they are were best"
    rows = [Stat(label=label, value=best.metric, **_was(best.metric, own.metric))]
    rows += [
        Stat(label=name, value=_shown(best.values[name]),
             **_was(best.values[name], own.values[name]))
        for name in names
    ]  # fmt: skip
    return StatsPreview(title=title, items=tuple(rows))


def _was(now: Any, before: Any) -> Mapping[str, Any]:
    return {"note": "as set"} if now == before else {"before": _shown(before)}


def _shown(value: Any) -> str | float | int | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else value


def _course(trials: Sequence[Trial], metric: str) -> Preview:
    complete = [each for each in trials if each.metric is not None]
    so_far = [best_of(trials[: each.number + 1], metric) for each in complete]
    at = tuple(each.number + 1 for each in complete)
    label = METRICS[metric].label
    states: list[str] = [each.state for each in trials]
    counts = {word: states.count(state) for word, state in _STATES.items()}
    told = [f"{count} {word}" for word, count in counts.items() if count]
    return ChartPreview(
        title="Trials",
        chart="line",
        x=Axis(label="trial"),
        y=Axis(label=label),
        series=(
            Series(name="best", x=at, y=tuple(each.metric if each else None for each in so_far)),
            Series(name="trial", x=at, y=tuple(each.metric for each in complete), dashed=True),
        ),
        zoomed=True,
        note=", ".join(told),
        caption="Dashed: each trial, the first with the settings as they are. Solid: the best so "
        f"far. {HONEST}",
    )


_STATES = {"complete": "complete", "given up": "pruned", "failed": "failed"}


def importances(trials: Sequence[Trial], names: Sequence[str], metric: str) -> Mapping[str, float]:
    """Tell how much each hyperparameter had to do with being among the best, 0 to 1.

    Empty where there were too few trials, or nothing to tell apart.
    """
    import optuna

    complete = [each for each in trials if each.metric is not None and _is_whole(each, names)]
    varied = [name for name in names if len({repr(each.values[name]) for each in complete}) > 1]
    if len(complete) < ENOUGH or len(varied) < 2:
        return {}
    study = optuna.create_study(
        direction="maximize" if METRICS[metric].higher_is_better else "minimize"
    )
    spaces = {name: _space([each.values[name] for each in complete]) for name in varied}
    for each in complete:
        values = {name: each.values[name] for name in varied}
        study.add_trial(
            optuna.trial.create_trial(params=values, distributions=spaces, value=each.metric)
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(found[name]) for name in varied}


def _is_whole(trial: Trial, names: Sequence[str]) -> bool:
    return all(trial.values[name] is not None for name in names)


def _space(values: Sequence[Any]) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if any(isinstance(each, bool | str) for each in values):
        return CategoricalDistribution(tuple(dict.fromkeys(values)))
    low, high = min(values), max(values)
    return FloatDistribution(low, high, log=low > 0 and high / low >= 50)


def _bars(mattered: Mapping[str, float]) -> Preview:
    most = sorted(mattered.items(), key=lambda each: -each[1])
    total = sum(mattered.values()) or 1.0
    return StatsPreview(
        title="What mattered",
        items=tuple(
            Stat(label=name, value=f"{share / total:.0%}".replace("%", " %"))
            for name, share in most
        ),
    )
