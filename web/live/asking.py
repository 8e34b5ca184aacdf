"""Asks models: in a worker that keeps the model open, never here."""

from __future__ import annotations

import asyncio
from typing import Any

from tensorrag.asked_rows import gathered, has_features, names_of
from tensorrag.errors import PipelineError, TensorRagError
from tensorrag.pipeline import JsonObject
from tensorrag.store.models import ModelEntry
from tensorrag.task import Task
from web.live.sessions import Sessions

REMEMBERED = 100
"""Models whose example is kept in mind."""
MADE_UP: JsonObject = {"binary": True, "category": "text", "text": "text", "date": "2026-01-31"}
"""By kind, what stands in an example where the training rows are gone; else a number."""


class Asking:
    """Asks the models of a workspace.

    Args:
        sessions: where the cards and their processes are.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._examples: dict[str, JsonObject] = {}

    async def predict(self, model: ModelEntry, rows: Any) -> JsonObject:
        """Predict rows: a list of objects, or an object of lists.

        Raises:
            ParameterError: the columns do not fit the model, or there are too many rows.
            TaskFailed: a value does not fit, or the model cannot be opened.
            ExecutorError: the process that answers has ended.
        """
        await self._sessions.wait_ready()
        card = self._sessions.catalog.cards.get("predict")
        if card is None:
            raise PipelineError(
                "No card is installed that predicts.", hint="Install TensorRag again."
            )
        columns, features = (
            [{"name": each["name"], "kind": each["kind"]} for each in some]
            for some in (model.asks, model.columns)
        )
        taken = await asyncio.to_thread(_gathered, model, rows)
        task = Task(
            kind="predict",
            card=card.card,
            entry=card.entry,
            params={"rows": taken, "columns": columns, "features": features},
            inputs={"trained_model": (model.sha256,)},
        )
        return await self._sessions.hosting.ask(task)

    async def example(self, model: ModelEntry) -> JsonObject:
        """Return a row that the model takes: the first of its training, while that is there."""
        known = self._examples.get(model.sha256)
        if known is None:
            known = await self._first_row(model)
            if len(self._examples) >= REMEMBERED:
                self._examples.clear()
            self._examples[model.sha256] = known
        return known

    async def _first_row(self, model: ModelEntry) -> JsonObject:
        made_up = {each["name"]: MADE_UP.get(each["kind"] or "", 1) for each in model.asks}
        recipe = model.schema.get("recipe") or {}
        if example := recipe.get("example"):
            return {name: example.get(name, value) for name, value in made_up.items()}
        table = model.facts.get("table")
        if table is None:
            return made_up
        try:
            page = await self._sessions.hosting.page(table, 0, 1, "")
        except TensorRagError:  # it was removed, which is no reason to have no example
            return made_up
        row = dict(zip(page["columns"], page["rows"][0], strict=True)) if page["rows"] else {}
        return {name: row.get(name, value) for name, value in made_up.items()}


def _gathered(model: ModelEntry, rows: Any) -> dict[str, list[Any]]:
    """Return rows as columns, so that their names travel once, and none but the model's.

    In a thread: somebody may have sent hundreds of thousands of names.
    """
    asks, features = ([each["name"] for each in some] for some in (model.asks, model.columns))
    names = features if has_features(names_of(rows), asks, features) else asks
    return gathered(rows, names, model.schema.get("target"))
