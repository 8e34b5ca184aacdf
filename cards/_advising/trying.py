"""Fits a model to two samples of the rows, to reckon how long all of them would take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cards._arrow import numbered
from cards._dealing import held_back, latest
from cards._learning.answers import figures
from cards._learning.training import trained
from cards._repeated import numbered_rows
from cards._split_concerns import still_there
from tensorrag import EstimatorSpec, InputError, Model, Table, TableSchema, TensorRagError
from tensorrag.quoting import named
from tensorrag.types import Dealt, Task
from tensorrag.types.metrics import MAIN

if TYPE_CHECKING:
    import numpy as np

SMALL, LARGE = 1_000, 4_000
"""Rows that a model is fitted to, once each."""
HELD_OUT = 1_000
"""Rows that it is measured on, at most."""
GROWS: Mapping[str, float] = {
    "svm": 2.0,
    "random_forest": 1.1,
    "decision_tree": 1.1,
}
"""The power of the rows that the time to fit grows with, where it is not the rows themselves."""


@dataclass(frozen=True)
class Tried:
    """How a model did on a few rows."""

    rows: int
    """That it was fitted to."""
    score: float | None
    """The main metric on rows that were held out; None where it could not be fitted."""
    seconds: float | None
    """Reckoned for all rows."""
    trouble: str = ""
    """Why it could not be fitted."""


@dataclass(frozen=True)
class Asked:
    """What is to be learnt of a table."""

    table: Table
    target: str
    features: tuple[str, ...]
    task: Task
    seed: int
    learnt: np.ndarray
    """The rows to learn from, in the order in which they were drawn."""
    held: np.ndarray
    """The rows to measure on."""


def parted(table: Table, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows to learn from, and rows to measure on; equal ones are all of one or the other.

    So are rows of one group, where the table comes from a split that kept these together. Where it
    was split by time, or rows have earlier ones beside them, the latest are measured on.

    Raises:
        InputError: all rows are equal, of one group, or of one time.
    """
    import numpy as np

    count = max(1, min(HELD_OUT, table.num_rows // 4))
    drawn = np.random.default_rng(seed).permutation(table.num_rows)[: count + LARGE]
    few, before = table.take(drawn), dealt_before(table.schema)
    if before is not None and before.by == "time":
        back = latest(few, before.column, count)
    elif before is not None:
        back = held_back(numbered(few.column(before.column), before.column), count, seed)
    else:
        back = held_back(numbered_rows(few), count, seed)
    if back.all() or not back.any():
        which = "equal" if before is None else f"of one {named(before.column)}"
        raise InputError(
            f"All rows are {which}, so there are none to measure on.",
            port="dataset",
            hint="Give it others, too.",
        )
    return drawn[~back], drawn[back]


def dealt_before(table: TableSchema) -> Dealt | None:
    """Tell by which column that is still there rows are kept apart: groups, or times."""
    past, dealt = table.provenance.time, table.provenance.dealt
    found = [] if past is None else [Dealt(by="time", column=past)]
    for each in [*found, *([] if dealt is None else [dealt])]:
        if name := still_there(table, each.column):
            return Dealt(by=each.by, column=name)
    return None


def tried(asked: Asked, spec: EstimatorSpec, total: int) -> Tried:
    """Fit a model to two samples, and reckon how long ``total`` rows take on one core."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    learnt = asked.learnt
    sizes = sorted({min(SMALL, len(learnt)), min(LARGE, len(learnt))})
    try:
        with threadpool_limits(1):  # more only wait for one another where others run too
            took = [_fit(asked, spec, learnt[:size]) for size in sizes]
        found = figures(took[-1][0], asked.table.take(asked.held), "dataset")
    except TensorRagError as error:
        return Tried(sizes[-1], None, None, error.message)
    points = [(size, seconds) for size, (_, seconds) in zip(sizes, took, strict=True)]
    score = found[MAIN[asked.task][0]]
    return Tried(sizes[-1], score, reckoned(points, total, GROWS.get(spec.model_type, 1.0)))


def reckoned(points: list[tuple[int, float]], total: int, power: float) -> float:
    """Reckon the seconds for so many rows: a fixed part, and one that grows with a power of them.

    Args:
        points: rows and seconds that were measured, the most rows last.
        total: rows.
        power: of the rows.
    """
    rows, seconds = points[-1]
    if total <= rows:
        return seconds
    few, before = points[0]
    grown = rows**power - few**power
    least = 0.2 * seconds / rows**power
    slope = max((seconds - before) / grown, least) if grown else seconds / rows**power
    fixed = max(0.0, seconds - slope * rows**power)
    return float(fixed + slope * total**power)


def _fit(asked: Asked, spec: EstimatorSpec, rows: np.ndarray) -> tuple[Model, float]:
    began = time.process_time()
    model = trained(
        asked.table.take(rows),
        None,
        spec,
        target=asked.target,
        features=asked.features,
        wanted="regression" if asked.task == "regression" else "classification",
        seed=asked.seed,
    )
    busy = time.process_time() - began
    # The first fit loads libraries, which the model's own time does not count; and that counts
    # what else this machine is busy with, which the processor's time does not.
    return model, min(busy, model.report.seconds)
