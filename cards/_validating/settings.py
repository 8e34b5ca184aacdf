"""What is set of any cross-validation: target and features, and how rows are dealt out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cards._advising.expecting import footprint, slow
from cards._folds import Fold, FoldsBy, folds
from cards._learning.columns import feature_names, target_brief
from cards._learning.prepared import known_in_folds
from cards._learning.rows import refuse_no_rows
from cards._learning.task import Decision, Wanted, classes_as_numbers, known_task
from cards._learning.untold import untold
from cards._script.validating import cross_validate
from cards._split_concerns import Dealing, concerns
from cards._validating.crossing import Learn, Question, crossed
from cards._validating.telling import FOLD, metrics_of, new_column, predictions_of
from tensorrag import (
    Card,
    CardError,
    Column,
    ColumnSchema,
    Field,
    Metrics,
    MetricsSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.footprint import Footprint
from tensorrag.quoting import quoted
from tensorrag.script import Given, Script

MOST = 500
"""Models that are trained, at most."""


class CrossValidation(Card):
    """The parameters of every card that validates fold by fold, and what follows from them."""

    category = "Evaluation"

    target_column: Column = Field("", columns_of="dataset")
    """The column to predict."""
    feature_columns: list[Column] = Field([], columns_of="dataset")
    """The columns to predict it from; none chosen means all but the target."""
    task: Wanted = "auto"
    """Predict a number (regression), tell classes apart (classification), or as the target is."""
    folds: int = Field(5, ge=2, le=50, recommended=(5, 10))
    """Into how many parts the rows are dealt; each is held out once."""
    split_by: FoldsBy = "rows"
    """Deal out single rows, whole groups of rows, or hold out later rows from earlier ones."""
    group_column: Column | None = Field(None, columns_of="dataset", when={"split_by": "group"})
    """Rows with the same value here stay together: the customer, the patient, the house."""
    time_column: Column | None = Field(None, columns_of="dataset", when={"split_by": "time"})
    """Each fold is measured on the rows that follow those it learns from."""
    gap: int = Field(0, ge=0, le=100_000, when={"split_by": "time"}, recommended=(0, 30))
    """How many different times before each fold are not learnt from: where the outcome of a row is
    known only later, one less than it takes."""
    stratify: bool = Field(True, when={"split_by": "rows"})
    """Keep the shares of the classes equal in all folds, where classes are told apart."""
    together: bool = Field(False, label="Keep equal rows together", when={"split_by": "rows"})
    """Rows that are equal in every column go into one fold: then none is learnt from and held
    out as well."""
    repeats: int = Field(1, ge=1, le=20, when={"split_by": "rows"})
    """How often all rows are dealt out anew; more is steadier and takes as much longer."""
    seed: int = Field(42, ge=0, le=2**32 - 1)
    """The same seed gives the same folds and the same models."""

    def validated(self, table: Table, decision: Decision, learn: Learn) -> tuple[Metrics, Table]:
        """Train and measure fold by fold; return the metrics, and the held-out predictions."""
        new_column(table.schema, self.target_column)
        asked = Question.of(table, self.target_column, decision)
        dealt = self._dealt(asked)
        found = crossed(asked, dealt, learn)
        once = found[: len(dealt) // self._rounds]
        return (
            metrics_of(asked, found, self._rounds, self._how(bool(asked.classes))),
            predictions_of(asked, once),
        )

    def wanted(self, decision: Decision) -> Wanted:
        """Return the task that every fold is asked for, whatever its own rows look like."""
        return "regression" if decision.task == "regression" else "classification"

    def refuse(self, table: Table) -> None:
        """Raise InputError where there are no rows."""
        refuse_no_rows(table, "dataset")

    def known(
        self, table: TableSchema, model_type: str | None
    ) -> tuple[MetricsSchema, TableSchema]:
        """Tell the task, and the columns where they do not depend on the data."""
        feature_names(table, self.target_column, self.feature_columns)
        task = known_task(table, self.target_column, self.task, model_type)
        self._column(table)
        rows = None if self.split_by == "time" else table.rows
        metrics = MetricsSchema(task=task, rows=rows)
        if table.columns is None:
            return metrics, TableSchema(provenance=table.provenance)
        name = new_column(table, self.target_column)
        if task != "regression":
            return metrics, TableSchema(rows=rows, provenance=table.provenance)
        made = (
            ColumnSchema(name=FOLD, kind="integer", missing=0),
            ColumnSchema(name=name, kind="number", missing=0),
        )
        return metrics, table.model_copy(update={"columns": (*table.columns, *made), "rows": rows})

    def footprint(self, schemas: Mapping[str, Schema]) -> Footprint | None:
        """Say which task follows, what is learnt from, and what the model makes of it."""
        table, spec = schemas.get("dataset"), schemas.get("model_spec")
        return footprint(table, spec, self.target_column, self.feature_columns, self.task)

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterator[CardError]:
        """Warn of models that fit neither target nor rows, of leaking preparing, and of folds."""
        table, spec = schemas.get("dataset"), schemas.get("model_spec")
        yield from untold(table, self.target_column, "dataset")
        yield from classes_as_numbers(table, spec, self.target_column, self.task)
        yield from slow(table, spec)
        if not isinstance(table, TableSchema):
            return
        yield from known_in_folds(table, "dataset")
        yield from concerns(
            Dealing(
                by=self.split_by,
                time=self.time_column,
                gap=self.gap,
                together=self.together,
                target=self.target_column,
            ),
            table,
        )

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the target and the folds."""
        table = schemas.get("dataset")
        seen = {"train_dataset": table} if table is not None else {}
        first = target_brief(self.target_column, seen, self.feature_columns).partition(" · ")[0]
        times = f" × {self._rounds}" if self._rounds > 1 else ""
        return f"{first} · {self.folds} folds{times}"

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of mixing the rows: one for each time that they are dealt out."""
        rounds = self.repeats if self.split_by == "rows" else 1
        return tuple((self.seed + at) % 2**32 for at in range(rounds))

    @property
    def _rounds(self) -> int:
        return len(self.seeds)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return cross_validate(self, given)

    def _dealt(self, asked: Question) -> list[Fold]:
        if self.folds * self._rounds > MOST:
            raise ParameterError(
                f"{self.folds} folds dealt out {self._rounds} times are more than {MOST} models.",
                field="repeats",
                hint="Ask for fewer.",
            )
        self._column(asked.table.schema)
        return [
            fold
            for seed in self.seeds
            for fold in folds(
                asked.table,
                self.folds,
                by=self.split_by,
                column=self.by,
                classes=asked.truth if asked.classes and self.stratify else None,
                seed=seed,
                together=self.together,
                gap=self.gap,
                port="dataset",
            )
        ]

    @property
    def by(self) -> str | None:
        """The column of the groups or times that rows are dealt out by."""
        return {"rows": None, "group": self.group_column, "time": self.time_column}[self.split_by]

    def _column(self, table: TableSchema) -> None:
        if self.split_by == "rows":
            return
        field, name = f"{self.split_by}_column", self.by
        if not name:
            raise ParameterError(
                f"No {self.split_by} column is chosen.",
                field=field,
                hint="Choose the column to make the folds by.",
            )
        if table.names is not None and name not in table.names:
            raise ParameterError(
                f"There is no column {quoted(name)} in the table.",
                field=field,
                hint="Choose one of the columns that the table has.",
            )

    def _how(self, classes: bool) -> str:
        if self.split_by == "rows":
            how = "stratified" if classes and self.stratify else "mixed"
            return f"{how}, equal rows together" if self.together else how
        if self.split_by == "group":
            return f"by {self.group_column}"
        gap = f", after a gap of {self.gap:,}" if self.gap else ""
        return f"later rows by {self.time_column}{gap}"
