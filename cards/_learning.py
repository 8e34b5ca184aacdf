"""What training and evaluating share: arrays out of tables, metrics, baselines, predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tensorrag import InputError, Model, ParameterError, Schema, Table, TableSchema
from tensorrag.types import NUMERIC, ColumnSchema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

PART = 250_000
"""Rows that are computed with at a time, where there are more."""
LARGEST = 1e150
"""Largest number to compute with: sums of squares must stay below 1.8e308."""

_WORDS = {"text": "text", "category": "text", "date": "a date"}


@dataclass(frozen=True)
class Examples:
    """Rows to learn from or to be measured on."""

    features: tuple[str, ...]
    x: np.ndarray
    """Float64, rows × features."""
    y: np.ndarray
    """Float64, one target per row."""


def examples(
    table: Table, target: str, features: Sequence[str], *, port: str = "train_dataset"
) -> Examples:
    """Take features and target out of a table as arrays.

    Args:
        table: has at least one row.
        target: the column to predict.
        features: the columns to predict it from; empty means all but the target.
        port: the input that the table arrived on, for messages.

    Raises:
        InputError: there are no rows, or a column holds what is no number.
        ParameterError: a column is not there.
    """

    if table.num_rows == 0:
        raise InputError(
            f"{port} has no rows.", port=port, hint="Give this part of the split more rows."
        )
    names = feature_names(table.schema, target, features) or ()
    return Examples(names, _matrix(table, names), _numbers(table, target))


def validation_examples(table: Table | None, target: str, like: Examples) -> Examples | None:
    """Take the same columns out of the validation rows; None where there are no such rows.

    Raises:
        InputError: a column holds what is no number.
        ParameterError: a column is not there.
    """
    if table is None or table.num_rows == 0:
        return None
    return examples(table, target, like.features, port="validation_dataset")


def validation_note(seen: Examples, predicted: np.ndarray) -> str:
    """Say in a sentence how good predictions of the validation rows are."""
    return f"R² on the validation rows: {regression_metrics(seen.y, predicted)['r2']:.3f}."


def feature_names(
    schema: TableSchema, target: str, features: Sequence[str]
) -> tuple[str, ...] | None:
    """Return the features that will be used; None where the columns are not known yet.

    Raises:
        ParameterError: one is not there, is the target itself, or is not numeric.
    """
    if schema.columns is None:
        return tuple(features) or None
    goal = _column(schema, target, "target_column")
    if goal.kind is not None and goal.kind not in NUMERIC:
        raise ParameterError(
            f"The target {target} is {_WORDS[goal.kind]}; this card predicts numbers.",
            field="target_column",
            hint="Pick a numeric column.",
        )
    if target in features:
        raise ParameterError(
            f"{target} is the target and among the features: the model would know the answer.",
            field="feature_columns",
            hint=f"Take {target} out of the features.",
        )
    names = tuple(features) or tuple(name for name in schema.names or () if name != target)
    if not names:
        raise ParameterError(
            "There is no column to learn from.",
            field="feature_columns",
            hint="Use a table with more columns than the target.",
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ParameterError(
            f"{twice} stands twice among the features.",
            field="feature_columns",
            hint="Take it out once.",
        )
    columns = {column.name: column for column in schema.columns}
    for name in names:
        column = columns.get(name) or _column(schema, name, "feature_columns")
        if column.kind is not None and column.kind not in NUMERIC:
            raise ParameterError(
                f"The feature {name} is {_WORDS[column.kind]}; a model takes numbers.",
                field="feature_columns",
                hint=f"Choose the feature columns, without {name}.",
                fix=_leave_out(names, columns),
            )
    return names


def _leave_out(names: Sequence[str], columns: Mapping[str, ColumnSchema]) -> tuple[str, Any] | None:
    """Offer the features that a model can take; None where there are none."""
    odd = [n for n in names if n in columns and columns[n].kind not in (None, *NUMERIC)]
    left = [name for name in names if name not in odd]
    what = odd[0] if len(odd) == 1 else f"{len(odd)} columns that are no numbers"
    return (f"Leave out {what}", left) if left else None


def regression_metrics(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Measure predictions: R², RMSE, MAE (both in units of the target) and MSE.

    R² is 1 − (sum of squared errors) / (sum of squared distances from the mean); 0 where the
    target is constant, as in scikit-learn where the predictions miss it.
    """
    import numpy as np

    errors = np.asarray(predicted, dtype=np.float64) - np.asarray(y, dtype=np.float64)
    mse = float(np.mean(errors**2))
    spread = float(np.mean((y - np.mean(y)) ** 2))
    r2 = 1.0 - mse / spread if spread > 0 else float(mse == 0)
    return {"r2": r2, "rmse": mse**0.5, "mae": float(np.mean(np.abs(errors))), "mse": mse}


def dummy_metrics(y: np.ndarray, prediction: float) -> dict[str, float]:
    """Measure the dummy, which predicts the same number for every row."""
    import numpy as np

    return regression_metrics(y, np.full(len(y), prediction))


