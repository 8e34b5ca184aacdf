"""Impute: values where some are missing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cards._arrow import as_floats, plain, replaced
from cards._columns import require, some
from cards._fitting import Fitting, fitted, fitting_concerns, same_columns
from cards._script.features import impute, impute_again
from tensorrag import (
    CardError,
    Column,
    Field,
    InputError,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.plain import JsonObject
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import Seen
from tensorrag.types.columns import without_nan

if TYPE_CHECKING:
    import pyarrow as pa

_AVERAGES = ("mean", "median")


class Impute(Fitting):
    """Fill in missing values: with the mean, the median, the most frequent value or a constant.

    What is filled in is learnt from the table at `fit_on`, else from the table itself. After a
    split, connect the train rows there, so that test rows are filled like them. Whole numbers
    stay whole: their mean and median are rounded. Training a model fills in missing values by
    itself; this is for the choice of another way, or for other uses.
    """

    category = "Features"
    libraries = ("pyarrow",)

    strategy: Literal["mean", "median", "most_frequent", "constant"] = Field(
        "median", label="Fill with"
    )
    """What missing values become. The median is not drawn away by a few extreme values."""
    value: str = Field("", max_length=1000, when={"strategy": "constant"})
    """What is filled in, read as each column needs it: a number, text, true or a date."""
    columns: list[Column] = Field([], columns_of="dataset")
    """The columns to fill; none chosen means every column that it fits."""

    class Out(NamedTuple):
        dataset: Table

    def run(self, dataset: Table, fit_on: Table | None) -> Out:
        learnt = dataset if fit_on is None else fit_on
        names = self.chosen(dataset.schema, learnt.schema) or []
        self._learnt = dict(self._fit(dataset, learnt, names))
        provenance = fitted(dataset.schema, learnt.schema, self.title)
        filled = self.again(dataset, self._learnt)
        return self.Out(Table(filled.arrow, like=dataset, provenance=provenance))

    def again(self, dataset: Table, learnt: JsonObject) -> Table:
        """Fill in a value for each column."""
        filled: dict[str, pa.ChunkedArray] = {}
        for name, value in learnt.items():
            column = _fillable(plain(dataset.column(name), name))
            if column.null_count:
                filled[name] = column.fill_null(_scalar(value, column.type, name))
                print(f"{name}: {column.null_count:,} of {len(column):,} rows ← {value}")
        if not filled:
            print("No value was missing.")
        return Table(replaced(dataset.arrow, filled), like=dataset)

    def known(self, dataset: TableSchema, learnt: JsonObject | None) -> TableSchema:
        """The same columns, nothing missing."""
        return self.propagate(dataset, None)

    def propagate(self, dataset: TableSchema, fit_on: TableSchema | None) -> TableSchema:
        names = self.chosen(dataset, fit_on)
        provenance = fitted(dataset, fit_on, self.title)
        columns = dataset.columns
        if columns is not None and names is not None:
            full = {"missing": 0}
            columns = tuple(c.model_copy(update=full) if c.name in names else c for c in columns)
        return dataset.model_copy(update={"columns": columns, "provenance": provenance})

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Columns without a gap stay as they are; where one is filled, equal rows stay equal."""
        names = self.chosen(table, None)
        return None if names is None else seen.beside(set(names) - set(seen.full))

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return impute(self, given)

    def script_again(self, given: Given, learnt: JsonObject) -> Script:
        """Write it with what was learnt."""
        return impute_again(given, learnt)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say what is filled in where."""
        what = self.strategy.replace("_", " ") if self.strategy != "constant" else f"{self.value!r}"
        return f"{what} · {some(self.columns)}" if self.columns else what

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterable[CardError]:
        """Warn of filling test rows by themselves."""
        return fitting_concerns(schemas, "The values to fill in")

    def chosen(self, schema: TableSchema, fit_on: TableSchema | None) -> list[str] | None:
        """Return the columns to fill; None where they are not known.

        Raises:
            ParameterError: a chosen column is missing, or cannot be filled.
            InputError: the table to learn from lacks one.
        """
        require(schema, self.columns, field="columns")
        if schema.columns is None:
            return self.columns or None
        kinds = {column.name: column.kind for column in schema.columns}
        averages = self.strategy in _AVERAGES
        odd = next((n for n in self.columns if averages and not _is_measured(kinds[n])), None)
        if odd is not None:
            raise ParameterError(
                f"There is no {self.strategy} of {named(odd)}, which is no number.",
                field="strategy",
                hint="Fill such columns with the most frequent value.",
                fix=("Use the most frequent value", "most_frequent"),
            )
        if self.strategy == "constant":
            for name in self.columns:
                _read(self.value, name, kinds[name])
        names = self.columns or [n for n, kind in kinds.items() if self._fits(n, kind)]
        same_columns(names, fit_on)
        return names

    def _fits(self, name: str, kind: str | None) -> bool:
        if self.strategy == "constant":
            try:
                _read(self.value, name, kind)
            except ParameterError:
                return False
            return True
        return self.strategy == "most_frequent" or _is_measured(kind)

    def _fit(self, dataset: Table, learnt: Table, names: list[str]) -> Iterator[tuple[str, Any]]:
        """Tell what to fill in, as JSON; nothing of columns that are full and cannot tell."""
        kinds = {column.name: column.kind for column in dataset.columns}
        for name in names:
            column = _fillable(plain(dataset.column(name), name))
            known = _fillable(plain(learnt.column(name), name))
            if self.strategy == "constant" or column.null_count or known.null_count < len(known):
                value = self._value(name, learnt.column(name), column.type).as_py()
                if self.strategy in _AVERAGES and kinds[name] == "integer":
                    value = round(value)
                yield name, value.isoformat() if hasattr(value, "isoformat") else value

    def _value(self, name: str, learnt: pa.ChunkedArray, kind: pa.DataType) -> Any:
        """Return what to fill in, as a scalar of the column's type."""
        import pyarrow as pa

        learnt = _fillable(plain(learnt, name))
        if self.strategy == "constant":
            return _as_type(self.value.strip(), name, kind)
        if learnt.null_count == len(learnt):
            raise InputError(
                f"{named(name)} has no value at all to learn from.",
                port="dataset",
                hint=f"Fill {named(name)} with a constant, or leave it out.",
            )
        value = _most_frequent(learnt) if self.strategy == "most_frequent" else self._mean(learnt)
        whole = self.strategy in _AVERAGES and pa.types.is_integer(kind)
        return _held(_rounded(value, learnt) if whole else value, kind, name)

    def _mean(self, column: pa.ChunkedArray) -> float:
        import pyarrow.compute as pc

        floats = as_floats(column)
        return float(
            (pc.mean(floats) if self.strategy == "mean" else pc.quantile(floats)[0]).as_py()
        )


