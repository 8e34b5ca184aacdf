"""The board: the canvas of one tab, what is laid over it, and what people do on it."""

from __future__ import annotations

import asyncio
from typing import Any, TypeGuard

from nicegui import ui

from tensorrag.errors import FileFormatError, TensorRagError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.keys import MAX_TITLE
from tensorrag.pipeline.room import free_below
from web.canvas import PipelineCanvas
from web.live.session import Session
from web.live.sessions import Sessions
from web.page.actions import Data, text, texts
from web.page.board.banner import Said, banner
from web.page.board.clipboard import copied_text, read_copied, sources_of
from web.page.board.dropped import Dropped
from web.page.board.waiting import waiting
from web.page.edits.edits import Edits
from web.page.inspector.composite import composite_of
from web.page.markup import Node, div, h2, li, ol, p, span
from web.page.panel import Act, Panel
from web.page.wording import plural

FAR = 1e6
"""No card lies farther out, in pixels."""
COMMANDS = frozenset(
    {"undo", "redo", "run", "run_node", "run_branch", "cancel", "leads", "to_setting"}
    | {"edit_source", "bypass"}
)


class Board:
    """A canvas that shows a session, and hands on what is done to it."""

    def __init__(self, sessions: Sessions, session: Session, edits: Edits, act: Act) -> None:
        """``act`` hears ``select``, too: ``of`` one card or ``composite``, and all ``nodes``."""
        self._sessions, self._session, self._edits, self._act = sessions, session, edits, act
        self._note: Said = None
        self._told: JsonObject = {}
        """The sources of cards that the canvas has, for what is copied."""
        self._dropped = Dropped(sessions)
        self.actions = {"add_dropped": self._add_dropped, "leave_dropped": self._leave_dropped}
        """Answers for files with cards that were dropped here."""
        with ui.element("div").classes("stage"):
            self._canvas = PipelineCanvas(
                on_ready=lambda _: self._canvas.load(session.stage.snapshot()),
                on_ops=self._on_ops,
                on_spawn=self._on_spawn,
                on_command=self._on_command,
                on_select=self._on_select,
                on_rejected=lambda data: self.say(text(data, "message")),
                on_drop_card=self._on_drop_card,
                on_upload=self._on_upload,
                on_paste=self._on_paste,
            )
            self._over = Panel("div", self._overlay(), act=act)

    def show(self) -> None:
        """Lay over the canvas what belongs there now."""
        self._over.show(self._overlay())

    def patch(self, revision: int, ops: list[JsonObject]) -> None:
        """Show that cards or wires changed."""
        self._canvas.patch(revision, ops)

    def set_runtime(self, states: dict[str, JsonObject | None]) -> None:
        """Show what cards are doing."""
        self._canvas.set_runtime(states)

    def focus(self, node: str) -> None:
        """Select a card and bring it into view."""
        self._canvas.focus_node(node)

    def select(self, nodes: list[str]) -> None:
        """Select these cards and nothing else."""
        self._canvas.select(nodes)

    def set_leads(self, leads: list[JsonObject]) -> None:
        """Tell the command palette where else it can lead."""
        self._canvas.set_leads(leads)

    def say(self, message: str, hint: str = "") -> None:
        """Say something that belongs to no card, until it is closed or an edit works."""
        self._note = (message, hint) if message else None
        self.show()

    def _overlay(self) -> Node:
        return [
            not self._session.pipeline.nodes and _empty(),
            waiting(self._session, self._dropped.question()),
            banner(self._session, self._note),
        ]

    # --- what people do on the canvas: nothing in it is trusted -----------------------------

    def _on_ops(self, data: Data) -> None:
        ops = data.get("ops")
        if not isinstance(ops, list):
            return
        said = self._note
        if not self._edits.edit(ops, text(data, "label")[:MAX_TITLE]):
            # The browser has drawn the gesture already: show it the truth again.
            self._canvas.load(self._session.stage.snapshot() | {"fit": False})
        elif said is not None and self._note is said:
            self.say("")

    def _on_spawn(self, data: Data) -> None:
        card = {name: data.get(name) for name in ("card", "x", "y")}
        loose = data.get("connect")
        if isinstance(loose, list):
            card["connect"] = [_wire(each) for each in loose if isinstance(each, dict)]
        card |= {name: data[name] for name in ("splice", "params") if data.get(name) is not None}
        making_way, frames = data.get("positions"), data.get("annotations")
        first = [{"op": "annotate", "annotations": frames}] if frames else []
        first += [{"op": "move", "positions": making_way}] if making_way else []
        self._edits.add(card, first)

    def _on_command(self, data: Data) -> Any:
        name, node = text(data, "name"), text(data, "node")
        nodes, notes = texts(data, "nodes"), texts(data, "annotations")
        if name == "copy":
            self._canvas.put_in_clipboard(
                copied_text(nodes, notes, self._session.pipeline, self._session.catalog)
            )
        elif name == "duplicate":
            copied = {"of": node, "nodes": nodes, "annotations": notes}
            return self._act(name, copied | {"by": data.get("by")})
        elif name == "palette_search" or name in COMMANDS:
            return self._act(name, {"of": node, "nodes": nodes, "control": text(data, "control")})
        return None

    def _on_select(self, data: Data) -> Any:
        nodes = texts(data, "nodes")
        self._hand_over_sources(nodes)
        composite = composite_of(self._session, nodes) if nodes else None
        of = nodes[0] if len(nodes) == 1 and not composite else None
        return self._act("select", {"of": of, "composite": composite, "nodes": nodes})

    def _hand_over_sources(self, nodes: list[str]) -> None:
        """Give the canvas the sources of cards of one's own that it would need to copy these."""
        sources = sources_of(nodes, self._session.pipeline, self._session.catalog)
        new = {card: each for card, each in sources.items() if self._told.get(card) != each}
        if new:
            self._told |= new
            self._canvas.set_sources(new)

    async def _on_paste(self, data: Data) -> None:
        """Put in what was copied, here or anywhere: any text may arrive."""
        x, y = data.get("x"), data.get("y")
        try:
            copied, lost = await asyncio.to_thread(read_copied, text(data, "text"))
        except FileFormatError as error:
            self.say(error.message, error.hint)
            return
        self.say("")
        if self._edits.paste(copied, (x, y) if _is_place(x) and _is_place(y) else None) and lost:
            self.say(f"{plural(lost, 'entry', 'entries')} of what was copied could not be used.")

    async def _on_drop_card(self, data: Data) -> None:
        """A file in Python was dropped on the canvas: a program, so nothing is done unasked."""
        try:
            await self._dropped.ask(text(data, "name"), text(data, "text"))
        except TensorRagError as error:
            self.say(error.message, error.hint)
        else:
            self.say("")

    def _leave_dropped(self, data: Data) -> None:
        self._dropped.answered(data)
        self.show()

    async def _add_dropped(self, data: Data) -> None:
        file = await self._dropped.agreed(data)
        self.show()
        if file is None:
            return
        try:
            name = await self._sessions.cards.add(file.name, file.source)
        except TensorRagError as error:
            self.say(error.message, error.hint)
            return
        wrong = [notice for notice in self._session.catalog.notices if notice.file == name]
        if wrong:  # the palette says so as well, where it is wide enough
            self.say(f"{name} was kept, but cannot be used. {wrong[0].message}", wrong[0].hint)
        else:
            self.say("")

    def _on_upload(self, data: Data) -> None:
        """A table was dropped: the one card that waits for a file takes it, else a new one does."""
        waiting = _awaiting_file(self._session.pipeline)
        if waiting is not None:
            self._act("uploaded", {**data, "of": waiting, "param": "upload"})
            self.focus(waiting)
            return
        params = {
            "source": "upload",
            "upload": data.get("upload"),
            "upload_name": data.get("name"),
        }
        x, y = data.get("x"), data.get("y")
        if _is_place(x) and _is_place(y):
            x, y = free_below(self._session.pipeline, x, y)
        place = {"x": x, "y": y}
        self._edits.add({"card": "data_load", **place, "params": params})


