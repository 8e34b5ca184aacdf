"""The page of the models that were trained here: found, named, compared, and asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from nicegui import Client, background_tasks

from tensorrag.errors import TensorRagError
from tensorrag.plain import JsonObject
from tensorrag.store.models import ModelEntry, stored
from web.live.asking import Asking
from web.live.sessions import Sessions
from web.page.actions import Data, text
from web.page.icons import icon
from web.page.markup import Node, div, span
from web.page.models.box import Chosen, model_box, row_of
from web.page.models.side_by_side import MOST, compared
from web.page.models.view import Models, deleted_model, models_list, page_header
from web.page.panel import Panel
from web.page.unnoticed import noticed

PAUSE = 0.5
"""Seconds between two looks at what runs have trained, at least."""


class ModelsPage:
    """One tab that shows the models."""

    def __init__(self, sessions: Sessions, model: str = "") -> None:
        self._sessions, self._asking = sessions, Asking(sessions)
        self._models = sessions.workspace.journal.models
        self._shown = Models((), chosen=model)
        self._compared: list[str] = []
        self._chosen: Chosen | None = None
        self._changed = asyncio.Event()

    async def build(self, client: Client) -> None:
        """Put the page together."""
        url = str(client.request.base_url)
        await self._load()
        await self._choose(url)
        self._panel = Panel("div", self._content(), act=self.act).classes("start")
        stop = self._sessions.runs.listen(self._changed.set)
        loop = background_tasks.create(self._keep_fresh(client), name="models page")
        client.on_delete(lambda: (stop(), loop.cancel()))

    async def _keep_fresh(self, client: Client) -> None:
        """Show what runs have trained meanwhile."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._load()
            with client:
                self._show()
            await asyncio.sleep(PAUSE)

    async def _load(self) -> None:
        store = self._sessions.workspace.store

        def look() -> list[JsonObject]:
            return [told(model, stored(model, store)) for model in self._models.all()]

        self._shown = replace(self._shown, models=await asyncio.to_thread(look))

    async def _choose(self, url: str) -> None:
        """Look at the model that the address names."""
        wanted = self._shown.chosen
        if not wanted:
            return
        try:
            entry = await asyncio.to_thread(self._models.find, wanted)
        except TensorRagError as error:
            self._say(error)
            return
        model = next(each for each in self._shown.models if each["id"] == entry.id)
        self._shown = replace(self._shown, chosen=entry.id)
        self._chosen = Chosen({**model, "example": await self._asking.example(entry)}, url)

    def _content(self) -> Node:
        known = {model["id"]: model for model in self._shown.models}
        chosen = self._chosen
        if chosen is not None and chosen.model["id"] in known:
            latest = known[chosen.model["id"]]
            chosen = replace(chosen, model={**chosen.model, **latest})
        side_by_side = [known[each] for each in self._compared if each in known]
        return [
            page_header(),
            div(".wrap")[
                self._shown.note
                and div(".msg.error", role="alert", style="margin:0 0 20px")[
                    span(".c-error")[icon("failed", ".s")], div(".sp")[self._shown.note]
                ],
                chosen is not None and chosen.model["id"] in known and model_box(chosen),
                compared(side_by_side),
                models_list(replace(self._shown, compared=self._compared)),
            ],
            deleted_model(self._shown.deleted),
        ]

    def _show(self) -> None:
        self._panel.show(self._content())

    def _say(self, error: TensorRagError) -> None:
        self._shown = replace(self._shown, note=f"{error.message} {error.hint}".strip())

    # --- what people do: nothing of it is trusted -------------------------------------------

    async def act(self, name: str, data: Data) -> None:
        """Do what a control says; unknown actions are not heard."""
        self._shown = replace(self._shown, note="")
        try:
            await self._do(name, data, text(data, "model"))
        except TensorRagError as error:
            self._say(error)
        self._show()
        if name == "rename_here":
            self._panel.run_method("select", f"name-{self._shown.renaming}")

    async def _do(self, name: str, data: Data, model: str) -> None:
        match name:
            case "search":
                self._shown = replace(self._shown, query=text(data, "value")[:100])
            case "choose_model":
                self._compare(model, on=data.get("value") is True)
            case "choose_none":
                self._compared = []
            case "ask" if self._chosen is not None:
                await self._ask(self._chosen, data)
            case "rename_here":
                self._shown = replace(self._shown, renaming=model)
            case "rename" if not data.get("typing"):
                self._shown = replace(self._shown, renaming="")
                await self._change(self._models.rename, model, text(data, "value"))
            case "pin" | "unpin":
                await self._change(lambda it: self._models.pin(it, pinned=name == "pin"), model)
            case "delete":
                gone = next((each for each in self._shown.models if each["id"] == model), None)
                await self._change(self._models.delete, model)
                self._shown = replace(self._shown, deleted=gone)
            case "restore" if self._shown.deleted is not None:
                await self._change(self._models.restore, self._shown.deleted["id"])
                self._shown = replace(self._shown, deleted=None)
            case "forget_deleted":
                self._shown = replace(self._shown, deleted=None)

    def _compare(self, model: str, *, on: bool) -> None:
        others = [each for each in self._compared if each != model]
        self._compared = [*others, model][-MOST:] if on else others

    async def _change(self, change: Any, *values: Any) -> None:
        await asyncio.to_thread(change, *values)
        await self._load()

    async def _ask(self, chosen: Chosen, data: Data) -> None:
        """Predict the row that was typed; who asks again meanwhile waits for the later answer."""
        asked = replace(chosen, answer=None, wrong="", asking=True)
        self._chosen = asked
        came = await noticed(self._answered(chosen.model, data), self._show)
        if self._chosen is asked:
            self._chosen = replace(asked, asking=False, **came)

    async def _answered(self, model: JsonObject, data: Data) -> JsonObject:
        """Return the answer, or what is wrong and what to do."""
        try:
            entry = await asyncio.to_thread(self._models.find, model["id"])
            return {"answer": await self._asking.predict(entry, [row_of(model, data)])}
        except TensorRagError as error:
            said = f"{error.message.removeprefix('Row 1, ')} {error.hint}"
            return {"wrong": said.strip()}


def told(model: ModelEntry, lies: JsonObject) -> JsonObject:
    """Put together what is shown of a model."""
    return {**model.to_json(), **lies}
