"""A finding about a pipeline, shown where it is: on a node, a port, a field or an edge."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tensorrag.quoting import Sentence

Level = Literal["error", "warning", "info"]


class Fix(BaseModel):
    """An edit that mends a problem: what the button says, and the edit's ops."""

    model_config = ConfigDict(frozen=True)

    label: Sentence
    ops: tuple[dict[str, Any], ...]


class Problem(BaseModel):
    """What is wrong, where, and what to do. ``code`` is stable; the sentences are for people."""

    model_config = ConfigDict(frozen=True)

    code: str
    level: Level = "error"
    node: str | None = None
    port: str | None = None
    field: str | None = None
    edge: str | None = None
    message: Sentence
    hint: Sentence = ""
    fix: Fix | None = None
