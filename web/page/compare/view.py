"""Runs side by side: which ones, what they are called, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from tensorrag.catalog import Catalog
from tensorrag.edit.edges import setting_of, title_of
from tensorrag.pipeline import Pipeline
from tensorrag.placement import TITLES, where
from tensorrag.quoting import visible
from tensorrag.run.comparison import LEAST, MOST, Comparison, Side
from tensorrag.run.measures import Measure
from tensorrag.types.metrics import METRICS
from web.page.bar_buttons import finder_button, theme_button
from web.page.icons import MARK, icon, state
from web.page.markup import (
    Element,
    Node,
    a,
    b,
    button,
    div,
    h1,
    h2,
    option,
    path,
    select,
    span,
    svg,
    th,
    thead,
    tr,
)
from web.page.wording import dollars, number, seconds, when

LETTERS = 20
"""Of the name of a pipeline, where it says whose run it is."""
ADDRESS = "/compare"


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

    def setting(self, node: str | None, name: str) -> str:
        """Return what the form of a card calls a setting; in the last run that has it."""
        found = [p.nodes[node] for p in reversed(self.pipelines) if node and node in p.nodes]
        return visible(setting_of(found[0], name, self.catalog) if found else name)


def address(runs: Sequence[str]) -> str:
    """Return the address at which these runs are compared, now and later."""
    return f"{ADDRESS}?{urlencode([('run', run) for run in runs])}"


def named(side: Side) -> str:
    """Return what a run is called."""
    return f"Run {side.number}"


def labels(sides: Sequence[Side]) -> list[str]:
    """Tell the runs apart: runs of different pipelines have the same numbers."""
    one = len({side.pipeline for side in sides}) == 1
    return [named(side) if one else f"{_short(visible(side.name))} {side.number}" for side in sides]


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1].rstrip()}…"


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
        finder_button(),
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


# --- small things ---------------------------------------------------------------------------


def box(title: str, testid: str | None = None) -> Element:
    """Draw a part of the page, under its title; its table may be wider, and is scrolled by keys."""
    if testid is None:
        return div(".box")[h2(".h3")[title]]
    return div(
        ".box", data_testid=f"compare-{testid}", role="region", aria_label=title, tabindex="0"
    )[h2(".h3")[title]]


def columns(shown: Shown, *first: str) -> Element:
    """Draw the heads of a table: some words, then a column for each run."""
    return thead[
        tr[
            [th(scope="col")[word] for word in first],
            [th(".num", scope="col")[label] for label in labels(shown.compared.runs)],
        ]
    ]
