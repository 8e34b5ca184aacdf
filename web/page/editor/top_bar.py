"""The top bar: what is open, whether it is saved, undo and redo, and Run."""

from __future__ import annotations

from dataclasses import dataclass, field

from tensorrag.estimate import NOTHING, Total
from web.live.offered import Offered
from web.live.session import Session
from web.page.bar_buttons import (
    export_button,
    finder_button,
    import_button,
    python_link,
    settings_link,
    theme_button,
)
from web.page.icons import MARK, icon, state
from web.page.markup import Element, Node, a, button, h1, input_, span
from web.page.placing.machine import Machine, run_on_of
from web.page.placing.money import on_button
from web.page.placing.where import RunOn, run_on
from web.page.runs.standing import standing
from web.page.wording import plural


@dataclass(frozen=True)
class TopBar:
    """What the top bar shows."""

    name: str
    id: str = ""
    """The pipeline, as addresses name it."""
    saved: str = "Saved"
    saved_revision: int = 0
    """The latest one that no crash can take away."""
    undo: str | None = None
    """What undo would take back; None where there is nothing."""
    redo: str | None = None
    status: str = "idle"
    """Status of the run that is going on or was the last."""
    cancelling: bool = False
    """Whether all that it does is being stopped."""
    detail: str = ""
    """Beside the status: how long it will take."""
    errors: int = 0
    nodes: int = 0
    price: Total = NOTHING
    """What the cards that would run cost together."""
    run_on: RunOn = field(default_factory=RunOn)
    """Where its cards run."""

    @property
    def running(self) -> bool:
        """Whether a run is going on."""
        return self.status in ("queued", "running")


def top_bar_of(session: Session, machine: Machine, offered: Offered) -> TopBar:
    """Return what the top bar shows."""
    cancelling = session.following.cancelling
    return TopBar(
        name=session.pipeline.name,
        id=session.id,
        saved=session.saving.text,
        saved_revision=session.saving.revision,
        undo=session.undo_label or None,
        redo=session.redo_label or None,
        status=session.following.status,
        cancelling=cancelling,
        detail=standing(session).left if session.running and not cancelling else "",
        errors=sum(problem.level == "error" for problem in session.problems),
        nodes=len(session.pipeline.nodes),
        price=session.prices.total,
        run_on=run_on_of(session, machine, offered),
    )


def top_bar(bar: TopBar) -> Node:
    """Draw the bar of the editor."""
    return [
        a(".home", href="/", title="All pipelines")[MARK, span(".crumb")["Pipelines"]],
        span(".slash", aria_hidden="true")["/"],
        _name(bar.name),
        span(".saved", role="status", data_revision=bar.saved_revision)[
            bar.saved == "Saved" and icon("check", ".s"), span[bar.saved]
        ],
        span(".sp"),
        finder_button(),
        _history(bar),
        span(".vr"),
        _files(bar.id),
        settings_link(),
        theme_button(),
        _sheet_of_keys(),
        span(".vr"),
        _status(bar),
        run_on(bar.run_on),
        span(style="width:4px"),
        _run(bar),
    ]


def _name(name: str) -> Element:
    return h1(".name-box", style="display:contents")[
        input_(
            ".name", type="text", value=name, aria_label="Name of the pipeline", maxlength="200",
            data_sets="rename", data_blurs=True, autocomplete="off", spellcheck="false",
        )
    ]  # fmt: skip


def _sheet_of_keys() -> Element:
    return button(
        ".btn.i.wide", type="button", data_command="shortcuts", data_testid="help",
        title="All shortcuts (?)", aria_label="All shortcuts",
    )[icon("keyboard")]  # fmt: skip


def _history(bar: TopBar) -> Node:
    return [
        _tool("undo", f"Undo {bar.undo}" if bar.undo else "Undo", "Ctrl+Z", off=bar.undo is None),
        _tool(
            "redo", f"Redo {bar.redo}" if bar.redo else "Redo", "Ctrl+Shift+Z",
            off=bar.redo is None,
        ),
        button(
            ".btn.i", type="button", data_act="history", data_testid="history",
            title="History and named versions", aria_label="History and named versions",
        )[icon("history")],
    ]  # fmt: skip


def _tool(name: str, title: str, keys: str, *, off: bool = False) -> Element:
    return button(
        ".btn.i", type="button", data_act=name, data_testid=name, disabled=off,
        title=f"{title} ({keys})", aria_label=title,
    )[icon(name)]  # fmt: skip


def _files(pipeline: str) -> Node:
    return [
        import_button(".i", "Import a pipeline", None),
        export_button(),
        pipeline and python_link(pipeline),
    ]


def _status(bar: TopBar) -> Element:
    """Say what the run does; always there, for those who listen, seen only while it runs."""
    seen = ".row.s12.going.live" if bar.running else ".vh"
    return span(seen, data_testid="run-status", data_state=bar.status, role="status")[
        state("stopping" if bar.cancelling else bar.status),
        bar.detail and span(".num.m2")[bar.detail],
    ]


def _run(bar: TopBar) -> Node:
    if bar.running:
        return [
            button(
                ".btn.o", type="button", data_act="run", data_testid="queue-run",
                disabled=bool(bar.errors) or None, aria_label="Run next",
                title="Run the pipeline as it is now after the run that goes on (Ctrl+Enter)",
            )[icon("play", ".s"), span(".word")["Run next"]],
            span(style="width:4px"),
            button(
                ".btn.o", type="button", data_act="cancel", data_testid="cancel",
                disabled=bar.cancelling, title="It is being stopped" if bar.cancelling else None,
            )[icon("stop", ".s"), "Cancel run"],
        ]  # fmt: skip
    if bar.errors:
        # Not disabled: pressing it leads to what keeps it from running.
        return button(
            ".btn.o.m3",
            type="button",
            data_act="problems",
            data_testid="run",
            aria_disabled="true",
            title=f"{plural(bar.errors, 'problem')} must be solved first",
        )[
            icon("play", ".s"),
            "Run",
            span(".tag.error")[plural(bar.errors, "problem")],
        ]
    why = None if bar.nodes else "There is nothing to run yet"
    title = why or "Run every card that is not up to date (Ctrl+Enter)"
    return button(
        ".btn.p", type="button", data_act="run", data_testid="run",
        disabled=why is not None, title=title,
    )[icon("play", ".s"), "Run", on_button(bar.price)]  # fmt: skip
