"""What the cards that search can be set to, and how they do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

from cards._advising.expecting import footprint, slow
from cards._columns import require
from cards._folds import FoldsBy
from cards._learning.columns import feature_names
from cards._learning.prepared import VALIDATION, known_in_folds, otherwise
from cards._learning.task import Wanted, classes_as_numbers, known_task
from cards._learning.untold import untold
from cards._script.searching import search
from cards._searching import findings
from cards._searching.carrying_out import Judge, before, tried
from cards._searching.judging import Question, metric_of, refuse_all_failed
from cards._searching.space import Dimension, Searched, dimensions, grid
from cards._searching.study import Sampler, Study
from cards._split_concerns import Dealing, concerns
from tensorrag import (
    Card,
    CardError,
    Column,
    EstimatorSpec,
    Field,
    InputError,
    NetworkSpec,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.footprint import Footprint
from tensorrag.preview import Face, Preview
from tensorrag.script import Given, Script
from tensorrag.types import METRICS, Hyperparameter, Value

Spec = TypeVar("Spec", EstimatorSpec, NetworkSpec)
Metric = Literal[
    "auto", "r2", "rmse", "mae", "accuracy", "balanced_accuracy", "precision", "recall", "f1",
    "macro_f1", "roc_auc", "average_precision", "log_loss",
]  # fmt: skip


class SearchSettings(Card):
    """The parameters that a search has, whatever model it is of."""

    category = "Training"

    target_column: Column = Field("", columns_of="train_dataset")
    """The column to predict."""
    feature_columns: list[Column] = Field([], columns_of="train_dataset")
    """The columns to predict it from; none chosen means all but the target."""
    task: Wanted = "auto"
    """Predict a number (regression), tell classes apart (classification), or as the target is."""
    hyperparameters: list[Searched] = Field([], hyperparameters_of="model_spec")
    """What of the model is varied, and over which range. The others stay as they are set."""
    sampler: Sampler = "TPE"
    """TPE looks where trials were good, random anywhere, grid at every combination."""
    trials: int = Field(
        30, ge=2, le=1000, recommended=(10, 100), when={"sampler": ["TPE", "random"]}
    )
    """How many settings are tried; the first one is the settings as they are."""
    grid_points: int = Field(5, ge=2, le=100, recommended=(3, 10), when={"sampler": "grid"})
    """Values of each hyperparameter, from the lowest to the highest."""
    metric: Metric = "auto"
    """What the best is best by; auto takes R² of numbers, accuracy of classes."""
    prune: bool = Field(True, label="Give up early")
    """Give up a trial that is worse than half of the others were by then."""
    folds: int = Field(3, ge=2, le=20)
    """Without validation rows, each trial is measured on so many parts of the train rows."""
    folds_by: FoldsBy = "rows"
    """Make folds of mixed rows, of whole groups, or of later and later rows."""
    group_column: Column | None = Field(
        None, columns_of="train_dataset", when={"folds_by": "group"}
    )
    """Rows with the same value here stay together: the customer, the patient, the house."""
    time_column: Column | None = Field(None, columns_of="train_dataset", when={"folds_by": "time"})
    """Models learn from earlier rows and are measured on later ones."""
    gap: int = Field(0, ge=0, le=100_000, when={"folds_by": "time"}, recommended=(0, 30))
    """How many different times before each fold are not learnt from: where the outcome of a row is
    known only later, one less than it takes."""
    together: bool = Field(False, label="Keep equal rows together", when={"folds_by": "rows"})
    """Rows that are equal in every column go into one fold: then none is learnt from and measured
    on as well."""
    seed: int = Field(42, ge=0, le=2**32 - 1)
    """The same seed gives the same trials."""
    parallel: int = Field(1, ge=1, le=64, label="Trials at a time", recommended=(1, 4))
    """So many are chosen at once, and run beside one another as far as there are cores; each
    takes memory of its own. It is faster where cores are free, and not where they are busy."""

    def uses_cores(self) -> int:
        """One for each trial that runs at the same time."""
        return self.parallel

    def footprint(self, schemas: Mapping[str, Schema]) -> Footprint | None:
        """Say which task follows, what is learnt from, and what the model makes of it."""
        table, spec = schemas.get("train_dataset"), schemas.get("model_spec")
        return footprint(table, spec, self.target_column, self.feature_columns, self.task)

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterator[CardError]:
        """Warn of models that fit neither target nor rows, of validation rows, and of folds."""
        train, spec = schemas.get("train_dataset"), schemas.get("model_spec")
        yield from untold(train, self.target_column, "train_dataset")
        yield from classes_as_numbers(train, spec, self.target_column, self.task)
        yield from otherwise(schemas.get(VALIDATION), train, VALIDATION)
        yield from slow(train, spec)
        if isinstance(train, TableSchema) and _needs_folds(schemas.get(VALIDATION)):
            yield from known_in_folds(train, "train_dataset")
            yield from concerns(
                Dealing(
                    field="folds_by",
                    port="train_dataset",
                    by=self.folds_by,
                    time=self.time_column,
                    gap=self.gap,
                    together=self.together,
                    target=self.target_column,
                ),
                train,
            )

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how, how often, and what is varied."""
        names = ", ".join(each.name for each in self.hyperparameters) or "nothing chosen"
        if self.sampler == "grid":
            return f"grid · {names}"
        return f"{self.sampler} · {self.trials} trials · {names}"

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """The metric of the best trial beside that of the settings as they are."""
        trials, _, metric = findings.read(_trials(outputs))
        return findings.face(trials, metric)

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """The best values and the course of the search; the trials as the table that they are."""
        table = _trials(outputs)
        shown = findings.preview(*findings.read(table))
        return {"best_model_spec": shown, "trials": table.preview()}

    def known(
        self,
        train: TableSchema,
        validation: TableSchema | None,
        model_type: str | None,
        tunable: Sequence[Hyperparameter] | None,
    ) -> TableSchema:
        """Check what schemas tell, and return the columns of the trials.

        Raises:
            ParameterError: a parameter does not fit.
            InputError: the model cannot predict such a target, or there are too few rows.
        """
        feature_names(train, self.target_column, self.feature_columns)
        self._check_folds(train, validation)
        task = known_task(train, self.target_column, self.task, model_type)
        if task is None and _are_words(train, self.target_column):
            task = "multiclass"  # or binary: both are judged alike
        space = dimensions(self.hyperparameters, tunable)
        if space is not None and self.sampler == "grid":
            grid(space, self.grid_points)
        names = [each.name for each in self.hyperparameters]
        return findings.columns_of(names, metric_of(task, self.metric))

    def question(self, train: Table, validation: Table | None) -> Question:
        """Say what is to be learnt of which rows."""
        self._check_folds(train.schema, validation.schema if validation else None)
        return Question(
            train=train,
            validation=validation,
            target=self.target_column,
            features=self.feature_columns,
            wanted=self.task,
            metric=self.metric,
            seed=self.seed,
            count=self.folds,
            by=self.folds_by,
            column=self.folds_column,
            together=self.together,
            gap=self.gap,
        )

    def search(self, spec: Spec, judge: Judge, beside: int | None = None) -> tuple[Spec, Table]:
        """Try values; return the best, and all trials.

        Args:
            spec: the settings as they are.
            judge: tells how good others are; called in threads.
            beside: so many trials run beside one another; None: as many as are chosen at once.

        Raises:
            InputError: every trial failed.
            ParameterError: what is varied does not fit the model.
        """
        tunable = spec.tunable or ()
        space = dimensions(self.hyperparameters, tunable) or ()
        names = [each.name for each in space]
        own = {each.name: each.value for each in tunable if each.name in names}
        study = self._study(space, own, judge.metric)
        trials = tried(study, judge, beside or self.parallel)
        best = findings.best_of(trials, judge.metric)
        if best is None:
            raise refuse_all_failed(trials[0].reason)
        return spec.varied(best.values), findings.table_of(trials, names, judge.metric)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return search(self, given, self.parallel)

    def _study(self, space: Sequence[Dimension], own: dict[str, Any], metric: str) -> Study:
        return Study(
            space=space,
            own=own,
            higher=METRICS[metric].higher_is_better,
            sampler=self.sampler,
            trials=self.trials,
            points=self.grid_points,
            parallel=self.parallel,
            prune=self.prune,
            seed=self.seed,
            before=before(),
        )

    @property
    def folds_column(self) -> str | None:
        """The column of the groups or times that folds are made of."""
        return {"group": self.group_column, "time": self.time_column}.get(self.folds_by)

    def _check_folds(self, train: TableSchema, validation: TableSchema | None) -> None:
        if not _needs_folds(validation):
            return
        if self.folds_by != "rows":
            if not self.folds_column:
                raise ParameterError(
                    f"No {self.folds_by} column is chosen.",
                    field=f"{self.folds_by}_column",
                    hint="Choose the column to make the folds by.",
                )
            require(train, [self.folds_column], field=f"{self.folds_by}_column")
        if train.rows is not None and train.rows < 2 * self.folds:
            raise InputError(
                f"{train.rows:,} rows are too few for {self.folds} folds.",
                port="train_dataset",
                hint="Ask for fewer folds, or give it more rows.",
            )


def _needs_folds(validation: Schema | None) -> bool:
    """Whether there are no validation rows to measure on."""
    return validation is None or (isinstance(validation, TableSchema) and validation.rows == 0)


def _are_words(table: TableSchema, target: str) -> bool:
    column = table.column(target)
    return column is not None and column.kind in ("category", "text")


def _trials(outputs: tuple[Value, ...]) -> Table:
    return next(value for value in outputs if isinstance(value, Table))
