"""The inspector: what one card is, what it made, and how it is set; or the pipeline's summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import background_tasks, ui
from pydantic import TypeAdapter

from tensorrag.check import NodeFacts
from tensorrag.errors import TensorRagError
from tensorrag.preview import (
    Face,
    NetworkFace,
    NetworkPreview,
    Preview,
    SplitFace,
    TablePreview,
)
from tensorrag.types.schema import TableSchema
from web.live.offered import Offered
from web.live.session import Session
from web.page import course, details, money, outcome, settings
from web.page.charts import Chart, live_curve, live_series
from web.page.columns import column_list, columns_head, schema_list
from web.page.details import Card
from web.page.icons import type_colours
from web.page.log_view import WAITING, last_line, log_view, reused_log
from web.page.markup import Node, div, h3, span
from web.page.panel import Act, Panel
from web.page.preview import open_button, port_tabs, show_preview
from web.page.scene import card_of, kind_of, table_columns
from web.page.summary import summary

TABS = details.TABS
PRINTED_NOTHING = "It printed nothing.", "It printed nothing: its result was reused."
_FACE: TypeAdapter[Face | None] = TypeAdapter(Face | None)
_PREVIEWS: TypeAdapter[dict[str, Preview]] = TypeAdapter(dict[str, Preview])


class Inspector:
    """One view's inspector: what is chosen in it lives here, what it shows in the session."""

    def __init__(
        self,
        session: Session,
        act: Act,
        uploading: Callable[[str], str | None],
        offered: Offered,
    ) -> None:
        """``uploading`` names a file on its way to a card; ``offered`` is what others offer."""
        self._session, self._act, self._uploading = session, act, uploading
        self._offered = offered
        self.node: str | None = None
        self._chosen: dict[str, str] = {}
        """Tabs that were chosen, by card."""
        self._busy: set[str] = set()
        """Cards that are being set: their settings stay open, whatever happens to them."""
        self.port: str | None = None
        self.numbers: Mapping[str, int] = {}
        """Of the runs of this pipeline, by id."""
        self.previews: dict[str, Preview] = {}
        """Of the card that is shown, by port."""
        self._shown: tuple[Any, ...] = ()
        """What the body was built for; anything else needs a new one."""
        self._part: Panel | None = None
        self._live: _Live | None = None
        with ui.element("aside").classes("insp") as root:
            root.props.update({"data-testid": "inspector", "aria-label": "Inspector"})
            self._head = Panel("div", act=act)
            self._body = ui.element("div").classes("ibody")
            self._body.props.update({"role": "tabpanel", "id": "tab-panel", "tabindex": "0"})

    def show(self, node: str | None, tab: str | None = None) -> None:
        """Turn to a card, or to the pipeline."""
        if node != self.node:
            self.port = None
        self.node = node
        if node is not None and tab is not None:
            self._chosen[node] = tab
        self.refresh()

    def stay(self, node: str) -> None:
        """Keep the settings of a card open: someone works in them."""
        self._busy.add(node)

    def look(self) -> None:
        """Turn from settings to results: something was run. A tab chosen by hand stays."""
        self._busy.clear()
        self._chosen = {node: tab for node, tab in self._chosen.items() if node == self.node}

    def tab(self, card: Card) -> str:
        """Return the open tab: the chosen one, else the result where there is one."""
        bare = card.errors > 0 or card.state == "idle" or card.node in self._busy
        return self._chosen.get(card.node) or ("settings" if bare else "result")

    def refresh(self) -> None:
        """Show what there is now; a field that is being edited keeps its focus and text."""
        card = self.card
        if card is None:
            self._head.show(None)
            self._plain(("summary",), summary(self._session))
            return
        tab = self.tab(card)
        self._head.show([details.head(card), details.tabs(tab, card)])
        match tab:
            case "settings":
                self._plain(("settings", card.node), settings.settings(card))
            case "columns":
                self._plain(("columns", card.node), self._columns(card))
                self._profile(card)
            case "log":
                self._plain(("log", card.node), self._log(card), testid="log")
            case _:
                self._result(card)

    def focus(self, param: str) -> None:
        """Put the cursor into the field of a parameter."""
        self.focus_on(f"f-{param}")

    def focus_on(self, control: str) -> None:
        """Put the cursor into a control of the open tab, by its id."""
        if self._part is not None:
            self._part.run_method("focusOn", control)

    @property
    def card(self) -> Card | None:
        """The card that is shown, as it is now."""
        if self.node is None or self.node not in self._session.pipeline.nodes:
            self.node = None
            return None
        runtime = self._session.runtime().get(self.node)
        uploading = self._uploading(self.node)
        return card_of(self._session, self.node, runtime, uploading, self._offered)

    def _plain(self, what: tuple[Any, ...], content: Node, testid: str | None = None) -> None:
        """Show markup; the part stays while it shows the same thing."""
        if self._shown != what or self._part is None:
            self._begin(what)
            with self._body:
                self._part = Panel("div", content, act=self._act)
                if testid:
                    self._part.props["data-testid"] = testid
            return
        self._part.show(content)

    def _begin(self, what: tuple[Any, ...]) -> None:
        self._shown, self._part, self._live = what, None, None
        self._body.clear()

    def _columns(self, card: Card) -> Node:
        facts = self._session.checked.nodes.get(card.node)
        table = self._table(facts) if self._shown_node() == card.node else None
        if table is not None:
            return [columns_head(table), column_list(table)]
        known = table_columns(facts)
        if known is None:
            return div(".sec.lead")[
                "No columns are known yet. Connect a table, or run the card before."
            ]
        where, columns = known
        return div(".sec")[
            h3["Columns", span(".u")[f"{len(columns)} columns that it {where}"]],
            schema_list(columns),
        ]

    def _profile(self, card: Card) -> None:
        """Fetch what is known of the columns of a result, unless that is shown already."""
        token = self._token(card)
        if token is not None and self._previewed != (card.node, token):
            background_tasks.create(self._load(card, token), name=f"columns of {card.node}")

    def _table(self, facts: NodeFacts | None) -> TablePreview | None:
        """Return the table that was made; None where the card would make other columns now."""
        tables = {p: t for p, t in self.previews.items() if isinstance(t, TablePreview)}
        port = self.port if self.port in tables else next(iter(tables), None)
        if port is None:
            return None
        table, schema = tables[port], facts.schemas.get(port) if facts else None
        names = schema.names if isinstance(schema, TableSchema) else None
        made = tuple(column.name for column in table.columns)
        same = names is None or (names[: len(made)] == made and len(names) == table.width)
        return table if same else None

    def _shown_node(self) -> str | None:
        return self._previewed[0] if self._previewed else None

    _previewed: tuple[str, Any] | None = None

    def _log(self, card: Card) -> Node:
        before = self._session.printed_by(card.node)
        if before is not None and card.state in ("done", "stale"):
            return reused_log(*before, self.numbers.get(before[0]))
        seen = last_line(self._session.events(), card.node)
        reused = bool(card.runtime and card.runtime.get("cached"))
        nothing = WAITING if card.state not in course.ENDED else PRINTED_NOTHING[reused]
        return log_view(self._session.run_id(card.node), card.node, seen=seen, nothing=nothing)

    # --- the result -------------------------------------------------------------------------

    def _result(self, card: Card) -> None:
        if card.state == "running":
            self._running(card)
            return
        token = self._token(card)
        if token is None:
            self._plain(("nothing", card.node, card.state), outcome.nothing_yet(card))
            return
        if self._shown != ("result", card.node, token, self.port):
            background_tasks.create(self._load(card, token), name=f"preview of {card.node}")

    def _token(self, card: Card) -> Any:
        """Return what tells one result from another; None where there is none."""
        shown = self._session.shown(card.node)
        if not shown:
            return None
        error = shown.get("error")
        digests = tuple(out.get("sha256") for out in (shown.get("outputs") or {}).values())
        return (*digests, str(error)) if digests or error else None

    async def _load(self, card: Card, token: Any) -> None:
        """Fetch what the card made, unless something else was chosen meanwhile."""
        try:
            self.previews = _PREVIEWS.validate_python(await self._session.preview(card.node))
        except TensorRagError as error:
            self.previews = {}
            if self.node == card.node and self.tab(card) == "result":
                self._plain(
                    ("error", card.node),
                    outcome.failure({"message": error.message, "hint": error.hint}),
                )
            return
        self._previewed = (card.node, token)
        current = self.card
        if current is None or current.node != card.node:
            return
        tab = self.tab(current)
        if tab == "columns":
            self._plain(("columns", card.node), self._columns(current))
        elif tab == "result" and self._token(current) == token and current.state != "running":
            self._build(current, token)

    def _build(self, card: Card, token: Any) -> None:
        what = ("result", card.node, token, self.port)
        if self._shown == what:
            return
        shown = self._session.shown(card.node) or {}
        face = _FACE.validate_python((card.runtime or {}).get("face"))
        ports = [port for port, preview in self.previews.items() if _worth(preview)]
        chosen = self.port if self.port in ports else next(iter(ports), None)
        info = self._session.catalog.cards.get(self._session.pipeline.node(card.node).card)
        self._begin(what)
        with self._body:
            if shown.get("error"):
                Panel("div", outcome.failure(shown["error"], card.node), act=self._act)
            if isinstance(face, SplitFace):
                Panel("div", outcome.split_part(face))
            if len(ports) > 1:
                Panel("div", port_tabs(ports, chosen, "port"), act=self._act)
            if chosen is None:
                return
            with ui.element("div") as box:
                box.props["data-testid"] = "preview"
                preview = self.previews[chosen]
                if isinstance(preview, NetworkPreview) and isinstance(face, NetworkFace):
                    preview = _closed(preview, face)
                kind = kind_of(self._session.catalog, info)
                show_preview(preview, kind, self._act, open_button(card.node, chosen))

    def _running(self, card: Card) -> None:
        what = ("running", card.node)
        if self._shown != what or self._live is None:
            self._begin(what)
            with self._body:
                self._live = _Live(self._act, card)
        self._live.show(card, self._session)


