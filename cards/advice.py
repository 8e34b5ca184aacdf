"""Advice: which models fit a table, tried on a few of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cards._advising.reckoning import LONG, WHYS, gpu_for, limits
from cards._advising.trying import LARGE, SMALL, Asked, Tried, parted, tried
from cards._learning.columns import feature_names, target_brief
from cards._learning.estimators import CLASSIFIERS, REGRESSORS, called
from cards._learning.rows import examples, refuse_no_rows
from cards._learning.task import Wanted, decide, known_task
from cards._learning.untold import untold
from cards._script.looking import advise
from cards.model_define import ModelDefine
from tensorrag import (
    Card,
    CardError,
    Column,
    ColumnSchema,
    Field,
    Schema,
    Table,
    TableSchema,
    report,
)
from tensorrag.preview import Face, GroupPreview, Preview, RowsPreview, TextFace, TextPreview
from tensorrag.script import Given, Script
from tensorrag.types import METRICS, ColumnKind, Value
from tensorrag.types.metrics import MAIN

_KINDS: Mapping[str, ColumnKind] = {
    "rank": "integer",
    "model": "category",
    "fits": "binary",
    "metric": "category",
    "score": "number",
    "seconds": "number",
    "tried_on": "integer",
    "reason": "text",
}
_NETWORK = "neural_network"


class Advice(Card):
    """Try every model that fits on a few rows, and tell which are worth training on all.

    Each is fitted to at most 1,000 and 4,000 rows with its usual settings, and measured on rows
    held out: none of them is equal to one that was learnt from, or of a group that a Data Split
    before kept together; after one by time, they are the latest. How long all rows would take here
    is reckoned from both. It is an estimate, mostly within a factor of three; the score is of few
    rows and says which to begin with, not how good they will be. What stands against a model is
    said before it hurts.
    """

    category = "Models"
    libraries = ("numpy", "scikit-learn", "pandas")

    target_column: Column = Field("", columns_of="dataset")
    """The column to predict."""
    feature_columns: list[Column] = Field([], columns_of="dataset")
    """The columns to predict it from; none chosen means all but the target."""
    task: Wanted = "auto"
    """Predict a number (regression), tell classes apart (classification), or as the target is."""
    seed: int = Field(42, ge=0, le=2**32 - 1)
    """Decides which rows are tried."""

    class Out(NamedTuple):
        advice: Table

    def run(self, dataset: Table) -> Out:
        """Try the models, one after another."""
        import pyarrow as pa

        refuse_no_rows(dataset, "dataset")
        lines = self._ranked(dataset)
        types = {"integer": pa.int64(), "binary": pa.bool_(), "number": pa.float64()}
        columns = {
            name: pa.array([line[name] for line in lines], types.get(kind, pa.string()))
            for name, kind in _KINDS.items()
        }
        provenance = dataset.provenance
        return self.Out(Table(pa.table(columns), columns=_columns(), provenance=provenance))

    def propagate(self, dataset: TableSchema) -> TableSchema:
        """Name the columns of the advice."""
        feature_names(dataset, self.target_column, self.feature_columns)
        known_task(dataset, self.target_column, self.task, None)
        return TableSchema(columns=_columns(), provenance=dataset.provenance)

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Tell of rows without a target."""
        yield from untold(schemas.get("dataset"), self.target_column, "dataset")

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return advise(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the target and the features."""
        table = schemas.get("dataset")
        known = {"train_dataset": table} if table is not None else {}
        return target_brief(self.target_column, known, self.feature_columns)

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """Name the first three."""
        lines = _lines(outputs)
        first = [line for line in lines if line["fits"] and line["score"] is not None][:3]
        said = tuple(f"{called(line['model'])} · {_time(line['seconds'])}" for line in first)
        return TextFace(lines=said or ("no model fits",))

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Show the models with their reasons."""
        lines = _lines(outputs)
        metric = METRICS[lines[0]["metric"]].label
        shown = RowsPreview(
            title="Which model",
            columns=("Model", f"{metric}, few rows", "All rows take"),
            rows=tuple(
                (called(line["model"]), line["score"], _time(line["seconds"])) for line in lines
            ),
            remarks=tuple(line["reason"] for line in lines),
        )
        how = (
            f"Times are estimates for this machine and one core, from fits to at most {SMALL:,} "
            f"and {LARGE:,} rows. Scores are of few rows: compare the first ones with "
            "Cross-validate or Compare Models."
        )
        return {"advice": GroupPreview(items=(shown, TextPreview(text=how)))}

    def _ranked(self, dataset: Table) -> Sequence[Mapping[str, Any]]:
        decision = decide(dataset, self.target_column, self.task, None)
        classify = decision.task != "regression"
        few = Table(dataset.arrow.slice(0, LARGE), like=dataset)
        sample = examples(
            few, self.target_column, self.feature_columns, classify=classify, port="dataset"
        )
        parts = parted(dataset, self.seed)
        asked = Asked(
            dataset, self.target_column, sample.features, decision.task, self.seed, *parts
        )
        kinds = [kind for kind in WHYS if kind in (CLASSIFIERS if classify else REGRESSORS)]
        lines = []
        for done, kind in enumerate(kinds, 1):
            lines.append(_line(asked, kind, sample.width))
            report(done, len(kinds), "model")
        lines.sort(key=lambda line: (not line["fits"], -(line["score"] or 0.0)))
        lines.append(_network(asked, sample.width, decision.outputs))
        return [{**line, "rank": at} for at, line in enumerate(lines, 1)]


def _line(asked: Asked, kind: str, width: int) -> dict[str, Any]:
    rows = asked.table.num_rows
    against, fits = limits(kind, rows, width)
    spec = ModelDefine.model_validate({"model_type": kind}).run().model_spec
    found = Tried(0, None, None) if kind == "polynomial" and not fits else tried(asked, spec, rows)
    long = found.seconds is not None and found.seconds > LONG
    said = [WHYS[kind], against, found.trouble]
    said.append("That is long: try it on a sample of the rows." if long else "")
    return {
        "model": kind,
        "fits": fits and not found.trouble and not long,
        "metric": MAIN[asked.task][0],
        "score": found.score,
        "seconds": found.seconds,
        "tried_on": found.rows,
        "reason": " ".join(part for part in said if part),
    }


def _network(asked: Asked, width: int, outputs: int) -> dict[str, Any]:
    """Say of networks, which are not tried here, which GPU is enough."""
    gpu, memory = gpu_for(width, outputs, asked.table.num_rows)
    room = f"{memory / 2**30:.1f} GB of a GPU's memory"
    enough = f"a {gpu} is enough" if gpu else "no GPU that can be rented has that"
    return {
        "model": _NETWORK,
        "fits": gpu is not None,
        "metric": MAIN[asked.task][0],
        "score": None,
        "seconds": None,
        "tried_on": 0,
        "reason": "Not tried here: Train (GPU) trains it. Worth it for many rows and bends. The "
        f"usual one takes about {room}: {enough}; it trains on the processor, too.",
    }


def _columns() -> tuple[ColumnSchema, ...]:
    return tuple(
        ColumnSchema(name=name, kind=kind, unit="s" if name == "seconds" else None)
        for name, kind in _KINDS.items()
    )


def _lines(outputs: tuple[Value, ...]) -> list[dict[str, Any]]:
    table = outputs[0]
    assert isinstance(table, Table)  # noqa: S101 - as Out says
    lines: list[dict[str, Any]] = table.arrow.to_pylist()
    return lines


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 1:
        return "< 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
