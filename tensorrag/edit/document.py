"""A pipeline that is being edited: its revision, and the way back and forth.

Every state is a whole pipeline that shares all it can with the one before, so that undo and redo
are assignments, and nothing has to be undone by running an edit backwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from tensorrag.catalog import Catalog
from tensorrag.edit.commands import apply
from tensorrag.edit.labels import describe
from tensorrag.edit.steps import Step, Steps
from tensorrag.errors import PipelineError
from tensorrag.pipeline import Edge, Pipeline

MAX_OPS = 1_000
"""Most edits in one gesture."""
MERGE_SECONDS = 1.0
"""Edits with the same merge key become one step when they follow within this time."""

ChangeKind = Literal["step", "merge", "undo", "redo"]
"""A new step, more of the last step, or a step taken back or made again."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit, undo or redo did."""

    before: Pipeline
    after: Pipeline
    revision: int
    """The revision that ``after`` is."""
    label: str
    kind: ChangeKind = "step"
    of: int = 0
    """Of an undo or redo: the revision that the step had led to when it was made."""

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return self.after is not self.before


class Document:
    """A pipeline with a revision and a history. Not for several threads at once."""

    def __init__(
        self,
        pipeline: Pipeline,
        catalog: Catalog,
        *,
        revision: int = 0,
        steps: Steps | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a pipeline, and the steps that led to it, if they are known."""
        self.catalog = catalog
        """The cards that there are; assign a new one when it changes."""
        self._pipeline = pipeline
        self._revision = revision
        self._clock = clock
        self._steps = steps or Steps()
        self._open: tuple[str, float] | None = None

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline as it is now."""
        return self._pipeline

    @property
    def revision(self) -> int:
        """A number that rises with every change, undo and redo included."""
        return self._revision

    @property
    def steps(self) -> Steps:
        """The steps that can be taken back or made again, as they are now."""
        return self._steps.copy()

    @property
    def undo_label(self) -> str:
        """What `undo` would take back, such as "Move Train"; empty if there is nothing."""
        return self._steps.done[-1].label if self._steps.done else ""

    @property
    def redo_label(self) -> str:
        """What `redo` would make again; empty if there is nothing."""
        return self._steps.undone[-1].label if self._steps.undone else ""

    def apply(self, ops: Sequence[Any], label: str = "", merge_key: str | None = None) -> Change:
        """Make the edits of one gesture, all or none, as one step.

        Args:
            ops: edits as `edit.apply` takes them; nothing in them is trusted.
            label: what the step is called in the menu; made from the edits if empty.
            merge_key: steps with the same key within a second become one, as while typing.

        Raises:
            PipelineError: one of the edits is forbidden; nothing has changed.
        """
        if not isinstance(ops, list | tuple) or len(ops) > MAX_OPS:
            raise PipelineError(
                f"A gesture must be a list of at most {MAX_OPS:,} edits.",
                hint="Send it in several parts.",
            )
        before = after = self._pipeline
        for op in ops:
            after = apply(after, op, self.catalog)
        label = label or describe(ops, before, self.catalog)
        if after is before:
            return Change(before, after, self._revision, label)
        step = Step(before, after, label, self._revision + 1, time.time())
        kind = self._remember(step, merge_key)
        return self._show(after, label, kind)

    def undo(self) -> Change | None:
        """Take the last step back; None if there is none."""
        step, self._open = self._steps.undo(), None
        return self._show(step.before, step.label, "undo", step.revision) if step else None

    def redo(self) -> Change | None:
        """Make the step again that was taken back last; None if there is none."""
        step, self._open = self._steps.redo(), None
        return self._show(step.after, step.label, "redo", step.revision) if step else None

    def _show(self, pipeline: Pipeline, label: str, kind: ChangeKind, of: int = 0) -> Change:
        before, self._pipeline = self._pipeline, pipeline
        self._revision += 1
        return Change(before, pipeline, self._revision, label, kind, of)

    def _remember(self, step: Step, merge_key: str | None) -> ChangeKind:
        now, last = self._clock(), self._open
        self._open = (merge_key, now) if merge_key is not None else None
        if last and last[0] == merge_key and now - last[1] <= MERGE_SECONDS:
            if not self._steps.extend(step):
                self._open = None  # what is typed next belongs to no step of before
            return "merge"
        self._steps.push(step)
        return "step"


class Difference(TypedDict, total=False):
    """One thing that changed, under one of these keys; gone ones are named by their ids."""

    node: str
    remove_node: str
    edge: Edge
    remove_edge: str
    annotations: bool


def diff(before: Pipeline, after: Pipeline) -> list[Difference]:
    """List what a view of one pipeline must change to show the other.

    Names of gone wires and cards come first, then the ids of new or changed cards, then new or
    changed wires. What both pipelines share is not looked at.
    """
    notes: list[Difference] = (
        [] if before.annotations is after.annotations else [{"annotations": True}]
    )
    return [*_gone(before, after), *_come(before, after), *notes]


def _gone(before: Pipeline, after: Pipeline) -> Iterator[Difference]:
    if before.edges is not after.edges:
        left = {id(edge) for edge in after.edges}
        changed = [edge.id for edge in before.edges if id(edge) not in left]
        kept = {edge.id for edge in after.edges} if changed else set()
        for edge_id in dict.fromkeys(changed):
            if edge_id not in kept:
                yield {"remove_edge": edge_id}
    for node_id in before.nodes:
        if node_id not in after.nodes:
            yield {"remove_node": node_id}


def _come(before: Pipeline, after: Pipeline) -> Iterator[Difference]:
    for node_id, node in after.nodes.items():
        if before.nodes.get(node_id) is not node:
            yield {"node": node_id}
    if before.edges is not after.edges:
        known = {id(edge) for edge in before.edges}
        for edge in after.edges:
            if id(edge) not in known:
                yield {"edge": edge}
