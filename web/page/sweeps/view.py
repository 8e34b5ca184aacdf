"""A field tried with several values: what to try, what came of each, and the best taken over."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui import ui

from tensorrag.check.problems import Problem
from tensorrag.errors import PipelineError, TensorRagError
from tensorrag.run.prepare import PipelineHasErrors, with_params
from tensorrag.run.sweep import Sweep, Tried, last_of, tried
from web.live.session import Session
from web.live.sessions import Sessions
from web.page.actions import Action, Data, text
from web.page.edits.edits import Edits
from web.page.form.fields import FieldSpec
from web.page.form.slider import slide_of
from web.page.panel import Act, Panel
from web.page.scene.card import Card
from web.page.sweeps.chart import chart_of
from web.page.sweeps.result import heading, results, side
from web.page.sweeps.shown import Shown

REST = 0.5
"""Seconds between two looks at the runs."""


class Sweeps:
    """The sweep that a tab has open, if any."""

    def __init__(self, sessions: Sessions, session: Session, edits: Edits, act: Act) -> None:
        self._sessions, self._session, self._edits, self._act = sessions, session, edits, act
        self._place = ui.element("div")
        self._shown: Shown | None = None
        self._opening: Shown | None = None
        """What was asked for last, and waits for its runs to be read."""
        self.actions: dict[str, Action] = {
            "close_sweep": self._close,
            "sweep_values": self._values,
            "sweep_metric": self._metric,
            "sweep_run": self._run,
            "sweep_stop": self._stop,
            "sweep_apply": self._apply,
        }

    async def open(self, card: Card, spec: FieldSpec) -> None:
        """Show what was tried in a field, and offer to try more."""
        self._close({})
        value = card.params.get(spec.name, spec.default)
        shown = Shown(card.node, card.title, card.kind, spec, value, suggested(spec))
        self._opening = shown
        shown.written = ", ".join(await self._fitting(shown)) or shown.written
        journal = self._sessions.workspace.journal
        shown.sweep = await asyncio.to_thread(last_of, journal, self._session.id, shown.target)
        if self._opening is not shown:  # pressed once more, or closed, in the meantime
            return
        self._shown = shown
        with self._place, ui.element("section").classes("sheetview sweepview") as root:
            root.props.update({"aria-label": f"Sweep {spec.label}", "data-testid": "sweep"})
            self._head = Panel("div", act=self._act).classes("hh")
            with ui.element("div").classes("gr"):
                self._picture = ui.element("div").classes("swpic")
                self._table = Panel("div", act=self._act).classes("swtab")
            self._side = Panel("div", act=self._act).classes("sd")
            ui.timer(REST, self._look)
        self._drawn: list[Tried] | None = None
        await self._look()

    async def _fitting(self, shown: Shown) -> list[str]:
        """Return the choices with which nothing new is wrong: no classifier for a number."""
        if shown.spec.kind != "choice":
            return []
        before = {_error(each) for each in self._session.problems if each.level == "error"}
        fitting = []
        for choice in shown.spec.choices:
            varied = with_params(self._session.pipeline, {shown.target: choice})
            found = await self._sessions.check(varied)
            wrong = {_error(Problem.model_validate(each)) for each in found["problems"]
                     if each["level"] == "error"}  # fmt: skip
            if not wrong - before:
                fitting.append(str(choice))
        return fitting

    def _close(self, _: Data) -> None:
        self._shown = self._opening = None
        self._place.clear()

    async def _look(self) -> None:
        """Show what came of the runs so far."""
        shown = self._shown
        if shown is None:
            return
        if shown.sweep and (shown.going_on or not shown.found):
            journal = self._sessions.workspace.journal
            of = (self._session.id, shown.target, shown.sweep)
            planned = self._sessions.sweeps.get(shown.sweep)
            left = len(planned.left) if planned is not None else 0  # before: all others are noted
            found = await asyncio.to_thread(tried, journal, *of)
            shown.found, shown.left, shown.planned = found, left, planned
            if shown.planned is not None and shown.planned.problem:
                shown.wrong = shown.planned.problem
        if self._shown is shown:
            if shown.metric not in shown.metrics:
                shown.metric = next(iter(shown.metrics), "")
            self._draw(shown)

    def _draw(self, shown: Shown) -> None:
        node = self._session.pipeline.nodes.get(shown.node)
        if node is not None:
            shown.value = node.params.get(shown.spec.name, shown.spec.default)
        self._head.show(heading(shown))
        self._table.show(results(shown))
        self._side.show(side(shown))
        drawn: list[Any] = [shown.metric, *((each.value, each.metrics) for each in shown.found)]
        if drawn != self._drawn:
            self._drawn = drawn
            self._picture.clear()
            with self._picture:
                chart_of(shown)

    # --- what people do: nothing of it is trusted -------------------------------------------

    def _values(self, data: Data) -> None:
        if self._shown is not None:
            self._shown.written, self._shown.wrong = text(data, "value")[:2000], ""
            self._draw(self._shown)

    def _metric(self, data: Data) -> None:
        shown = self._shown
        if shown is not None and text(data, "value") in shown.metrics:
            shown.metric = text(data, "value")
            self._draw(shown)

    async def _run(self, _: Data) -> None:
        shown = self._shown
        if shown is None or shown.going_on or shown.node not in self._session.pipeline.nodes:
            return
        try:
            sweep = Sweep.new(self._session.id, shown.node, shown.spec.name, shown.values())
        except PipelineError as error:
            shown.wrong = f"{error.message} {error.hint}"
            self._draw(shown)
            return
        shown.sweep, shown.found, shown.wrong = sweep.id, [], ""
        shown.planned, shown.left, shown.beginning = None, 0, True
        self._draw(shown)
        try:
            await self._sessions.sweeps.begin(self._session, sweep)
        except PipelineHasErrors as error:
            first = error.problems[0]
            shown.wrong, shown.sweep = f"{first.message} {first.hint}", ""
        except TensorRagError as error:
            shown.wrong, shown.sweep = f"{error.message} {error.hint}", ""
        shown.beginning = False
        await self._look()

    async def _stop(self, _: Data) -> None:
        shown = self._shown
        if shown is not None and shown.sweep:
            await self._sessions.sweeps.stop(self._session.id, shown.sweep)

    def _apply(self, data: Data) -> None:
        """Set the field to a value that was tried, as one edit."""
        shown, chosen = self._shown, text(data, "run")
        if shown is None or shown.node not in self._session.pipeline.nodes:
            return
        found = next((each for each in shown.found if each.run == chosen), None)
        if found is not None:
            params = {shown.spec.name: found.value}
            op = {"op": "set_params", "node": shown.node, "params": params}
            word = "best" if found == shown.best else str(shown.spec.shown(found.value))
            self._edits.edit([op], f"Apply {word} {shown.spec.label}")
            self._draw(shown)


def _error(problem: Problem) -> tuple[str | None, ...]:
    return problem.node, problem.port, problem.field, problem.edge


def suggested(spec: FieldSpec) -> str:
    """Return values worth trying: all choices, or five over the range that is known."""
    if spec.kind == "switch":
        return "on, off"
    if spec.kind == "choice":
        return ", ".join(str(each) for each in spec.choices)
    slide = slide_of(spec)
    return ", ".join(spec.write(each) for each in slide.spread(5)) if slide is not None else ""
