"""What a model says of rows whose truth is known, how long that takes, and how large it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cards._learning.predicting import estimator_of, model_input, predict
from cards._learning.training import answers
from cards._measuring.classification import Answers
from tensorrag import Model, Table

if TYPE_CHECKING:
    import numpy as np

TIMED = 1_000
"""Rows that the time to predict is told for."""
TRIES = 3
"""How often it is taken; the shortest counts, as whatever else runs here only adds to it."""


def asked(model: Model, table: Table, truth: np.ndarray) -> Answers:
    """Ask a classifier about rows whose classes are known.

    Raises:
        InputError: a feature is not in the table, or holds what the model cannot take.
    """
    x = model_input(model.content, model.features, table)
    return answers(estimator_of(model), x, truth, model.classes or (), model.positive)


def prediction_seconds(model: Model, table: Table) -> float:
    """Measure how long a model takes here for 1,000 rows: some twice where there are fewer."""
    rows = Table(table.arrow.take([at % table.num_rows for at in range(TIMED)]), like=table)
    predict(model, rows)
    taken = []
    for _ in range(TRIES):
        began = time.perf_counter()
        predict(model, rows)
        taken.append(time.perf_counter() - began)
    return min(taken)


def size_of(model: Model) -> int:
    """Count the bytes that a model takes on disk."""
    import joblib

    counting = _Counting()
    joblib.dump(model.content, counting, compress=0)
    return counting.bytes


class _Counting:
    """A file that keeps nothing of what is written but how much it was."""

    bytes = 0

    def write(self, part: Any) -> int:
        written = memoryview(part).nbytes
        self.bytes += written
        return written

    def tell(self) -> int:
        return self.bytes

    def flush(self) -> None:
        pass
