"""What makes numbers of a table's columns before a network sees them, as plain arrays.

It does what the models of Train have done for them: missing numbers become the median of the train
rows, categories a column of 0 and 1 for each value of the train rows. All zeros is a value that no
train row had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cards._learning.rows import Examples

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Preparing:
    """Fitted to the train rows."""

    numbers: tuple[str, ...]
    """The features that are numbers, in order; they come first."""
    medians: Floats | None
    """One for each of them; None where none may be missing."""
    values: Mapping[str, Sequence[str | None]]
    """The values of each category, in order; None stands for a missing one."""

    @classmethod
    def of(cls, rows: Examples) -> Preparing:
        """Measure the train rows."""
        values = {name: _values(rows.x[name]) for name in rows.categories}
        if not (rows.missing or rows.categories):
            return cls(rows.numbers, None, values)
        return cls(rows.numbers, np.nanmedian(_numbers(rows.x, rows.numbers), axis=0), values)

    @classmethod
    def restored(cls, content: Mapping[str, Any]) -> Preparing:
        """Take it out of a stored network; one from before it could prepare has none of it."""
        stored = content.get("preparing")
        if stored is None:
            return cls((), None, {})
        return cls(tuple(stored["numbers"]), stored["medians"], stored["values"])

    def to_plain(self) -> dict[str, Any]:
        """Return what `restored` takes, without a class of ours."""
        values = {name: list(each) for name, each in self.values.items()}
        return {"numbers": list(self.numbers), "medians": self.medians, "values": values}

    def apply(self, x: Any) -> Floats:
        """Make complete numbers of rows: an array, or a data frame where some are categories."""
        found = _numbers(x, self.numbers) if self.values else np.asarray(x, dtype=np.float64)
        if self.medians is not None:
            found = np.where(np.isnan(found), self.medians, found)
        parts = [_columns(x[name], values) for name, values in self.values.items()]
        return np.column_stack([found, *parts]) if parts else found


def _numbers(x: Any, names: Sequence[str]) -> Floats:
    """Return the columns of numbers; an array has no others."""
    if isinstance(x, np.ndarray):
        return x
    columns = [x[name].to_numpy(dtype=np.float64) for name in names]
    return np.column_stack(columns) if columns else np.empty((len(x), 0))


def _values(column: Any) -> list[str | None]:
    """Return the values in order, a missing one last."""
    present = sorted(set(column.dropna().tolist()))
    return [*present, None] if column.isna().any() else present


def _columns(column: Any, values: Sequence[str | None]) -> Floats:
    """Return a column of 0 and 1 for each value."""
    at = {value: place for place, value in enumerate(values)}
    gap = at.get(None, -1)
    places = np.array([at.get(v, -1) if isinstance(v, str) else gap for v in column.tolist()])
    rows = np.flatnonzero(places >= 0)
    found = np.zeros((len(column), len(values)))
    found[rows, places[rows]] = 1.0
    return found
