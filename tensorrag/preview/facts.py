"""Labelled values, plain text, and pictures that are there already."""

from __future__ import annotations

from typing import Literal

from tensorrag.preview.payload import Payload


class Stat(Payload):
    """One labelled value."""

    label: str
    value: float | int | str | None
    unit: str | None = None
    note: str | None = None
    before: float | int | str | None = None
    """What it was, where it is a change."""


class StatsPreview(Payload):
    """A short list of labelled values."""

    kind: Literal["stats"] = "stats"
    title: str = ""
    items: tuple[Stat, ...]


class TextPreview(Payload):
    """Plain text."""

    kind: Literal["text"] = "text"
    title: str = ""
    text: str
    mono: bool = False


class ImagePreview(Payload):
    """A picture, its bytes in base64."""

    kind: Literal["image"] = "image"
    title: str = ""
    mime: Literal["image/png", "image/jpeg", "image/webp"]
    base64: str
    alt: str
