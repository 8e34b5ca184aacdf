"""The columns of a card as the inspector lists them: searched, where they are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorrag.check import NodeFacts
from tensorrag.preview import Preview, TablePreview, table_in
from tensorrag.types import ColumnSchema
from tensorrag.types.schema import TableSchema
from web.page.icons import icon
from web.page.markup import Node, div, h3, input_, span
from web.page.tables.columns import column_list, columns_head, schema_list
from web.page.tables.kinds import Correctable
from web.page.wording import plural

FEW = 15
"""Columns that need no search."""
Known = tuple[str, Sequence[ColumnSchema]]
"""Whether a card makes or gets columns, and which."""


def made_table(
    made: Mapping[str, Preview], port: str | None, facts: NodeFacts | None
) -> TablePreview | None:
    """Return the table that was made; None where the card would make other columns now.

    Args:
        made: what went out, by port.
        port: that is looked at; of others, the first one with a table counts.
        facts: what a check says of the card.
    """
    found = {name: table_in(each) for name, each in made.items()}
    tables = {name: table for name, table in found.items() if table is not None}
    at = port if port in tables else next(iter(tables), None)
    if at is None:
        return None
    table, schema = tables[at], facts.schemas.get(at) if facts else None
    names = schema.names if isinstance(schema, TableSchema) else None
    first = tuple(column.name for column in table.columns)
    same = names is None or (names[: len(first)] == first and len(names) == table.width)
    return table if same else None


def columns_tab(
    table: TablePreview | None, known: Known | None, kinds: Correctable | None, sought: str
) -> Node:
    """List the columns of a table that was made, else those that are known before a run.

    Args:
        table: that was made; its first columns are described.
        known: all columns, as far as they are known.
        kinds: says whose kinds can be corrected.
        sought: what is in the names of those that are listed.
    """
    if table is not None:
        names = known[1] if known and len(known[1]) == table.width else ()
        listed = column_list(table, kinds, sought, names)
        return [columns_head(table), _search(sought, table.width), listed]
    if known is None and kinds is not None and kinds.chosen:  # it is new, and not checked yet
        known = "makes", kinds.made
    if known is None:
        return div(".sec.lead")[
            "No columns are known yet. Connect a table, or run the card before."
        ]
    where, columns = known
    many = f"{plural(len(columns), 'column')} that it {where}"
    return [
        div(".sec")[h3["Columns", span(".u")[many]]],
        _search(sought, len(columns)),
        schema_list(columns, kinds, sought),
    ]


def _search(sought: str, count: int) -> Node:
    """Draw the search of many columns; nothing where they are few."""
    if count <= FEW:
        return None
    field = input_(
        type="search", placeholder="Search columns", aria_label="Search columns", value=sought,
        data_testid="search-columns", data_sets="seek_columns", data_eager=True, data_local=True,
        autocomplete="off", spellcheck="false",
    )  # fmt: skip
    return div(".search", role="search")[icon("search", ".s"), field]
