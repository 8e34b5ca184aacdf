"""What is said of a card at a paid place that no run waited for, once it is known."""

from __future__ import annotations

from tensorrag.placement import where
from tensorrag.rates import dollars
from tensorrag.store.findings import Finding


def words(finding: Finding, title: str = "") -> tuple[str, str]:
    """Say what was found, and what was done about it and paid for it.

    Args:
        finding: of one card.
        title: what people call the card; its id by default.
    """
    run = f" of run {finding.number}" if finding.number else ""
    card, place = f"{title or finding.node}{run}", where(finding.place, finding.gpu)
    cost = dollars(finding.cost or 0.0)
    match finding.state:
        case "stopped":
            said = f"{card} still ran on {place} though no run waited for it."
            return said, f"It was stopped, and cost {cost}."
        case "done":
            said = f"{card} went on to its end on {place} though no run waited for it."
            return said, f"It cost {cost}; what it made is not kept."
        case "over" if not finding.cost:
            return f"{card} has not begun on {place}, and will not.", "It cost nothing."
        case "over":
            return f"{card} does not run on {place} any more.", f"It counts as {cost}."
        case "lost":
            said = f"What became of {card} on {place} cannot be told. {finding.why}".strip()
            return said, f"It counts as {cost}. Run the card again."
