"""What the rows of a table were seen to hold: facts that only data tell, and how long they last.

All of them are exact. They are of the rows that were counted, and of parts of these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict

COUNTED = 50
"""Different values of a column up to which they are counted; `Seen.distinct` of more is one more.
"""
EXACT = 2**53
"""From here on, whole numbers that follow one another are one and the same float64."""


class Seen(BaseModel):
    """What the rows of a table hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    distinct: dict[str, int] = {}
    """How many different values a column has, missing ones aside; 51 where there are more than 50.
    """
    unlike: tuple[str, ...] = ()
    """Columns of whole numbers or text that have no value twice, and none missing."""
    copies: tuple[tuple[str, ...], ...] = ()
    """Columns that tell one another in every row: each value of one goes with one of the other, as
    of a class and its code, or they are numbers on one line, as of euros and cents."""
    beyond: tuple[str, ...] = ()
    """Columns of whole numbers of which one is beyond `EXACT`; of a part of the rows, perhaps none.
    """
    repeats: int | None = None
    """Rows that are equal to an earlier one in every column."""
    part: bool = False
    """Whether the rows are only some of those counted: `distinct` then is the most it can be."""

    def copies_of(self, column: str) -> tuple[str, ...]:
        """Name the other columns that tell this one."""
        group = next((group for group in self.copies if column in group), ())
        return tuple(name for name in group if name != column)

    def most(self, column: str) -> int | None:
        """Return how many different values a column has at most; None where that is not known."""
        count = self.distinct.get(column, COUNTED + 1)
        return count if count <= COUNTED else None

    def of_some_rows(self) -> Self:
        """Return what holds of any of these rows, each taken once."""
        return self.model_copy(update={"part": True, "repeats": 0 if self.repeats == 0 else None})

    def of_rows_again(self) -> Self:
        """Return what holds of any of these rows, some of them perhaps more than once."""
        return self.model_copy(update={"part": True, "repeats": None, "unlike": ()})

    def beside(self, changed: Collection[str]) -> Self:
        """Return what holds of the same rows once columns are new, or other ones by that name."""
        kept = {name: name for name in self.distinct if name not in changed}
        added = len(kept) == len(self.distinct)
        found = self.renamed(kept)
        return found.model_copy(update={"repeats": self.repeats}) if added else found

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return what holds of the same rows with only these columns, by what they are called."""
        groups = (tuple(names[name] for name in group if name in names) for group in self.copies)
        unlike = tuple(names[name] for name in self.unlike if name in names)
        whole = len(names) == len(self.distinct)
        return self.model_copy(
            update={
                "distinct": {new: self.distinct[old] for old, new in names.items()},
                "unlike": unlike,
                "beyond": tuple(names[name] for name in self.beyond if name in names),
                "copies": tuple(group for group in groups if len(group) > 1),
                "repeats": self.repeats if whole else 0 if unlike else None,
            }
        )
