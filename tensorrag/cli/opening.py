"""Finds the pipeline that a command names: a file, a sample, or one of the workspace."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tensorrag.errors import FileFormatError, PipelineError, WorkspaceError
from tensorrag.pipeline import Pipeline, files
from tensorrag.quoting import quoted
from tensorrag.store.shelf import Shelf
from tensorrag.store.workspace import Workspace

NAMED = 10
"""Pipelines of the workspace that are named where none is meant."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A pipeline that was named."""

    pipeline: Pipeline
    id: str
    """What its runs are compared by."""
    base: Path | None
    """Where its relative paths start from; None: the workspace."""


def open_pipeline(name: str, workspace: Workspace) -> Opened:
    """Open a file, else the workspace's pipeline of this id, else a sample, else one by its name.

    The file of a pipeline of the workspace is that pipeline: the editor shows its runs. One that
    was made of a sample may have the sample's name for its id, and is what people mean by then.

    Raises:
        FileFormatError: the file is refused, or there is none of them.
        PipelineError: several pipelines are called this.
    """
    from sample_data.pipeline_files import PIPELINES

    path, shelf = Path(name), workspace.pipelines
    if path.exists() and not path.is_dir():
        found = _id_of(path.resolve(), shelf)
        return _of_shelf(found, shelf) if found else _of_file(path)
    if name in PIPELINES and not _is_there(name, shelf):
        return Opened(_sample(name), f"sample:{name}", None)
    called = _called(name, shelf)
    if called is None:
        raise FileFormatError(
            f"There is no file {quoted(name)}, and no sample or pipeline of this name.",
            hint=_what_there_is(tuple(PIPELINES), shelf),
        )
    return _of_shelf(called, shelf)


def as_it_is_now(origin: str, workspace: Workspace) -> Pipeline | None:
    """Open a pipeline where a run took it from; None if it is not there any more."""
    kind, _, name = origin.partition(":")
    with suppress(FileFormatError, PipelineError, WorkspaceError, KeyError):
        if kind == "file":
            return files.load(name).pipeline
        if kind == "sample":
            return _sample(name)
        return workspace.pipelines.load(origin).pipeline
    return None


def _sample(name: str) -> Pipeline:
    from sample_data.pipeline_files import pipeline_path

    return files.load(pipeline_path(name)).pipeline


def _of_file(path: Path) -> Opened:
    whole = path.resolve()
    return Opened(files.load(path).pipeline, f"file:{whole}", whole.parent)


def _of_shelf(pipeline_id: str, shelf: Shelf) -> Opened:
    return Opened(shelf.load(pipeline_id).pipeline, pipeline_id, None)


def _id_of(path: Path, shelf: Shelf) -> str | None:
    """Return whose file of the workspace this is; None where it is none of them."""
    if path.suffix != ".json" or path.parent != shelf.folder.resolve():
        return None
    return path.stem if _is_there(path.stem, shelf) else None


def _called(name: str, shelf: Shelf) -> str | None:
    """Return the id of what is called this: an id, or a name that only one has."""
    if _is_there(name, shelf):
        return name
    ids = [entry.id for entry in shelf.list() if entry.name == name]
    if len(ids) > 1:
        raise PipelineError(
            f"{len(ids)} pipelines are called {quoted(name)}.",
            hint=f"Say which one by its id: {', '.join(sorted(ids))}.",
        )
    return ids[0] if ids else None


def _is_there(pipeline_id: str, shelf: Shelf) -> bool:
    with suppress(PipelineError):  # the name is no id
        return shelf.path(pipeline_id).is_file()
    return False


def _what_there_is(samples: tuple[str, ...], shelf: Shelf) -> str:
    ids = [entry.id for entry in shelf.list()]
    said = f"Samples: {', '.join(samples)}."
    if not ids:
        return said
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"{said} Pipelines of the workspace: {', '.join(ids[:NAMED])}{more}."
