"""The inspector: what one card is, what it made, and how it is set; or the pipeline's summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from tensorrag.errors import TensorRagError
from tensorrag.placement import LOCAL
from tensorrag.preview import SplitFace
from web.live.offered import Offered
from web.live.session import Session
from web.page.edits.kind_edits import correctable
from web.page.inspector import outcome, settings
from web.page.inspector.columns_tab import columns_tab, made_table
from web.page.inspector.composite import composite_view, way_back
from web.page.inspector.fetching import Fetching
from web.page.inspector.head import head, tabs
from web.page.inspector.log_tab import log_tab
from web.page.inspector.preview import looking
from web.page.inspector.result import Result
from web.page.inspector.running import Running
from web.page.inspector.several import several_view
from web.page.inspector.summary import summary
from web.page.markup import Node, div
from web.page.panel import Act, Panel
from web.page.scene.card import Card
from web.page.scene.scene import card_of, face_of, table_columns
from web.page.tables.kinds import Doubt
from web.page.tables.view import Tables


class Inspector:
    """One view's inspector: what is chosen in it lives here, what it shows in the session."""

    def __init__(
        self,
        session: Session,
        act: Act,
        uploading: Callable[[str], str | None],
        offered: Offered,
        doubt: Callable[[], Doubt | None] = lambda: None,
    ) -> None:
        """Begin with the pipeline.

        Args:
            session: of the pipeline.
            act: told what people do.
            uploading: names a file on its way to a card.
            offered: what others offer.
            doubt: a kind that was chosen for a column and needs an answer.
        """
        self._session, self._act, self._uploading = session, act, uploading
        self._offered, self._doubt = offered, doubt
        self.node: str | None = None
        self._composite: str | None = None
        self._several: Sequence[str] = ()
        self._sought = ""
        """What is searched among the columns of a card."""
        self._chosen: dict[str, str] = {}
        """Tabs that were chosen, by card."""
        self._busy: set[str] = set()
        """Cards that are being set: their settings stay open, whatever happens to them."""
        self.port: str | None = None
        self.numbers: Mapping[str, int] = {}
        """Of the runs of this pipeline, by id."""
        self._fetched = Fetching(session, self)
        self._shown: tuple[Any, ...] = ()
        """What the body was built for; anything else needs a new one."""
        self._built: tuple[Result, bool] | None = None
        """The result that the body was built for, and whether what is at the port was drawn."""
        self._part: Panel | None = None
        self._live: Running | None = None
        with ui.element("aside").classes("insp") as root:
            root.props.update({"data-testid": "inspector", "aria-label": "Inspector"})
            self._head = Panel("div", act=act)
            self._body = ui.element("div").classes("ibody")
            self._body.props.update({"role": "tabpanel", "id": "tab-panel", "tabindex": "0"})

    def show(
        self,
        node: str | None,
        tab: str | None = None,
        *,
        composite: str | None = None,
        several: Sequence[str] = (),
    ) -> None:
        """Turn to a card, to a composite, to several cards, or to the pipeline."""
        if node != self.node:
            self.port, self._sought = None, ""
        if self._fetched.last is not None:
            self._fetched.last.try_again()
        self.node, self._composite, self._several = node, composite, several
        if node is not None and tab is not None:
            self._chosen[node] = tab
        self.refresh()

    def seek_columns(self, sought: str) -> None:
        """List the columns with this in their names."""
        self._sought = sought
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
            self._no_single_card()
            return
        tab = self.tab(card)
        back = way_back(self._session, card.node)
        self._head.show([back and div(".back")[back], head(card), tabs(tab, card)])
        match tab:
            case "settings":
                self._plain(("settings", card.node), settings.settings(card))
            case "columns":
                self._plain(("columns", card.node), self._columns(card))
                self._profile(card)
            case "log":
                said = log_tab(self._session, card, self.numbers)
                self._plain(("log", card.node), said, testid="log")
            case _:
                self._result(card)

    def _no_single_card(self) -> None:
        session = self._session
        inside = self._composite and composite_view(session, self._composite)
        several = several_view(session, self._several)
        what = "composite" if inside else "several" if several else "pipeline"
        self._plain((what,), inside or several or summary(session))

    def focus(self, param: str) -> None:
        """Put the cursor into the field of a parameter."""
        self.focus_on(f"f-{param}")

    def focus_on(self, control: str) -> None:
        """Put the cursor into a control of the open tab, by its id."""
        if self._part is not None:
            self._part.run_method("focusOn", control)

    def focus_on_column(self, column: str) -> None:
        """Put the cursor to the kind of a column, where that is shown."""
        card = self.card
        known = correctable(self._session, card.node, None) if card is not None else None
        if known is not None and column in known.detected:
            self.focus_on(f"kind-{[*known.detected].index(column)}")

    @property
    def card(self) -> Card | None:
        """The card that is shown, as it is now."""
        if self.node is None or self.node not in self._session.pipeline.nodes:
            self.node = None
            return None
        runtime = self._session.stage.states.get(self.node)
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
        looked, known = self._fetched.last, table_columns(facts)
        made = looked.made if looked is not None and looked.node == card.node else {}
        table = made_table(made, self.port, facts)
        kinds = correctable(self._session, card.node, self._doubt())
        return columns_tab(table, known, kinds, self._sought)

    def _profile(self, card: Card) -> None:
        """Fetch what is known of the columns of a result, unless that is shown already."""
        if self._fetched.token(card.node) is None:
            return
        known = self._fetched.known(card.node)
        if known is None or not known.knows(self.port_of(known)):
            self._fetch(card)

    def _fetch(self, card: Card) -> None:
        self._fetched.fetch(card.node, self.port, self.tab(card))

    # --- the result -------------------------------------------------------------------------

    def open_table(self, tables: Tables, node: str, port: str) -> None:
        """Show the table at a port of the card whole, if there is one."""
        looked, card = self._fetched.last, self.card
        if looked is not None and card is not None and looked.node == card.node == node:
            looked.open_table(tables, card, port)

    def _result(self, card: Card) -> None:
        if card.state == "running":
            self._running(card)
            return
        if self._fetched.token(card.node) is None:
            self._plain(("nothing", card.node, card.state), outcome.nothing_yet(card))
            return
        known = self._fetched.known(card.node)
        if known is not None:
            self._build(card, known)
        if known is None or not known.knows(self.port):
            self._fetch(card)

    # --- what the fetching tells -------------------------------------------------------------

    def port_of(self, result: Result) -> str | None:
        """Return the port that is looked at; columns are always of an output."""
        seen = self._opened(result.node) == "result" or self.port in result.made
        return self.port if seen else None

    def fetching(self, node: str) -> None:
        """Say so: the card before is not to be seen under this name meanwhile."""
        if self._opened(node) == "result":
            self._plain(("looking", node), looking())

    def fetched(self, result: Result) -> None:
        """Show it, unless something else was chosen meanwhile."""
        card = self.card
        if card is None or card.node != result.node:
            return
        self._fetched.last = result
        tab = self.tab(card)
        if tab == "columns":
            self._plain(("columns", card.node), self._columns(card))
        elif tab == "result" and card.state != "running":
            self._build(card, result)

    def failed(self, node: str, error: TensorRagError) -> None:
        """Say why there is nothing to see, and what to do."""
        if self._opened(node) == "result":
            said = {"message": error.message, "hint": error.hint}
            self._plain(("error", node), outcome.failure(said))

    def _opened(self, node: str) -> str | None:
        """Return the open tab where the card is the one that is shown."""
        card = self.card
        return self.tab(card) if card is not None and card.node == node else None

    def _build(self, card: Card, looked: Result) -> None:
        seen = looked.knows(self.port)
        now = card.runtime or {}
        told = card.state, card.stopping, now.get("reason"), bool(now.get("waiting"))
        what = ("result", card.node, looked.token, self.port, told)
        face, before = face_of(card), self._built
        self._built = looked, seen
        if self._shown == what and before is not None and before[0] is looked:
            if before[1] != seen:
                looked.fill(self.port, self._act, face)
            return
        self._begin(what)
        shown = self._session.results.node(card.node) or {}
        with self._body:
            if shown.get("error"):
                place = str(shown.get("executor") or LOCAL)
                said = outcome.failure(shown["error"], card.node, place, own=card.own)
                Panel("div", said, act=self._act)
            elif not shown.get("outputs"):
                Panel("div", outcome.nothing_yet(card), act=self._act)
            if isinstance(face, SplitFace):
                Panel("div", outcome.split_part(face))
            looked.build(self.port, self._act, face)

    def _running(self, card: Card) -> None:
        what = ("running", card.node)
        if self._shown != what or self._live is None:
            self._begin(what)
            with self._body:
                self._live = Running(self._act, card)
        self._live.show(card, self._session)
