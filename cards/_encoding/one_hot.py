"""One column of 0 and 1 for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cards._arrow import as_text, distinct
from tensorrag import ColumnSchema, InputError, ParameterError, Table
from tensorrag.quoting import named, quoted

if TYPE_CHECKING:
    import pyarrow as pa


def one_hot(
    dataset: Table, values: Mapping[str, Sequence[str]]
) -> tuple[pa.Table, tuple[ColumnSchema, ...]]:
    """Encode columns, in their own place.

    Args:
        dataset: the table to change.
        values: what becomes a column of its own, by column.

    Raises:
        InputError: a column of that name is there already.
    """
    import pyarrow as pa

    made: dict[str, pa.ChunkedArray] = {}
    columns: list[ColumnSchema] = []
    for column in dataset.columns:
        new = _encoded(dataset, column, values)
        taken = next((name for name in new if name in made), None)
        if taken is not None:
            raise InputError(
                f"There would be two columns called {quoted(taken)}.",
                port="dataset",
                hint="Rename one of them with Select Columns first.",
            )
        made |= new
        binary = ({"name": n, "kind": "binary", "missing": 0, "unit": None} for n in new)
        hot = column.name in values
        columns += [column.model_copy(update=one) for one in binary] if hot else [column]
    return pa.table(made), tuple(columns)


def values_of(learnt: Table, name: str, most: int) -> list[str]:
    """Return the values of a column; raises ParameterError where there are more than ``most``."""
    values = distinct(learnt.column(name), name)
    if len(values) > most:
        raise ParameterError(
            f"{named(name)} has {len(values):,} different values, which would make as many "
            "columns.",
            field="columns",
            hint=f"Leave {named(name)} out, or encode it by ordinal or target.",
        )
    return values


def _encoded(
    dataset: Table, column: ColumnSchema, values: Mapping[str, Sequence[str]]
) -> dict[str, pa.ChunkedArray]:
    import pyarrow as pa
    import pyarrow.compute as pc

    name = column.name
    if name not in values:
        return {name: dataset.column(name)}
    text = pc.fill_null(
        pc.index_in(as_text(dataset.column(name), name), pa.array(values[name], pa.string())), -1
    )
    return {
        f"{name}_{value}": pc.equal(text, at).cast(pa.int8())
        for at, value in enumerate(values[name])
    }
