"""The HTTP interface of models: what was trained here, and what it is called."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tensorrag.errors import PipelineError
from tensorrag.pipeline import JsonObject
from tensorrag.store.model_export import export, file_name
from tensorrag.store.models import ModelEntry, stored
from web.http.bodies import described, read_body
from web.http.model_docs import describe_model
from web.live.asking import Asking
from web.live.sessions import Sessions

EXAMPLE = 'Rows are [{"feature": value, …}, …], columns are {"feature": [value, …], …}.'


class ModelChange(BaseModel):
    """What people say of a model; what is absent stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = None
    """What it is called; an empty name gives it back what it was called first."""
    pinned: bool | None = None
    """Whether it stays however full the store gets."""


class Question(BaseModel):
    """Rows to predict: as a list of rows, or as columns."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rows: list[Any] | None = None
    """An object for each row, with a value for each feature."""
    columns: dict[str, Any] | None = None
    """A list of values for each feature."""


class Answer(BaseModel):
    """What a model says."""

    model: str
    """Its id."""
    predictions: list[Any]
    """One for each row."""
    probabilities: list[dict[str, Any]] | None = None
    """For each row what each class is given, where the model tells."""
    warnings: list[str] = []
    """Values that the model answers for though it has learnt from none like them; 20 at most."""


def add_models(api: APIRouter, sessions: Sessions) -> None:
    """Add the routes of models."""
    workspace = sessions.workspace
    models, asking = workspace.journal.models, Asking(sessions)

    @api.get("/api/models", tags=["models"])
    async def list_models() -> list[JsonObject]:
        """List the models that were trained here, latest first.

        `metrics` were measured on rows that the model had not seen, by the card of
        `measured_by`, such as Evaluate or Compare Models; `train` on those that it has learnt
        from. `state` is ready, gone or damaged.
        """
        return await asyncio.to_thread(lambda: [shown(model) for model in models.all()])

    @api.get("/api/models/{model_id:path}/openapi.json", tags=["models"])
    async def describe(model_id: str) -> JsonObject:
        """Describe how to ask this model, as OpenAPI, with an example that can be sent."""
        model = await asyncio.to_thread(models.find, model_id)
        return describe_model(model, await asking.example(model))

    @api.patch("/api/models/{model_id:path}", tags=["models"], openapi_extra=described(ModelChange))
    async def change_model(model_id: str, request: Request) -> JsonObject:
        """Rename a model, pin it, or let it go when the store is full."""
        asked = await read_body(ModelChange, request)
        return await asyncio.to_thread(change, model_id, asked)

    @api.delete("/api/models/{model_id:path}", tags=["models"])
    async def delete_model(model_id: str) -> JsonObject:
        """Take a model out of the list; restore puts it back while its file is there."""
        return await asyncio.to_thread(lambda: shown(models.delete(model_id)))

    @api.post("/api/models/{model_id:path}/restore", tags=["models"])
    async def restore_model(model_id: str) -> JsonObject:
        """Put a model that was deleted back into the list."""
        return await asyncio.to_thread(lambda: shown(models.restore(model_id)))

    @api.post(
        "/api/models/{model_id:path}/predict", tags=["models"], openapi_extra=described(Question)
    )
    async def predict(model_id: str, request: Request) -> Answer:
        """Predict up to 10,000 rows with a model; send `rows` or `columns`.

        Every feature that the model was trained on must be there, and be of the kind that it
        was, where a number, yes or no may stand in a text, as in a file; nothing else may be
        there, but for the target. A process apart keeps the model open: where
        that ends, the answer is 503, and the next request begins another one.
        """
        asked = await read_body(Question, request)
        model = await asyncio.to_thread(models.find, model_id)
        if (asked.rows is None) == (asked.columns is None):
            raise PipelineError('Send either "rows" or "columns".', hint=EXAMPLE)
        told = await asking.predict(model, asked.columns if asked.rows is None else asked.rows)
        return Answer(model=model.id, **told)

    @api.get(
        "/api/models/{model_id:path}/export",
        tags=["models"],
        responses={200: {"content": {"application/zip": {}}}},
    )
    async def export_model(model_id: str) -> Response:
        """Return a model as a ZIP file that predicts without TensorRag.

        It has the model, what is known of it, the exact versions of what it needs, and a script.
        Opening the model runs code that is in it, as any pickle does: the file says so.
        """
        model = await asyncio.to_thread(models.find, model_id)
        path = await asyncio.to_thread(packed, model)
        return FileResponse(
            path,
            media_type="application/zip",
            filename=file_name(model.to_json()),
            background=BackgroundTask(path.unlink, missing_ok=True),
        )

    @api.get("/api/models/{model_id:path}", tags=["models"])
    async def get_model(model_id: str) -> JsonObject:
        """Return a model, by its id or its name; `example` is a row that it takes."""
        model = await asyncio.to_thread(models.find, model_id)
        example = await asking.example(model)
        return {**await asyncio.to_thread(shown, model), "example": example}

    def packed(model: ModelEntry) -> Path:
        handle, name = tempfile.mkstemp(dir=workspace.scratch, suffix=".zip")
        os.close(handle)
        path = Path(name)
        try:
            export(model, workspace.store, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def change(model_id: str, asked: ModelChange) -> JsonObject:
        model = models.find(model_id)
        if asked.name is not None:
            model = models.rename(model.id, asked.name)
        if asked.pinned is not None:
            model = models.pin(model.id, pinned=asked.pinned)
        return shown(model)

    def shown(model: ModelEntry) -> JsonObject:
        return {**model.to_json(), **stored(model, workspace.store)}
