"""Arrays out of tables: what is learnt from, and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cards._learning.columns import LEARNABLE, feature_names, leave_out
from tensorrag import InputError, ParameterError, Table
from tensorrag.quoting import named, quoted
from tensorrag.types import NUMERIC
from tensorrag.types.decimals import is_decimal
from tensorrag.types.schema import Label
from tensorrag.types.seen import EXACT, MANY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

LARGEST = 1e150
"""Largest number to compute with: sums of squares must stay below 1.8e308."""


@dataclass(frozen=True)
class Examples:
    """Rows to learn from or to be measured on."""

    features: tuple[str, ...]
    x: Any
    """Rows × features: a float64 array, or a data frame where some are categories."""
    y: np.ndarray
    """One target per row: float64, or a class."""
    categories: tuple[str, ...] = ()
    """The features that are no numbers."""
    missing: dict[str, int] = field(default_factory=dict)
    """Numeric features in which values are missing, and in how many rows."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The features that are numbers."""
        return tuple(name for name in self.features if name not in self.categories)

    def column(self, name: str) -> Any:
        """Return the values of a feature, one per row: numbers, or text."""
        return self.x[name] if self.categories else self.x[:, self.features.index(name)]

    @property
    def width(self) -> int:
        """How many columns the model will see, before any polynomial."""
        of_categories = sum(int(self.x[name].nunique(dropna=False)) for name in self.categories)
        return len(self.numbers) + of_categories


def examples(
    table: Table,
    target: str,
    features: Sequence[str],
    *,
    classify: bool,
    port: str = "train_dataset",
) -> Examples:
    """Take features and target out of a table, categories and missing numbers included.

    Args:
        table: has at least one row.
        target: the column to predict.
        features: the columns to predict it from; empty means all but the target.
        classify: whether the target is a class.
        port: the input that the table arrived on, for messages.

    Raises:
        InputError: there are no rows, or a column holds what cannot be learnt from.
        ParameterError: a column is not there, or of a kind that cannot be learnt from.
    """
    refuse_no_rows(table, port)
    names = feature_names(table.schema, target, features, LEARNABLE) or ()
    y = labels(table, target) if classify else numbers(table, target).copy()
    kinds = {column.name: column.kind for column in table.columns}
    categories = tuple(name for name in names if kinds[name] not in NUMERIC)
    for name in categories:
        _refuse_many(table, name, names)
    x = (
        frame(table, names, categories, gaps=True)
        if categories
        else matrix(table, names, gaps=True)
    )
    found = Examples(names, x, y, categories)
    missing = {name: n for name in found.numbers if (n := _missing(name, found.column(name)))}
    return replace(found, missing=missing)


def refuse_no_rows(table: Table, port: str) -> None:
    """Raise InputError where a table has no rows."""
    if table.num_rows == 0:
        raise InputError(
            f"{port} has no rows.", port=port, hint="Give this part of the split more rows."
        )


def frame(
    table: Table, names: Sequence[str], categories: Sequence[str], *, gaps: bool
) -> pd.DataFrame:
    """Return columns side by side: numbers as float64, categories as text, gaps as NaN."""
    import pandas as pd

    columns = {
        name: _texts(table, name) if name in categories else numbers(table, name, gaps=gaps)
        for name in names
    }
    return pd.DataFrame(columns)


