"""Explain: what a trained model goes by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import PrivateAttr

from cards._columns import require
from cards._explaining.amount import QUICK, rows_asked
from cards._explaining.asked import PORT, Asked
from cards._explaining.coefficients import Coefficient, coefficients
from cards._explaining.dependence import Dependence, dependences
from cards._explaining.honesty import LEARNT, notes
from cards._explaining.importance import Importance, permutation
from cards._explaining.measure import Metric, chosen_metric, refuse_other_task
from cards._learning.predicting import missing_features
from cards._learning.prepared import otherwise
from cards._script.explaining import explain
from tensorrag import (
    Card,
    CardError,
    Column,
    ColumnSchema,
    Field,
    InputError,
    Model,
    ModelSchema,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.preview import Face, FaceNumber, GroupPreview, NumbersFace, Preview
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import METRICS
from tensorrag.types.value import Value

MANY_TIMES = 5_000
"""Measurements from which on it is said before that there are so many."""
_KNOWN = (
    ColumnSchema(name="column", kind="text", missing=0),
    ColumnSchema(name="importance", kind="number", missing=0),
    ColumnSchema(name="spread", kind="number", missing=0),
)


class Explain(Card):
    """Show what a trained model goes by, on rows that it has not seen.

    Importance is how much worse the model gets when the values of a column are mixed among the
    rows. Models that add columns up show their coefficients, a decision tree its questions, and
    the columns that matter most how the answer changes with them (partial dependence). All of it
    tells what this model goes by: columns that go together share their importance, and none of
    them need be the cause.
    """

    category = "Evaluation"
    libraries = ("numpy", "scikit-learn", "torch")

    metric: Metric = "auto"
    """In which metric importance is told. Automatic: R² for numbers; ROC AUC of two classes, where
    the model ranks rows; else accuracy."""
    repeats: int = Field(5, ge=2, le=100, recommended=(5, 30))
    """How often each column is mixed; more tells the spread better and takes longer."""
    most_rows: int = Field(5000, ge=10, le=1_000_000, label="Rows at most")
    """Of more rows as many are drawn at random; fewer, where a model with very many columns has to
    be asked about each."""
    top: int = Field(3, ge=0, le=20, label="Dependence of the first")
    """For how many of the most important columns it is shown how the answer changes with them."""
    dependence_of: list[Column] = Field([], columns_of="dataset", label="Dependence of")
    """The columns to show that for, in place of the most important ones."""
    seed: int = Field(42, ge=0, le=2**32 - 1)
    """The same seed mixes and draws the same."""

    _pictures: tuple[Preview, ...] = PrivateAttr(())

    class Out(NamedTuple):
        importance: Table
        coefficients: Table
        partial_dependence: Table

    def run(self, dataset: Table, trained_model: Model) -> Out:
        """Ask the model again and again, each time with something changed."""
        self._refuse(dataset.schema, trained_model.schema)
        width = len(trained_model.features)
        most = rows_asked(trained_model.schema.name, width, self.repeats, self.most_rows)
        asked = Asked(trained_model, dataset, most, self.seed)
        metric = chosen_metric(self.metric, asked)
        found = permutation(asked, metric, self.repeats, self.seed)
        weights = coefficients(trained_model)
        curves = dependences(asked, self.dependence_of or found.features[: self.top])
        caption = " ".join(notes(asked, found, dataset.provenance, self.most_rows))
        self._pictures = tuple(_pictures(trained_model, found, weights, curves, caption))
        return self.Out(
            _importance_table(found, dataset),
            _coefficient_table(weights, dataset),
            _dependence_table(curves, dataset),
        )

    def propagate(
        self, dataset: TableSchema, trained_model: ModelSchema
    ) -> tuple[TableSchema, TableSchema, TableSchema]:
        """Hold the features of the model against the columns of the table."""
        self._refuse(dataset, trained_model)
        of = dataset.provenance.about()
        count = None if trained_model.features is None else len(trained_model.features)
        return (
            TableSchema(columns=_KNOWN, rows=count, provenance=of),
            TableSchema(provenance=of),
            TableSchema(provenance=of),
        )

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return explain(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the metric and how often each column is mixed."""
        named = "" if self.metric == "auto" else f"{METRICS[self.metric].label} · "
        return f"{named}{self.repeats} repeats"

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Warn of rows learnt from, or prepared otherwise, and of a model with many features."""
        table, model = schemas.get(PORT), schemas.get("trained_model")
        if isinstance(table, TableSchema) and table.provenance.part == "train":
            yield InputError(LEARNT, port=PORT, hint="Connect the test rows of the split.")
        yield from otherwise(table, model, PORT)
        if isinstance(model, ModelSchema) and model.name not in QUICK:
            yield from self._takes_long(model.name, len(model.features or ()))

    def _takes_long(self, kind: str | None, width: int) -> Iterable[CardError]:
        times = width * self.repeats
        if times > MANY_TIMES:
            rows = rows_asked(kind, width, self.repeats, self.most_rows)
            yield CardError(
                f"The model has {width:,} features: to mix each {self.repeats} times, it is asked "
                f"{times:,} times about up to {rows:,} rows, which may take minutes.",
                hint="Have fewer repeats or rows, or train on fewer columns. A linear model, a "
                "tree or a random forest needs not be asked so often.",
            )

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """Name the columns that matter most."""
        table = outputs[0]
        assert isinstance(table, Table)  # noqa: S101 - as Out says
        first = table.arrow.slice(0, 3).to_pylist()
        return NumbersFace(
            items=tuple(
                FaceNumber(label=row["column"], value=row["importance"], measured=True)
                for row in first
            )
        )

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Show the pictures above the table of importance."""
        shown = super().previews(outputs)
        whole = GroupPreview(items=(*self._pictures, shown["importance"]))
        return shown | {"importance": whole}

    def _refuse(self, table: TableSchema, model: ModelSchema) -> None:
        needed = model.features
        if needed is not None and model.target:
            needed = (*needed, model.target)
        lacks = missing_features(table, needed)
        if lacks:
            raise InputError(lacks, port=PORT, hint="Use rows of the same table.")
        refuse_other_task(self.metric, model.task)
        require(table, self.dependence_of, field="dependence_of")
        odd = [name for name in self.dependence_of if name not in (model.features or (name,))]
        if odd:
            raise ParameterError(
                f"The model does not use {named(odd[0])}.",
                field="dependence_of",
                hint="Choose columns that it was trained on.",
            )