def _awaiting_file(pipeline: Pipeline) -> str | None:
    """Return the card that is to load an upload and has none yet, if exactly one is so."""
    waiting = [
        node.id
        for node in pipeline.nodes.values()
        if node.card == "data_load"
        and node.params.get("source") == "upload"
        and not node.params.get("upload")
    ]
    return waiting[0] if len(waiting) == 1 else None


def _is_place(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and abs(value) < FAR


def _empty() -> Node:
    steps = (
        "Drag Data Load from the left, or double-click here, or press /.",
        "Drag from a port to wire it to the next card.",
        "Set what each card needs on the right, then Run.",
    )
    numbered = [
        li[span(aria_hidden="true")[str(at)], span[step]] for at, step in enumerate(steps, start=1)
    ]
    return div(".empty")[
        div[
            h2["An empty canvas"],
            ol[numbered],
            p(".m2")["A pipeline's file, a table or a card in Python can be dropped here, too."],
        ]
    ]


def _wire(loose: Data) -> JsonObject:
    """Turn a wire that was dropped on nothing into one whose open end is the new card."""
    here, there = ("source", "target") if loose.get("side") == "out" else ("target", "source")
    return {
        here: loose.get("node"),
        f"{here}_port": loose.get("port"),
        f"{there}_port": loose.get("to"),
    }
