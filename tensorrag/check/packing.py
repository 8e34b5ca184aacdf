"""What a check found, on its way from the card host to the server: each schema once.

In a chain of a thousand cards that add a column each, half a million columns are named, and all
but a thousand of them again and again. A table refers to its columns by where they stand in one
list of all, in ranges: what a card leaves as it was is one range.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tensorrag.check.facts import Checked
from tensorrag.errors import ExecutorError
from tensorrag.plain import JsonObject
from tensorrag.types.schema import AnySchema, ColumnSchema, Schema, TableSchema

MOST_COLUMNS = 20_000_000
"""Columns of all tables of one pipeline, counted wherever they come by."""

_PORTS = ("inputs", "schemas")
_SCHEMA: TypeAdapter[Schema] = TypeAdapter(AnySchema)
_COLUMNS: TypeAdapter[tuple[ColumnSchema, ...]] = TypeAdapter(tuple[ColumnSchema, ...])


def packed(checked: Checked) -> JsonObject:
    """Return what a check found as JSON, with every schema and every column once.

    Raises:
        ExecutorError: there are more columns than anybody could look at.
    """
    packing = _Packing()
    nodes = {}
    for node_id, facts in checked.nodes.items():
        nodes[node_id] = facts.model_dump(mode="json", exclude={*_PORTS})
        for ports in _PORTS:
            schemas: Mapping[str, Schema | None] = getattr(facts, ports)
            nodes[node_id][ports] = {port: packing.place(each) for port, each in schemas.items()}
    problems = [problem.model_dump(mode="json") for problem in checked.problems]
    columns = [column.model_dump(mode="json") for column in packing.columns]
    return {"problems": problems, "nodes": nodes, "schemas": packing.schemas, "columns": columns}


class _Packing:
    """Gives schemas and columns their places. It holds them, so that no other gets an id again."""

    def __init__(self) -> None:
        self.columns: list[ColumnSchema] = []
        self.schemas: list[JsonObject] = []
        self._at: dict[int, int] = {}
        self._held: list[Schema] = []
        self._places: dict[int, int] = {}
        self._last: tuple[tuple[ColumnSchema, ...], list[list[int]]] = (), []
        self._count = 0

    def place(self, schema: Schema | None) -> int | None:
        """Return the place of a schema among all of them."""
        if schema is None:
            return None
        if id(schema) not in self._places:
            self._places[id(schema)] = len(self.schemas)
            self._held.append(schema)
            self.schemas.append(self._as_json(schema))
        return self._places[id(schema)]

    def _as_json(self, schema: Schema) -> JsonObject:
        if not isinstance(schema, TableSchema) or schema.columns is None:
            return schema.model_dump(mode="json")
        self._count += len(schema.columns)
        _check_count(self._count)
        told: JsonObject = schema.model_dump(mode="json", exclude={"columns"})
        return {**told, "ranges": self._ranges(schema.columns)}

    def _ranges(self, columns: tuple[ColumnSchema, ...]) -> list[list[int]]:
        """Return from where to where they stand among all columns, the end left out.

        Most tables begin as the one before did: that is seen at once, and not column by column.
        """
        last, known = self._last
        begins = columns[: len(last)] == last
        ranges = [[*ends] for ends in known] if begins else []
        for column in columns[len(last) :] if begins else columns:
            at = self._at.get(id(column))
            if at is None:
                at = self._at[id(column)] = len(self.columns)
                self.columns.append(column)
            if ranges and ranges[-1][1] == at:
                ranges[-1][1] += 1
            else:
                ranges.append([at, at + 1])
        self._last = columns, ranges
        return ranges


def unpacked(data: JsonObject) -> Checked:
    """Read what `packed` wrote; the card host has run cards, and may send anything.

    Raises:
        ExecutorError: it makes no sense.
    """
    try:
        columns = _COLUMNS.validate_python(data["columns"])
        schemas = _schemas(data["schemas"], columns)
        nodes = {node_id: _facts(facts, schemas) for node_id, facts in data["nodes"].items()}
        return Checked.model_validate({"problems": data["problems"], "nodes": nodes})
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, ValidationError) as error:
        raise ExecutorError(
            "What the cards answered to a check makes no sense.",
            hint="A card of your own may have written into the answer: remove it.",
        ) from error


def _schemas(told: list[JsonObject], columns: tuple[ColumnSchema, ...]) -> list[Schema]:
    count, schemas = 0, []
    for each in told:
        schema = _SCHEMA.validate_python({k: v for k, v in each.items() if k != "ranges"})
        if isinstance(schema, TableSchema) and "ranges" in each:
            ranges = [slice(*map(int, ends)) for ends in each["ranges"]]
            count += sum(len(range(*one.indices(len(columns)))) for one in ranges)
            _check_count(count)
            own = tuple(chain.from_iterable(columns[one] for one in ranges))
            schema = schema.model_copy(update={"columns": own})
        schemas.append(schema)
    return schemas


def _facts(told: JsonObject, schemas: list[Schema]) -> JsonObject:
    def at(place: Any) -> Schema | None:
        return None if place is None else schemas[place]

    known = {ports: {port: at(place) for port, place in told[ports].items()} for ports in _PORTS}
    return {**told, **known}


def _check_count(count: int) -> None:
    if count > MOST_COLUMNS:
        raise ExecutorError(
            f"The tables of this pipeline have over {MOST_COLUMNS:,} columns together.",
            hint="Leave columns out early, with Select Columns, or split the pipeline in two.",
        )
