"""The way back and forth through the states of a pipeline: what undo and redo go along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tensorrag.pipeline import Pipeline

MAX_STEPS = 500
HISTORY_BUDGET = 2_000_000
"""Most cards in all remembered pipelines together: bounds the memory of the history."""


@dataclass(frozen=True, slots=True)
class Step:
    """One gesture: the state before it, the state after it, and what it is called."""

    before: Pipeline
    after: Pipeline
    label: str
    revision: int = 0
    """The one that it led to."""
    made: float = 0.0
    """When, in seconds since 1970."""


class Steps:
    """Steps that were made, and steps that were taken back."""

    def __init__(self, done: Iterable[Step] = (), undone: Iterable[Step] = ()) -> None:
        """Take both lists; the last of each is the one that is nearest."""
        self.done = list(done)
        self.undone = list(undone)

    def copy(self) -> Steps:
        """Return the same way, for somebody in another thread."""
        return Steps(self.done, self.undone)

    def push(self, step: Step) -> None:
        """Go a new step; what was taken back is gone."""
        self.undone.clear()
        self.done.append(step)
        most = min(MAX_STEPS, max(20, HISTORY_BUDGET // (len(step.after.nodes) + 1)))
        del self.done[:-most]

    def extend(self, step: Step) -> bool:
        """Let the last step lead as far as this one, which followed it.

        False where both together changed nothing: then that step is gone.
        """
        last = self.done.pop()
        if step.after == last.before:
            return False
        self.done.append(replace(step, before=last.before, label=last.label))
        return True

    def undo(self) -> Step | None:
        """Take the last step back and return it; None if there is none."""
        if not self.done:
            return None
        self.undone.append(self.done.pop())
        return self.undone[-1]

    def redo(self) -> Step | None:
        """Go the step again that was taken back last, and return it; None if there is none."""
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return self.done[-1]
