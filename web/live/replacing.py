"""Another pipeline in the place of an open one, as a gesture that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tensorrag.edit.document import Change, Document
from tensorrag.edit.history import Version
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.quoting import quoted
from web.live.checking.checking import Checking
from web.live.checking.gestures import set_anew
from web.live.keeping.opening import Notice
from web.live.keeping.pipeline_file import Theirs
from web.live.keeping.saving import Saving
from web.live.notices import Notices

ADOPTED: Notice = (
    "Another program changed the file of this pipeline: this is what it wrote.",
    "Undo brings back what was here before.",
)


class Replacing:
    """Puts other pipelines in the place of one; its id and its history stay."""

    def __init__(
        self,
        document: Document,
        checking: Checking,
        saving: Saving,
        notices: Notices,
        take: Callable[[Change], object],
        show: Callable[[Change], object],
    ) -> None:
        """``take`` shows and saves a change; ``show`` shows one that is in the file already."""
        self._document, self._checking = document, checking
        self._saving, self._notices = saving, notices
        self._take, self._show = take, show

    def by(self, pipeline: Pipeline, label: str) -> Change:
        """Put another one in; ``label`` is what Undo calls that."""
        change = self._put(pipeline, label)
        self._take(change)
        return change

    def bring_back(self, version: Version) -> Change:
        """Make the pipeline what it once was."""
        called = quoted(version.name) if version.name else f"the state of {_clock(version.made)}"
        return self.by(version.pipeline, f"Bring back {called}")

    def adopt(self, pipeline: Pipeline, theirs: Theirs) -> None:
        """Take up what another program wrote into the file."""
        change = self._put(pipeline, "Change outside")
        self._saving.accept(change, theirs)
        self._show(change)
        self._notices.say(ADOPTED)

    def _put(self, pipeline: Pipeline, label: str) -> Change:
        op = {"op": "replace", "pipeline": to_json(pipeline)}
        change = self._document.apply([op], label)
        self._checking.not_chosen(set_anew(change.before, change.after))
        return change


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%H:%M:%S")
