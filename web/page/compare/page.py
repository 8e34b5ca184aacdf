"""The page on which runs are compared; its address is the comparison, to be kept or sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from nicegui import ui

from tensorrag.errors import TensorRagError
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.files import from_object
from tensorrag.run.comparison import Comparison, compare
from tensorrag.store.run_entry import RunEntry
from web.live.sessions import Sessions
from web.page.actions import Data, text
from web.page.compare import changes, outcome
from web.page.compare import view as drawn
from web.page.compare.graph import changed_graph
from web.page.compare.view import Shown, address, labels
from web.page.markup import Node, div, h2, p, span
from web.page.panel import Panel
from web.page.plots.chart import Chart
from web.page.plots.curves import compared_curves
from web.page.wording import metric_words, plural, seconds

OFFERED = 100
"""Runs that can be added, the latest ones."""
_CURVES = {
    "loss": "Learning curve, training",
    "validation_loss": "Learning curve, validation",
    "accuracy": "Accuracy by epoch, training",
    "validation_accuracy": "Accuracy by epoch, validation",
}
CURVE = 220
"""Pixels that a chart is high."""


class ComparePage:
    """One tab that compares runs."""

    def __init__(self, sessions: Sessions, runs: Sequence[str]) -> None:
        self._sessions, self._runs = sessions, runs

    async def build(self) -> None:
        """Put the page together.

        Raises:
            TensorRagError: these runs cannot be compared; says why.
        """
        await self._sessions.wait_ready()
        self._shown = await self._read()
        with ui.element("div").classes("start"):
            Panel("header", drawn.bar(self._shown), act=self.act).classes("top")
            with ui.element("div").classes("wrap cmp"):
                self._heads = Panel("div", drawn.heads(self._shown), act=self.act)
                self._heads.classes("heads")
                Panel("div", self._changed()).classes("box what")
                with ui.element("div").classes("side"):
                    for part in (outcome.metrics, changes.changed, changes.reasons):
                        Panel("div", part(self._shown))
                with ui.element("div").classes("side"):
                    self._curves()
                    Panel("div", outcome.durations(self._shown))

    async def _read(self) -> Shown:
        journal = self._sessions.workspace.journal

        def look() -> tuple[Comparison, list[Pipeline], list[RunEntry]]:
            compared = compare(journal, self._runs)
            pipelines = [
                from_object(each).pipeline if each else Pipeline() for each in compared.pipelines
            ]
            mine = compared.runs[0].pipeline
            return compared, pipelines, journal.runs(OFFERED, mine) if mine else []

        compared, pipelines, known = await asyncio.to_thread(look)
        there = frozenset(entry.id for entry in await self._sessions.entries())
        taken = {side.run for side in compared.runs}
        others = [
            (each.id, f"Run {each.number} · {each.status} · {seconds(each.seconds)}")
            for each in known
            if each.id not in taken and each.begun
        ]
        return Shown(compared, pipelines, self._sessions.catalog, others, there)

    # --- what is seen -----------------------------------------------------------------------

    def _changed(self) -> Node:
        shown = self._shown
        counted = changes.counts(shown.compared.differences)
        last = shown.pipelines[-1]
        said = changes.in_words({node: shown.title(node) for node in last.nodes}, counted)
        return [
            div[
                h2(".h3")["What changed on the canvas"],
                changed_graph(last, shown.catalog, counted, said),
            ],
            div(".aside")[
                h2(".h3")["In one sentence"],
                p(".sentence", data_testid="sentence")[outcome.sentence(shown)],
            ],
        ]

    def _curves(self) -> None:
        """Draw each learning curve of each card, all runs on one chart."""
        shown, sides = self._shown, self._shown.compared.runs
        with ui.element("div").classes("box") as box:
            box.props["data-testid"] = "compare-curves"
            if not shown.compared.curves:
                Panel("div", [h2(".h3")["Learning curves"],
                              div(".cap")["None of these runs learnt step by step."]])  # fmt: skip
            for curve in sorted(shown.compared.curves, key=lambda each: each.name == "loss"):
                metric = metric_words(curve.name)
                title = _CURVES.get(curve.name, metric)
                lines = [
                    (label, values)
                    for label, values in zip(labels(sides), curve.values, strict=True)
                    if values
                ]
                said = f"{metric} of {shown.title(curve.node)}: " + ", ".join(
                    f"{label} ends at {values[-1]:.3g} after {plural(len(values), 'epoch')}"
                    for label, values in lines
                    if values[-1] is not None
                )
                Panel("div", h2(".h3")[title, span(".u")[shown.title(curve.node)]])
                Chart(compared_curves(metric, "epoch", lines), CURVE, "", said)

    # --- what people do: nothing of it is trusted -------------------------------------------

    async def act(self, name: str, data: Data) -> None:
        """Do what a control says; unknown actions are not heard."""
        match name:
            case "add" if text(data, "value") in dict(self._shown.others):
                ui.navigate.to(address([*self._shown.runs, text(data, "value")]))
            case "use":
                await self._use(text(data, "run"))

    async def _use(self, run: str) -> None:
        """Put the settings of a run in the place of its pipeline's, to be undone in one step."""
        sides = self._shown.compared.runs
        at = next((at for at, side in enumerate(sides) if side.run == run), None)
        pipeline = self._shown.target(at) if at is not None else None
        if at is None or pipeline is None:
            return
        try:
            session = await self._sessions.open(pipeline)
            wanted = replace(self._shown.pipelines[at], name=session.pipeline.name)
            session.replacing.by(wanted, f"Use the settings of {labels(sides)[at]}")
            await session.saving.logged()
        except TensorRagError as error:
            self._shown = replace(self._shown, note=f"{error.message} {error.hint}".strip())
            self._heads.show(drawn.heads(self._shown))
            return
        ui.navigate.to(f"/edit/{pipeline}")