def _worth(preview: Preview) -> bool:
    """An empty part of a split has nothing to show."""
    return not (isinstance(preview, TablePreview) and preview.rows == 0)


def _closed(preview: NetworkPreview, face: NetworkFace) -> NetworkPreview:
    """Give a network the ends that its card knows from the trainer it feeds."""
    return preview.model_copy(
        update={
            "inputs": face.layers[0],
            "outputs": face.layers[-1],
            "parameters": face.parameters,
        }
    )


class _Live:
    """What a running card reports, drawn while it does."""

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
        found = course.reports(events, card.node)
        spent = money.running_part(runtime, session.budget_run)
        self._progress.show([outcome.progress_part(runtime), spent])
        self._numbers.show(outcome.numbers_part(course.latest(found), course.best(found)))
        seen = last_line(events, card.node)
        following = log_view(session.run_id(card.node), card.node, seen=seen, bare=True)
        self._log.show(
            div(".sec")[h3["Log", span(".u")["following"]], div(".short")[following]]
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

    def _draw(self, progress: dict[str, Any], lines: list[tuple[str, course.Points]]) -> None:
        total, unit = progress.get("total"), str(progress.get("unit") or "step")
        name = "loss" if lines[0][0] in ("train", "val.") else lines[0][0]
        with self._frame, ui.element("section").classes("sec"):
            Panel("div", h3(".h3")["Learning curve", span(".u")["live"]])
            options = live_curve(name, unit, total if isinstance(total, int) else None, lines)
            self._chart = Chart(options, 206, self._colours, "Learning curve so far")