def labels(table: Table, name: str, *, written: bool = False) -> np.ndarray:
    """Return the class of each row: text, true and false, or whole numbers.

    Decimals are whole numbers where all of them are; others are classes as they are written, for
    scikit-learn takes numbers with fractions for amounts.

    Args:
        table: has the column.
        name: the column.
        written: whether numbers are classes as they are written, whole ones too.

    Raises:
        InputError: a row has none, or it is too large a number.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.types as at

    column = table.column(name)
    if column.null_count:
        raise _gaps(name, column.null_count, len(column), empty=True)
    if at.is_boolean(column.type):
        return np.asarray(column.to_numpy(), dtype=bool)
    if at.is_integer(column.type) and not written:
        try:
            return np.asarray(column.cast(pa.int64()).to_numpy())
        except pa.ArrowInvalid:  # beyond 2^63
            raise _too_large(name) from None
    if is_decimal(column.type) or at.is_integer(column.type):
        return _told_apart(numbers(table, name), name, written=written)
    coded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    words = np.array(coded.dictionary.to_pylist(), dtype=object)
    return np.asarray(words[coded.indices.to_numpy()])


def as_written(number: float) -> str:
    """Write a number that is a class: 0.5, and 1 beside it."""
    return str(number).removesuffix(".0")


def _told_apart(found: np.ndarray, name: str, *, written: bool) -> np.ndarray:
    import numpy as np

    if written or not np.array_equal(found, np.floor(found)):
        values, places = np.unique(found, return_inverse=True)
        return np.array([as_written(float(each)) for each in values], dtype=object)[places]
    if len(found) and np.abs(found).max() >= EXACT:
        raise _too_large(name)
    return found.astype(np.int64)


def _too_large(name: str) -> InputError:
    return InputError(
        f"The target {named(name)} holds whole numbers too large to be told apart as numbers.",
        hint="Have them be text first, with Change Kinds.",
    )


def plain(label: Any) -> Label:
    """Return a class as plain Python."""
    found: Label = label.item() if hasattr(label, "item") else label
    return found


def _texts(table: Table, name: str) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    column = table.column(name)
    try:
        values = np.array(column.cast(pa.string()).to_pylist(), dtype=object)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"Column {named(name)} holds {column.type} values, which are no text.",
            hint=f"Have {named(name)} be text before, or leave it out of the features.",
        ) from error
    values[values == None] = np.nan  # noqa: E711
    return pd.Series(values, dtype=object)


def _refuse_many(table: Table, name: str, names: Sequence[str]) -> None:
    import pyarrow.compute as pc

    count = int(pc.count_distinct(table.column(name)).as_py())
    if count > MANY:
        raise ParameterError(
            f"The feature {named(name)} has {count:,} different values; at most {MANY} can "
            "become columns.",
            field="feature_columns",
            hint="Leave it out, or group its values first.",
            fix=leave_out(names, [name], name),
        )


def _missing(name: str, values: Any) -> int:
    """Count the rows without a number; all of them is too many."""
    import numpy as np

    array = np.asarray(values)
    if not np.isnan(array.min()):
        return 0
    count = int(np.count_nonzero(np.isnan(array)))
    if count == len(values):
        raise _gaps(name, count, count, empty=True)
    return count


def _gaps(name: str, count: int, rows: int, *, empty: bool) -> InputError:
    where = f"{count:,} of the {rows:,}" if count < rows else "all"
    return InputError(
        f"Column {named(name)} {'has no value' if empty else 'holds no finite number'} in {where} "
        "rows.",
        hint=f"Remove or fill these rows, or use another column than {named(name)}.",
    )


def matrix(table: Table, names: Sequence[str], *, gaps: bool = False) -> np.ndarray:
    """Return columns side by side, rows × columns; nothing else is in memory twice.

    Each column lies in one piece, as it does in the table: to write one there, and to measure and
    standardize it, takes a third of the time that it takes row by row.
    """
    import numpy as np

    found = np.empty((table.num_rows, len(names)), order="F")
    for at, name in enumerate(names):
        found[:, at] = numbers(table, name, gaps=gaps)
    return found


def numbers(table: Table, name: str, *, gaps: bool = False) -> np.ndarray:
    """Return a column as float64; every value must be a finite number.

    Args:
        table: has the column.
        name: the column.
        gaps: whether a value may be missing; it is NaN then.

    Raises:
        InputError: a value is no number, or too large to compute with.
    """
    import numpy as np
    import pyarrow as pa

    column = table.column(name)
    try:
        whole = column.cast(pa.float64(), safe=False).combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        row, value = _first_text(column)
        raise InputError(
            f"Column {named(name)} holds {quoted(value)} in row {row}, which is no number.",
            hint=f"Leave {named(name)} out of the features, or mend the data.",
        ) from error
    array: np.ndarray = whole.to_numpy(zero_copy_only=False)
    if len(array) == 0 or (array.min() >= -LARGEST and array.max() <= LARGEST):
        return array  # none of them is NaN, then
    wrong = np.flatnonzero(np.isinf(array) if gaps else ~np.isfinite(array))
    if len(wrong):
        empty = column[int(wrong[0])].as_py() is None
        raise _gaps(name, len(wrong), len(array), empty=empty)
    if np.nanmax(np.abs(array), initial=0) > LARGEST:
        raise InputError(
            f"Column {named(name)} holds numbers beyond {LARGEST:g}, whose squares no computer "
            "holds.",
            hint=f"Give {named(name)} in a larger unit, or take its logarithm.",
        )
    return array


def _first_text(column: pa.ChunkedArray) -> tuple[int, str]:
    for index, value in enumerate(column.to_pylist()):
        try:
            float(value)
        except (TypeError, ValueError):
            return index + 1, str(value)[:60]
    return 1, str(column.type)
