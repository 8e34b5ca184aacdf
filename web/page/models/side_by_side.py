"""Models side by side: every metric, the best of each marked."""

from __future__ import annotations

from collections.abc import Sequence

from tensorrag.plain import JsonObject
from tensorrag.types.metrics import METRICS
from web.page.markup import Element, Node, b, button, div, h2, span, table, tbody, td, th, thead, tr
from web.page.wording import dollars, number, seconds, size

FEWEST, MOST = 2, 6


def compared(models: Sequence[JsonObject]) -> Node:
    """Draw the comparison, or say what is missing; nothing where none is chosen."""
    if not models:
        return None
    if len(models) < FEWEST:
        said = f"Choose another one to compare with {models[0]['name']} v{models[0]['version']}."
        return div(".box.mbox.s12", role="status")[said]
    return div(".box.mbox", data_testid="compared")[
        div(".mhead")[
            h2["Side by side"],
            span(".sp"),
            button(".btn.o.sml", type="button", data_act="choose_none")["Choose none"],
        ],
        _alike(models),
        div(".wide")[_table(models)],
    ]


def _alike(models: Sequence[JsonObject]) -> Node:
    """Say where the numbers are of different questions."""
    if len({(model["target"], model["task"]) for model in models}) > 1:
        return div(".msg.stale")["They do not predict the same: their metrics say little together."]
    if len({(model["data"]["source"], model["measured_rows"]) for model in models}) > 1:
        return div(".msg.stale")["They were not measured on the same rows."]
    return None


def _table(models: Sequence[JsonObject]) -> Element:
    metrics = [n for n in METRICS if any(m["metrics"].get(n) is not None for m in models)]
    return table(".ct.many")[
        thead[
            tr[
                th(scope="col")[span(".vh")["What"]],
                [th(".num", scope="col")[f"{m['name']} v{m['version']}"] for m in models],
            ]
        ],
        tbody[
            [_metric(name, models) for name in metrics],
            _line("Rows learnt from", [number(m["data"]["rows"]) for m in models]),
            _line("Its card ran", [seconds(m["seconds"]) or "–" for m in models]),
            _costs(models),
            _line("Its file", [size(m["size"]) if m["size"] else "–" for m in models]),
        ],
    ]


def _costs(models: Sequence[JsonObject]) -> Node:
    """Say what was paid for each training, where any was."""
    costs = [model.get("cost") for model in models]
    if not any(costs):
        return None
    return _line("Cost", [dollars(cost) if cost else "none" for cost in costs])


def _metric(name: str, models: Sequence[JsonObject]) -> Element:
    values = [model["metrics"].get(name) for model in models]
    known = [value for value in values if value is not None]
    best = (max if METRICS[name].higher_is_better else min)(known)
    return tr(data_metric=name)[
        td[METRICS[name].label],
        [
            td(".num", data_best="true" if value == best and len(known) > 1 else None)[
                b[number(value), span(".vh")[" best"]]
                if value == best and len(known) > 1
                else number(value)
            ]
            for value in values
        ],
    ]


def _line(word: str, values: Sequence[str]) -> Element:
    return tr(".m2")[td[word], [td(".num")[value] for value in values]]
