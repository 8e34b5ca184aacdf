"""The strip under the canvas: the timeline of a run, its log, problems, and the runs before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tensorrag.check.problems import Problem
from web.page.form.form import fix_button
from web.page.icons import icon, state
from web.page.logs.view import log_view
from web.page.markup import Element, Node, b, button, div, span
from web.page.remedies import way_out
from web.page.runs.run_list import PastRun, resume_button, run_list
from web.page.runs.telling import ask_to_tell
from web.page.runs.timeline import Bar, timeline
from web.page.wording import plural, seconds

TABS = ("timeline", "log", "problems", "runs")


@dataclass(frozen=True)
class Stale:
    """A card that would run again, and why."""

    node: str
    title: str
    reason: str


@dataclass(frozen=True)
class Strip:
    """What the strip shows."""

    tab: str = "timeline"
    run: str = ""
    """Its id; empty before the first."""
    number: int = 0
    """Number of the run; 0 before the first."""
    status: str = "idle"
    cancelling: bool = False
    """Whether all that it does is being stopped."""
    elapsed: float = 0.0
    result: str = ""
    waiting: int = 0
    """How many runs wait until this one has ended."""
    resume: str = ""
    """The run to go on with, if the one that is shown did not get to its end."""
    places: str = ""
    """Where its cards ran, and what that cost, in words."""
    strays: str = ""
    """What still goes on elsewhere of an interrupted run, in words."""
    cancelling_strays: bool = False
    """Whether that is being stopped."""
    past: bool = False
    """Whether somebody looks at a run of before."""
    bars: Sequence[Bar] = ()
    printed: int = 0
    """Number of the last event that told of something printed."""
    problems: Sequence[Problem] = ()
    stale: Sequence[Stale] = ()
    runs: Sequence[PastRun] = ()
    asks: bool = False
    """Whether the run takes long enough to offer that its end is told."""
    chosen: Collection[str] = ()
    """The runs that are to be compared."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Titles of the cards, by node."""


def strip(shown: Strip) -> Node:
    """Draw the strip."""
    return [
        div(".sh")[_summary(shown), _tabs(shown)],
        div(
            ".sbody", role="tabpanel", id="strip-panel", aria_label=shown.tab.title(), tabindex="0",
            data_testid=shown.tab if shown.tab in ("log", "problems") else None,
            data_key=shown.tab,
        )[_body(shown)],
    ]  # fmt: skip


def _summary(shown: Strip) -> Node:
    if not shown.number:
        return span["Not run yet"]
    return [
        b(style="color:var(--ink)")[f"Run {shown.number}"],
        state("stopping" if shown.cancelling else shown.status),
        span(".num.live" if shown.status in ("running", "queued") else ".num")[
            seconds(shown.elapsed)
        ],
        shown.waiting > 0
        and button(".link", type="button", data_act="strip_tab", data_tab="runs")[
            f"{shown.waiting} waiting"
        ],
        shown.resume and resume_button(shown.resume),
        shown.strays and _strays(shown),
        shown.past
        and button(".btn.o.sml", type="button", data_act="latest_run", data_testid="latest-run")[
            "Back to the latest"
        ],
        not shown.strays and span(".cut", data_testid="places")[shown.places],
        shown.asks and ask_to_tell(),
    ]


def _strays(shown: Strip) -> Node:
    stopping = shown.cancelling_strays
    return span(".row", role="status", data_testid="strays")[
        state("stopping") if stopping else span(".c-run")[icon("running", ".s")],
        span[shown.strays],
        button(
            ".btn.o.sml", type="button", data_act="cancel_strays", data_testid="cancel-strays",
            title="Stop it; without that, Resume takes over what comes of it", disabled=stopping,
        )[icon("stop", ".s"), "Cancel"],
    ]  # fmt: skip


def _tabs(shown: Strip) -> Element:
    return div(role="tablist", aria_label="About the run")[
        [
            button(
                type="button", role="tab", data_act="strip_tab", data_tab=name, id=f"strip-{name}",
                aria_selected="true" if name == shown.tab else "false", aria_controls="strip-panel",
                tabindex="0" if name == shown.tab else "-1",
            )[name.title(), name == "problems" and _count(shown.problems)]
            for name in TABS
        ]
    ]  # fmt: skip


def _count(problems: Sequence[Problem]) -> Node:
    """Count what keeps it from running, as the Run button does, and warnings apart from it."""
    errors = sum(problem.level == "error" for problem in problems)
    warnings = sum(problem.level == "warning" for problem in problems)
    if not errors and not warnings:
        return span[str(len(problems))]
    return [
        errors > 0 and span(".tag.error", title=plural(errors, "problem"))[str(errors)],
        warnings > 0 and span(".tag.stale", title=plural(warnings, "warning"))[str(warnings)],
    ]


def _body(shown: Strip) -> Node:
    match shown.tab:
        case "log":
            return _log(shown)
        case "problems":
            return _problems(shown)
        case "runs":
            return run_list(shown.runs, chosen=shown.chosen)
        case _:
            return timeline(
                shown.bars, shown.elapsed, running=shown.status in ("running", "queued")
            )


def _log(shown: Strip) -> Node:
    ended = shown.number and shown.status not in ("running", "queued")
    nothing = (
        "No card printed anything in this run."
        if ended
        else "What the cards print appears here while they run."
    )
    return log_view(
        shown.run,
        seen=shown.printed,
        names=shown.titles,
        nothing=nothing,
        title=f"Run {shown.number}",
    )


def _problems(shown: Strip) -> Node:
    if not shown.problems and not shown.stale:
        return div(".quiet")["Nothing is wrong: every card is ready to run."]
    return [
        [_problem(problem, shown.titles) for problem in shown.problems],
        [_stale(each) for each in shown.stale],
    ]


def _problem(problem: Problem, titles: Mapping[str, str]) -> Element:
    tone, drawing = {
        "error": ("error", "failed"),
        "warning": ("stale", "warning"),
        "info": ("idle", "info"),
    }[problem.level]
    whose = titles.get(problem.node or "", problem.node or "This pipeline")
    go = button(".go", type="button", data_act="go", data_of=problem.node, data_wire=problem.edge)
    return div(".pr", data_level=problem.level, data_code=problem.code)[
        go(data_param=problem.field, title=problem.hint or None)[
            span(f".c-{tone}")[icon(drawing, ".s")],
            b[whose],
            span(".cut")[problem.message],
        ],
        fix_button(problem),
        way_out(problem.code),
    ]


def _stale(each: Stale) -> Element:
    return div(".pr")[
        button(".go", type="button", data_act="go", data_of=each.node)[
            span(".c-stale")[icon("stale", ".s")],
            b[each.title],
            span(".cut")[f"Runs again: {each.reason}"],
        ]
    ]
