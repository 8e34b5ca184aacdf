"""What a running card reports, drawn while it does."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from tensorrag.preview import Axis, ChartPreview, Series
from tensorrag.run.reported import Points, reports
from tensorrag.types.metrics import METRICS
from web.live.session import Session
from web.page.icons import type_colours
from web.page.inspector import outcome
from web.page.logs.view import last_line, log_view
from web.page.markup import div, h3, span
from web.page.panel import Act, Panel
from web.page.placing import money
from web.page.plots.chart import Chart
from web.page.plots.curves import live_curve, live_series
from web.page.plots.view import Live, Plot, enlarge_button
from web.page.runs import course
from web.page.scene.card import Card

TITLE = "Learning curve"


class Running:
    """One running card: how far it is, its learning curve, its numbers and its log."""

    def __init__(self, act: Act, card: Card) -> None:
        self._progress = Panel("div", act=act)
        self._chart: Chart | None = None
        self._frame = ui.element("div")
        self._numbers = Panel("div", act=act)
        self._log = Panel("div", act=act)
        self._card, self._act = card, act

    def show(self, card: Card, session: Session) -> None:
        """Show the latest."""
        runtime = card.runtime or {}
        events = session.history.events
        found = reports(events, card.node)
        spent = money.running_part(runtime, session.budget_run)
        self._progress.show([outcome.progress_part(runtime), spent])
        self._numbers.show(outcome.numbers_part(course.latest(found), course.best(found)))
        seen = last_line(events, card.node)
        following = log_view(session.history.run_of(card.node), card.node, seen=seen, bare=True)
        self._log.show(
            div(".sec")[h3["Log", span(".u.live")["following"]], div(".short")[following]]
            if seen
            else None
        )
        lines_drawn = course.curves(found)
        if not lines_drawn or len(lines_drawn[0][1]) < 2:
            return
        if self._chart is None:
            metric = course.searched(found)
            self._draw(runtime.get("progress") or {}, lines_drawn, session, metric)
        else:
            self._chart.draw(live_series(lines_drawn))

    def _draw(
        self,
        progress: dict[str, Any],
        lines: list[tuple[str, Points]],
        session: Session,
        metric: str | None,
    ) -> None:
        unit, total = str(progress.get("unit") or "step"), progress.get("total")
        total = total if isinstance(total, int) else None
        name = "loss" if lines[0][0] in ("train", "val.") else lines[0][0]
        name, title = (name, TITLE) if metric is None else (METRICS[metric].label, "Trials")
        card, zoomed = self._card, metric is not None

        def so_far() -> ChartPreview | None:
            found = course.curves(reports(session.history.events, card.node))
            return _as_plot(title, name, unit, found) if found else None

        def enlarge(act: str, _: dict[str, Any]) -> Any:
            chart = so_far() or _as_plot(title, name, unit, lines)
            plot = Plot(chart, card.kind, card.title, Live(total, so_far))
            return self._act(act, {"plot": plot})

        with self._frame, ui.element("section").classes("sec plotted"):
            head = h3(".h3")[title, enlarge_button(title), span(".u.live")["live"]]
            Panel("div", head, act=enlarge)
            options = live_curve(name, unit, total, lines, zoomed=zoomed)
            colours = type_colours(card.kind)
            self._chart = Chart(options, 206, colours, f"{title} so far")


def _as_plot(title: str, name: str, unit: str, lines: list[tuple[str, Points]]) -> ChartPreview:
    series = tuple(
        Series(name=each, x=tuple(x for x, _ in points), y=tuple(y for _, y in points))
        for each, points in lines
    )
    return ChartPreview(
        title=title,
        chart="line",
        x=Axis(label=unit),
        y=Axis(label=name),
        series=series,
        zoomed=title != TITLE,
    )
