"""Checks that the columns a card is told to use are in the table that will arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from tensorrag.catalog import CardInfo
from tensorrag.check.problems import Fix, Problem
from tensorrag.params import label
from tensorrag.pipeline import Node
from tensorrag.pipeline.names import quoted
from tensorrag.types.schema import TableSchema


def column_problems(node: Node, info: CardInfo, inputs: Mapping[str, Any]) -> list[Problem]:
    """List the column parameters of a node that name nothing, or a column that is not there.

    Args:
        node: raw parameters, as they are in the file.
        info: its card.
        inputs: the schema at each input, as far as it is known.
    """
    found: list[Problem] = []
    for name, field in info.params["properties"].items():
        port = field.get("x-columns-of")
        if port is None or not _active(field, node, info):
            continue
        value = node.params.get(name, field.get("default"))
        schema = inputs.get(port)
        columns = schema.names if isinstance(schema, TableSchema) else None
        found += _field_problems(node, name, value, columns, port)
    return found


def _field_problems(
    node: Node, name: str, value: Any, columns: tuple[str, ...] | None, port: str
) -> Iterator[Problem]:
    if value == "":
        hint = f"Pick one of the {len(columns)} columns." if columns else f"Connect {port} first."
        yield Problem(
            code="column_empty",
            node=node.id,
            field=name,
            message=f"{label(name)} is not chosen.",
            hint=hint,
        )
        return
    chosen = value if isinstance(value, list) else [value]
    for column in chosen:
        if columns is not None and isinstance(column, str) and column not in columns:
            yield _missing(node, name, column, value, columns, port)


def _missing(
    node: Node, name: str, column: str, value: Any, columns: tuple[str, ...], port: str
) -> Problem:
    near = _nearest(column, columns)
    asked = f"; did you mean {near}?" if near else "."
    message = f"{label(name)} {column} is not in {port}{asked}"
    return Problem(
        code="column_missing",
        node=node.id,
        field=name,
        message=message
        if len(column) <= 60
        else f"{label(name)} {quoted(column)} is not in {port}.",
        hint=f"The table has {len(columns)} columns.",
        fix=_fix(node, name, column, value, near),
    )


def _nearest(column: str, columns: tuple[str, ...]) -> str | None:
    folded = {name.casefold(): name for name in reversed(columns)}
    near = get_close_matches(column.casefold(), folded, n=1, cutoff=0.5)
    return folded[near[0]] if near else None


def _fix(node: Node, name: str, column: str, value: Any, near: str | None) -> Fix | None:
    if isinstance(value, list):
        rest = [other for other in value if other != column]
        fixed: Any = [near if other == column else other for other in value] if near else rest
        words = f"Use {near}" if near else f"Remove {column}"
    elif near:
        fixed, words = near, f"Use {near}"
    else:
        return None
    return Fix(label=words, ops=({"op": "set_params", "node": node.id, "params": {name: fixed}},))


def _active(field: Mapping[str, Any], node: Node, info: CardInfo) -> bool:
    properties = info.params["properties"]
    for other, wanted in (field.get("x-when") or {}).items():
        value = node.params.get(other, properties.get(other, {}).get("default"))
        if value not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True
