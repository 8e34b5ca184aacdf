"""Rows about which a model is asked again and again, with some of their values changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cards._learning.predicting import (
    class_shares,
    estimator_of,
    gives_shares,
    missing_features,
    model_input,
    predictions,
    scores,
)
from cards._learning.rows import refuse_no_rows
from cards._learning.truth import truth
from tensorrag import InputError, Model, Table

if TYPE_CHECKING:
    import numpy as np

PORT = "dataset"
Method = Literal["predict", "predict_proba", "decision_function"]
"""How a model is asked."""


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
        self.estimator: Any = estimator_of(model)
        drawn = _drawn(table, most, seed)
        self.truth = truth(drawn, model.target, model.classes, PORT)
        self.x: Any = model_input(model.content, model.features, drawn, PORT)
        self.columns = tuple(c for c in table.columns if c.name in frozenset(model.features))

    @property
    def rows(self) -> int:
        """How many were drawn."""
        return len(self.x)

    def first(self, most: int) -> Asked:
        """Return the first of them; they were drawn in no order of their values."""
        if self.rows <= most:
            return self
        part: Asked = object.__new__(Asked)
        part.model, part.of, part.columns = self.model, self.of, self.columns
        part.estimator, part.truth, part.x = self.estimator, self.truth[:most], self.x[:most]
        return part

    def values(self, name: str) -> np.ndarray:
        """Return a column as the model takes it: float64, or text; NaN where there is none."""
        import numpy as np

        if hasattr(self.x, "columns"):
            return np.asarray(self.x[name])
        found: np.ndarray = self.x[:, self.model.features.index(name)]
        return found

    def repeated(self, times: int) -> Any:
        """Return a copy of the rows, so many times one after another, to `put` values into."""
        import numpy as np

        if hasattr(self.x, "columns"):
            return self.x.iloc[np.tile(np.arange(self.rows), times)].reset_index(drop=True)
        return np.asfortranarray(np.tile(self.x, (times, 1)))

    def put(self, x: Any, name: str, values: Any) -> None:
        """Have a column of rows that were `repeated` hold other values."""
        if hasattr(x, "columns"):
            x[name] = values
        else:
            x[:, self.model.features.index(name)] = values


def answers(estimator: Any, method: Method, x: Any, *, classify: bool) -> np.ndarray:
    """Ask an estimator, part by part: what it predicts, rows × classes, or scores."""
    if method == "predict_proba":
        return class_shares(estimator, x)
    if method == "decision_function":
        return scores(estimator, x)
    return predictions(estimator, x, classify=classify)


def ranks(estimator: Any) -> bool:
    """Whether a classifier tells of which class a row more likely is."""
    return gives_shares(estimator) or hasattr(estimator, "decision_function")


def _drawn(table: Table, most: int, seed: int) -> Table:
    import numpy as np

    if table.num_rows <= most:
        return table
    rows = np.random.default_rng(seed).choice(table.num_rows, most, replace=False)
    return table.take(rows)
