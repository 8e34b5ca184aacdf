"""What a running card reports, drawn while it does."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from tensorrag.run.reported import Points, reports
from web.live.session import Session
from web.page import course, money, outcome
from web.page.charts import Chart, live_curve, live_series
from web.page.details import Card
from web.page.icons import type_colours
from web.page.log_view import last_line, log_view
from web.page.markup import div, h3, span
from web.page.panel import Act, Panel


class Running:
    """One running card: how far it is, its learning curve, its numbers and its log."""

    def __init__(self, act: Act, card: Card) -> None:
        self._progress = Panel("div", act=act)
        self._chart: Chart | None = None
        self._frame = ui.element("div")
        self._numbers = Panel("div", act=act)
        self._log = Panel("div", act=act)
        self._colours = type_colours(card.kind)

    def show(self, card: Card, session: Session) -> None:
        """Show the latest."""
        runtime = card.runtime or {}
        events = session.events()
        found = reports(events, card.node)
        spent = money.running_part(runtime, session.budget_run)
        self._progress.show([outcome.progress_part(runtime), spent])
        self._numbers.show(outcome.numbers_part(course.latest(found), course.best(found)))
        seen = last_line(events, card.node)
        following = log_view(session.run_id(card.node), card.node, seen=seen, bare=True)
        self._log.show(
            div(".sec")[h3["Log", span(".u.live")["following"]], div(".short")[following]]
            if seen
            else None
        )
        lines_drawn = course.curves(found)
        if not lines_drawn or len(lines_drawn[0][1]) < 2:
            return
        if self._chart is None:
            self._draw(runtime.get("progress") or {}, lines_drawn)
        else:
            self._chart.draw(live_series(lines_drawn))

    def _draw(self, progress: dict[str, Any], lines: list[tuple[str, Points]]) -> None:
        total, unit = progress.get("total"), str(progress.get("unit") or "step")
        name = "loss" if lines[0][0] in ("train", "val.") else lines[0][0]
        with self._frame, ui.element("section").classes("sec"):
            Panel("div", h3(".h3")["Learning curve", span(".u.live")["live"]])
            options = live_curve(name, unit, total if isinstance(total, int) else None, lines)
            self._chart = Chart(options, 206, self._colours, "Learning curve so far")
