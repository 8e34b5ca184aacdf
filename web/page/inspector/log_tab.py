"""What a card has printed, as the inspector shows it."""

from __future__ import annotations

from collections.abc import Mapping

from web.live.session import Session
from web.page.logs.view import WAITING, last_line, log_view, reused_log
from web.page.markup import Node
from web.page.runs import course
from web.page.scene.card import Card

PRINTED_NOTHING = "It printed nothing.", "It printed nothing: its result was reused."


def log_tab(session: Session, card: Card, numbers: Mapping[str, int]) -> Node:
    """Show the log of a card; of a result that was reused, where that was made.

    Args:
        session: of its pipeline.
        card: that is shown.
        numbers: of the runs, by id.
    """
    before = session.results.printed_by(card.node)
    if before is not None and card.state in ("done", "stale"):
        return reused_log(*before, numbers.get(before[0]))
    seen = last_line(session.history.events, card.node)
    reused = bool(card.runtime and card.runtime.get("cached"))
    nothing = WAITING if card.state not in course.ENDED else PRINTED_NOTHING[reused]
    run = session.history.run_of(card.node)
    return log_view(run, card.node, seen=seen, nothing=nothing)
