"""The runs of a pipeline: those that wait their turn, the one that goes on, and those before it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tensorrag.run.comparison import LEAST, MOST
from web.page.compare.view import address
from web.page.icons import icon, state
from web.page.markup import Element, Node, a, button, div, input_, span, table, tbody, td, tr
from web.page.wording import seconds, when

LEFT = frozenset({"interrupted", "failed", "cancelled"})
"""States of a run that may be resumed."""


@dataclass(frozen=True)
class PastRun:
    """A run in the list of runs."""

    run: str
    number: int
    status: str
    started: datetime | None
    seconds: float | None
    result: str = ""
    """Its main metric in words."""
    detail: str = ""
    where: str = ""
    """The places where its cards ran, in words."""
    place: int = 0
    """Its place in the line of those that wait, from 1; 0 where it does not."""
    begun: bool = True
    """Whether its turn ever came."""
    stopping: bool = False
    """Whether all that it does is being stopped."""
    resumed: bool = False
    """Whether another run goes on with it, or did."""

    @property
    def resumable(self) -> bool:
        """Whether somebody may go on with it."""
        return self.status in LEFT and self.begun and not self.resumed


def run_list(runs: Sequence[PastRun], shown: str = "", chosen: Collection[str] = ()) -> Node:
    """Draw the runs, newest first.

    Args:
        runs: all of them.
        shown: the one of before that somebody looks at.
        chosen: those that are to be compared.
    """
    if not runs:
        return div(".quiet")["Every run is kept here, with its times and results."]
    return div(".runs")[
        _comparing([run for run in reversed(runs) if run.run in chosen]) if len(runs) > 1 else None,
        table[tbody[[_row(run, shown, chosen=run.run in chosen) for run in runs]]],
    ]


def _comparing(chosen: Sequence[PastRun]) -> Element:
    only = f"run {chosen[0].number}" if chosen else ""
    return comparing([run.run for run in chosen], only)


def comparing(chosen: Sequence[str], only: str) -> Element:
    """Lead to the comparison of runs, or say what is missing; ``only`` is what one is called."""
    if not chosen:
        said: Node = span(".m3")["Choose two runs or more to compare them."]
    elif len(chosen) < LEAST:
        said = span(".m2")[f"Choose another one to compare with {only}."]
    elif len(chosen) > MOST:
        said = span(".m2")[f"{MOST} runs can be compared at once; {len(chosen)} are chosen."]
    else:
        said = a(".btn.o.sml", href=address(chosen), data_testid="compare-runs")[
            icon("compare", ".s"), f"Compare {len(chosen)} runs"
        ]
    return div(".row.choosing")[said]


def _row(run: PastRun, shown: str, *, chosen: bool) -> Element:
    return tr(data_run=run.run, data_state=run.status, data_key=f"run-{run.run}")[
        td(style="width:28px")[
            input_(
                type="checkbox", checked=chosen, data_sets="choose_run", data_of=run.run,
                aria_label=f"Compare run {run.number}",
            )
            if run.begun else None
        ],
        td(style="width:64px")[
            button(
                ".link.w5", type="button", data_act="past_run", data_of=run.run,
                aria_pressed="true" if run.run == shown else "false", title="Look at this run",
            )[f"Run {run.number}"]
            if run.begun else f"Run {run.number}"
        ],
        td(style="width:110px")[state("stopping" if run.stopping else run.status)],
        td(".m2", style="width:130px")[when(run.started)],
        td(".num", style="width:80px")[run.status != "running" and seconds(run.seconds)],
        td(".cut")[_place(run.place) if run.place else _detail(run)],
        td(style="width:40px")[run.begun and _log_of(run)],
        td(".num", style="width:72px")[_button(run)],
    ]  # fmt: skip


def _log_of(run: PastRun) -> Element:
    title = f"Run {run.number}"
    return button(".link", type="button", data_act="open_log", data_in=run.run, data_title=title)[
        "Log"
    ]


def _detail(run: PastRun) -> str:
    return " · ".join(filter(None, [run.result or run.detail, run.where]))


def _place(place: int) -> str:
    return "Next in line" if place == 1 else f"{place} in line"


def _button(run: PastRun) -> Node:
    if run.place:
        return button(
            ".link", type="button", data_act="take_back", data_of=run.run, data_testid="take-back",
            aria_label=f"Cancel run {run.number}, which waits",
        )["Cancel"]  # fmt: skip
    if run.resumable:
        return button(
            ".link", type="button", data_act="resume", data_of=run.run,
            aria_label=f"Resume run {run.number}",
        )["Resume"]  # fmt: skip
    return None


def resume_button(run: str) -> Element:
    """Offer to go on with a run, on the pipeline as it is now."""
    return button(
        ".btn.o.sml", type="button", data_act="resume", data_of=run, data_testid="resume",
        title="Go on with the pipeline as it is now; what was finished is not done again",
    )[icon("play", ".s"), "Resume"]  # fmt: skip
