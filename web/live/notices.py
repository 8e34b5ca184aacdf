"""What happened to a pipeline that nobody asked for, until somebody has read it."""

from __future__ import annotations

from collections.abc import Callable

from tensorrag.edit.document import Document
from tensorrag.edit.edges import title_of
from tensorrag.pipeline import Node
from tensorrag.run.found_words import words
from tensorrag.store.findings import Finding
from web.live.keeping.opening import Notice
from web.live.runs.found import Found


class Notices:
    """The notices of one pipeline, the oldest first."""

    def __init__(
        self,
        pipeline_id: str,
        document: Document,
        found: Found,
        tell: Callable[[Notice], None],
        tell_read: Callable[[], None],
    ) -> None:
        """``found`` is what runs of before left behind; ``tell`` tells everybody who looks.

        ``tell_read`` says to them that one is gone.
        """
        self.unread: list[Notice] = []
        """Those that no later start would tell again."""
        self._id, self._document, self._found = pipeline_id, document, found
        self._tell, self._tell_read = tell, tell_read
        self._latest: dict[str, Notice] = {}

    @property
    def all(self) -> list[Notice]:
        """What there is to be read, the oldest first."""
        found = self._found.of(self._id)
        return [*self.unread, *(words(each, self._title(each)) for each in found)]

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
        if self.unread:
            del self.unread[:1]
            self._tell_read()
        else:
            for finding in self._found.of(self._id)[:1]:
                self._found.read(finding.ticket)

    def _title(self, finding: Finding) -> str:
        """Return what people call a card, also one that is not in the pipeline any more."""
        node = self._document.pipeline.nodes.get(finding.node)
        return title_of(node or Node(finding.node, finding.card), self._document.catalog)
