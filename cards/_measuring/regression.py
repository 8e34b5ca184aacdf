"""How good predicted numbers are, beside a dummy and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PART = 250_000
"""Rows that are computed with at a time, where there are more."""
ALL = slice(None)


def regression_metrics(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Measure predictions: R², RMSE, MAE (both in units of the target) and MSE.

    R² is 1 − (sum of squared errors) / (sum of squared distances from the mean); as in
    scikit-learn, 1 where a constant target is met exactly, and 0 where it is missed.
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


def linear_metrics(x: np.ndarray, y: np.ndarray, rows: slice = ALL) -> dict[str, float]:
    """Measure ordinary least squares on rows that it was fitted to, by default on all of them.

    Of many rows the normal equations are solved, added up part by part: a solver that takes all
    of them at once makes copies of them.
    """
    from sklearn.linear_model import LinearRegression

    if len(x) <= PART:
        return regression_metrics(y[rows], LinearRegression().fit(x, y).predict(x[rows]))
    return regression_metrics(y[rows], _least_squares(x, y, x[rows]))


def _least_squares(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Fit by the normal equations of standardized features, and predict the rows asked for."""
    import numpy as np

    middle, goal = x.mean(axis=0), y.mean()
    squares = np.zeros((x.shape[1], x.shape[1]))
    products = np.zeros(x.shape[1])
    for part in _parts(len(x)):
        z = x[part] - middle
        squares += z.T @ z
        products += z.T @ (y[part] - goal)
    spread = np.sqrt(squares.diagonal() / len(x))
    spread = np.where(spread > 0, spread, 1.0)
    standard = squares / spread / spread[:, None]
    weights = np.linalg.lstsq(standard, products / spread, rcond=None)[0] / spread
    return np.concatenate([(asked[part] - middle) @ weights + goal for part in _parts(len(asked))])


def _parts(rows: int) -> list[slice]:
    return [slice(at, at + PART) for at in range(0, rows, PART)]
