"""Assert Metrics: a model must be good enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cards._comparing.telling import metrics_of
from cards._formula.formula import Formula, condition
from cards._script.measuring import assert_metrics
from tensorrag import (
    Card,
    ColumnSchema,
    Field,
    InputError,
    Metrics,
    MetricsSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.formula.tree import MAX_LENGTH
from tensorrag.preview import finite
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import METRICS, Task
from tensorrag.types.metrics import MAIN

BASELINE = "baseline_"
"""Before the name of a metric: the same of the dummy."""
_NUMBERS = frozenset(metrics_of("regression"))
_CLASSES = frozenset(METRICS) - _NUMBERS
KNOWN = tuple(prefix + name for name in METRICS for prefix in ("", BASELINE))


class AssertMetrics(Card):
    """Fail unless a model is good enough, so that a pipeline can be a test.

    Such as `r2 >= 0.8`, `accuracy > 0.9 and recall > 0.5` or `rmse < baseline_rmse / 2`: metrics
    by name, and those of the dummy with `baseline_` before them. The operators and functions are
    those of Derive Column. `tensorrag run` then ends with exit code 1 and says what does not hold.
    """

    category = "Evaluation"
    libraries = ("pyarrow",)

    condition: str = Field("r2 > 0", max_length=MAX_LENGTH)
    """What must hold, such as `r2 >= 0.8`."""

    class Out(NamedTuple):
        metrics: Metrics

    def run(self, metrics: Metrics) -> Out:
        """Pass the metrics on, if the condition holds."""
        known = self._condition()
        values = {**metrics.values, **{BASELINE + k: v for k, v in metrics.baseline.items()}}
        missing = sorted(known.columns - values.keys())
        self._refuse_undefined(sorted(known.columns & values.keys()), values)
        if missing:
            raise InputError(
                f"{named(missing[0])} was not measured; there is {', '.join(metrics.values)}.",
                port="metrics",
                hint="Ask for a metric that Evaluate shows for this model.",
            )
        if not _one_row(known, values):
            are = ", ".join(
                f"{name} is {values[name]:.4g}" for name in KNOWN if name in known.columns
            )
            raise InputError(
                f"It does not hold that {self.condition.strip()}: {are}.",
                port="metrics",
                hint="Mend the model or the data, or ask for less.",
            )
        return self.Out(metrics)

    def propagate(self, metrics: MetricsSchema) -> MetricsSchema:
        """Pass on what is known, and refuse metrics that no model of this task has."""
        _refuse_of_other_task(self._condition(), metrics.task)
        return metrics

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return assert_metrics(self, given, KNOWN)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Show the condition."""
        return self.condition.strip()

    def _refuse_undefined(self, names: Sequence[str], values: Mapping[str, float | None]) -> None:
        for name in names:
            if finite(values[name]) is None:
                raise InputError(
                    f"{named(name)} is undefined: these rows cannot tell it.",
                    port="metrics",
                    hint="Measure on rows of every class, or whose target is not always the same.",
                )

    def _condition(self) -> Formula:
        columns = tuple(ColumnSchema(name=name, kind="number") for name in KNOWN)
        return condition(self.condition, TableSchema(columns=columns), field="condition")


def _refuse_of_other_task(asked: Formula, task: Task | None) -> None:
    never = _CLASSES if task == "regression" else _NUMBERS
    strange = [n for n in KNOWN if n in asked.columns and n.removeprefix(BASELINE) in never]
    if task is None or not strange:
        return
    main = MAIN[task][0]
    instead = f"{main} > {BASELINE}{main}"
    does = "predicts numbers" if task == "regression" else "tells classes apart"
    raise ParameterError(
        f"{named(strange[0])} is not measured of a model that {does}.",
        field="condition",
        hint=f"Ask for a metric that it has, such as {main}.",
        fix=(f"Ask for {instead}", instead),
    )


def _one_row(known: Formula, values: Mapping[str, float]) -> bool:
    import pyarrow as pa

    row = {name: pa.array([values[name]], pa.float64()) for name in known.columns}
    table = Table(pa.table(row or {"": [None]}))
    return bool(known.values(table)[0].as_py())
