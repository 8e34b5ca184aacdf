"""A look at an outside source: what a card will read, before it runs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tensorrag.errors import ErrorInfo
from tensorrag.types.schema import AnySchema


class Peek(BaseModel):
    """What a look at an outside source found: schemas of the outputs, and its fingerprint."""

    model_config = ConfigDict(frozen=True)

    schemas: tuple[AnySchema, ...] = ()
    fingerprint: str | None = None
    """Changes when the content of the source does."""
    stamp: str | None = None
    """How the source looked from outside, see `stamp_of`: while it looks so, the fingerprint holds,
    and need not be made again. None where nothing tells."""
    same: bool = False
    """Whether the source is as `known_stamp` says it was: all that was seen then still holds, and
    nothing else need be said."""
    constant: bool = False
    """Whether the source can never change: it comes along, or is named by its content."""
    error: ErrorInfo | None = None
    """Why the source cannot be read; shown on ``field`` before a run."""
    field: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    """What was detected and is worth showing: separator, encoding …"""
    warnings: tuple[ErrorInfo, ...] = ()
    """What looks odd about the source and stops nothing; shown on the card."""
