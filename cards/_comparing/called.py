"""What compared models are called: as their cards are, else by their kind, and a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def names(titles: Sequence[str], kinds: Sequence[str | None]) -> list[str]:
    """Name models apart: ``ridge``, ``ridge 2``, ``My forest``.

    Args:
        titles: what people call the cards that they come from; empty text where nobody did.
        kinds: which kind of model each is; None where that is not known.
    """
    titles = [*titles, *[""] * (len(kinds) - len(titles))]
    plain = [
        " ".join(title.split()) or (kind or "model").replace("_", " ")
        for title, kind in zip(titles, kinds, strict=False)
    ]
    found: list[str] = []
    seen: Counter[str] = Counter()
    for name in plain:
        seen[name] += 1
        number = seen[name]
        while (numbered := name if number == 1 else f"{name} {number}") in found:
            number += 1
        found.append(numbered)
    return found
