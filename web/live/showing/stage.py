"""Everybody who looks at a session, and what they all see."""

from __future__ import annotations

import logging
from collections.abc import Callable

from tensorrag.edit.document import Change, Document, diff
from tensorrag.pipeline import JsonObject
from web.live.checking.checking import Checking
from web.live.checking.prices import Prices
from web.live.coalesced import Coalesced
from web.live.runs.history import History
from web.live.runs.network_face import with_consumers
from web.live.runs.shown import Shown
from web.live.showing.drawing import Drawing
from web.live.showing.picture import Picture
from web.live.showing.states import Display, displays
from web.live.showing.watching import View

REST = 0.05
"""Seconds in which changes of state are gathered before views are told."""

log = logging.getLogger(__name__)


class Stage:
    """Draws a document as it is checked and run, and tells the views what changed."""

    def __init__(
        self, document: Document, checking: Checking, history: History, prices: Prices
    ) -> None:
        self._document = document
        self._checking = checking
        self._history = history
        self._prices = prices
        self._views: list[View] = []
        self._picture = Picture()
        self._displays: dict[str, Display] = {}
        self._showing = Coalesced(self._show_later, rest=REST)
        self._picture.draw(document.pipeline, self.drawing())

    # --- who looks --------------------------------------------------------------------------

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._views)

    def subscribe(self, view: View) -> Callable[[], None]:
        """Tell a view of everything from now on; returns what ends that."""
        self._views.append(view)

        def unsubscribe() -> None:
            if view in self._views:
                self._views.remove(view)

        return unsubscribe

    def tell(self, tell: Callable[[View], None]) -> None:
        """Tell every view something."""
        for view in tuple(self._views):
            try:
                tell(view)
            except Exception:  # one broken page must not keep the others from hearing
                log.exception("A view failed.")

    def tell_status(self) -> None:
        """Tell every view that name, settings, saved, undo or the state of the run changed."""
        self.tell(lambda view: view.on_status())

    # --- what they see ----------------------------------------------------------------------

    @property
    def states(self) -> dict[str, JsonObject]:
        """What each card does or did; those that never ran are absent."""
        return dict(self._picture.states)

    def snapshot(self) -> JsonObject:
        """Return all that a canvas shows."""
        return {
            "revision": self._document.revision,
            "types": self.drawing().types(),
            "catalog": self.drawing().catalog(),
            "nodes": list(self._picture.nodes.values()),
            "edges": list(self._picture.edges.values()),
            "annotations": self._picture.annotations,
            "runtime": self.states,
            "fit": True,
        }

    def drawing(self) -> Drawing:
        """Return what draws the document as it is now."""
        checked = self._checking.checked
        document = self._document
        nodes, problems = checked.nodes, checked.problems
        return Drawing(document.pipeline, document.catalog, nodes, problems, self._prices.of)

    def result(self, node_id: str) -> Shown | None:
        """Return the result that a card shows, also an old one."""
        display = self._displays.get(node_id)
        return display.shown if display is not None else None

    # --- when that changes ------------------------------------------------------------------

    def edit(self, change: Change) -> None:
        """Show an edit, at once."""
        parts = diff(change.before, change.after)
        ops = self._picture.edit(parts, change.after, self.drawing())
        self.tell(lambda view: view.on_patch(change.revision, ops))
        self.show_soon()

    def draw(self) -> None:
        """Show what a check, or other cards, made look different."""
        ops = self._picture.draw(self._document.pipeline, self.drawing())
        if ops:
            self.tell(lambda view: view.on_patch(self._document.revision, ops))
        self.show()

    def show(self) -> None:
        """Show what the cards do now."""
        pipeline, checked = self._document.pipeline, self._checking.checked
        self._displays = displays(
            pipeline, self._checking.planned, self._history.shown, self._history.active()
        )
        states = {node_id: display.runtime() for node_id, display in self._displays.items()}
        shown = {id: display.shown for id, display in self._displays.items() if display.shown}
        changed = self._picture.restate(with_consumers(states, pipeline, checked.nodes, shown))
        if changed:
            self.tell(lambda view: view.on_runtime(changed))

    def show_soon(self) -> None:
        """The same, together with what else happens in a moment."""
        self._showing.kick()

    async def settled(self) -> None:
        """Wait until everything is shown."""
        await self._showing.settled()

    async def _show_later(self) -> None:
        self.show()
