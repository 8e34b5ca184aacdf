"""Writes docs/cards.md: the built-in cards by their docstrings, each with an example that runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from tensorrag.catalog import CardInfo
from tensorrag.registry.finding import Registry

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "cards.md"
EXAMPLES = DOCS / "every-card.json"
"""A pipeline that has every built-in card; the first one of a kind is its example."""
CATEGORIES = ("Data", "Models", "Training", "Evaluation", "Using", "Tables", "Features")


def page() -> str:
    """Describe every built-in card in Markdown."""
    cards = [f.info for f in Registry.load().found.values() if f.info.entry.startswith("cards.")]
    cards.sort(key=lambda card: (CATEGORIES.index(card.category), card.title))
    parts = [
        "# The built-in cards",
        "Written by `scripts/describe_cards.py` from the cards' own docstrings.",
        "The examples are parts of one pipeline, [every-card.json](every-card.json), which runs as"
        " it is: `tensorrag run docs/every-card.json`.",
    ]
    for category, group in groupby(cards, key=lambda card: card.category):
        parts += [f"## {category}", *(section(card) for card in group)]
    return "\n\n".join(parts) + "\n"


def section(card: CardInfo) -> str:
    """Describe one card: its help, ports, parameters and an example."""
    inputs = [f"`{p.name}`: {p.type}{' (optional)' if p.optional else ''}" for p in card.inputs]
    outputs = [f"`{p.name}`: {p.type}" for p in card.outputs]
    lines = [
        f"### {card.title} `{card.card}`",
        card.help,
        f"In: {', '.join(inputs) or 'nothing'}. Out: {', '.join(outputs)}.",
    ]
    if card.params["properties"]:
        rows = "\n".join(parameters(card.params["properties"]))
        lines.append(f"| parameter | default | what it is |\n|---|---|---|\n{rows}")
    lines.append(f"For example:\n\n```json\n{example(card.card)}\n```")
    return "\n\n".join(lines)


def parameters(properties: dict[str, Any]) -> Iterator[str]:
    """Describe each parameter in a row of a table."""
    for name, field in properties.items():
        limits = ", ".join(_limits(field))
        text = " ".join(field["description"].split())
        default = field.get("default")
        shown = "" if default in ("", None) else f"`{default}`"
        yield f"| `{name}` | {shown} | {text}{f' ({limits})' if limits else ''} |"


def _limits(field: dict[str, Any]) -> Iterator[str]:
    if "enum" in field:
        yield " / ".join(f"`{choice}`" for choice in field["enum"])
    signs = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
    for key, sign in signs.items():
        if key in field:
            yield f"{sign} {field[key]}"
    for other, wanted in field.get("x-when", {}).items():
        choices = wanted if isinstance(wanted, list) else [wanted]
        yield f"with `{other}` {' or '.join(f'`{choice}`' for choice in choices)}"


def example(card_id: str) -> str:
    """Write the part of a pipeline that is about one card: its node, and the wires into it."""
    pipeline = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    node = next((node for node in pipeline["nodes"] if node["card"] == card_id), None)
    if node is None:
        raise SystemExit(f"docs/{EXAMPLES.name} has no {card_id}: add it there, as its example.")
    edges = [edge for edge in pipeline["edges"] if edge["target"] == node["id"]]
    return f'{{\n  "nodes": {_lines([node])},\n  "edges": {_lines(edges)}\n}}'


def _lines(entries: Iterable[dict[str, Any]]) -> str:
    lines = ",\n    ".join(map(_entry, entries))
    return f"[\n    {lines}\n  ]" if lines else "[]"


def _entry(entry: dict[str, Any]) -> str:
    """Write an entry on one line, and what is set in it on another."""
    return json.dumps(entry, ensure_ascii=False).replace(', "params"', ',\n     "params"')


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
