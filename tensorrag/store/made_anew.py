"""Tables that somebody has dropped: what fills them again, and what of them is lost for good."""

from __future__ import annotations

from typing import NamedTuple

from tensorrag.store import model_notes, runs_again, spending_again

TOLD = {
    "runs": runs_again.enter,
    "spending": spending_again.enter,
    "models": model_notes.gather,
}
"""By table, what fills it with what the others tell."""

LOST = {
    "runs": "Runs are there again as far as their cards are; what was asked of them is lost.",
    "nodes": "What became of each card of past runs is lost; results are not affected.",
    "events": "What the cards of past runs have printed and reported is lost.",
    "spending": "What the cards of known runs have cost counts again. Budgets no longer know what "
    "removed runs have cost, and containers that waited.",
    "models": "Models of known runs are listed again; names and pins they were given are lost.",
    "findings": "News of paid cards that no run waited for is lost, where nobody has read it.",
    "starts": "How long containers took to start is lost: it is measured again.",
    "results": "Results are found again as far as the copy of their list goes: other cards run "
    "once more.",
    "peeks": "What was seen of data sources is lost: they are looked at again.",
    "stamps": "Which files were found whole is lost: they are read once more.",
}
"""By table, what people miss once it is made anew."""


class MadeAnew(NamedTuple):
    """A table that somebody had dropped, and that is there again."""

    file: str
    """The name of the database."""
    table: str

    @property
    def said(self) -> str:
        """Say in a sentence that it was mended."""
        return f"{self.file} lacked the table {self.table}: it is made anew."

    @property
    def lost(self) -> str:
        """Say in a sentence what of it is lost."""
        return LOST[self.table]
