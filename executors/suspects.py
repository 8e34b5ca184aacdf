"""Which cards took the card host with them, so that the next one leaves them alone."""

from __future__ import annotations

import signal

from executors.limits import CHECK_SECONDS
from tensorrag.plain import JsonObject

MOST = 8
"""Cards that one question may lose before it counts as without an answer."""


class Suspects:
    """Remembers what the host was asking when it ended, and what that card did.

    A card is named by its class and its source: one that was mended is another, and gets asked.
    """

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}
        """By card: why it is not asked any more."""
        self.asking: str | None = None
        """The card that the host is asking."""
        self._before: str | None = None

    def hear(self, card: str | None) -> None:
        """Note which card is being asked; None when it has answered."""
        self.asking = card

    def hung(self) -> bool:
        """Blame the card that is being asked; tells whether there is one."""
        if self.asking is None:
            return False
        self.broken[self.asking] = (
            f"it takes more than {CHECK_SECONDS:.0f} seconds, and could not be interrupted"
        )
        self.asking = None
        return True

    def ended(self, end: JsonObject) -> bool:
        """Blame the card that was being asked, the second time: a host may be killed by anybody.

        Args:
            end: the ``code`` or the ``signal`` of the process.

        Returns:
            Whether a card was being asked at all.
        """
        asked = self.asking
        if asked is not None and asked == self._before:
            self.broken[asked] = _what_happened(end)
        self._before, self.asking = asked, None
        return asked is not None


def _what_happened(end: JsonObject) -> str:
    number = end.get("signal")
    if number is not None:
        return f"it crashes its process ({signal.strsignal(int(number))})"
    return f"it ends its process (exit code {end.get('code')})"
