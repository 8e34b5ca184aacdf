"""The result of one card: what came in and what went out, one port at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nicegui import ui
from pydantic import TypeAdapter

from tensorrag.catalog import CardInfo
from tensorrag.edit.edges import title_of
from tensorrag.errors import TensorRagError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.preview import (
    NetworkFace,
    NetworkPreview,
    Preview,
    TablePreview,
    is_drawn,
    table_in,
)
from tensorrag.quoting import visible
from tensorrag.store.models import ID
from web.live.runs.shown import Arrived, Shown
from web.live.session import Session
from web.page.edits.apply_best import Best, apply_part, best_of
from web.page.inspector.preview import looking, open_button, show_preview
from web.page.markup import Node, a, b, div
from web.page.models.view import address
from web.page.panel import Act, Panel
from web.page.plots.view import Plot
from web.page.scene.card import Card
from web.page.scene.ports import PortTab, chosen_tab, in_tabs, out_tabs, port_tabs
from web.page.scene.scene import kind_of
from web.page.tables.view import Tables

ShownOf = Callable[[str], Shown | None]
"""What each card of a run did, or does."""
_PREVIEW: TypeAdapter[Preview] = TypeAdapter(Preview)
_PREVIEWS: TypeAdapter[dict[str, Preview]] = TypeAdapter(dict[str, Preview])


def token_of(shown: Shown | None) -> Any:
    """Return what tells one result from another; None where there is none."""
    if shown is None:
        return None
    error, came = shown.node.get("error"), tuple(each.digest for each in shown.arrived)
    made = tuple(shown.digests.values())
    return (*made, *came, str(error)) if made or came or error else None


class Result:
    """What is at the ports of one card, as far as somebody looked."""

    def __init__(self, session: Session, pipeline: Pipeline, node: str, shown_of: ShownOf) -> None:
        """``pipeline`` is the one in which the card did what ``shown_of`` says."""
        self.node, self._shown_of, self._shown = node, shown_of, shown_of(node)
        self.token = token_of(self._shown)
        self._session, self._pipeline = session, pipeline
        self._looked = False
        self._box: ui.element | None = None
        """Where it shows what is at a port."""
        self._tabs: list[PortTab] = []
        self._previews: dict[str, Preview] = {}
        """What was fetched, by tab."""
        self._gone: dict[str, TensorRagError] = {}
        """Why there is nothing to see, by tab."""

    @property
    def made(self) -> dict[str, Preview]:
        """What went out, by port."""
        return {tab.key: self._previews[tab.key] for tab in self._tabs if tab.came is None}

    async def begin(self) -> None:
        """Fetch what is kept of what went out.

        Raises:
            TensorRagError: the result cannot be read.
        """
        if self._looked:
            return
        made = _PREVIEWS.validate_python(await self._outputs())
        worth = [name for name, seen in made.items() if _worth(seen)]
        came = in_tabs(self._info, self._shown.arrived if self._shown else ())
        self._tabs = [*came, *out_tabs(self._info, worth)]
        self._previews, self._looked = made, True

    async def look(self, port: str | None) -> None:
        """Fetch what is at the port that was chosen; to draw what is large takes a while.

        Raises:
            TensorRagError: the result cannot be read.
        """
        await self.begin()
        chosen = self.tab(port)
        if chosen is None or self.knows(port):
            return
        try:
            self._previews[chosen.key] = _PREVIEW.validate_python(await self._drawn(chosen))
        except TensorRagError as error:
            self._gone[chosen.key] = error

    async def _drawn(self, tab: PortTab) -> JsonObject:
        results = self._session.results
        if tab.came is not None:
            return await results.preview_of(tab.came, self._shown_of(tab.came.source))
        return await results.drawn(self._previews[tab.key].model_dump(mode="json"))

    async def _outputs(self) -> dict[str, Any]:
        key = self._shown.key if self._shown is not None else None
        return await self._session.results.previews(key) if key is not None else {}

    def tab(self, port: str | None) -> PortTab | None:
        """Return the port that is shown where this one was chosen."""
        return chosen_tab(self._tabs, port)

    def knows(self, port: str | None) -> bool:
        """Whether what is at this port was fetched, and drawn."""
        tab = self.tab(port)
        if tab is None or tab.key in self._gone:
            return True
        seen = self._previews.get(tab.key)
        return seen is not None and is_drawn(seen)

    def try_again(self) -> None:
        """Have what could not be fetched be fetched once more: its worker may only have ended."""
        self._gone.clear()

    def open_table(self, tables: Tables, card: Card, port: str) -> None:
        """Show the table at a port whole, if there is one."""
        tab = next((each for each in self._tabs if each.key == port), None)
        seen = self._previews.get(port)
        shown = table_in(seen) if seen is not None else None
        if tab is None or self._shown is None or shown is None:
            return
        digest = tab.came.digest if tab.came else self._shown.digests.get(port, "")
        stored = self._session.results.table(digest)
        tables.open(card, tab, shown, stored, self._session.pipeline.name)

    def build(self, port: str | None, act: Act, face: object = None, past: bool = False) -> None:
        """Put ports, and what is at the chosen one, into the current slot.

        Args:
            port: what was chosen.
            act: told what people do.
            face: what the card shows on the canvas.
            past: whether this is in a view of a run of before, whose parts have names of their own.
        """
        chosen = self.tab(port)
        if chosen is None:
            return
        choose = "past_port" if past else "port"
        Panel("div", port_tabs(self._tabs, chosen, self._session.catalog, choose), act=act)
        if chosen.came is not None:
            Panel("div", self._origin(chosen.came))
        with ui.element("div") as self._box:
            self._box.props["data-testid"] = "past-preview" if past else "preview"
            self._show(chosen, face, act)

    def fill(self, port: str | None, act: Act, face: object = None) -> None:
        """Show what was drawn since `build`, and leave the rest: who presses there is heard."""
        chosen = self.tab(port)
        if chosen is not None and self._box is not None:
            self._box.clear()
            with self._box:
                self._show(chosen, face, act)

    def _show(self, tab: PortTab, face: object, act: Act) -> None:
        if tab.key in self._gone:
            error = self._gone[tab.key]
            Panel("div", div(".sec.lead")[error.message, " ", error.hint])
            return
        if tab.key not in self._previews:
            Panel("div", looking())
            return
        seen, kind = self._previews[tab.key], kind_of(self._session.catalog, self._info)
        if tab.came is not None:
            kind = self._session.catalog.types.get(tab.type)
        elif isinstance(seen, NetworkPreview) and isinstance(face, NetworkFace):
            seen = _closed(seen, face)
        show_preview(seen, kind, self._naming(act), open_button(self.node, tab.key))
        if tab.type == "Model":
            Panel("div", self._model_link(tab))
        best = self._best(tab)
        if best is not None:
            Panel("div", apply_part(best), act=act)

    def _best(self, tab: PortTab) -> Best | None:
        """Return what a search found, below the values that it found."""
        if tab.came is not None or self._shown is None:
            return None
        outputs = {tab.key: self._made(tab)}
        return best_of(self._session.pipeline, self._session.catalog, self.node, outputs)

    def _made(self, tab: PortTab) -> Any:
        made = (self._shown.node.get("outputs") or {}) if self._shown is not None else {}
        return made.get(tab.key)

    def _model_link(self, tab: PortTab) -> Node:
        """Lead to where the model can be asked."""
        made = self._shown.digests.get(tab.key, "") if self._shown is not None else ""
        digest = tab.came.digest if tab.came is not None else made
        return div(".sec.row")[
            a(".btn.o.sml", href=address(digest[:ID]), data_testid="open-model")["Open in Models"]
        ]

    def _naming(self, act: Act) -> Act:
        """Say of a plot which card it is of."""
        title = self._title(self.node)

        def named(name: str, data: dict[str, Any]) -> Any:
            plot = data.get("plot")
            return act(
                name, {"plot": replace(plot, card=title)} if isinstance(plot, Plot) else data
            )

        return named

    def _origin(self, came: Arrived) -> Node:
        """Say which card a value came from."""
        title = self._title(came.source)
        return div(".came.t11.m2")["From ", b[title], f", {came.source_port}"]

    def _title(self, name: str) -> str:
        node = self._pipeline.nodes.get(name)
        return visible(title_of(node, self._session.catalog)) if node is not None else name

    @property
    def _info(self) -> CardInfo | None:
        node = self._pipeline.nodes.get(self.node)
        return self._session.catalog.cards.get(node.card) if node is not None else None


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