def linear_metrics(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Measure ordinary least squares on the rows that it was fitted to.

    Of many rows the normal equations are solved, added up part by part: a solver that takes all
    of them at once makes copies of them.
    """
    from sklearn.linear_model import LinearRegression

    if len(x) <= PART:
        return regression_metrics(y, LinearRegression().fit(x, y).predict(x))
    return regression_metrics(y, _least_squares(x, y))


def _least_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit by the normal equations of standardized features, and predict the same rows."""
    import numpy as np

    parts = [slice(at, at + PART) for at in range(0, len(x), PART)]
    middle, goal = x.mean(axis=0), y.mean()
    spread = np.sqrt(sum(((x[p] - middle) ** 2).sum(axis=0) for p in parts) / len(x))
    spread = np.where(spread > 0, spread, 1.0)
    squares = np.zeros((x.shape[1], x.shape[1]))
    products = np.zeros(x.shape[1])
    for part in parts:
        z = (x[part] - middle) / spread
        squares += z.T @ z
        products += z.T @ (y[part] - goal)
    weights = np.linalg.lstsq(squares, products, rcond=None)[0]
    return np.concatenate([(x[p] - middle) / spread @ weights + goal for p in parts])


def predict(model: Model, table: Table) -> np.ndarray:
    """Predict the target of each row, in its own units. Float64, one per row.

    Raises:
        InputError: a feature is not in the table, or is not numeric.
    """

    known = table.schema.names or ()
    missing = [name for name in model.features if name not in known]
    if missing:
        raise InputError(_lacks(missing), port="test_dataset", hint="Use rows of the same table.")
    x = _matrix(table, model.features)
    if model.framework == "torch":
        from cards._network.predict import predict as predict_network

        return predict_network(model.content, x)
    return predictions(model.content["estimator"], x)


def predictions(estimator: Any, x: np.ndarray) -> np.ndarray:
    """Predict part by part, as each step of an estimator makes a copy. Float64, one per row."""
    import numpy as np

    parts = [
        np.asarray(estimator.predict(x[at : at + PART]), dtype=np.float64).reshape(-1)
        for at in range(0, len(x), PART)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def missing_features(schema: TableSchema, features: Sequence[str] | None) -> str | None:
    """Say which features a table lacks; None where it has them all or nothing is known."""
    if schema.names is None or features is None:
        return None
    missing = [name for name in features if name not in schema.names]
    return _lacks(missing) if missing else None


def target_brief(target: str, schemas: Mapping[str, Schema], features: Sequence[str]) -> str:
    """Sum up what is learnt from what: ``MEDV · 13 features``."""
    schema = schemas.get("train_dataset")
    known = len(schema.columns) - 1 if isinstance(schema, TableSchema) and schema.columns else None
    count = len(features) or known
    if not target:
        return "no target chosen"
    plural = "" if count == 1 else "s"
    return target if count is None else f"{target} · {count} feature{plural}"


def _lacks(missing: Sequence[str]) -> str:
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return f"The table lacks {missing[0]}{more}, which the model was trained on."


def _column(schema: TableSchema, name: str, field: str) -> ColumnSchema:
    column = schema.column(name)
    if column is None:
        raise ParameterError(
            f"There is no column {name!r} in the table.",
            field=field,
            hint="Choose one of the columns that the table has.",
        )
    return column


def _matrix(table: Table, names: Sequence[str]) -> np.ndarray:
    """Return columns side by side, rows × columns; nothing else is in memory twice."""
    import numpy as np

    matrix = np.empty((table.num_rows, len(names)))
    for at, name in enumerate(names):
        matrix[:, at] = _numbers(table, name)
    return matrix


def _numbers(table: Table, name: str) -> np.ndarray:
    """Return a column as float64; every value must be a finite number."""
    import numpy as np
    import pyarrow as pa

    column = table.arrow[name]
    try:
        array: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        row, value = _first_text(column)
        raise InputError(
            f"Column {name} holds {value!r} in row {row}, which is no number.",
            hint=f"Leave {name} out of the features, or mend the data.",
        ) from error
    wrong = np.flatnonzero(~np.isfinite(array))
    if len(wrong):
        empty = column[int(wrong[0])].as_py() is None
        count = f"{len(wrong):,} of the {len(array):,}" if len(wrong) < len(array) else "all"
        raise InputError(
            f"Column {name} {'has no value' if empty else 'holds no finite number'} "
            f"in {count} rows.",
            hint=f"Remove or fill these rows, or use another column than {name}.",
        )
    if len(array) and np.abs(array).max() > LARGEST:
        raise InputError(
            f"Column {name} holds numbers beyond {LARGEST:g}, whose squares no computer holds.",
            hint=f"Give {name} in a larger unit, or take its logarithm.",
        )
    return array


def _first_text(column: pa.ChunkedArray) -> tuple[int, str]:
    for index, value in enumerate(column.to_pylist()):
        try:
            float(value)
        except (TypeError, ValueError):
            return index + 1, str(value)[:60]
    return 1, str(column.type)
