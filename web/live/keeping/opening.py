"""Opens a pipeline of the workspace as it was when it was last edited."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from tensorrag.edit.records import written_record
from tensorrag.edit.recovery import Recovered, recover
from tensorrag.errors import FileFormatError, TensorRagError
from tensorrag.pipeline import files
from tensorrag.pipeline.files import Loaded
from tensorrag.quoting import quoted
from tensorrag.store.edit_log import EditLog
from tensorrag.store.shelf import Shelf

Notice = tuple[str, str]
"""A sentence, and what to do or what was done about it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A pipeline, its edit log, and what is to be said about them."""

    recovered: Recovered
    log: EditLog
    sha256: str
    """Of the file; empty if it could not be read."""
    migrated_from: int | None = None
    notices: tuple[Notice, ...] = ()


def open_pipeline(shelf: Shelf, pipeline_id: str) -> Opened:
    """Read the file and the edit log. In a thread: this uses the disk.

    Raises:
        PipelineError: there is none of this id.
        FileFormatError: its file is refused, and the log has nothing to put in its place.
    """
    loaded, refusal = _load(shelf, pipeline_id)
    log = shelf.log(pipeline_id)
    recovered = recover(log.read(), loaded)
    if recovered is None:
        raise refusal or FileFormatError(
            f"{quoted(pipeline_id)} cannot be read.",
            hint="Restore the file from a copy, or delete the pipeline.",
        )
    notices = []
    if loaded is None:
        notices.append(_restore(shelf, pipeline_id, recovered, refusal))
    if recovered.damaged:
        notices.append(_begin_anew(shelf, pipeline_id, recovered, log))
    sha256 = loaded.sha256 if loaded is not None else ""
    migrated_from = loaded.migrated_from if loaded is not None else None
    return Opened(recovered, log, sha256, migrated_from, tuple(notices))


def finish_edits(shelf: Shelf) -> None:
    """Bring files up to date whose latest edits a crash left in their logs alone. In a thread."""
    for log in shelf.logs():
        last = log.last()
        if last is not None and last.get("is") == "written":
            continue
        with suppress(TensorRagError, OSError):  # said when the pipeline is opened
            loaded = shelf.load(log.path.stem)
            recovered = recover(log.read(), loaded)
            if recovered and recovered.behind and not recovered.damaged and not recovered.theirs:
                sha256 = shelf.save(log.path.stem, recovered.pipeline)
                log.append([written_record(recovered.revision, sha256)])


def _load(shelf: Shelf, pipeline_id: str) -> tuple[Loaded | None, FileFormatError | None]:
    """Load a file; one that is no JSON any more was damaged, every other refusal is meant."""
    try:
        return shelf.load(pipeline_id), None
    except FileFormatError as error:
        if files.is_json(shelf.path(pipeline_id)):
            raise
        return None, error


def _restore(
    shelf: Shelf, pipeline_id: str, recovered: Recovered, refusal: FileFormatError | None
) -> Notice:
    aside = shelf.set_aside(pipeline_id)
    shelf.save(pipeline_id, recovered.pipeline)
    why = refusal.message if refusal is not None else ""
    return (
        f"The file of this pipeline was damaged, and was written again from its edits. {why}",
        f"The damaged one is kept as {aside}.",
    )


def _begin_anew(shelf: Shelf, pipeline_id: str, recovered: Recovered, log: EditLog) -> Notice:
    if recovered.behind:
        shelf.save(pipeline_id, recovered.pipeline)
    aside = log.set_aside()
    return (
        "The edit log of this pipeline was damaged: what was edited is here, but undo begins anew.",
        f"The damaged log is kept as {aside}.",
    )
