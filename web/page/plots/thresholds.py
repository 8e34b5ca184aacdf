"""The threshold of a classifier of two classes, to be moved: what it would do is shown at once.

Everything is counted already; moving it happens in the browser alone (static/page/threshold.js).
"""

from __future__ import annotations

import json

from tensorrag.preview import ThresholdsPreview
from web.page.markup import Element, div, input_, label, span, table, tbody, td, th, thead, tr
from web.page.wording import number

USUAL = 50
"""Per cent from which on a classifier takes a row for a class by itself."""
FIGURES = ("Precision", "Recall", "F1", "Accuracy")


def threshold_slider(payload: ThresholdsPreview) -> Element:
    """Draw the slider, and what the usual threshold does."""
    positive = payload.positive
    hit, false, missed, right = payload.counts[USUAL]
    shown = zip(FIGURES, figures(hit, false, missed, right), strict=True)
    return div(".threshold", data_counts=json.dumps(payload.counts), data_testid="threshold")[
        label(".row.t11.m2")[
            span[f"Taken for {positive} from"],
            input_(
                type="range", min=0, max=100, step=1, value=USUAL,
                aria_label=f"Threshold for {positive}, in per cent",
            ),
            span(".num", data_shows="at")[f"{USUAL} %"],
        ],
        table(".mt.stats")[
            tbody[
                [
                    tr[td[name], td(data_shows=name.lower())[number(value)]]
                    for name, value in shown
                ]
            ]
        ],
        _confusion(payload),
        table(".mt.stats")[
            tbody[
                tr[td[f"Cost of a wrong {positive}"], td[_cost("false", f"wrong {positive}")]],
                tr[td[f"Cost of a missed {positive}"], td[_cost("missed", f"missed {positive}")]],
            ]
        ],
        div(".t11.m2", data_shows="cost", role="status")[""],
    ]  # fmt: skip


def _confusion(payload: ThresholdsPreview) -> Element:
    hit, false, missed, right = payload.counts[USUAL]
    real, other = hit + missed, false + right
    lines = (
        (payload.positive, (_cell("hit", "tp", hit, real), _cell("miss", "fn", missed, real))),
        (payload.negative, (_cell("miss", "fp", false, other), _cell("hit", "tn", right, other))),
    )
    turn = 1 if payload.positive_first else -1
    words = "Confusion at this threshold"
    return div(".confusion", tabindex="0", role="group", aria_label=words)[
        table[
            thead[tr[th(scope="col")["actual"], [th(scope="col")[n] for n, _ in lines[::turn]]]],
            tbody[[tr[th(scope="row")[name], cells[::turn]] for name, cells in lines[::turn]]],
        ]
    ]


def figures(hit: int, false: int, missed: int, right: int) -> tuple[float | None, ...]:
    """Return precision, recall, F1 and accuracy; None where nothing tells them."""
    both = 2 * hit + false + missed
    return (
        hit / (hit + false) if hit + false else None,
        hit / (hit + missed) if hit + missed else None,
        2 * hit / both if both else None,
        (hit + right) / (hit + false + missed + right),
    )


def _cell(look: str, name: str, count: int, whole: int) -> Element:
    shade = f"--share:{100 * count / whole if whole else 0:.0f}%"
    return td(f".{look}", data_shows=name, style=shade)[f"{count:,}"]


def _cost(name: str, said: str) -> Element:
    return div(".inp")[
        input_(
            type="number", min=0, step="any", placeholder="none", data_cost=name,
            aria_label=f"Cost of a {said}",
        )
    ]  # fmt: skip
