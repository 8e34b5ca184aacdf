"""Finds cards: installed packs by their entry points, and single files in a drop-in folder."""

from __future__ import annotations

from tensorrag.registry.finding import Found, Registry, load_card, module_from_source

__all__ = ["Found", "Registry", "load_card", "module_from_source"]
