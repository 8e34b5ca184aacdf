"""How the command line writes lists: as columns for people, as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click


def print_json(content: Any) -> None:
    """Write JSON, and nothing else."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def plain(text: str) -> str:
    """Leave out what a terminal would take for a command."""
    return "".join(letter for letter in text if letter.isprintable())


def figure(value: float) -> str:
    """Write four digits, or more where there are more before the point: ``0.4518``, ``21853``."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Write columns side by side; the last one may be as long as it likes."""
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head) - 1)]
    for number, row in enumerate((head, *rows)):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        line = "  ".join([*cells, row[-1]])
        click.echo(click.style(line, dim=True) if number == 0 else line)


def size(number: float) -> str:
    """Write bytes as a person reads them: 0 B, 3.2 MB, 20 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"
