"""Writes docs/cards.md from the docstrings of the built-in cards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from tensorrag.catalog import CardInfo
from tensorrag.registry.finding import Registry

PAGE = Path(__file__).parent.parent / "docs" / "cards.md"
CATEGORIES = ("Data", "Models", "Training", "Evaluation", "Using", "Tables", "Features")


def page() -> str:
    """Describe every built-in card in Markdown."""
    cards = [f.info for f in Registry.load().found.values() if f.info.entry.startswith("cards.")]
    cards.sort(key=lambda card: (CATEGORIES.index(card.category), card.title))
    parts = [
        "# The built-in cards",
        "Written by `scripts/describe_cards.py` from the cards' own docstrings.",
    ]
    for category, group in groupby(cards, key=lambda card: card.category):
        parts += [f"## {category}", *(section(card) for card in group)]
    return "\n\n".join(parts) + "\n"


def section(card: CardInfo) -> str:
    """Describe one card: its help, ports and parameters."""
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


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
