"""What a new card begins with: a whole small one, which works as it stands."""

from __future__ import annotations

from collections.abc import Container
from itertools import count

from tensorrag.card import snake_case

_SOURCE = '''"""A card of my own."""

from typing import NamedTuple

from tensorrag import Card, Field, Table, TableSchema


class {name}(Card):
    """Keep the first rows of a table.

    The first sentence stands in the palette; all of this is the card's help.
    """

    category = "Data"

    rows: int = Field(100, ge=1, recommended=(10, 1000))
    """How many rows to keep. A field is a setting, and this is its help."""

    class Out(NamedTuple):
        table: Table

    def run(self, table: Table) -> Out:
        """Do the work: what comes in, what goes out."""
        kept = table.to_pandas().head(self.rows)
        return self.Out(Table.from_pandas(kept, like=table))

    def propagate(self, table: TableSchema) -> TableSchema:
        """Say before a run what will come out: the same columns, fewer rows."""
        return table.model_copy(update={{"rows": None}})
'''


def card_template(taken: Container[str]) -> str:
    """Return the source of a card whose id is not taken."""
    names = (f"MyCard{number}" if number > 1 else "MyCard" for number in count(1))
    return _SOURCE.format(name=next(name for name in names if snake_case(name) not in taken))
