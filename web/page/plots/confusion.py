"""A confusion matrix: who was taken for whom, as a table whose cells are the darker the fuller."""

from __future__ import annotations

from tensorrag.preview import ConfusionPreview
from web.page.markup import Element, div, table, tbody, td, th, thead, tr
from web.page.wording import number, percent


def confusion_matrix(payload: ConfusionPreview) -> Element:
    """Draw a line per actual class; a cell is shaded by its share of that class's rows."""
    heads = [th(scope="col")[name] for name in payload.classes]
    lines = [
        tr[th(scope="row")[name], [_cell(line, at, at == row) for at in range(len(line))]]
        for row, (name, line) in enumerate(zip(payload.classes, payload.counts, strict=True))
    ]
    return div(".confusion", tabindex="0", role="group", aria_label=payload.title)[
        table[
            thead[tr[th(scope="col")["actual"], heads]],
            tbody[lines],
        ]
    ]


def _cell(line: tuple[int, ...], at: int, right: bool) -> Element:
    whole = sum(line)
    share = line[at] / whole if whole else 0.0
    look = f"--share:{100 * share:.0f}%"
    return td(".hit" if right else ".miss", style=look, title=f"{percent(share)} of the line")[
        number(line[at])
    ]
