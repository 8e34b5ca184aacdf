"""What was asked for: all that is needed to begin a run later, or to resume one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from tensorrag.errors import FileFormatError, RunRefused
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.pipeline.files import from_object
from tensorrag.plain import JsonObject
from tensorrag.run.prepare import with_params
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import ONGOING


@dataclass(frozen=True, slots=True)
class Request:
    """A pipeline as it was when somebody asked to run it, and how it is to be run."""

    pipeline: Pipeline
    """With ``values`` set in it."""
    pipeline_id: str | None = None
    """What this is a run of; compared with the run of the same before."""
    source: str | None = None
    """Where the pipeline was taken from, if that is another than ``pipeline_id``."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that were set for this run alone, by ``node.parameter``."""
    until: str | Sequence[str] | None = None
    """The node, or the nodes, to stop at."""
    branch: str | None = None
    """The node whose branch is run: it, what follows it, and what these depend on."""
    on: str | None = None
    """The executor for all nodes."""
    gpu: str | None = None
    """The GPU to rent for all nodes that would use one."""
    no_cache: bool = False
    """Run everything, whatever is known."""
    parent: str | None = None
    """The run that this one resumes."""
    sweep: str | None = None
    """The sweep that it is a run of."""
    base: Path | None = None
    """Where relative paths start from; the workspace by default."""

    @property
    def origin(self) -> str | None:
        """What the pipeline is called where it was taken from."""
        return self.source or self.pipeline_id

    def resumed(self, parent: str, pipeline: Pipeline | None = None) -> Self:
        """Ask for the same once more, on a pipeline that may have been mended meanwhile.

        Raises:
            NodeNotFound: a parameter was set of a node that is gone.
        """
        now = with_params(pipeline, self.values) if pipeline is not None else self.pipeline
        return replace(self, pipeline=now, parent=parent)

    def to_json(self) -> JsonObject:
        """Return it as builtins."""
        return {
            "pipeline": to_json(self.pipeline),
            "pipeline_id": self.pipeline_id,
            "source": self.source,
            "values": dict(self.values),
            "until": self.until,
            "branch": self.branch,
            "on": self.on,
            "gpu": self.gpu,
            "no_cache": self.no_cache,
            "parent": self.parent,
            "sweep": self.sweep,
            "base": str(self.base) if self.base is not None else None,
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read what `to_json` wrote.

        Raises:
            RunRefused: it was written by another version, or is damaged.
        """
        try:
            base = Path(data["base"]) if data["base"] is not None else None
            return cls(**{**data, "pipeline": from_object(data["pipeline"]).pipeline, "base": base})
        except (FileFormatError, LookupError, TypeError) as error:
            raise RunRefused(
                "What this run was asked to do cannot be read any more.",
                hint="Run the pipeline instead.",
            ) from error


def asked(journal: Journal, run: str) -> Request:
    """Return what was asked for by a run that may be resumed. In a thread: this reads a database.

    Raises:
        RunNotFound: there is no such run.
        RunRefused: it goes on, or has done all there was to do.
    """
    entry = journal.run(run)
    if entry.status in ONGOING:
        raise RunRefused("This run goes on.", hint="Cancel it first, or wait until it has ended.")
    if entry.status == "succeeded":
        raise RunRefused(
            "This run succeeded: nothing of it is left to do.", hint="Run the pipeline instead."
        )
    known = journal.request(run)
    if known is None:  # it ran before requests were kept
        record = journal.record(run)
        names = ("until", "no_cache")
        pipeline = from_object(record["pipeline"]).pipeline
        return Request(pipeline, entry.pipeline, **{name: record[name] for name in names})
    return Request.from_json(known)
