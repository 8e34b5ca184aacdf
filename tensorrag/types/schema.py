"""What is known of a value without its data: the schemas that flow through a pipeline.

``None`` always means *not known before a run*. A schema may say less than the value will show,
never more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    SerializeAsAny,
    Tag,
)

from tensorrag.types.seen import Seen

ColumnKind = Literal["number", "integer", "binary", "category", "text", "date"]
Task = Literal["regression", "binary", "multiclass"]
Part = Literal["train", "validation", "test"]
Label = str | bool | int
"""How a class is called in the data."""

NUMERIC: frozenset[str] = frozenset({"number", "integer", "binary"})
"""The column kinds that a model can take as they are."""


class Schema(BaseModel):
    """What is known of a value on an edge. A bare schema knows nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = "Value"


class ColumnSchema(BaseModel):
    """Name and kind of one column; ``unit`` is shown beside its numbers.

    ``missing`` is the number of rows without a value; of a part of a table that is not there yet,
    the most that it can be.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: ColumnKind | None = None
    unit: str | None = None
    missing: int | None = None


class Dealt(BaseModel):
    """How rows were dealt out to parts: whole groups of them, or earlier and later ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Literal["group", "time"]
    column: str
    """That has the groups or the times."""


class Provenance(BaseModel):
    """Where rows come from: what leakage is told from, and whether they are synthetic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str | None = None
    part: Part | None = None
    synthetic: bool = False
    fitted: tuple[str, ...] = ()
    """Cards that learnt something, such as a mean, of rows that are not known to be train rows.

    Of a table that is split afterwards, what they learnt tells the train rows of the test rows.
    """
    time: str | None = None
    """The column that said which rows came before which, where rows have values of earlier ones."""
    ahead: int = 1
    """How many rows before a row what it has of earlier ones ends: so far ahead is predicted."""
    dealt: Dealt | None = None
    """How they were dealt out, where single rows were not: whoever deals them out again should."""
    copied: str | None = None
    """The card that put some of them in more than once."""

    def about(self) -> Self:
        """Return it of a table about these rows, whose own rows are no part of a split."""
        return self.model_copy(update={"part": None, "dealt": None})

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return it of rows whose columns have other names: by what they were called."""
        time, dealt = self.time, self.dealt
        if dealt is not None:
            dealt = Dealt(by=dealt.by, column=names.get(dealt.column, dealt.column))
        update = {"time": None if time is None else names.get(time, time), "dealt": dealt}
        return self.model_copy(update=update)


class Step(BaseModel):
    """A card that made columns of others, looking at one row and at what it had learnt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    card: str
    title: str
    entry: str
    """``module:Class`` of the card."""
    params: dict[str, Any] = {}
    """The parameters that matter."""
    learnt: dict[str, Any] | None = None
    """What it had learnt from the rows that it was fitted to, where it learns."""


class Recipe(BaseModel):
    """How columns came out of those of an earlier table, row by row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begins: str = ""
    """Title of the card that made that table of more than one row each; empty: it was loaded."""
    earlier: bool = False
    """Whether rows went through steps before that card, too, which are no longer told here."""
    columns: tuple[ColumnSchema, ...] = ()
    """Of that table."""
    steps: tuple[Step, ...] = ()
    """What was done since, in order."""
    example: dict[str, Any] = {}
    """A row of that table, as JSON, where one is known."""
    python: str = ""
    """The steps as a function of plain pandas; empty where one of them cannot be written so."""


class TableSchema(Schema):
    """Columns in order, and the number of rows."""

    type: Literal["Table"] = "Table"
    columns: tuple[ColumnSchema, ...] | None = None
    rows: int | None = None
    provenance: Provenance = Provenance()
    recipe: Recipe | None = None
    """How its columns came about, as far as it can be done again with other rows."""
    seen: Seen | None = None
    """What its rows hold, where somebody has looked."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """The column names in order, or None where they are not known."""
        return None if self.columns is None else tuple(column.name for column in self.columns)

    def column(self, name: str) -> ColumnSchema | None:
        """Return the column of this name, or None where it is not there or not known."""
        return next((column for column in self.columns or () if column.name == name), None)


class Hyperparameter(BaseModel):
    """A setting of a model that a search may vary: over a range, or among choices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: Any = None
    """What it is set to."""
    low: float | None = None
    high: float | None = None
    """The ends of a range that usually works; None for choices."""
    whole: bool = False
    choices: tuple[Any, ...] = ()
    least: float | None = None
    most: float | None = None
    """What it can be at all; None where there is no limit."""
    above: bool = False
    """Whether ``least`` itself does not fit."""
    below: bool = False
    """Whether ``most`` itself does not fit."""


class EstimatorSpecSchema(Schema):
    """Which scikit-learn model will be trained, and what of it can be varied."""

    type: Literal["EstimatorSpec"] = "EstimatorSpec"
    model_type: str | None = None
    tunable: tuple[Hyperparameter, ...] | None = None


class NetworkSpecSchema(Schema):
    """Which network will be trained: its hidden layers, for how long, and what can be varied."""

    type: Literal["NetworkSpec"] = "NetworkSpec"
    hidden: tuple[int, ...] | None = None
    batch_norm: bool = False
    epochs: int | None = None
    batch_size: int | None = None
    tunable: tuple[Hyperparameter, ...] | None = None


class ModelSchema(Schema):
    """What a trained model takes and gives."""

    type: Literal["Model"] = "Model"
    name: str | None = None
    """Which kind of model it is: ``ridge``, ``neural_network``."""
    framework: str | None = None
    task: Task | None = None
    features: tuple[str, ...] | None = None
    target: str | None = None
    classes: tuple[Label, ...] | None = None
    """What a classifier tells apart, in the order of its probabilities."""
    positive: Label | None = None
    """The class that precision, recall and the like are of, where there are two."""
    layers: tuple[int, ...] | None = None
    """Widths from input to output, for networks."""
    parameters: int | None = None
    """How many numbers training fits."""
    provenance: Provenance = Provenance()
    recipe: Recipe | None = None
    """How the features came about, as far as it can be done again with other rows."""
    asks: tuple[ColumnSchema, ...] | None = None
    """The columns that it is asked about, where the recipe makes the features of others."""


class MetricsSchema(Schema):
    """What was measured."""

    type: Literal["Metrics"] = "Metrics"
    task: Task | None = None
    rows: int | None = None
    part: Part | None = None
    """Which part of a split the rows were: on train rows, metrics tell nothing of new ones."""


class ForeignSchema(Schema):
    """What is known of a value whose type a pack brought, where that pack is not loaded."""

    model_config = ConfigDict(extra="allow")


_BUILT_IN = ("Table", "EstimatorSpec", "NetworkSpec", "Model", "Metrics")


def _tag(schema: Any) -> str:
    name = schema.get("type") if isinstance(schema, dict) else getattr(schema, "type", None)
    return name if name in _BUILT_IN else "foreign"


def _kept(schema: Any) -> Any:
    return ForeignSchema.model_validate(schema) if isinstance(schema, dict) else schema


AnySchema = Annotated[
    Annotated[TableSchema, Tag("Table")]
    | Annotated[EstimatorSpecSchema, Tag("EstimatorSpec")]
    | Annotated[NetworkSpecSchema, Tag("NetworkSpec")]
    | Annotated[ModelSchema, Tag("Model")]
    | Annotated[MetricsSchema, Tag("Metrics")]
    | Annotated[SerializeAsAny[Schema], BeforeValidator(_kept), Tag("foreign")],
    Discriminator(_tag),
]
"""Any schema, as data or as an object; one of a pack's own keeps all its fields."""
