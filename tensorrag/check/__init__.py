"""What is wrong with a pipeline, and what is known of each card, before anything runs."""

from __future__ import annotations

from tensorrag.check.checking import Checked, Guard, NodeFacts, check, peek_key

__all__ = ["Checked", "Guard", "NodeFacts", "check", "peek_key"]