def _rounded(value: float, column: pa.ChunkedArray) -> int:
    """Round an average; floats of 2^53 and more leave out digits, and may lie beyond all values."""
    import pyarrow.compute as pc

    ends = pc.min_max(column).as_py()
    return int(min(max(round(value), math.floor(ends["min"])), math.ceil(ends["max"])))


def _scalar(value: Any, kind: pa.DataType, name: str) -> pa.Scalar:
    import datetime as dt

    import pyarrow as pa

    if pa.types.is_time(kind):
        return pa.scalar(dt.time.fromisoformat(value), kind)
    return pa.scalar(value).cast(kind) if isinstance(value, str) else _held(value, kind, name)


def _held(value: Any, kind: pa.DataType, name: str) -> pa.Scalar:
    """Return a value as a scalar of this type; raises InputError where it holds no such value."""
    import pyarrow as pa

    try:
        return pa.scalar(value, kind)
    except (pa.ArrowException, OverflowError) as error:
        raise InputError(
            f"{named(name)} cannot hold {value}, which was learnt of other rows.",
            port="dataset",
            hint=f"Make {named(name)} a number in both tables, with Change Kinds.",
        ) from error


def _is_measured(kind: str | None) -> bool:
    return kind in (None, "number", "integer")


def _most_frequent(column: pa.ChunkedArray) -> Any:
    """Return the most frequent value; among equally frequent ones the first in order."""
    import pyarrow.compute as pc

    counted = pc.value_counts(column.drop_null())
    counts, values = counted.field("counts"), counted.field("values")
    return min(values.filter(pc.equal(counts, pc.max(counts))).to_pylist())


def _fillable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Have what is no number missing; a mean fits no decimal numbers."""
    import pyarrow as pa

    return as_floats(column) if pa.types.is_decimal(column.type) else without_nan(column)


def _read(value: str, name: str, kind: str | None) -> None:
    """Refuse a constant that a column cannot hold."""
    import datetime as dt

    text = value.strip()
    try:
        if kind == "number":
            float(text)
        elif kind == "integer":
            int(text)
        elif kind == "binary" and text.lower() not in ("true", "false", "0", "1"):
            raise ValueError(text)
        elif kind == "date":
            dt.datetime.fromisoformat(text)
    except ValueError:
        wanted = _WANTED.get(kind or "", "text")
        raise ParameterError(
            f"{named(name)} takes {wanted}; {value!r:.60} is none.",
            field="value",
            hint=f"Write {wanted}, or choose other columns.",
        ) from None


_WANTED = {
    "number": "a number",
    "integer": "a whole number",
    "binary": "true or false",
    "date": "a date such as 2024-12-31",
}


def _as_type(text: str, name: str, kind: pa.DataType) -> pa.Scalar:
    import pyarrow as pa

    if pa.types.is_integer(kind) and text.lower() in ("true", "false"):
        text = str(int(text.lower() == "true"))
    try:
        return pa.scalar(text).cast(kind)
    except pa.ArrowException:
        raise ParameterError(
            f"{named(name)} cannot hold {text!r:.60}.", field="value", hint="Write another value."
        ) from None
