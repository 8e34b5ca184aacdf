"""What the journal tells of a run: its line in the list."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tensorrag.plain import JsonObject

ONGOING = ("queued", "running")
"""The states of a run that has not ended."""
SWEEP = "sweep:"
"""What the runs of the sweeps of a pipeline are runs of, before its id."""

COLUMNS = "id, pipeline, name, status, created, finished, problems, parent, record != '{}', nth"
"""What `entry_of` reads, of the table of runs."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A past or present run, as the journal knows it."""

    id: str
    pipeline: str | None
    """The id of the pipeline in the workspace, or of the file that was run; or `runs_of` it."""
    name: str
    status: str
    created: float
    """Seconds since 1970."""
    finished: float | None
    problems: tuple[JsonObject, ...] = ()
    parent: str | None = None
    """The run that it resumes."""
    begun: bool = True
    """Whether its turn ever came."""
    number: int = 0
    """Which run of its pipeline it is, from 1: it stays, whatever is forgotten."""
    rented: tuple[tuple[str, str | None], ...] = ()
    """Paid places and their GPUs where cards of it have begun, where that was asked for."""

    @property
    def withdrawn(self) -> bool:
        """Whether it was cancelled while it waited its turn."""
        return self.status == "cancelled" and not self.begun

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken so far; None where its turn has not come."""
        if self.withdrawn:
            return None
        if self.finished is None and self.status != "running":
            return None
        took = (time.time() if self.finished is None else self.finished) - self.created
        return max(0.0, round(took, 3))  # the clock may have been set back meanwhile

    def summary(self) -> JsonObject:
        """Return one line of the list of runs."""
        return {
            "run": self.id,
            "number": self.number,
            "pipeline": self.pipeline,
            "name": self.name,
            "status": self.status,
            "started": timestamp(self.created),
            "seconds": self.seconds,
            "parent": self.parent,
        }


def entry_of(row: tuple[Any, ...]) -> RunEntry:
    """Return a run as a row of the journal, with its `COLUMNS`, has it."""
    run, pipeline, name, status, created, finished, problems, parent, begun, number = row
    ran = (run, pipeline, name, status, created, finished, tuple(json.loads(problems)))
    return RunEntry(*ran, parent=parent, begun=bool(begun), number=number or 0)


def runs_of(pipeline: str) -> str:
    """Return what the runs of the sweeps of a pipeline are runs of."""
    return f"{SWEEP}{pipeline}"


def swept(pipeline: str | None) -> str | None:
    """Return the pipeline that is swept, of what `runs_of` returned; any other as it is."""
    return pipeline.removeprefix(SWEEP) if pipeline is not None else None


def timestamp(seconds: float | None = None) -> str:
    """Write a time (seconds since 1970, now by default) in UTC: ``2026-01-31T12:00:00.123Z``."""
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
