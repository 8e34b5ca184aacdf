"""What makes numbers of a table's columns inside the trained model, fitted on the train rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cards._learning.estimators import SCALED, estimator
from cards._learning.rows import Examples
from tensorrag import EstimatorSpec, InputError
from tensorrag.allowance import allowed_memory

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

OWN = ("standardize", "degree", "interaction_only")
"""Settings of a spec that are about preparing, not about the model itself."""
LARGEST = 4 * 2**30
"""Bytes that the columns of a polynomial may take where no limit is known."""


def pipeline(
    spec: EstimatorSpec, rows: Examples, *, classify: bool, seed: int, weighted: bool = False
) -> Pipeline:
    """Make the scikit-learn pipeline that a spec describes for rows like these.

    Numbers stay as they are, missing ones become the median of the train rows; categories become
    a column of 0 and 1 for each value. A table of complete numbers needs none of that, and is
    taken as one float64 array.

    Raises:
        InputError: there is no such model, or it would make too many columns.
    """
    from sklearn.pipeline import make_pipeline

    params = {name: value for name, value in spec.params.items() if name not in OWN}
    scaled = spec.model_type in SCALED and spec.params.get("standardize", True)
    steps = _steps(rows, scaled=scaled)
    if spec.model_type == "polynomial":
        steps.append(_polynomial(spec.params, rows))
    bare = EstimatorSpec(spec.model_type, params)
    last = estimator(bare, classify=classify, seed=seed, weighted=weighted, own=bool(steps))
    return make_pipeline(*steps, last)


def fills(rows: Examples) -> bool:
    """Whether a model of such rows takes ones in which numbers are missing."""
    return bool(rows.missing or rows.categories)


def _steps(rows: Examples, *, scaled: bool) -> list[Any]:
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    numbers = _numeric_steps(rows, scaled=scaled)
    if not rows.categories:
        return numbers
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts: list[tuple[Any, list[str]]] = [(encoder, list(rows.categories))]
    if rows.numbers:
        parts.insert(0, (make_pipeline(*numbers) if numbers else "passthrough", list(rows.numbers)))
    whole = make_column_transformer(*parts, verbose_feature_names_out=False, sparse_threshold=0)
    return [whole]


def _numeric_steps(rows: Examples, *, scaled: bool) -> list[Any]:
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    steps: list[Any] = [SimpleImputer(strategy="median")] if fills(rows) else []
    return [*steps, StandardScaler()] if scaled else steps


def _polynomial(params: Mapping[str, Any], rows: Examples) -> Any:
    from sklearn.preprocessing import PolynomialFeatures

    degree, only = int(params.get("degree", 2)), bool(params.get("interaction_only", False))
    made = PolynomialFeatures(degree=degree, interaction_only=only, include_bias=False)
    count = polynomial_columns(rows.width, degree, only=only)
    allowed = allowed_memory()
    room = LARGEST if allowed is None else allowed * 2**20 // 3
    if 8 * count * len(rows.y) > room:
        raise InputError(
            f"A polynomial of degree {degree} makes {count:,} columns of {rows.width}, and "
            f"{len(rows.y):,} rows of them do not fit into memory.",
            port="model_spec",
            hint="Choose a lower degree, or fewer feature columns.",
        )
    return made


def polynomial_columns(features: int, degree: int, *, only: bool = False) -> int:
    """Count the columns that a polynomial makes of features, without the constant.

    Args:
        features: how many.
        degree: the highest power.
        only: products of different features only, no powers.
    """
    from math import comb

    if only:
        return sum(comb(features, size) for size in range(1, degree + 1))
    return comb(features + degree, degree) - 1
