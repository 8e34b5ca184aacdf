"""Compare Models: trained models on the same rows, ranked, and one of them handed on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import PrivateAttr

from cards._comparing.called import names
from cards._comparing.ranking import PORT, ranked
from cards._comparing.telling import (
    HOW,
    costs_preview,
    measured_of,
    metrics_of,
    metrics_preview,
    ranking_columns,
    ranking_preview,
    ranking_table,
    sentence,
)
from cards._learning.predicting import missing_features
from cards._learning.prepared import otherwise
from cards._learning.rows import refuse_no_rows
from cards._measuring.intervals import too_narrow
from cards._script.comparing import compare
from tensorrag import (
    Card,
    CardError,
    Field,
    InputError,
    Model,
    ModelSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.costs import costs
from tensorrag.plain import JsonObject
from tensorrag.preview import Face, GroupPreview, Preview, TextFace, TextPreview
from tensorrag.quoting import quoted
from tensorrag.script import Given, Script
from tensorrag.titles import titles
from tensorrag.types import METRICS, Provenance, Task, Value
from tensorrag.types.metrics import MAIN

Metric = Literal[
    "auto", "r2", "rmse", "mae", "mse", "accuracy", "balanced_accuracy", "precision", "recall",
    "f1", "macro_f1", "roc_auc", "average_precision", "log_loss", "brier",
]  # fmt: skip


class CompareModels(Card):
    """Measure trained models on the same rows, rank them, and hand the best one on.

    Connect as many models as you like; all must predict the same target. The ranking tells the
    metric of each with its interval, how long it was trained and what was paid for that, how large
    it is, and how fast it predicts. Whether the best one's lead is more than noise is judged by the
    rows that all of them predict. The best one goes on, or the one that you choose. Choose by the
    validation rows where there are some: then the test rows still tell how good the chosen one is.
    """

    category = "Evaluation"
    libraries = ("numpy", "scikit-learn", "torch")
    reads_titles = reads_costs = True
    hands_on = True

    metric: Metric = Field("auto", label="Rank by")
    """What decides; auto is R² for numbers, and accuracy for classes."""
    choice: str = Field("", choices_of="models", max_length=200)
    """Which model goes on: the best one, or always the one of this name."""

    _names: tuple[str, ...] = PrivateAttr(())
    """What the models are called that came in, in order."""
    _worthless: tuple[str, ...] = PrivateAttr(())
    """What is to be known of the rows that it measured on."""

    class Out(NamedTuple):
        best_model: Model
        ranking: Table

    def run(self, test_dataset: Table, *models: Model) -> Out:
        """Measure all of them on the same rows."""
        schemas = [model.schema for model in models]
        task = self._task(test_dataset.schema, schemas)
        refuse_no_rows(test_dataset, PORT)
        called = _called(schemas)
        chosen = self._chosen(called)
        ranking = ranked(models, called, test_dataset, self._metric(task or "regression"))
        name = called[chosen] if chosen is not None else ranking.models[0].name
        self._names = tuple(called)
        paid = dict(zip(called, costs("models"), strict=False))
        self._worthless = _worthless(test_dataset)
        about = test_dataset.provenance.about()
        table = ranking_table(ranking, models[0].task, about, paid)
        return self.Out(models[called.index(name)], table)

    def propagate(
        self, test_dataset: TableSchema, *models: ModelSchema
    ) -> tuple[ModelSchema, TableSchema]:
        """Hold targets and tasks against one another, and features against the columns."""
        task = self._task(test_dataset, models)
        known = all(model.name is not None for model in models)
        chosen = self._chosen(_called(models)) if known else None
        best = models[chosen] if chosen is not None and known else _in_common(models)
        return best, TableSchema(
            columns=None if task is None else ranking_columns(task),
            rows=len(models),
            provenance=test_dataset.provenance.about(),
        )

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return compare(self, given)

    def offers(self, inputs: Mapping[str, Any]) -> Mapping[str, list[str]]:
        """Name the models."""
        return {"models": _called([each or ModelSchema() for each in inputs.get("models") or ()])}

    def concerns(self, schemas: Mapping[str, Any]) -> Iterator[CardError]:
        """Warn of rows that were not prepared as those that a model has learnt from."""
        models = [each or ModelSchema() for each in schemas.get("models") or ()]
        for name, model in zip(_called(models), models, strict=True):
            yield from otherwise(schemas.get(PORT), model, PORT, name if len(models) > 1 else "")

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say what decides, or which model is chosen."""
        if self.choice:
            return self.choice
        return "by the main metric" if self.metric == "auto" else f"by {METRICS[self.metric].label}"

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """Name the best one, its metric, and whether that is sure."""
        lines, unit = _lines(outputs)
        best, *others = lines
        close = sum(bool(line["within_noise"]) for line in others)
        lead = f"{close} within noise" if close else "a clear lead" if others else "no other model"
        score = f"{METRICS[best['metric']].label} {best['value']:.3f}".replace("-", "−")
        return TextFace(lines=(best["model"], f"{score} {unit or ''}".strip(), lead))

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Show the ranking before the model that goes on, and again as a table."""
        best, _ = outputs
        lines, unit = _lines(outputs)
        told = GroupPreview(
            items=(
                TextPreview(text=" ".join([sentence(lines, unit), self._goes_on(lines)])),
                ranking_preview(lines, unit),
                costs_preview(lines),
                metrics_preview(lines),
                TextPreview(text=" ".join([HOW, *self._worthless])),
            )
        )
        return {"best_model": GroupPreview(items=(told, best.preview())), "ranking": told}

    def judged(self, outputs: tuple[Value, ...]) -> Mapping[str, Sequence[JsonObject]]:
        """Tell what was measured of each model."""
        lines, _ = _lines(outputs)
        by_name = {line["model"]: measured_of(line) for line in lines}
        return {"models": [by_name[name] for name in self._names]}

    def _goes_on(self, lines: Sequence[Mapping[str, Any]]) -> str:
        if not self.choice or self.choice == lines[0]["model"]:
            return ""
        return f"{self.choice} goes on: it was chosen."

    def _task(self, table: TableSchema, models: Sequence[ModelSchema]) -> Task | None:
        """Return the task of all models; None where it is not known.

        Raises:
            InputError: there is no model, they do not predict the same, or the table lacks columns.
            ParameterError: the metric is of another task.
        """
        if not models:
            raise InputError("No model is connected.", port="models", hint="Connect two or more.")
        called = _called(models)
        _refuse_different(models, called)
        for model in models:
            needed = (*(model.features or ()), *([model.target] if model.target else ()))
            if lacks := missing_features(table, needed):
                raise InputError(lacks, port=PORT, hint="Use rows of the same table.")
        task = next((model.task for model in models if model.task is not None), None)
        if task is not None:
            self._metric(task)
        return task

    def _metric(self, task: Task) -> str:
        if self.metric == "auto":
            return MAIN[task][0]
        if self.metric not in metrics_of(task):
            what = {
                "regression": "These models predict numbers",
                "binary": "These models tell two classes apart",
                "multiclass": "These models tell more than two classes apart",
            }[task]
            raise ParameterError(
                f"{what}: {METRICS[self.metric].label} is not measured of them.",
                field="metric",
                hint=f"Rank by {METRICS[MAIN[task][0]].label}.",
                fix=(f"Rank by {METRICS[MAIN[task][0]].label}", "auto"),
            )
        return self.metric

    def _chosen(self, called: Sequence[str]) -> int | None:
        """Return the place of the model that was chosen; None: the best one is."""
        if not self.choice:
            return None
        if self.choice not in called:
            raise ParameterError(
                f"No model that is connected is called {quoted(self.choice)}.",
                field="choice",
                hint=f"There are {', '.join(called)}.",
                fix=("Take the best one", ""),
            )
        return called.index(self.choice)


def _called(models: Sequence[ModelSchema]) -> list[str]:
    return names(titles("models"), [model.name for model in models])


def _refuse_different(models: Sequence[ModelSchema], called: Sequence[str]) -> None:
    """Raise InputError where two models do not predict the same."""
    hint = "Compare only models of one target, or use another Compare Models for the others."
    known = [(name, m) for name, m in zip(called, models, strict=True) if m.target is not None]
    for name, model in known[1:]:
        first, other = known[0]
        if model.target != other.target:
            said = f"{first} predicts {other.target} and {name} predicts {model.target}"
            raise InputError(
                f"{said}: their metrics say nothing together.", port="models", hint=hint
            )
    asked = [(name, m.task) for name, m in zip(called, models, strict=True) if m.task is not None]
    for name, task in asked[1:]:
        if task != asked[0][1]:
            said = f"{asked[0][0]} {_DOES[asked[0][1]]} and {name} {_DOES[task]}"
            raise InputError(
                f"{said}: their metrics say nothing together.", port="models", hint=hint
            )


_DOES: Mapping[Task, str] = {
    "regression": "predicts numbers",
    "binary": "tells two classes apart",
    "multiclass": "tells more classes apart",
}


def _in_common(models: Sequence[ModelSchema]) -> ModelSchema:
    """Tell what holds of whichever model goes on."""
    first, *others = models
    if all(other == first for other in others):
        return first
    alike = {
        name: value
        for name, value in first
        if name != "provenance" and all(getattr(other, name) == value for other in others)
    }
    same = all(other.provenance == first.provenance for other in others)
    synthetic = any(model.provenance.synthetic for model in models)
    origin = first.provenance if same else Provenance(synthetic=synthetic)
    return ModelSchema(**alike, provenance=origin)


def _lines(outputs: tuple[Value, ...]) -> tuple[list[dict[str, Any]], str | None]:
    """Read the ranking out of its table, and the unit of its metric."""
    table = outputs[1]
    assert isinstance(table, Table)  # noqa: S101 - as Out says
    unit = next(column.unit for column in table.columns if column.name == "value")
    return table.arrow.to_pylist(), unit


def _worthless(table: Table) -> tuple[str, ...]:
    """Say of the rows what makes the ranking worth nothing, or less."""
    of = table.provenance
    learnt = "These are train rows: they do not tell which model is better on new ones."
    synthetic = "Synthetic data."
    said = [learnt if of.part == "train" else "", too_narrow(table)]
    return tuple(filter(None, [*said, synthetic if of.synthetic else ""]))