def _pictures(
    model: Model,
    found: Importance,
    weights: Sequence[Coefficient],
    curves: Sequence[Dependence],
    caption: str,
) -> Iterable[Preview]:
    from cards._explaining import pictures
    from cards._explaining.trees import tree_picture

    yield pictures.importance_picture(found, model.target_unit, caption)
    yield from pictures.coefficient_pictures(weights, model)
    tree = tree_picture(model)
    if tree is not None:
        yield tree
    yield from pictures.dependence_pictures(curves, model)


def _importance_table(found: Importance, like: Table) -> Table:
    import pyarrow as pa

    values = {"column": found.features, "importance": found.means, "spread": found.spreads}
    types = (pa.string(), pa.float64(), pa.float64())
    arrays = [pa.array(column, kind) for column, kind in zip(values.values(), types, strict=True)]
    return Table(
        pa.table(arrays, names=list(values)), columns=_KNOWN, provenance=like.provenance.about()
    )


def _coefficient_table(found: Sequence[Coefficient], like: Table) -> Table:
    import pyarrow as pa

    arrays = {
        "term": pa.array([each.term for each in found], pa.string()),
        "class": pa.array([each.label for each in found], pa.string()),
        "coefficient": pa.array([each.weight for each in found], pa.float64()),
        "per_unit": pa.array([each.each for each in found], pa.float64()),
    }
    if all(each.label is None for each in found):
        del arrays["class"]
    texts = [ColumnSchema(name=name, kind="text") for name in ("term", "class")]
    return Table(pa.table(arrays), columns=texts, provenance=like.provenance.about())


def _dependence_table(found: Sequence[Dependence], like: Table) -> Table:
    import pyarrow as pa

    lines = [
        (each.feature, str(value), label, told)
        for each in found
        for label, answers in each.answers.items()
        for value, told in zip(each.values, answers, strict=True)
    ]
    names = ("column", "value", "of", "prediction")
    columns = list(zip(*lines, strict=True)) or [(), (), (), ()]
    types = (pa.string(), pa.string(), pa.string(), pa.float64())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    texts = [ColumnSchema(name=name, kind="text") for name in names[:3]]
    return Table(
        pa.table(arrays, names=list(names)), columns=texts, provenance=like.provenance.about()
    )
