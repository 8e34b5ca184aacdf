"""The page of one pipeline: top bar, palette, canvas, inspector and strip, around one session.

What is seen lives in the session, which every tab shares. What is only looked at (the selected
card, an open tab, a search) lives in the Editor, one per tab.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from nicegui import Client, background_tasks, ui

from tensorrag.check.problems import Problem
from tensorrag.errors import TensorRagError
from tensorrag.gpus import GPUS
from tensorrag.pipeline import JsonObject
from tensorrag.placement import LOCAL
from tensorrag.run import Run
from tensorrag.run.prepare import PipelineHasErrors
from tensorrag.store.last_runs import scores_of
from web.live.session import Session, View
from web.live.sessions import Sessions
from web.page import card_source, leads, theme, trouble
from web.page.actions import Data, text, texts
from web.page.board import Board
from web.page.edits import Edits
from web.page.history_view import Histories
from web.page.inspector import TABS, Inspector
from web.page.log_view import OpenLog
from web.page.markup import Node
from web.page.palette import SEARCH_FIELD, first_found, palette
from web.page.panel import Panel
from web.page.past_view import PastView
from web.page.plot_view import Plot, Plots
from web.page.remedies import MODAL, SET_UP
from web.page.run_list import PastRun
from web.page.run_panel import TABS as STRIP_TABS
from web.page.run_panel import strip
from web.page.standing import Machine, Viewed, past_runs, strip_of, top_bar_of
from web.page.sweep_view import Sweeps
from web.page.table_view import Tables
from web.page.telling import tell_here
from web.page.topbar import top_bar

TICK = 0.5
"""Seconds between two looks at the clock while something runs."""
PAST = 500
"""Runs that are listed, the latest ones."""
ASK_AT = 0.25
"""Of the time after which the end of a run is told: then that is offered."""
REST = 0.03
"""Seconds in which changes are gathered."""
CANVAS_FIRST = 0.005
"""Seconds that the rest of the page waits, so that an edit is on its way to all canvases first."""

log = logging.getLogger(__name__)

IN_SETTINGS = frozenset(
    {"set", "reset", "wire", "title", "limit", "uploading", "card_run_on", "card_gpu"}
)
"""Actions that happen in the settings of a card."""


class Editor(View):
    """One tab that shows a pipeline."""

    def __init__(self, sessions: Sessions, session: Session, machine: Machine) -> None:
        self.sessions, self.session, self.machine = sessions, session, machine
        self.edits = Edits(session, self._say, self._added, self._select_all)
        self.strip_tab, self.query = "timeline", ""
        self.past: list[PastRun] = []
        self._name = session.pipeline.name
        self._chosen: set[str] = set()
        """The runs that are to be compared."""
        self._viewed: Viewed | None = None
        self._past_view: PastView | None = None
        self._runs_seen: object = None
        self._dirty = asyncio.Event()
        self._actions: dict[str, Callable[[Data], Any]] = self.edits.actions | {
            "run": lambda _: self._run(None),
            "run_node": lambda data: self._run(texts(data, "nodes") or text(data, "of")),
            "run_branch": lambda data: self._begin(self.session.start(branch=text(data, "of"))),
            "cancel": lambda _: self._cancel(None),
            "run_on": self._run_on,
            "card_run_on": self._card_run_on,
            "take_gpu": self._take_gpu,
            "look_at_places": lambda _: self._look_at_places(),
            "resume": self._resume,
            "cancel_strays": lambda _: self._cancel_strays(),
            "take_back": lambda data: self.session.take_back(text(data, "of")),
            "past_run": self._past_run,
            "choose_run": self._choose_run,
            "latest_run": lambda _: self._latest_run(),
            "cancel_card": lambda data: self._cancel(text(data, "of")),
            "export": self._export,
            "search": self._search,
            "add_found": self._add_found,
            "palette_search": self._palette_search,
            "leads": self._leads,
            "to_setting": self._to_setting,
            "edit_source": self._edit_source,
            "tab": self._tab,
            "port": self._port,
            "strip_tab": self._strip_tab,
            "problems": lambda _: self._strip_tab({"tab": "problems"}),
            "select": self._selected,
            "focus": self._focus,
            "go": self._go,
            "note": lambda data: self._say(text(data, "message"), ""),
            "close_note": lambda _: self._say("", ""),
            "close_notice": lambda _: self.session.noticed(),
            "take_theirs": lambda _: self.session.outside.take(),
            "keep_mine": lambda _: self.session.outside.keep_mine(),
            "open_table": self._open_table,
            "open_plot": self._open_plot,
            "sweep": self._open_sweep,
            "look_at_data": lambda _: self.session.look_at_data(),
            "deploy": lambda _: self._deploy(),
            "to_limit": self._to_limit,
            "trust_card": self._trust_card,
        }

    # --- building ---------------------------------------------------------------------------

    def build(self, client: Client) -> None:
        """Put the page together, and follow the session until the tab is closed."""
        self.client = client
        with ui.element("div").classes("app"):
            self._top = Panel("header", self._top_bar(), act=self.act).classes("top")
            self._palette = Panel("nav", self._palette_content(), act=self.act).classes("pal")
            self._palette.props.update({"data-testid": "palette", "aria-label": "Cards"})
            self.board = Board(self.sessions, self.session, self.edits, self.act)
            self.inspector = Inspector(
                self.session,
                self.act,
                lambda node: self.edits.settings.uploading.get(node),
                self.sessions.offered,
            )
            self._strip = Panel("section", self._strip_content(), act=self.act).classes("strip")
            self._strip.props["aria-label"] = "Run"
            self._past_place = ui.element("div").style("display: contents")
        self._tables = Tables(self.act)
        self._sweeps = Sweeps(self.sessions, self.session, self.edits, self.act)
        self._plots = Plots(lambda: self.session.pipeline.name, self.act)
        self._log = OpenLog(self.session, self.act)
        self._histories = Histories(self.session, self.act, self.edits.own)
        self._actions |= (
            self._tables.actions
            | self._plots.actions
            | self._sweeps.actions
            | self._log.actions
            | self._histories.actions
        )
        self._actions |= self.board.actions
        self.inspector.refresh()
        stop = [self.session.subscribe(self), self.sessions.on_catalog(self.refresh)]
        loop = background_tasks.create(self._keep_fresh(), name="page of a pipeline")
        client.on_delete(lambda: ([unsubscribe() for unsubscribe in stop], loop.cancel()))
        background_tasks.create(self._load_past(), name="past runs")
        tell_here(client, self.sessions.notifier, self._strip)
        trouble.hear(client, self.sessions.troubles, lambda message: self._say(message, ""))

    # --- showing ----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the latest, soon: many changes at once are shown once."""
        self._dirty.set()

    async def _keep_fresh(self) -> None:
        while True:
            timeout = TICK if self.session.running else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), timeout)
            await asyncio.sleep(CANVAS_FIRST)
            self._dirty.clear()
            began = time.perf_counter()
            try:
                with self.client:
                    self._show()
            except Exception:  # one bad picture must not stop all that follow
                log.exception("The page could not be brought up to date.")
            # A pipeline that takes long to draw is drawn less often.
            await asyncio.sleep(max(REST, 3 * (time.perf_counter() - began)))

    def _show(self) -> None:
        self._top.show(self._top_bar())
        if self._name != self.session.pipeline.name:
            self._name = self.session.pipeline.name
            ui.page_title(theme.title(self._name))
        self._palette.show(self._palette_content())
        self.board.show()
        self._histories.refresh()
        self._strip.show(self._strip_content())
        self._log.show()
        self.inspector.refresh()

    def _top_bar(self) -> Node:
        return top_bar(top_bar_of(self.session, self.machine, self.sessions.offered))

    def _palette_content(self) -> Node:
        return palette(self.session.catalog, self.query, self.session.id)

    def _strip_content(self) -> Node:
        shown = strip_of(self.session, self.strip_tab, self.past, self._viewed)
        long = shown.elapsed >= ASK_AT * self.sessions.notifier.after
        asks = shown.status == "running" and long and not shown.past
        return strip(replace(shown, chosen=self._chosen, asks=asks))

    # --- what the session tells -------------------------------------------------------------

    def on_patch(self, revision: int, ops: list[JsonObject]) -> None:
        """The document changed."""
        self.board.patch(revision, ops)
        self.refresh()

    def on_runtime(self, states: dict[str, JsonObject | None]) -> None:
        """Cards changed their state."""
        self.board.set_runtime(states)
        self.refresh()

    def on_problems(self) -> None:
        """A check arrived."""
        self.refresh()

    def on_status(self) -> None:
        """Saved, undo, redo, or a run began or ended."""
        waiting = [run.id for run in self.session.waiting]
        seen = (
            self.session.run_id(),
            self.session.run_status,
            self.session.running,
            waiting,
            self.session.written_elsewhere,
        )
        if seen != self._runs_seen:
            self._runs_seen = seen
            background_tasks.create(self._load_past(), name="past runs")
        self.refresh()

    def on_run_event(self, event: JsonObject) -> None:
        """Something happened in the run."""
        self.refresh()

    def on_warning(self, message: str, hint: str) -> None:
        """Something happened that nobody asked for."""
        self.refresh()

    def on_closed(self) -> None:
        """The pipeline was deleted."""
        with self.client:
            ui.navigate.to("/")

    async def _load_past(self) -> None:
        journal = self.sessions.workspace.journal
        scores = await asyncio.to_thread(scores_of, journal, self.session.id, PAST)
        self.past = past_runs(await self.session.runs(PAST), self.session.waiting, scores)
        self.inspector.numbers = {run.run: run.number for run in self.past}
        self.refresh()

    # --- what people do ---------------------------------------------------------------------

    def act(self, name: str, data: Data) -> Awaitable[None] | None:
        """Do what a control says; unknown actions are not heard."""
        action = self._actions.get(name)
        if self._past_view is not None:
            action = self._past_view.actions.get(name, action)
            if name == "go" or name in self.edits.actions:  # nobody edits what they do not see
                self._latest_run()
        if action is None:
            return None
        if name in IN_SETTINGS:
            self.inspector.stay(text(data, "of"))
        result = action(data)
        self.refresh()
        return result if asyncio.iscoroutine(result) else None

    def _say(self, message: str, hint: str) -> None:
        self.board.say(message, hint)

    def _selected(self, data: Data) -> None:
        """Follow what is selected on the canvas."""
        self.edits.selected = text(data, "of") or None
        self.inspector.show(self.edits.selected)

    def _select(self, node: str) -> None:
        if node in self.session.pipeline.nodes:
            self.edits.selected = node
            self.board.focus(node)
            self.inspector.show(node)

    def _focus(self, data: Data) -> None:
        """Turn to a card, on the canvas that is seen."""
        if self._past_view is not None:
            self._past_view.focus(text(data, "of"))
        else:
            self._select(text(data, "of"))

    def _added(self, node: str) -> None:
        """Turn to a card that is new here, to set it."""
        self._select(node)
        self.inspector.stay(node)

    def _select_all(self, nodes: list[str]) -> None:
        self.board.select(nodes)

    async def _run(self, until: str | list[str] | None) -> None:
        await self._begin(self.session.start(until=until or None))

    async def _resume(self, data: Data) -> None:
        run = text(data, "of")
        if any(known.run == run for known in self.past):
            await self._begin(self.sessions.resume(run))

    async def _begin(self, beginning: Awaitable[Run]) -> None:
        self._say("", "")
        try:
            await beginning
        except TensorRagError as error:
            if isinstance(error, PipelineHasErrors):
                self._look_at_all(error.problems)
            self._say(error.message, error.hint)
            self.strip_tab = "problems"
            return
        self._latest_run()
        self.inspector.look()
        if self.strip_tab == "problems":
            self.strip_tab = "timeline"

    def _look_at_all(self, problems: Sequence[Problem]) -> None:
        """What a run has found at the sources of cards is to be seen on them, with its remedy."""
        for node in {problem.node for problem in problems if problem.node is not None}:
            self.session.look_again_at(node)

    async def _run_on(self, data: Data) -> None:
        self.edits.places.run_on(data)
        if text(data, "place") not in ("", LOCAL):
            await self._look_at_places()

    async def _card_run_on(self, data: Data) -> None:
        self.edits.places.card_run_on(data)
        if text(data, "value") not in ("", LOCAL):
            await self._look_at_places()

    async def _take_gpu(self, data: Data) -> None:
        """Wait no longer for a GPU that does not come: run the card on another one."""
        node, gpu, run = text(data, "of"), text(data, "gpu"), self.session.run
        if node not in self.session.pipeline.nodes or gpu not in GPUS or run is None:
            return
        self.edits.places.choose_gpu(node, gpu)
        await self._cancel(node)
        asked = run.request
        again = self.session.start(asked.until, on=asked.on, branch=asked.branch)
        await self._begin(again)

    async def _look_at_places(self) -> None:
        """Ask other places what they offer, because somebody wants to know."""
        looking = asyncio.ensure_future(self.sessions.offered.look())
        await asyncio.sleep(0)
        self.refresh()
        await looking
        self.refresh()

    def _deploy(self) -> None:
        """Put TensorRag into the account at Modal, and turn to the page that shows it."""
        self.sessions.setting_up.begin(MODAL)
        ui.navigate.to(SET_UP)

    def _to_limit(self, data: Data) -> None:
        """Turn to the field of a limit of a card."""
        node, limit = text(data, "of"), text(data, "param")
        if limit in ("timeout", "memory") and node in self.session.pipeline.nodes:
            self._latest_run()
            self._select(node)
            self.inspector.show(node, "settings")
            self.inspector.focus_on(f"limit-{limit}")

    async def _cancel(self, node: str | None) -> None:
        try:
            await self.session.cancel(node or None)
        except TensorRagError as error:
            self._say(error.message, error.hint)

    async def _cancel_strays(self) -> None:
        try:
            await self.session.cancel_strays()
        except TensorRagError as error:
            self._say(error.message, error.hint)

    async def _trust_card(self, data: Data) -> None:
        node = self.session.pipeline.nodes.get(text(data, "of"))
        if node is None:
            return
        try:
            await self.sessions.trust(self.session, node.card, text(data, "sha256"))
        except TensorRagError as error:
            self._say(error.message, error.hint)

    async def _past_run(self, data: Data) -> None:
        """Look at a run of before: its cards as they were, its timeline and its log."""
        chosen = next((run for run in self.past if run.run == text(data, "of")), None)
        if chosen is None:
            return
        self._latest_run()
        if chosen.run != self.session.run_id():
            try:
                recorded = await self.session.recorded(chosen.run)
                events = await self.session.past_events(chosen.run)
            except TensorRagError as error:
                self._say(error.message, error.hint)
                return
            self._latest_run()  # another one may have been chosen meanwhile
            self._viewed = Viewed(chosen, events)
            with self._past_place:
                self._past_view = PastView(
                    self.session, chosen, recorded, self.inspector.numbers, self._tables, self.act
                )
        self.strip_tab = "timeline"
        self.refresh()

    def _choose_run(self, data: Data) -> None:
        """Choose a run to be compared, or leave it out."""
        run = text(data, "of")
        if data.get("value") is True and any(known.run == run for known in self.past):
            self._chosen.add(run)
        else:
            self._chosen.discard(run)

    def _latest_run(self) -> None:
        self._viewed = None
        if self._past_view is not None:
            self._past_view.close()
            self._past_view = None

    def _export(self, _: Data) -> None:
        name, content = self.session.export()
        ui.download.content(content, name, "application/json")

    def _search(self, data: Data) -> None:
        self.query = text(data, "value")[:100]

    def _add_found(self, data: Data) -> Any:
        found = first_found(self.session.catalog, text(data, "value")[:100])
        return self.edits.actions["add_card"]({"card": found.card}) if found else None

    def _palette_search(self, _: Data) -> None:
        self._palette.run_method("focusOn", SEARCH_FIELD)

    async def _leads(self, _: Data) -> None:
        """Somebody opened the command palette: tell it what is not on the canvas."""
        here = [*leads.of_card(self.inspector.card), *leads.OF_PIPELINE]
        self.board.set_leads(here)
        there = await leads.elsewhere(self.sessions, self.session.id)
        with self.client:
            self.board.set_leads([*here, *there])

    def _edit_source(self, data: Data) -> None:
        """Go to the page on which a card of one's own is written."""
        node = self.session.pipeline.nodes.get(text(data, "of"))
        if node is not None:
            ui.navigate.to(card_source.address(node.card, self.session.id))

    def _to_setting(self, data: Data) -> None:
        """Turn to a control in the settings of a card, the first one if none is named."""
        node = text(data, "of")
        if not node:
            self._to_own_setting(text(data, "control"))
            return
        self._select(node)
        self.inspector.show(self.inspector.node, "settings")
        known = [lead["control"] for lead in leads.of_card(self.inspector.card)]
        wanted = text(data, "control") or next(iter(known), "")
        if wanted in known:
            self.inspector.focus_on(wanted)

    def _to_own_setting(self, control: str) -> None:
        """Turn to a setting of the pipeline, which is seen while no card is selected."""
        if any(lead["control"] == control for lead in leads.OF_PIPELINE):
            self._select_all([])
            self._selected({})
            self.inspector.focus_on(control)

    def _tab(self, data: Data) -> None:
        if text(data, "tab") in TABS:
            self.inspector.show(self.inspector.node, text(data, "tab"))

    def _port(self, data: Data) -> None:
        self.inspector.port = text(data, "at")

    def _strip_tab(self, data: Data) -> None:
        if text(data, "tab") in STRIP_TABS:
            self.strip_tab = text(data, "tab")

    def _go(self, data: Data) -> None:
        """Turn to where a problem is."""
        self._latest_run()
        edge = next((e for e in self.session.pipeline.edges if e.id == text(data, "wire")), None)
        self._select(text(data, "of") or (edge.target if edge else ""))
        self.inspector.show(self.inspector.node, "settings")
        if text(data, "param"):
            self.inspector.focus(text(data, "param"))

    def _open_table(self, data: Data) -> None:
        self.inspector.open_table(self._tables, text(data, "of"), text(data, "at"))

    async def _open_sweep(self, data: Data) -> None:
        found, card = self.edits.settings.spec(data), self.inspector.card
        if found is not None and card is not None and card.node == found[0]:
            await self._sweeps.open(card, found[1])

    def _open_plot(self, data: Data) -> None:
        plot = data.get("plot")
        if isinstance(plot, Plot):  # it comes from a part of this page, never from the browser
            self._plots.open(plot)
