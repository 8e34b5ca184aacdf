"""Each column in numbers, and what looks odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tensorrag import Table
from tensorrag.preview import ColumnProfile
from tensorrag.types.drawing import drawn
from tensorrag.types.profile import profile

MANY_MISSING = 0.3
"""Share of missing values from which on a column is named."""


@dataclass(frozen=True)
class Described:
    """A column in numbers."""

    found: ColumnProfile
    rows: int
    whole: bool
    """Whether distinct values are of all rows."""

    @property
    def constant(self) -> bool:
        """Whether all values that are there are the same; the rows drawn decide."""
        if self.found.kind in ("number", "integer", "binary") and self.found.min is not None:
            return self.found.min == self.found.max
        return self.found.distinct is not None and self.found.distinct <= 1

    @property
    def perhaps_id(self) -> bool:
        """Whether every row has a value of its own, and it is no measurement."""
        some = self.whole and self.rows > 20 and not self.found.missing
        named = self.found.kind in ("integer", "text", "category")
        return some and named and self.found.distinct == self.rows

    @property
    def note(self) -> str:
        """Say what looks odd about it; empty where nothing does."""
        if self.rows and self.found.missing == self.rows:
            return "no value at all"
        if self.constant:
            return "always the same"
        if self.perhaps_id:
            return "perhaps an id: another value in each row"
        share = self.found.missing / self.rows if self.rows else 0
        return f"{100 * share:.0f} % missing" if share >= MANY_MISSING else ""


def described(table: Table) -> list[Described]:
    """Describe every column; of very many rows distinct values and quartiles are of some."""
    places = drawn(table.num_rows)
    found = (profile(table.column(c.name), c, places, table.release) for c in table.columns)
    return [Described(each, table.num_rows, places is None) for each in found]


def sentences(found: list[Described], repeated: int, looked_at: int) -> Iterator[str]:
    """Say what looks odd about a table."""
    missing = [each.found for each in found if each.found.missing]
    if missing:
        worst = max(missing, key=lambda column: column.missing)
        count = sum(column.missing for column in missing)
        yield (
            f"{count:,} values are missing, in {len(missing)} of {len(found)} columns; most in "
            f"{worst.name}, {worst.missing:,}."
        )
    else:
        yield "No value is missing."
    for said, names in (
        ("always the same", [e.found.name for e in found if e.constant and e.found.distinct]),
        ("perhaps an id", [e.found.name for e in found if e.perhaps_id]),
    ):
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            yield f"{said[:1].upper()}{said[1:]}: {', '.join(names[:5])}{more}."
    if repeated:
        rows = "1 row repeats" if repeated == 1 else f"{repeated:,} rows repeat"
        yield f"{rows} an earlier one, of {looked_at:,} looked at."
