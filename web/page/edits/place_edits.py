"""Where cards run, on which GPU, and how much time and memory they may take."""

from __future__ import annotations

from tensorrag.gpus import GPUS, USUAL
from web.live.session import Session
from web.page.actions import Action, Data, Edit, node_in, text
from web.page.numerals import number_of


class PlaceEdits:
    """The edits of places and limits, by the name of their action."""

    def __init__(self, session: Session, edit: Edit) -> None:
        self._session, self._edit = session, edit
        self.actions: dict[str, Action] = {
            "limit": self._limit,
            "time_limit": self._time_limit,
            "run_on": self.run_on,
            "card_run_on": self.card_run_on,
            "card_gpu": self._card_gpu,
        }

    def run_on(self, data: Data) -> None:
        """Choose where every card runs that names no place itself, and on which GPU."""
        place, gpu = text(data, "place") or None, text(data, "gpu")
        chosen = {"run_on": place, "gpu": gpu if gpu in GPUS and gpu != USUAL else None}
        now = self._session.pipeline.settings
        if any(now.get(name) != value for name, value in chosen.items()):
            self._edit([{"op": "settings", "settings": chosen}], "Change where it runs")

    def card_run_on(self, data: Data) -> None:
        """Choose where one card runs."""
        node, place = node_in(self._session.pipeline, data), text(data, "value") or None
        if node is not None and place != self._session.pipeline.nodes[node].run_on:
            op = {"op": "set_node", "node": node, "run_on": place}
            self._edit([op], "Change where it runs")

    def choose_gpu(self, node: str, gpu: str) -> None:
        """Have a card get another GPU; the one that it gets anyway need not be written."""
        pipeline = self._session.pipeline
        card = self._session.catalog.cards.get(pipeline.nodes[node].card)
        general = pipeline.settings.get("gpu") or (card.gpu if card else None)
        op = {"gpu": None if gpu == general else gpu}
        if op["gpu"] != pipeline.nodes[node].resources.get("gpu"):
            self._edit([{"op": "set_resources", "node": node, "resources": op}])

    def _card_gpu(self, data: Data) -> None:
        node, gpu = node_in(self._session.pipeline, data), text(data, "value")
        if node is not None and gpu in GPUS:
            self.choose_gpu(node, gpu)

    def _limit(self, data: Data) -> None:
        node = node_in(self._session.pipeline, data)
        name, value = text(data, "param"), _amount(text(data, "value"))
        if node is None:
            return
        op = {"op": "set_resources", "node": node, "resources": {name: value}}
        if value != self._session.pipeline.nodes[node].resources.get(name):
            self._edit([op], merge_key=f"{node} {name} limit")

    def _time_limit(self, data: Data) -> None:
        """Choose how long every card may take that names no limit itself."""
        value = _amount(text(data, "value"))
        if value != self._session.pipeline.settings.get("timeout"):
            op = {"op": "settings", "settings": {"timeout": value}}
            self._edit([op], "Change the time limit", "time limit")


def _amount(written: str) -> float | str | None:
    """Read a number as it was typed; what is none stays for the edit to refuse."""
    plain = written.strip()
    value = number_of(plain)
    if value is None:
        return plain or None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
