"""What came of runs that are compared: every metric, whether a change is noise, and durations."""

from __future__ import annotations

from collections.abc import Sequence

from tensorrag.run.comparison import LEAST, Comparison
from tensorrag.run.measures import Measure
from tensorrag.types.metrics import METRICS
from web.page.compare.changes import written
from web.page.compare.view import Shown, box, columns, labels
from web.page.markup import (
    Element,
    Node,
    circle,
    div,
    path,
    rect,
    span,
    svg,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.page.wording import dollars, rounded, seconds

VERDICTS = {
    "better": ("done", "better"),
    "worse": ("stale", "worse"),
    "noise": ("", "within noise"),
    "same": ("", "the same"),
    "seed": ("", "another seed"),
}


def metrics(shown: Shown) -> Element:
    """Draw every metric with its change, and whether that is more than noise."""
    compared = shown.compared
    if not compared.measures:
        return box("Metrics")[div(".cap")["None of these runs measured anything."]]
    several = len({(each.node, each.trained) for each in compared.measures}) > 1
    rows: list[Node] = []
    last: tuple[str, bool] | None = None
    for each in compared.measures:
        if several and (each.node, each.trained) != last:
            said = f"{shown.title(each.node)}{', on the rows it learnt from' * each.trained}"
            rows.append(tr(".group")[td(colspan=len(shown.runs) + 5)[said]])
        last = each.node, each.trained
        rows.append(measure_row(each))
    return box("Metrics", testid="metrics")[
        table(".ct.metrics" + (".many" if len(shown.runs) > LEAST else ""))[
            thead[
                tr[
                    th(scope="col")["Metric"],
                    th(".num", scope="col")["Baseline"],
                    [th(".num", scope="col")[label] for label in labels(compared.runs)],
                    th(".num", scope="col")[_change_head(shown)],
                    th(".dots", scope="col", aria_hidden="true")[
                        span["worse"], span["noise"], span["better"]
                    ],
                    th(scope="col")[span(".vh")["Verdict"]],
                ]
            ],
            tbody[rows],
        ],
        div(".cap", data_testid="noise-rule")[noise_said(compared)],
    ]


def _change_head(shown: Shown) -> str:
    """With more than two runs, the change is that of the last."""
    last = labels(shown.compared.runs)[-1]
    return "Change" if len(shown.runs) == LEAST else f"Change of {last}"


def digits_of(values: Sequence[float | None]) -> int:
    """Return how many decimals tell numbers of this size apart, and no more."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return max(0, 4 - len(str(int(largest)))) if largest >= 1e-3 else 6


def measure_row(each: Measure) -> Element:
    """Draw one metric of all runs; the verdict is that on the last."""
    change, verdict = each.changes()[-1], _verdict(each)
    look, word = VERDICTS.get(verdict, ("", ""))
    dummy = next((value for value in each.baselines if value is not None), None)
    digits, final = digits_of(each.values), len(each.values) - 1
    return tr(data_metric=each.metric, data_verdict=verdict or None)[
        td[METRICS[each.metric].label],
        td(".num.m3")[rounded(dummy, digits) if dummy is not None else ""],
        [
            td(".num" + (".w6" if at == final else ".m2"), data_value=repr(value))[
                rounded(value, digits)
            ]
            for at, value in enumerate(each.values)
        ],
        td(".num", data_change=repr(change))[rounded(change, digits, sign=True)],
        td(".dots")[_dot(each, 0.0 if verdict == "same" else change)],
        td(".end")[word and span(f".tag.{look}" if look else ".tag")[word]],
    ]


def _verdict(each: Measure) -> str:
    """Judge the last change; what is written as 0 is neither better nor worse."""
    change = each.changes()[-1]
    seen = change is not None and round(change, digits_of(each.values)) != 0
    return each.verdicts()[-1] if seen or change is None else "same"


def _dot(each: Measure, change: float | None) -> Node:
    """Draw where a change lies: in the grey band it is noise."""
    if change is None:
        return None
    band = each.noise.band if each.noise is not None else 0.0
    better = change if each.higher_is_better else -change
    unit = max(3 * band, abs(change) * 1.25) or 1.0
    half = max(2.0, 62 * band / unit) if each.noise is not None else 0.0
    return svg(width=140, height=20, aria_hidden="true")[
        half and rect(x=70 - half, y=4, width=2 * half, height=12, rx=2, fill="var(--fill)"),
        path(d="M70,1V19", stroke="var(--fill-2)"),
        circle(cx=f"{70 + 62 * better / unit:.1f}", cy=10, r=4, fill="var(--ink)"),
    ]


def noise_said(compared: Comparison) -> str:
    """Say how noise was found, or what to do to know it."""
    known = [each.noise for each in compared.measures if each.noise is not None]
    if not known:
        return (
            "How much is noise is not known yet: run the same pipeline with three seeds, "
            "and this says which changes are more than that."
        )
    return (
        f"Noise: how far two runs lie apart that differ in the seed alone, 95 of 100 times; "
        f"from {known[0].seeds} seeds."
    )


def durations(shown: Shown) -> Element:
    """Draw how long each card took."""
    rows = [
        tr[
            td(".cut")[shown.title(each.node)],
            [
                td(".num")[span(".m3")["reused"] if reused else seconds(took) or "–"]
                for took, reused in zip(each.seconds, each.reused, strict=True)
            ],
        ]
        for each in shown.compared.durations
    ]
    whole = tr(".total")[
        td["All, from start to end"],
        [td(".num.w6")[seconds(side.seconds) or "–"] for side in shown.compared.runs],
    ]
    return box("Durations", testid="durations")[
        table(".ct")[columns(shown, "Card"), tbody[rows, whole]]
    ]


def sentence(shown: Shown) -> str:
    """Say it all in one sentence that a person could say."""
    compared = shown.compared
    first, last = compared.runs[0], compared.runs[-1]
    label = labels(compared.runs)
    parts = [f"{_with(shown)}, {_main(compared)}."]
    if first.seconds is not None and last.seconds is not None:
        apart = last.seconds - first.seconds
        if abs(apart) >= 0.05 * max(first.seconds, last.seconds):
            parts.append(
                f"{label[-1]} took {seconds(abs(apart))} {'longer' if apart > 0 else 'less'}."
            )
    if first.cost is not None or last.cost is not None:
        apart = (last.cost or 0.0) - (first.cost or 0.0)
        parts.append(f"It cost {dollars(abs(apart))} {'more' if apart >= 0 else 'less'}.")
    return " ".join(parts)


def _with(shown: Shown) -> str:
    changes = [each for each in shown.compared.differences if each.kind == "parameter"]
    if len(shown.runs) > LEAST:
        return f"From {labels(shown.compared.runs)[0]} to {labels(shown.compared.runs)[-1]}"
    if not changes:
        others = [each for each in shown.compared.differences if each.kind != "environment"]
        return "With the same settings" if not others else "With other cards, data or wires"
    if all(each.what == "seed" for each in changes):
        return "With nothing but another seed"
    if len(changes) > 1:
        return f"With {len(changes)} settings changed"
    (only,) = changes
    then, now = map(written, (only.values[0], only.values[-1]))
    return f"With {shown.setting(only.node, only.what).lower()} {now} instead of {then}"


def _main(compared: Comparison) -> str:
    main = next((each for each in compared.measures if each.changes()[-1] is not None), None)
    if main is None:
        return "there is no metric that both have"
    change, label = main.changes()[-1] or 0.0, METRICS[main.metric].label
    digits = digits_of(main.values)
    if round(change, digits) == 0:
        return f"{label} is the same, {rounded(main.values[-1], digits)}"
    moved = f"{label} {'rises' if change > 0 else 'falls'} by {rounded(abs(change), digits)}"
    judged = {"noise": "within noise", "seed": "which is noise"}
    more = "more than noise" if main.noise is not None else "whether that is noise is not known"
    return f"{moved}, {judged.get(main.verdicts()[-1], more)}"
