"""The HTTP interface of models: what was trained here, and what it is called."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from tensorrag.pipeline import JsonObject
from tensorrag.store.models import ModelEntry, stored
from web.http.bodies import described, read_body
from web.live.sessions import Sessions


class ModelChange(BaseModel):
    """What people say of a model; what is absent stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = None
    """What it is called; an empty name gives it back what it was called first."""
    pinned: bool | None = None
    """Whether it stays however full the store gets."""


def add_models(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of models."""
    workspace = sessions.workspace
    models = workspace.journal.models

    @api.get("/api/models", tags=["models"])
    async def list_models() -> list[JsonObject]:
        """List the models that were trained here, latest first.

        `metrics` were measured on rows that the model had not seen, by an Evaluate card; `train`
        on those that it has learnt from. `state` is ready, gone or damaged.
        """
        return await asyncio.to_thread(lambda: [shown(model) for model in models.all()])

    @api.get("/api/models/{model_id}", tags=["models"])
    async def get_model(model_id: str) -> JsonObject:
        """Return a model, by its id or its name."""
        return await asyncio.to_thread(lambda: shown(models.find(model_id)))

    @api.patch("/api/models/{model_id}", tags=["models"], openapi_extra=described(ModelChange))
    async def change_model(model_id: str, request: Request) -> JsonObject:
        """Rename a model, pin it, or let it go when the store is full."""
        asked = await read_body(ModelChange, request)
        return await asyncio.to_thread(change, model_id, asked)

    @api.delete("/api/models/{model_id}", tags=["models"])
    async def delete_model(model_id: str) -> JsonObject:
        """Take a model out of the list; restore puts it back while its file is there."""
        return await asyncio.to_thread(lambda: shown(models.delete(model_id)))

    @api.post("/api/models/{model_id}/restore", tags=["models"])
    async def restore_model(model_id: str) -> JsonObject:
        """Put a model that was deleted back into the list."""
        return await asyncio.to_thread(lambda: shown(models.restore(model_id)))

    def change(model_id: str, asked: ModelChange) -> JsonObject:
        model = models.find(model_id)
        if asked.name is not None:
            model = models.rename(model.id, asked.name)
        if asked.pinned is not None:
            model = models.pin(model.id, pinned=asked.pinned)
        return shown(model)

    def shown(model: ModelEntry) -> JsonObject:
        return {**model.to_json(), **stored(model, workspace.store)}
