"""What a model takes: how long to predict, and how much room on disk."""

from __future__ import annotations

import time
from typing import Any

from cards._learning.predicting import predict
from tensorrag import Model, Table

TIMED = 1_000
"""Rows that the time to predict is told for."""
TRIES = 3
"""How often it is taken; the shortest counts, as whatever else runs here only adds to it."""


def prediction_seconds(model: Model, table: Table) -> float:
    """Measure how long a model takes here for 1,000 rows: some twice where there are fewer."""
    import numpy as np

    rows = table.take(np.arange(TIMED) % table.num_rows)
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
