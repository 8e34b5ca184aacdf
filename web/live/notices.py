"""What happened to a pipeline that nobody asked for, until somebody has read it."""

from __future__ import annotations

from collections.abc import Callable

from web.live.opening import Notice


class Notices:
    """The notices of one pipeline, the oldest first."""

    def __init__(self, tell: Callable[[Notice], None]) -> None:
        """``tell`` says a notice to everybody who looks."""
        self.unread: list[Notice] = []
        self._tell = tell
        self._latest: dict[str, Notice] = {}

    def say(self, notice: Notice, about: str = "") -> None:
        """Say it to everybody who looks or will look.

        Args:
            notice: what happened.
            about: it takes the place of what was said before about the same.
        """
        before = self._latest.pop(about, None)
        if before in self.unread:
            self.unread.remove(before)
        if about:
            self._latest[about] = notice
        self.unread.append(notice)
        self._tell(notice)

    def read(self) -> None:
        """Somebody has read the oldest."""
        del self.unread[:1]
