"""What is wrong with a formula, and where."""

from __future__ import annotations

from difflib import get_close_matches

MAX_HELD = 60
"""Characters of a word that are held against the known ones."""


class Mistake(Exception):
    """A formula cannot be read, or does not fit the columns."""

    def __init__(
        self, at: int, message: str, hint: str = "", replace: tuple[int, str] | None = None
    ) -> None:
        """Say what is wrong.

        Args:
            at: where, counted from 0.
            message: the end of a sentence.
            hint: what to do.
            replace: how many characters to put what in the place of, to mend it.
        """
        super().__init__(message)
        self.at = at
        self.message = message
        self.hint = hint
        self.replace = replace


def nearest(word: str, known: list[str], cutoff: float = 0.7) -> str | None:
    """Return the known word that was likely meant."""
    folded = {name.casefold(): name for name in reversed(known)}
    near = get_close_matches(word.casefold()[:MAX_HELD], folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None
