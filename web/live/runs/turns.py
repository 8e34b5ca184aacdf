"""Whose turn it is: the runs of one pipeline follow one another, and nobody overtakes.

Those of different pipelines go on side by side, up to a limit.
"""

from __future__ import annotations

from bisect import insort
from itertools import count
from weakref import WeakKeyDictionary

from tensorrag.run import Run

AT_ONCE = 16
"""How many runs go on at once; their cards share the cores of this machine all the same."""


class Turns:
    """The runs of a server that have not ended, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.asked: list[Run] = []
        """Those that neither go on nor wait yet: they are looked into."""
        self.waiting: list[Run] = []
        self.going: list[Run] = []
        """Those whose turn it is, in the order they began."""
        self._numbers: WeakKeyDictionary[Run, int] = WeakKeyDictionary()
        self._count = count()

    @property
    def all(self) -> tuple[Run, ...]:
        """All of them."""
        return (*self.asked, *self.waiting, *self.going)

    def ask(self, run: Run) -> None:
        """Somebody asks for a run."""
        self._numbers[run] = next(self._count)
        self.asked.append(run)

    def begin(self, run: Run) -> bool:
        """Have one go on that was asked for, unless it has to wait."""
        if any(is_of(each, run.pipeline_id) for each in self.waiting) or not self._has_room(run):
            return False
        self.asked.remove(run)
        self.going.append(run)
        return True

    def wait(self, run: Run) -> None:
        """Have one wait that was asked for, behind all that were asked for before."""
        self.asked.remove(run)
        insort(self.waiting, run, key=self._numbers.__getitem__)

    def due(self) -> list[Run]:
        """Have those go on that have waited long enough, and return them."""
        due = []
        for run in tuple(self.waiting):
            if self._has_room(run):
                self.waiting.remove(run)
                self.going.append(run)
                due.append(run)
        return due

    def leave(self, run: Run) -> None:
        """A run has ended, or cannot begin."""
        for runs in (self.asked, self.waiting, self.going):
            if run in runs:
                runs.remove(run)

    def _has_room(self, run: Run) -> bool:
        """Whether none of its pipeline goes on, and there is room, also for those before it."""
        if any(is_of(each, run.pipeline_id) for each in self.going):
            return False
        return len(self.going) + self._before(run) < AT_ONCE

    def _before(self, run: Run) -> int:
        """Count the runs that were asked for before, are looked into yet, and may begin then."""
        number = self._numbers[run]
        busy = {each.pipeline_id for each in self.going if each.pipeline_id is not None}
        before = [each for each in self.asked if self._numbers[each] < number]
        return len({each.pipeline_id or each for each in before} - busy)


def is_of(run: Run, pipeline_id: str | None) -> bool:
    """Whether a run is of this pipeline; one of no pipeline is in nobody's way."""
    return pipeline_id is not None and run.pipeline_id == pipeline_id
