"""Edits as the records of an edit log, and back.

``state`` holds a whole pipeline; ``step`` and ``merge`` what an edit changed; ``undo`` and ``redo``
nothing more; ``written`` the sha256 of the file that holds the state of a revision.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator

from tensorrag.edit.document import Change
from tensorrag.edit.steps import Step, Steps
from tensorrag.errors import FileFormatError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.as_json import VERSION, from_json, to_json
from tensorrag.pipeline.delta import delta, patched
from tensorrag.pipeline.files import dumps

KEPT_STEPS = 200
"""Steps that a log keeps when it is written anew."""


def state_record(pipeline: Pipeline, revision: int) -> JsonObject:
    """Return what a log begins with."""
    return _record("state", revision, pipeline=to_json(pipeline))


def written_record(revision: int, sha256: str) -> JsonObject:
    """Return what says that the file holds the state of this revision."""
    return _record("written", revision, sha256=sha256)


def change_record(change: Change) -> JsonObject:
    """Return what remembers an edit, an undo or a redo."""
    if change.kind in ("undo", "redo"):
        return _record(change.kind, change.revision)
    told = {"label": change.label, "delta": delta(change.before, change.after)}
    return _record(change.kind, change.revision, **told)


def all_records(steps: Steps, pipeline: Pipeline, revision: int) -> Iterator[JsonObject]:
    """Yield a whole log that leads to a pipeline by its latest steps."""
    done, undone = steps.done[-KEPT_STEPS:], steps.undone[-KEPT_STEPS:]
    yield state_record(done[0].before if done else pipeline, revision)
    for step in (*done, *reversed(undone)):
        yield _step(step, revision)
    for _ in undone:
        yield _record("undo", revision)


def _step(step: Step, revision: int) -> JsonObject:
    """Write a step of before; ``of`` and ``time`` say when it was really made."""
    told = {"label": step.label, "delta": delta(step.before, step.after)}
    return _record("step", revision, **told, of=step.revision, time=step.made)


def _record(kind: str, revision: int, **more: object) -> JsonObject:
    return {"is": kind, "revision": revision, "time": time.time(), **more}


class Replay:
    """What the records of a log lead to, one after the other."""

    def __init__(self) -> None:
        self.pipeline: Pipeline | None = None
        """None before the first ``state``."""
        self.steps = Steps()
        self.revision = 0
        self._written = (0, "")
        self._since: dict[int, Pipeline] = {}

    def take_all(self, records: Iterable[JsonObject]) -> bool:
        """Follow these records; False if one of them does not follow from those before it."""
        try:
            for record in records:
                self._take(record)
        except (FileFormatError, LookupError, TypeError, ValueError, AttributeError):
            return False
        return True

    @property
    def is_written(self) -> bool:
        """Whether the file held the last state, as far as the log knows."""
        return self._written[0] == self.revision

    def revision_of(self, sha256: str) -> int | None:
        """Return the revision whose state a file of this content holds; None if it is none."""
        if sha256 == self._written[1]:
            return self._written[0]
        for revision, state in reversed(self._since.items()):
            if hashlib.sha256(dumps(state).encode()).hexdigest() == sha256:
                return revision
        return None

    def _take(self, record: JsonObject) -> None:
        kind, self.revision = record["is"], max(self.revision, record["revision"])
        if kind == "written":
            self._written = (record["revision"], record["sha256"])
            later = (item for item in self._since.items() if item[0] > record["revision"])
            self._since = dict(later)
            return
        self.pipeline = self._next(kind, record)
        self._since[record["revision"]] = self.pipeline

    def _next(self, kind: str, record: JsonObject) -> Pipeline:
        if kind == "state":
            if record["pipeline"].get("version") != VERSION:
                raise ValueError("This log is of another version of the file format.")
            self.steps = Steps()
            return from_json(record["pipeline"])[0]
        if kind in ("undo", "redo"):
            step = self.steps.undo() if kind == "undo" else self.steps.redo()
            if step is None:
                raise LookupError(f"There is nothing to {kind}.")
            return step.before if kind == "undo" else step.after
        if kind not in ("step", "merge") or self.pipeline is None:
            raise ValueError(f"A record cannot be {kind!r} here.")
        after = patched(self.pipeline, record["delta"])
        made = float(record.get("time", 0.0))
        revision = int(record.get("of") or record["revision"])
        step = Step(self.pipeline, after, record["label"], revision, made)
        if kind == "merge":
            self.steps.extend(step)
        else:
            self.steps.push(step)
        return after
