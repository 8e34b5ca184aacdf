"""What `tensorrag doctor` tells of one thing."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Finding(BaseModel):
    """One line: how something is, and what to do where it is not well."""

    model_config = ConfigDict(frozen=True)

    about: str
    level: Literal["ok", "note", "problem"] = "ok"
    message: str
    hint: str = ""
