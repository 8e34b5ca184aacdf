"""Runs side by side, drawn: what changed, what came of it, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tensorrag.catalog import Catalog
from tensorrag.edit.edges import title_of
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.names import visible
from tensorrag.placement import TITLES, where
from tensorrag.run.comparison import LEAST, MOST, Comparison, Difference, Measure, Side
from tensorrag.types.metrics import METRICS
from web.page.icons import MARK, icon, state
from web.page.markup import (
    Element,
    Node,
    a,
    b,
    button,
    circle,
    div,
    h1,
    h2,
    option,
    path,
    rect,
    select,
    span,
    svg,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.page.topbar import theme_button
from web.page.wording import dollars, number, plural, rounded, seconds, when, words

ADDRESS = "/compare"
SHOWN = 80
"""Longest value that is shown, in characters."""
VERDICTS = {
    "better": ("done", "better"),
    "worse": ("stale", "worse"),
    "noise": ("", "within noise"),
    "same": ("", "the same"),
    "seed": ("", "another seed"),
}
REASONS = {
    "card": "Another card",
    "wires": "Wired differently",
    "data": "Other data",
    "source": "Another version of the card",
    "place": "Ran elsewhere",
    "environment": "Another environment",
}


@dataclass(frozen=True)
class Shown:
    """What the page shows."""

    compared: Comparison
    pipelines: Sequence[Pipeline]
    catalog: Catalog
    others: Sequence[tuple[str, str]] = ()
    """Runs that could be added: id and words."""
    there: frozenset[str] = frozenset()
    """Pipelines that are still in the workspace, to take settings over."""
    note: str = ""

    @property
    def runs(self) -> list[str]:
        """The ids of the runs."""
        return [side.run for side in self.compared.runs]

    def target(self, at: int) -> str | None:
        """Return the pipeline that can take over a run's settings, its own; None if none can."""
        pipeline = self.compared.runs[at].home
        known = bool(self.pipelines[at].nodes)  # nothing is never put in the place of something
        return pipeline if known and pipeline in self.there else None

    def title(self, node: str) -> str:
        """Return what a card is called; in the last run that has it."""
        found = [p.nodes[node] for p in reversed(self.pipelines) if node in p.nodes]
        return visible(title_of(found[0], self.catalog)) if found else visible(node)


def address(runs: Sequence[str]) -> str:
    """Return the address at which these runs are compared, now and later."""
    return f"{ADDRESS}?{urlencode([('run', run) for run in runs])}"


def named(side: Side) -> str:
    """Return what a run is called."""
    return f"Run {side.number}"


def labels(sides: Sequence[Side]) -> list[str]:
    """Tell the runs apart: runs of different pipelines have the same numbers."""
    one = len({side.pipeline for side in sides}) == 1
    return [named(side) if one else f"{visible(side.name)[:24]} {side.number}" for side in sides]


# --- the bar and the runs -------------------------------------------------------------------


def bar(shown: Shown) -> Node:
    """Draw the bar: where this is, and what can be done with it."""
    first = shown.compared.runs[0]
    return [
        a(".home", href="/", title="All pipelines")[MARK, span(".crumb")["Pipelines"]],
        span(".slash", aria_hidden="true")["/"],
        a(".home.cut", href=f"/edit/{first.home}")[b[visible(first.name)]]
        if first.home in shown.there
        else b(".cut")[visible(first.name)],
        span(".slash", aria_hidden="true")["/"],
        h1(style="font-weight:600")["Compare"],
        span(".sp"),
        theme_button(),
        span(".vr"),
        _add(shown) if shown.others and len(shown.runs) < MOST else None,
        a(
            ".btn.o", href=f"/api/runs/compare?{address(shown.runs).partition('?')[2]}",
            target="_blank", title="All of it as JSON",
        )[icon("export", ".s"), span(".word")["JSON"]],
    ]  # fmt: skip


def _add(shown: Shown) -> Element:
    options = [option(value="", selected=True)["Add a run"]]
    options += [option(value=run)[said] for run, said in shown.others]
    return div(".inp.add")[
        select(data_sets="add", aria_label="Add a run", data_testid="add-run")[options],
        icon("chevron", ".s"),
    ]


def heads(shown: Shown) -> Node:
    """Draw a box for each run."""
    sides = shown.compared.runs
    main = shown.compared.measures[0] if shown.compared.measures else None
    return [
        shown.note and div(".msg.error.all", role="alert")[shown.note],
        [
            _head(shown, at, side, label, main)
            for at, (side, label) in enumerate(zip(sides, labels(sides), strict=True))
        ],
    ]


def _head(shown: Shown, at: int, side: Side, label: str, main: Measure | None) -> Element:
    value = main.values[at] if main is not None else None
    facts = [
        ("ran on", _places(side)),
        ("time", seconds(side.seconds)),
        ("cost", dollars(side.cost) if side.cost is not None else "–"),
        (METRICS[main.metric].label if main else "result", number(value)),
    ]
    started = datetime.fromisoformat(side.started)
    return div(".box.head", data_run=side.run, data_key=f"head-{side.run}")[
        _line(at),
        div(".sp")[
            b(".t15")[label],
            div(".s12.m2.row")[state(side.status), when(started)],
        ],
        [div(".fact")[div(".t11.m3")[word], div(".w6.num")[said or "–"]] for word, said in facts],
        div(".does")[
            shown.target(at)
            and button(
                ".btn.o.sml", type="button", data_act="use", data_run=side.run,
                title="Put the pipeline of this run in the place of the one that is there now; "
                "Undo takes it back",
            )[f"Use {label}’s settings"],
            len(shown.runs) > LEAST
            and a(
                ".x", href=address([run for run in shown.runs if run != side.run]),
                title=f"Leave {label} out", aria_label=f"Leave {label} out",
            )[icon("close", ".s")],
        ],
    ]  # fmt: skip


