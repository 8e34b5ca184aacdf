"""What the rows of a table were seen to hold: facts that only data tell, and how long they last.

All of them are exact. They are of the rows that were counted, and of parts of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict

COUNTED = 50
"""Different values of a column up to which they are counted; `Seen.distinct` of more is one more.
"""
MANY = 200
"""Different values of a category up to which they become columns of their own."""
EXACT = 2**53
"""From here on, whole numbers that follow one another are one and the same float64."""


class Seen(BaseModel):
    """What the rows of a table hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    distinct: dict[str, int] = {}
    """How many different values a column has, missing ones aside; 51 where there are more than 50.
    """
    many: tuple[str, ...] = ()
    """Columns of whole numbers or text with more than `MANY` different values; of a part of the
    rows, perhaps none."""
    unlike: tuple[str, ...] = ()
    """Columns of whole numbers or text that have no value twice, and none missing."""
    full: tuple[str, ...] = ()
    """Columns that have a value in every row, none of them NaN."""
    copies: tuple[tuple[str, ...], ...] = ()
    """Columns that tell one another in every row: each value of one goes with one of the other, as
    of a class and its code, or they are numbers on one line, as of euros and cents."""
    beyond: tuple[str, ...] = ()
    """Columns of whole numbers of which one is beyond `EXACT`; of a part of the rows, perhaps none.
    """
    groups: tuple[str, ...] = ()
    """Columns that are called like an id, most rows having theirs in common with others, so that
    rows of one id may be alike; of a part of the rows, perhaps none. Of very many rows, most of
    those of some ids."""
    repeats: int | None = None
    """Rows that are equal to an earlier one in every column."""
    rows: int | None = None
    """How many were counted."""
    part: bool = False
    """Whether the rows are only some of those counted: `distinct` and `repeats` then are the most
    they can be."""
    merged: bool = False
    """Whether rows that differed may be equal now: `repeats` then is the least it can be."""

    def copies_of(self, column: str) -> tuple[str, ...]:
        """Name the other columns that tell this one."""
        group = next((group for group in self.copies if column in group), ())
        return tuple(name for name in group if name != column)

    def most(self, column: str) -> int | None:
        """Return how many different values a column has at most; None where that is not known."""
        count = self.distinct.get(column, COUNTED + 1)
        return count if count <= COUNTED else None

    def are_floats(self, column: str) -> bool:
        """Whether whole numbers that differ do so as float64, too, as far as that was looked at."""
        looked_at = self.rows is not None and column in self.distinct
        return looked_at and column not in self.beyond

    def of_some_rows(self) -> Self:
        """Return what holds of any of these rows, each taken once."""
        repeats = None if self.merged else self.repeats
        return self.model_copy(update={"part": True, "repeats": repeats, "merged": False})

    def of_rows_again(self) -> Self:
        """Return what holds of any of these rows, some of them perhaps more than once."""
        lost = {"part": True, "repeats": None, "merged": False, "unlike": ()}
        return self.model_copy(update=lost)

    def beside(self, changed: Collection[str]) -> Self:
        """Return what holds of the same rows once columns are new, or other ones by that name.

        Of rows that are equal, the new values have to be equal, too.
        """
        return self.renamed({name: name for name in self.distinct if name not in changed})

    def beside_any(self, changed: Collection[str]) -> Self:
        """Return what holds once columns are others by that name, whatever these hold."""
        found = self.beside(changed)
        lost = {"repeats": 0 if found.unlike else None, "merged": False}
        return found.model_copy(update=lost) if changed else found

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return what holds of the same rows with only these columns, by what they are called."""

        def called(columns: Iterable[str]) -> tuple[str, ...]:
            return tuple(names[name] for name in columns if name in names)

        distinct = {names[name]: count for name, count in self.distinct.items() if name in names}
        found = self.model_copy(
            update={
                "distinct": distinct,
                "many": called(self.many),
                "unlike": called(self.unlike),
                "full": called(self.full),
                "beyond": called(self.beyond),
                "groups": called(self.groups),
                "copies": tuple(told for each in self.copies if len(told := called(each)) > 1),
            }
        )
        return found if len(distinct) == len(self.distinct) else found._merged()

    def _merged(self) -> Self:
        """Return what holds once rows that differed may have become equal."""
        if self.unlike:
            return self.model_copy(update={"repeats": 0, "merged": False})
        repeats = None if self.part else self.repeats or None
        return self.model_copy(update={"repeats": repeats, "merged": repeats is not None})
