"""What the writers of several cards use: schemas of tables, lists of columns, prose in code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tensorrag import ColumnSchema, TableSchema
from tensorrag.script import Given, literal

NUMPY = "import numpy as np"


def table_of(given: Given, port: str = "dataset") -> TableSchema:
    """Return what is known of the table at an input: its columns are."""
    schema = given.schemas.get(port)
    if not isinstance(schema, TableSchema) or schema.columns is None:
        raise given.unknown("which columns there are")
    return schema


def columns_of(given: Given, port: str = "dataset") -> tuple[ColumnSchema, ...]:
    """Return the columns of the table at an input."""
    return table_of(given, port).columns or ()


def named(given: Given, kinds: Iterable[str], port: str = "dataset") -> list[str]:
    """Return the columns of some kinds."""
    return [column.name for column in columns_of(given, port) if column.kind in set(kinds)]


def of(table: str, column: str) -> str:
    """Write a column of a table."""
    return f"{table}[{literal(column)}]"


def some_of(table: str, columns: Sequence[str]) -> str:
    """Write some columns of a table."""
    return f"{table}[{literal(list(columns))}]"


def call(name: str, arguments: Sequence[str]) -> str:
    """Write a call: on one line where it fits, else an argument on each."""
    whole = f"{name}({', '.join(arguments)})"
    if len(whole) <= 80 and "\n" not in whole:
        return whole
    inside = "".join("    " + each.replace("\n", "\n    ") + ",\n" for each in arguments)
    return f"{name}(\n{inside})"


def keywords(values: Sequence[tuple[str, str]]) -> str:
    """Write arguments by name, also where a name is no word: ``a=1`` or ``**{"a b": 1}``."""
    import keyword

    plain = all(n.isidentifier() and n.isascii() and not keyword.iskeyword(n) for n, _ in values)
    if plain and "self" not in dict(values):
        pairs = [f"{name}={code}" for name, code in values]
        start, end = "", ""
    else:
        pairs = [f"{literal(name)}: {code}" for name, code in values]
        start, end = "**{", "}"
    if sum(map(len, pairs)) < 70 and not any("\n" in pair for pair in pairs):
        return start + ", ".join(pairs) + end
    return start + "\n" + "".join(f"    {pair},\n" for pair in pairs) + end
