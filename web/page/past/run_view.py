"""A run of before, looked at: its cards as they were, over the canvas and the inspector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import background_tasks, ui

from tensorrag.catalog import TypeInfo
from tensorrag.edit.edges import title_of
from tensorrag.errors import TensorRagError
from tensorrag.pipeline import Node as CardNode
from tensorrag.quoting import visible
from web.canvas import PipelineCanvas
from web.live.runs.recorded import Recorded
from web.live.session import Session
from web.page.actions import Action, Data, text
from web.page.form.fields import FieldSpec, field_specs
from web.page.icons import glyph, icon, state
from web.page.inspector import outcome
from web.page.inspector.result import Result
from web.page.logs.view import log_view, reused_log
from web.page.markup import Element, Node, b, button, div, h2, span, table, tbody, td, th, tr
from web.page.panel import Act, Panel
from web.page.placing.where import ran_on
from web.page.runs.run_list import PastRun
from web.page.scene.card import Card
from web.page.scene.scene import face_of, kind_of
from web.page.tables.view import Tables
from web.page.wording import plural, seconds, when

TABS = ("result", "settings", "log")
VALUE_SHOWN = 200
"""Longest value of a setting that is shown, in characters."""
NO_LONGER_KEPT = (
    "Its result is no longer kept. Run it again to have it back; the oldest results make room "
    "when the store is full."
)


class PastView:
    """Over canvas and inspector until it is closed; nothing in it can be changed."""

    def __init__(
        self, session: Session, run: PastRun, recorded: Recorded, numbers: Mapping[str, int],
        tables: Tables,
        act: Act,
    ) -> None:  # fmt: skip
        """``numbers`` are those of the runs of this pipeline, by id."""
        self._session, self._run, self._recorded, self._act = session, run, recorded, act
        self._numbers, self._tables = numbers, tables
        self._looked: Result | None = None
        """What was fetched of the card that is shown."""
        self._node, self._tab, self._port = "", "result", ""
        self.actions: dict[str, Action] = {
            "past_tab": self._to_tab,
            "past_port": self._to_port,
            "open_table": self._open_table,
        }
        with ui.element("section").classes("stage aswas") as self._stage:
            self._stage.props.update({"aria-label": self._said, "data-testid": "past-view"})
            self._canvas = PipelineCanvas(
                readonly=True, on_ready=lambda _: self._draw(), on_select=self._on_select
            )
            Panel("div", self._banner())
        with ui.element("aside").classes("insp aswas") as self._side:
            self._side.props.update({"aria-label": "Card as it was", "data-testid": "past-card"})
            self._head = Panel("div", act=act)
            self._body = ui.element("div").classes("ibody")
        self._write()

    def close(self) -> None:
        """Take it away."""
        self._stage.delete()
        self._side.delete()

    @property
    def _said(self) -> str:
        return f"Run {self._run.number} as it was"

    async def _draw(self) -> None:
        recorded = self._recorded
        drawn = await self._session.drawn(recorded.pipeline, recorded.runtime())
        if not self._stage.is_deleted:
            self._canvas.load(drawn)

    # --- what people do: nothing of it is trusted -------------------------------------------

    def _on_select(self, data: Data) -> None:
        nodes = data.get("nodes")
        only = nodes[0] if isinstance(nodes, list) and len(nodes) == 1 else ""
        self.show(only if isinstance(only, str) else "")

    def show(self, node: str) -> None:
        """Turn to a card, if there was one."""
        self._node = node if node in self._recorded.pipeline.nodes else ""
        self._port, self._looked = "", None
        self._write()

    def focus(self, node: str) -> None:
        """Select a card and bring it into view, if there was one."""
        if node in self._recorded.pipeline.nodes:
            self._canvas.focus_node(node)

    def _to_tab(self, data: Data) -> None:
        if text(data, "tab") in TABS:
            self._tab = text(data, "tab")
            self._write()

    def _to_port(self, data: Data) -> None:
        self._port = text(data, "at")
        self._write()

    def _open_table(self, data: Data) -> None:
        node = self._recorded.pipeline.nodes.get(self._node)
        if node is not None and self._looked is not None:
            self._looked.open_table(self._tables, self._card(node), text(data, "at"))

    def _card(self, node: CardNode) -> Card:
        return Card(
            node.id, visible(title_of(node, self._session.catalog)), kind=self._kind(node),
            runtime=self._recorded.runtime().get(node.id),
        )  # fmt: skip

    def _kind(self, node: CardNode) -> TypeInfo | None:
        return kind_of(self._session.catalog, self._session.catalog.cards.get(node.card))

    # --- what is seen -----------------------------------------------------------------------

    def _banner(self) -> Node:
        lost = len(self._recorded.lost)
        kept = f"{plural(lost, 'result')} of it {'is' if lost == 1 else 'are'} no longer kept."
        return div(".elsewhere", role="status")[
            div(".row", style="padding-right:12px")[
                span(".c-idle")[icon("history", ".s")],
                div(".sp")[
                    b[self._said],
                    span(".m2")[f", {when(self._run.started)}. To be looked at only. ",
                                kept if lost else None],
                ],
            ]
        ]  # fmt: skip

    def _write(self) -> None:
        node = self._recorded.pipeline.nodes.get(self._node)
        self._head.show(self._heading(node) if node is not None else None)
        self._body.clear()
        with self._body:
            if node is None:
                Panel("div", div(".sec.lead")["Select a card to see what it made in this run."])
            elif self._tab == "settings":
                Panel("div", self._settings(node))
            elif self._tab == "log":
                Panel("div", self._log(node), act=self._act)
            else:
                self._result(node)

    def _heading(self, node: CardNode) -> Node:
        shown = self._recorded.shown.get(node.id)
        known = shown.node if shown is not None else {}
        took = "reused" if known.get("cached") else seconds(known.get("seconds"))
        return [
            div(".ih")[
                div(".row")[
                    glyph(self._kind(node)),
                    h2[visible(title_of(node, self._session.catalog))],
                ],
                div(".row.s12.ihs")[
                    state(shown.state if shown is not None else "idle"),
                    span(".m2.cut")[
                        ran_on(known) if known.get("state") == "done" else known.get("reason")
                    ],
                    span(".sp"),
                    took and span(".num.m2")[took],
                ],
            ],
            div(".tabs", role="tablist", aria_label="About the card")[
                [self._tab_button(name) for name in TABS]
            ],
        ]

    def _tab_button(self, name: str) -> Element:
        return button(
            type="button", role="tab", data_act="past_tab", data_tab=name,
            aria_selected="true" if name == self._tab else "false",
        )[name.title()]  # fmt: skip

    def _log(self, node: CardNode) -> Node:
        shown = self._recorded.shown.get(node.id)
        if shown is not None and shown.printed_by is not None:
            return reused_log(*shown.printed_by, self._numbers.get(shown.printed_by[0]))
        return log_view(self._recorded.run, node.id, nothing="It printed nothing in this run.")

    def _settings(self, node: CardNode) -> Node:
        params = self._recorded.params.get(node.id, node.params)
        if not params:
            return div(".sec.lead")["It has no settings."]
        info = self._session.catalog.cards.get(node.card)
        specs = {spec.name: spec for spec in field_specs(info.params if info else {})}
        rows = [_setting(name, value, specs.get(name)) for name, value in params.items()]
        return div(".sec.wide")[table(".mt")[tbody[rows]]]

    def _result(self, node: CardNode) -> None:
        shown = self._recorded.shown.get(node.id)
        if shown is not None and shown.node.get("error"):
            Panel("div", outcome.failure(shown.node["error"], node.id), act=self._act)
        elif node.id in self._recorded.lost:
            Panel("div", div(".sec.lead")[NO_LONGER_KEPT])
        elif shown is None or shown.state != "done" or shown.key is None:
            Panel("div", div(".sec.lead")["It made nothing in this run."])
        with ui.element("div") as place:
            looked = self._looked
            if looked is not None and looked.knows(self._port):
                looked.build(self._port, self._act, face_of(self._card(node)), past=True)
                return
        background_tasks.create(self._look(node, place), name=f"past result of {node.id}")

    async def _look(self, node: CardNode, place: ui.element) -> None:
        """Fetch what is kept of what came in and went out."""
        looked = self._looked or Result(
            self._session, self._recorded.pipeline, node.id, self._recorded.kept
        )
        try:
            await looked.begin()
            if place.is_deleted or self._node != node.id:  # something else was chosen meanwhile
                return
            self._looked, face = looked, face_of(self._card(node))
            with place:
                looked.build(self._port, self._act, face, past=True)
            if not looked.knows(self._port):
                await looked.look(self._port)
                if not place.is_deleted:
                    looked.fill(self._port, self._act, face)
        except (TensorRagError, ValueError):
            return


def _setting(name: str, value: Any, spec: FieldSpec | None) -> Element:
    """Write a setting as its form does; one that the card no longer has by its name."""
    label, shown = (spec.label, spec.shown(value)) if spec else (name, str(value))
    told = visible(shown)[:VALUE_SHOWN]
    return tr[th(scope="row", title=visible(name))[visible(label)], td(".cut", title=told)[told]]
