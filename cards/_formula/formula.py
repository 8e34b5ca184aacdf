"""A formula that fits the columns of a table, and computes one value per row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cards._formula.compiler import Compiler, Row
from cards._formula.functions import Computed, Kind
from cards._formula.integers import together
from cards._formula.values import converted, whole
from tensorrag import InputError, ParameterError, Table, TableSchema, report
from tensorrag.formula.mistake import Mistake
from tensorrag.formula.tree import parse
from tensorrag.quoting import named

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 1 << 17
"""Rows that are computed at a time: what is in between stays small."""

_WRITTEN = "Write it like price / rooms, or price > 100 and city == 'Rome'."
"""What to do about a formula where nothing in particular is known."""


@dataclass(frozen=True)
class Formula:
    """A formula that fits a table."""

    kind: Kind | None
    """What it gives; None where a column of which nothing is known decides."""
    columns: frozenset[str]
    """Those that it uses."""
    compute: Callable[[Row], Computed]

    def values(self, table: Table) -> pa.ChunkedArray:
        """Compute one value per row, part by part.

        Raises:
            InputError: a column holds what it should not by its kind.
        """
        used = table.select([c.name for c in table.columns if c.name in self.columns])
        places = range(0, max(table.num_rows, 1), ROWS)  # no rows are one empty part: it has a type
        return together([self._part(used, at, table.num_rows) for at in places])

    def _part(self, used: pa.Table, at: int, rows: int) -> pa.Array:
        import pyarrow as pa

        part = used.slice(at, ROWS)
        row = {name: part[name].combine_chunks() for name in part.column_names}
        count = min(ROWS, rows - at)
        try:
            made = self.compute(row)
            made = whole(made if self.kind is None else converted(made, self.kind), count)
        except pa.ArrowException as error:
            said = str(error).partition("\n")[0][:200]
            raise InputError(
                f"A column holds what does not go with its kind: {said}",
                port="dataset",
                hint="Look at the columns that the formula uses.",
            ) from error
        report(at + count, rows, "row")
        return made


def formula(text: str, schema: TableSchema, *, field: str) -> Formula:
    """Read a formula and hold it against the columns of a table.

    Args:
        text: what was typed.
        schema: of the table; where its columns are not known, what depends on them is not checked.
        field: the parameter that it was typed into, for messages.

    Raises:
        ParameterError: it is none, or does not fit; says where, and offers a way out if it can.
    """
    known = None if schema.columns is None else {c.name: c.kind for c in schema.columns}
    compiler = Compiler(known)
    try:
        if not text.strip():
            raise Mistake(0, "nothing is written here.", "Write one, such as price > 100.")
        made = compiler.compiled(parse(text))
    except Mistake as wrong:
        raise _refused(wrong, text, field) from wrong
    return Formula(made.kind, frozenset(compiler.used), made.get)


def condition(text: str, schema: TableSchema, *, field: str) -> Formula:
    """Read a formula that is true or false of each row; takes what `formula` takes.

    Raises:
        ParameterError: it is none, or gives something else.
    """
    if not text.strip():
        raise ParameterError(
            "No condition is written.", field=field, hint="Write what must hold, as price > 100."
        )
    made = formula(text, schema, field=field)
    if made.kind not in (None, "flag"):
        raise ParameterError(
            "This is no condition: it is neither true nor false.",
            field=field,
            hint="Compare it with something, such as price > 100.",
        )
    return made


def _refused(wrong: Mistake, text: str, field: str) -> ParameterError:
    fix = None
    if wrong.replace is not None:
        length, instead = wrong.replace
        fix = (f"Use {named(instead)}", text[: wrong.at] + instead + text[wrong.at + length :])
    return ParameterError(
        f"At {wrong.at + 1}: {wrong.message}", field=field, hint=wrong.hint or _WRITTEN, fix=fix
    )
