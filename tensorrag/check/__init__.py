"""What is wrong with a pipeline, and what is known of each card, before anything runs."""

from __future__ import annotations

from tensorrag.check.asking import peek_key
from tensorrag.check.checking import check
from tensorrag.check.facts import Checked, NodeFacts
from tensorrag.check.sights import Sights
from tensorrag.check.visiting import Guard

__all__ = ["Checked", "Guard", "NodeFacts", "Sights", "check", "peek_key"]
