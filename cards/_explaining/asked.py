"""Rows about which a model is asked again and again, with some of their values changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._learning.predicting import missing_features, model_input, probabilities, scores
from cards._learning.rows import refuse_no_rows
from cards._learning.truth import truth
from tensorrag import InputError, Model, Table
from tensorrag.types.schema import Label

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

PORT = "dataset"


class Asked:
    """Some rows of a table, and the model that is asked about them."""

    def __init__(self, model: Model, table: Table, most: int, seed: int) -> None:
        """Draw at most so many rows.

        Raises:
            InputError: there are no rows, or columns are not there or of another kind.
        """
        refuse_no_rows(table, PORT)
        lacks = missing_features(table.schema, (*model.features, model.target))
        if lacks:
            raise InputError(lacks, port=PORT, hint="Use rows of the same table.")
        self.model, self.of = model, table.num_rows
        drawn = _drawn(table, most, seed)
        self.truth = truth(drawn, model.target, model.classes, PORT)
        self.arrow: pa.Table = drawn.arrow.select(list(model.features)).combine_chunks()
        self.columns = tuple(c for c in table.columns if c.name in model.features)

    @property
    def rows(self) -> int:
        """How many were drawn."""
        return int(self.arrow.num_rows)

    @property
    def table(self) -> Table:
        """The rows as they are."""
        return self._table([self.arrow[name] for name in self.model.features])

    def first(self, most: int) -> Asked:
        """Return the first of them; they were drawn in no order of their values."""
        if self.rows <= most:
            return self
        part: Asked = object.__new__(Asked)
        part.model, part.of, part.columns = self.model, self.of, self.columns
        part.truth, part.arrow = self.truth[:most], self.arrow.slice(0, most).combine_chunks()
        return part

    def mixed(self, places: np.ndarray) -> Table:
        """Put rows together of values from these places, rows × features."""
        import numpy as np
        import pyarrow as pa

        own = np.arange(self.rows)
        columns = [
            self.arrow[name]
            if np.array_equal(places[:, at], own)
            else self.arrow[name].take(pa.array(places[:, at]))
            for at, name in enumerate(self.model.features)
        ]
        return self._table(columns)

    def with_all(self, name: str, value: pa.Scalar) -> Table:
        """Return the rows with one value for all in a column."""
        import pyarrow as pa

        same = pa.chunked_array([pa.repeat(value, self.rows)])
        return self._table([same if n == name else self.arrow[n] for n in self.model.features])

    def _table(self, columns: list[pa.ChunkedArray]) -> Table:
        import pyarrow as pa

        return Table(pa.table(columns, names=list(self.model.features)), columns=self.columns)


def ranking(model: Model, table: Table) -> np.ndarray | None:
    """Return a number per row, higher the more likely it is of the positive class, or None."""
    at = _positive_place(model)
    shares = probabilities(model, table)
    if shares is not None:
        found: np.ndarray = shares[:, at]
        return found
    estimator = model.content.get("estimator")
    if not hasattr(estimator, "decision_function"):
        return None
    told = scores(estimator, model_input(model.content, model.features, table, PORT))
    return told if at == 1 else -told


def _positive_place(model: Model) -> int:
    classes: tuple[Label, ...] = model.classes or ()
    return classes.index(model.positive) if model.positive in classes else 1


def _drawn(table: Table, most: int, seed: int) -> Table:
    import numpy as np

    if table.num_rows <= most:
        return table
    rows = np.random.default_rng(seed).choice(table.num_rows, most, replace=False)
    return Table(table.arrow.take(rows), like=table)
