"""Plain data: what JSON can write."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]
"""Texts, numbers, truth values, None, lists and such objects, by name."""