def _line(at: int) -> Element:
    """Draw the line that a run has in the charts."""
    ink = ("var(--ser-a)", "var(--ser-b)", "var(--fill-2)")[at % 3]
    dashes = ("", "5 3", "", "1.5 2.5", "1.5 2.5", "5 3")[at % MOST]
    return svg(width=24, height=8, aria_hidden="true")[
        path(d="M0,4H24", stroke=ink, stroke_width=2, stroke_dasharray=dashes or None)
    ]


def _places(side: Side) -> str:
    rented = [where(*place) for place in side.places if place[0] != "local"]
    here = [device or TITLES["local"] for executor, device in side.places if executor == "local"]
    return " + ".join(dict.fromkeys(rented or here))


# --- what changed ---------------------------------------------------------------------------


def changed(shown: Shown) -> Element:
    """Draw the parameters that are not the same in all runs."""
    found = [each for each in shown.compared.differences if each.kind == "parameter"]
    same = shown.compared.same
    others = f"{plural(same, 'parameter')} {'is' if same == 1 else 'are'} the same."
    if not found:
        return _box("Changed parameters")[div(".cap")[f"None: {others}" if same else "None."]]
    return _box("Changed parameters", testid="changed")[
        table(".ct")[
            _heads(shown, "Card", "Parameter"),
            tbody[[_parameter(shown, each) for each in found]],
        ],
        div(".cap")[others],
    ]


def _parameter(shown: Shown, each: Difference) -> Element:
    return tr(data_parameter=f"{each.node}.{each.what}")[
        td(".cut")[shown.title(each.node or "")],
        td(".mono.cut")[visible(each.what)],
        _values(each),
    ]


def _values(each: Difference) -> Node:
    return [
        td(".num.cut" + (".w6" if at == len(each.values) - 1 else ".m2"), title=_written(value))[
            _written(value) if there else span(".m3")["not there"]
        ]
        for at, (value, there) in enumerate(zip(each.values, each.there, strict=True))
    ]


def _written(value: Any) -> str:
    if isinstance(value, str):
        return visible(value)[:SHOWN]
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "–"}[value]
    return visible(json.dumps(value, ensure_ascii=False))[:SHOWN]


def reasons(shown: Shown) -> Node:
    """Draw what else is not the same: cards, wires, data, versions, places, machines."""
    found = [each for each in shown.compared.differences if each.kind != "parameter"]
    if not found:
        said = "Cards, wires, data, versions and environment are the same."
        return _box("Why else they may differ", testid="reasons")[div(".cap")[said]]
    return _box("Why else they may differ", testid="reasons")[
        table(".ct")[
            _heads(shown, "What", "Where"), tbody[[_reason(shown, each) for each in found]]
        ]
    ]


def _reason(shown: Shown, each: Difference) -> Element:
    whose = shown.title(each.node) if each.node else visible(each.what)
    short = _fingerprints(each) if each.kind in ("data", "source") else _values(each)
    return tr(data_reason=each.kind)[td[REASONS[each.kind]], td(".cut", title=whose)[whose], short]


def _fingerprints(each: Difference) -> Node:
    """Show digests by their first letters: that they differ is all that they say."""
    shorter = [str(value).split()[-1][:8] if value is not None else None for value in each.values]
    return _values(Difference(each.kind, each.node, each.what, tuple(shorter), each.there))


def counts(differences: Sequence[Difference]) -> dict[str, int]:
    """Count what changed at each card."""
    found: dict[str, int] = {}
    for each in differences:
        if each.node is not None and each.kind in ("parameter", "card", "data", "source", "place"):
            found[each.node] = found.get(each.node, 0) + 1
    return found


# --- what came of it ------------------------------------------------------------------------


def metrics(shown: Shown) -> Element:
    """Draw every metric with its change, and whether that is more than noise."""
    compared = shown.compared
    if not compared.measures:
        return _box("Metrics")[div(".cap")["None of these runs measured anything."]]
    several = len({(each.node, each.trained) for each in compared.measures}) > 1
    rows: list[Node] = []
    last: tuple[str, bool] | None = None
    for each in compared.measures:
        if several and (each.node, each.trained) != last:
            said = f"{shown.title(each.node)}{', on the rows it learnt from' * each.trained}"
            rows.append(tr(".group")[td(colspan=len(shown.runs) + 5)[said]])
        last = each.node, each.trained
        rows.append(_measure(each))
    return _box("Metrics", testid="metrics")[
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


def _measure(each: Measure) -> Element:
    change, verdict = each.changes()[-1], each.verdicts()[-1]
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
        td(".dots")[_dot(each, change)],
        td(".end")[word and span(f".tag.{look}" if look else ".tag")[word]],
    ]


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
    return _box("Durations", testid="durations")[
        table(".ct")[_heads(shown, "Card"), tbody[rows, whole]]
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
    then, now = map(_written, (only.values[0], only.values[-1]))
    return f"With {words(only.what).lower()} {now} instead of {then}"


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


# --- small things ---------------------------------------------------------------------------


def _box(title: str, testid: str | None = None) -> Element:
    return div(".box", data_testid=testid and f"compare-{testid}")[h2(".h3")[title]]


def _heads(shown: Shown, *first: str) -> Element:
    return thead[
        tr[
            [th(scope="col")[word] for word in first],
            [th(".num", scope="col")[label] for label in labels(shown.compared.runs)],
        ]
    ]


def in_words(title: Mapping[str, str], counted: Mapping[str, int]) -> str:
    """Say for those who cannot see the picture which cards changed."""
    said = [f"{title[node]}: {count} changed" for node, count in counted.items() if node in title]
    return "; ".join(said) or "No card changed"
