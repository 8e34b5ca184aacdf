"""The page of one pipeline: top bar, palette, canvas, inspector and strip, around one session.

What is seen lives in the session, which every tab shares. What is only looked at (the selected
card, an open tab, a search) lives in the Editor, one per tab.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from nicegui import Client, background_tasks, ui

from tensorrag.errors import TensorRagError
from tensorrag.pipeline import JsonObject
from tensorrag.preview import TablePreview
from web import course, theme
from web.actions import Data, Edits, text
from web.canvas import PipelineCanvas
from web.icons import icon
from web.inspector import TABS, Inspector
from web.markup import Node, button, div, h2, li, ol, p, span
from web.palette import palette
from web.panel import Panel
from web.run_panel import TABS as STRIP_TABS
from web.run_panel import PastRun, Stale, Strip, strip
from web.scene import kind_of, titles
from web.session import Session, View
from web.sessions import Sessions
from web.standing import Machine, past_runs, standing
from web.table_view import TableView
from web.topbar import TopBar, top_bar

TICK = 0.5
"""Seconds between two looks at the clock while something runs."""


IN_SETTINGS = frozenset({"set", "reset", "wire", "title", "uploading"})
"""Actions that happen in the settings of a card."""


class Editor(View):
    """One tab that shows a pipeline."""

    def __init__(self, sessions: Sessions, session: Session, machine: Machine) -> None:
        self.sessions, self.session, self.machine = sessions, session, machine
        self.edits = Edits(session, self._say, self._added)
        self.strip_tab, self.query = "timeline", ""
        self.past: list[PastRun] = []
        self._name = session.pipeline.name
        self._note: tuple[str, str] | None = None
        self._table: TableView | None = None
        self._dirty = asyncio.Event()
        self._actions: dict[str, Callable[[Data], Any]] = self.edits.actions | {
            "run": lambda _: self._run(None),
            "run_node": lambda data: self._run(text(data, "node")),
            "cancel": lambda _: self._cancel(None),
            "cancel_card": lambda data: self._cancel(text(data, "node")),
            "export": self._export,
            "search": self._search,
            "tab": self._tab,
            "port": self._port,
            "strip_tab": self._strip_tab,
            "problems": lambda _: self._strip_tab({"tab": "problems"}),
            "focus": lambda data: self._select(text(data, "node")),
            "go": self._go,
            "note": lambda data: self._say(text(data, "message"), ""),
            "close_note": self._close_note,
            "open_table": self._open_table,
            "close_table": self._close_table,
            "find_column": self._find_column,
            "pick_column": self._pick_column,
            "rows": self._rows,
        }

    # --- building ---------------------------------------------------------------------------

    def build(self, client: Client) -> None:
        """Put the page together, and follow the session until the tab is closed."""
        self.client = client
        with ui.element("div").classes("app"):
            self._top = Panel("header", self._top_bar(), act=self.act).classes("top")
            self._palette = Panel("nav", self._palette_content(), act=self.act).classes("pal")
            self._palette._props.update({"data-testid": "palette", "aria-label": "Cards"})
            with ui.element("div").classes("stage"):
                self._canvas()
                self._over = Panel("div", self._overlay(), act=self.act)
            self.inspector = Inspector(
                self.session, self.act, lambda node: self.edits.uploading.get(node)
            )
            self._strip = Panel("section", self._strip_content(), act=self.act).classes("strip")
            self._strip._props["aria-label"] = "Run"
        self._sheets = ui.element("div")
        self.inspector.refresh()
        stop = [self.session.subscribe(self), self.sessions.on_catalog(self.refresh)]
        loop = background_tasks.create(self._keep_fresh(), name="page of a pipeline")
        client.on_delete(lambda: ([unsubscribe() for unsubscribe in stop], loop.cancel()))
        background_tasks.create(self._load_past(), name="past runs")

    def _canvas(self) -> None:
        self.canvas = PipelineCanvas(
            on_ready=lambda _: self.canvas.load(self.session.snapshot()),
            on_ops=self._on_ops,
            on_spawn=self._on_spawn,
            on_command=self._on_command,
            on_select=self._on_select,
            on_rejected=lambda data: self._say(text(data, "message"), ""),
            on_drop_card=self._on_drop_card,
            on_upload=self._on_upload,
        )

    # --- showing ----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the latest, soon: many changes at once are shown once."""
        self._dirty.set()

    async def _keep_fresh(self) -> None:
        while True:
            timeout = TICK if self.session.running else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), timeout)
            self._dirty.clear()
            with self.client:
                self._show()
            await asyncio.sleep(0.02)

    def _show(self) -> None:
        self._top.show(self._top_bar())
        if self._name != self.session.pipeline.name:
            self._name = self.session.pipeline.name
            ui.page_title(theme.title(self._name))
        self._palette.show(self._palette_content())
        self._over.show(self._overlay())
        self._strip.show(self._strip_content())
        self.inspector.refresh()

    def _top_bar(self) -> Node:
        session = self.session
        return top_bar(
            TopBar(
                name=session.pipeline.name,
                saved=session.saved_text,
                undo=session.undo_label or None,
                redo=session.redo_label or None,
                status=session.run_status,
                detail=standing(session).left if session.running else "",
                errors=sum(problem.level == "error" for problem in session.problems),
                nodes=len(session.pipeline.nodes),
                device=self.machine.device,
                facts=self.machine.facts,
            )
        )

    def _palette_content(self) -> Node:
        return palette(self.session.catalog, self.query)

    def _strip_content(self) -> Node:
        session, events = self.session, self.session.events()
        names = titles(session)
        catalog, nodes = session.catalog, session.pipeline.nodes
        kinds = {node.id: kind_of(catalog, catalog.cards.get(node.card)) for node in nodes.values()}
        current = standing(session)
        stale = [
            Stale(node, names[node], runtime["reason"])
            for node, runtime in session.runtime().items()
            if runtime["state"] == "stale" and runtime.get("reason") and node in names
        ]
        return strip(
            Strip(
                tab=self.strip_tab,
                number=len(self.past),
                status=session.run_status,
                elapsed=current.seconds,
                bars=course.bars(events, names, kinds) if self.strip_tab == "timeline" else (),
                log=course.log_of(events) if self.strip_tab == "log" else (),
                problems=session.problems,
                stale=stale,
                runs=self.past,
                titles=names,
            )
        )

    def _overlay(self) -> Node:
        return [
            not self.session.pipeline.nodes and _empty(),
            self._note and _note(*self._note),
        ]

    # --- what the session tells -------------------------------------------------------------

    def on_patch(self, revision: int, ops: list[JsonObject]) -> None:
        """The document changed."""
        self.canvas.patch(revision, ops)
        self.refresh()

    def on_runtime(self, states: dict[str, JsonObject | None]) -> None:
        """Cards changed their state."""
        self.canvas.set_runtime(states)
        self.refresh()

    def on_problems(self) -> None:
        """A check arrived."""
        self.refresh()

    def on_status(self) -> None:
        """Saved, undo, redo, or a run began or ended."""
        background_tasks.create(self._load_past(), name="past runs")
        self.refresh()

    def on_run_event(self, event: JsonObject) -> None:
        """Something happened in the run."""
        self.refresh()

    def on_warning(self, message: str, hint: str) -> None:
        """Something went wrong that belongs to no card."""
        self._say(message, hint)

    def on_closed(self) -> None:
        """The pipeline was deleted."""
        with self.client:
            ui.navigate.to("/")

    async def _load_past(self) -> None:
        self.past = past_runs(await self.session.runs(500))
        self.refresh()

    # --- what people do ---------------------------------------------------------------------

    def act(self, name: str, data: Data) -> Awaitable[None] | None:
        """Do what a control says; unknown actions are not heard."""
        action = self._actions.get(name)
        if action is None:
            return None
        if name in IN_SETTINGS:
            self.inspector.stay(text(data, "node"))
        result = action(data)
        self.refresh()
        return result if asyncio.iscoroutine(result) else None

    def _say(self, message: str, hint: str) -> None:
        self._note = (message, hint) if message else None
        self.refresh()

    def _close_note(self, _: Data) -> None:
        self._note = None

    def _select(self, node: str) -> None:
        if node in self.session.pipeline.nodes:
            self.edits.selected = node
            self.canvas.focus_node(node)
            self.inspector.show(node)

    def _added(self, node: str) -> None:
        """Turn to a card that is new here, to set it."""
        self._select(node)
        self.inspector.show(node, "settings")

    async def _run(self, node: str | None) -> None:
        self._note = None
        try:
            await self.session.start(until=node or None)
        except TensorRagError as error:
            self._say(error.message, error.hint)
            self.strip_tab = "problems"
            return
        if self.strip_tab == "problems":
            self.strip_tab = "timeline"

    async def _cancel(self, node: str | None) -> None:
        try:
            await self.session.cancel(node or None)
        except TensorRagError as error:
            self._say(error.message, error.hint)

    def _export(self, _: Data) -> None:
        name, content = self.session.export()
        ui.download.content(content, name, "application/json")

    def _search(self, data: Data) -> None:
        self.query = text(data, "value")[:100]

    def _tab(self, data: Data) -> None:
        if text(data, "tab") in TABS:
            self.inspector.show(self.inspector.node, text(data, "tab"))

    def _port(self, data: Data) -> None:
        self.inspector.port = text(data, "port")

    def _strip_tab(self, data: Data) -> None:
        if text(data, "tab") in STRIP_TABS:
            self.strip_tab = text(data, "tab")

    def _go(self, data: Data) -> None:
        """Turn to where a problem is."""
        edge = next((e for e in self.session.pipeline.edges if e.id == text(data, "edge")), None)
        self._select(text(data, "node") or (edge.target if edge else ""))
        self.inspector.show(self.inspector.node, "settings")
        if text(data, "param"):
            self.inspector.focus(text(data, "param"))

    def _open_table(self, data: Data) -> None:
        node, port = text(data, "node"), text(data, "port")
        preview = self.inspector.previews.get(port)
        card = self.inspector.card
        if card is None or card.node != node or not isinstance(preview, TablePreview):
            return
        self._close_table({})
        with self._sheets:
            self._table = TableView(self.session, card, port, preview, self.act)

    def _close_table(self, _: Data) -> None:
        if self._table is not None:
            self._table.close()
            self._table = None

    def _find_column(self, data: Data) -> None:
        if self._table is not None:
            self._table.find(text(data, "value"))

    def _pick_column(self, data: Data) -> None:
        if self._table is not None:
            self._table.pick(data.get("column"))

    async def _rows(self, data: Data) -> None:
        if self._table is not None:
            await self._table.rows(data)

    # --- what the canvas tells --------------------------------------------------------------

    def _on_ops(self, data: Data) -> None:
        ops = data.get("ops")
        if isinstance(ops, list) and not self.edits.edit(ops):
            self.canvas.load(self.session.snapshot() | {"fit": False})

    def _on_spawn(self, data: Data) -> None:
        self.edits.add({"card": data.get("card"), "x": data.get("x"), "y": data.get("y")})

    def _on_command(self, data: Data) -> Awaitable[None] | None:
        name, node = text(data, "name"), text(data, "node")
        if name == "palette_search":
            self._palette.run_method("focusOn", "palette-search")
        elif name == "duplicate" and (node or self.edits.selected):
            return self.act("duplicate", {"node": node or self.edits.selected})
        elif name in ("undo", "redo", "run", "run_node", "cancel"):
            return self.act(name, {"node": node})
        return None

    def _on_select(self, data: Data) -> None:
        nodes = data.get("nodes")
        chosen = nodes[0] if isinstance(nodes, list) and len(nodes) == 1 else None
        if isinstance(chosen, str) or chosen is None:
            self.edits.selected = chosen
            self.inspector.show(chosen)

    async def _on_drop_card(self, data: Data) -> None:
        try:
            await self.sessions.add_card_file(text(data, "name"), text(data, "text"))
        except TensorRagError as error:
            self._say(error.message, error.hint)

    def _on_upload(self, data: Data) -> None:
        """A table was dropped on the canvas: a card that loads it."""
        params = {
            "source": "upload",
            "upload": data.get("upload"),
            "upload_name": data.get("name"),
        }
        place = {"x": data.get("x"), "y": data.get("y")}
        self.edits.add({"card": "data_load", **place, "params": params})


def _note(message: str, hint: str) -> Node:
    return div(".note", role="alert")[
        span[message, hint and f" {hint}"],
        button(type="button", data_act="close_note", aria_label="Close this message")[
            icon("close", ".s")
        ],
    ]


def _empty() -> Node:
    steps = (
        "Drag Data Load from the left, or press / and Enter.",
        "Drag from a port to wire it to the next card.",
        "Set what each card needs on the right, then Run.",
    )
    return div(".empty")[
        div[
            h2["An empty canvas"],
            ol[
                [
                    li[span(aria_hidden="true")[str(at)], span[step]]
                    for at, step in enumerate(steps, 1)
                ]
            ],
            p(".m2")["A pipeline's file, a table or a card in Python can be dropped here, too."],
        ]
    ]
