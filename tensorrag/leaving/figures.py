"""What a column holds, in a few figures: equal columns have the same, to rounding.

A process without TensorRag runs this file, too: it imports none of the rest.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NUMBERS = ("boolean", "integer", "floating", "mixed-integer-float", "decimal")
DIGITS = 12
"""Hexadecimal digits of a digest that are kept."""


def column_figures(column: pd.Series[Any]) -> dict[str, float | str]:
    """Return the figures of a column, by name. Whatever is missing is the same: None, NaN, NaT.

    Of numbers and flags: how many are ``missing`` or ``infinite``; of the others their ``size``
    (mean of the absolute values), ``mean``, ``deviation``, and ``order``, a mean that weighs the
    rows from 0 to 1. Of all else: how many are missing, and a ``digest`` of the values in order.
    """
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    there = column.notna().to_numpy()
    found: dict[str, float | str] = {"missing": int((~there).sum())}
    if not there.any():
        return found
    present, kind = column[there], pd.api.types.infer_dtype(column, skipna=True)
    if kind in NUMBERS:
        return found | _of_numbers(
            present.to_numpy(dtype=float), np.linspace(0, 1, len(there))[there]
        )
    written = _moments(present) if kind in ("datetime64", "datetime", "date") else present
    hashed = pd.util.hash_pandas_object(written.astype(str), index=False).to_numpy()
    digest = hashlib.sha256(there.tobytes() + hashed.tobytes()).hexdigest()
    return found | {"digest": digest[:DIGITS]}


def _of_numbers(values: np.ndarray, weights: np.ndarray) -> dict[str, float | str]:
    import numpy as np

    finite = np.isfinite(values)
    values, weights = values[finite], weights[finite]
    found: dict[str, float | str] = {"infinite": int((~finite).sum())}
    if not len(values):
        return found
    largest = float(np.abs(values).max()) or 1.0  # taken out, so that no sum overflows
    shares = values / largest
    return found | {
        "size": float(np.abs(shares).mean()) * largest,
        "mean": float(shares.mean()) * largest,
        "deviation": float(shares.std()) * largest,
        "order": float((shares * weights).mean()) * largest,
    }


def _moments(column: pd.Series[Any]) -> pd.Series[Any]:
    """Write days and times as microseconds since 1970, those with a zone as in UTC."""
    import pandas as pd

    times = pd.to_datetime(column.map(pd.Timestamp)) if column.dtype == object else column
    if times.dt.tz is not None:
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return times.astype("datetime64[us]").astype("int64")
