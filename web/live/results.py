"""What the cards of an open pipeline made, as far as it is still kept."""

from __future__ import annotations

from tensorrag.pipeline import JsonObject
from web.live.hosting import Hosting
from web.live.runs.history import History
from web.live.runs.shown import Arrived, Shown
from web.live.showing.stage import Stage
from web.live.stored_table import StoredTable


class Results:
    """The results that the cards of one pipeline show."""

    def __init__(self, stage: Stage, history: History, hosting: Hosting) -> None:
        self._stage, self._history, self._hosting = stage, history, hosting

    def of(self, node_id: str) -> Shown | None:
        """Return what a card shows of its last run, with what it was made of."""
        return self._stage.result(node_id)

    def node(self, node_id: str) -> JsonObject | None:
        """Return a card of its last run, as ``tensorrag run --json`` prints it; None without."""
        shown = self.of(node_id)
        return shown.node if shown is not None else None

    def printed_by(self, node_id: str) -> tuple[str, str] | None:
        """Return the run and the node that made a card's result, where it was only reused."""
        shown = self.of(node_id)
        return shown.printed_by if shown is not None else None

    async def previews(self, key: str) -> dict[str, JsonObject]:
        """Return, by port, what the inspector shows of the result under a key.

        What is large is drawn by `drawn`, when somebody looks.
        """
        return await self._history.previews(key)

    async def preview_of(self, came: Arrived, source: Shown | None) -> JsonObject:
        """Return what the inspector shows of a value that came in at a card.

        Args:
            came: the value.
            source: what the card did that it came from.

        Raises:
            TensorRagError: it is no longer kept.
        """
        if source is not None and source.digests.get(came.source_port) == came.digest:
            known = await self.previews(source.key) if source.key is not None else {}
            if came.source_port in known:
                return await self.drawn(known[came.source_port])
        return await self._hosting.profile(came.digest)

    async def drawn(self, preview: JsonObject) -> JsonObject:
        """Return a preview of which every part is drawn.

        Raises:
            TensorRagError: what it is of is no longer kept.
        """
        return await self._hosting.drawn(preview)

    def table(self, digest: str) -> StoredTable:
        """Return a stored table, to be looked at."""
        return StoredTable(self._hosting, digest)
