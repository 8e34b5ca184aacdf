"""Finds out from the edit log and the file how a pipeline was when it was last edited.

The log is written before the file, so that after a crash it may be ahead. What stands in the file
is one of the states that the log knows, unless another program wrote it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tensorrag.edit.records import Replay
from tensorrag.edit.steps import Steps
from tensorrag.errors import FileFormatError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.delta import patched
from tensorrag.pipeline.files import Loaded
from tensorrag.store.edit_log import LogContent


@dataclass(frozen=True)
class Recovered:
    """A pipeline as it was when it was last edited."""

    pipeline: Pipeline
    steps: Steps = field(default_factory=Steps)
    revision: int = 0
    """The last one in the log; 0 if there is none."""
    behind: bool = False
    """Whether the file lacks edits that the log has."""
    theirs: Pipeline | None = None
    """What another program wrote into the file since, if one did."""
    damaged: bool = False
    """Whether the log cannot be read whole: the steps are lost, the pipeline is not."""


def recover(log: LogContent, file: Loaded | None) -> Recovered | None:
    """Put together what the log and the file say.

    Args:
        log: of this pipeline; may be empty or damaged.
        file: None where it is gone or cannot be read.

    Returns:
        None where neither says anything.
    """
    replay = Replay()
    whole = replay.take_all(log.records) and not log.damaged
    if not whole and file is not None:
        return _without_steps(log.records, file.pipeline)
    if replay.pipeline is None:
        return Recovered(file.pipeline) if file is not None else None
    if file is None:
        return Recovered(
            replay.pipeline, replay.steps, replay.revision, behind=True, damaged=not whole
        )
    at = replay.revision_of(file.sha256)
    return Recovered(
        replay.pipeline,
        replay.steps,
        replay.revision,
        behind=not replay.is_written if at is None else at != replay.revision,
        theirs=file.pipeline if at is None else None,
    )


def _without_steps(records: Iterable[JsonObject], pipeline: Pipeline) -> Recovered:
    """Take the file, and those later edits of a damaged log that can still be read."""
    records = [record for record in records if isinstance(record.get("revision"), int)]
    written = max((r["revision"] for r in records if r.get("is") == "written"), default=0)
    before = pipeline
    for record in records:
        if record["revision"] > written and "delta" in record:
            try:
                pipeline = patched(pipeline, record["delta"])
            except (FileFormatError, LookupError, TypeError, ValueError, AttributeError):
                continue
    revision = max((record["revision"] for record in records), default=0)
    return Recovered(pipeline, revision=revision, behind=pipeline is not before, damaged=True)
