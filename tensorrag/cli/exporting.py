"""``tensorrag export``: a pipeline as plain Python, a notebook, or a ZIP file with its data."""

from __future__ import annotations

import asyncio
import os
import tempfile
import zipfile
from pathlib import Path

from tensorrag.cli.checking import Checking
from tensorrag.cli.executing import executors_of
from tensorrag.cli.opening import open_pipeline
from tensorrag.durable import full_disk_explained
from tensorrag.errors import WorkspaceError
from tensorrag.leaving.comparing import Verdict
from tensorrag.run.hosted import Hosted
from tensorrag.run.leaving import Leaving, leave
from tensorrag.store.workspace import Workspace


def export(
    name: str, out: Path, workspace: Path | None = None, *, verify: bool = False
) -> tuple[Verdict | None, tuple[str, ...]]:
    """Write a pipeline as Python.

    Args:
        name: a file, the name of a sample, or the id or name of a pipeline of the workspace.
        out: where to: ``.ipynb`` is a notebook, ``.zip`` has the data too, all else is a script,
            with the data in a folder beside it.
        workspace: has what it made when it ran.
        verify: run it in a process without TensorRag, and compare.

    Returns:
        What came of verifying, and what is to be said of the script.

    Raises:
        TensorRagError: a card cannot leave, or a file cannot be read or written.
    """
    return asyncio.run(_export(name, out, Workspace.open(workspace), verify=verify))


async def _export(
    name: str, out: Path, workspace: Workspace, *, verify: bool
) -> tuple[Verdict | None, tuple[str, ...]]:
    async with executors_of(workspace) as executors:
        opened = open_pipeline(name, workspace)
        hosted = Hosted(executors, workspace.place(opened.base))
        checker = Checking(hosted, workspace)
        catalog = await hosted.catalog()
        leaving = await leave(opened.pipeline, opened.id, workspace, catalog, checker, hosted.ask)
        verdict = await leaving.verify(hosted.ask) if verify else None
        await _write(leaving, hosted, out, verdict.badge if verdict is not None else "")
        return verdict, leaving.written.notes


async def _write(leaving: Leaving, hosted: Hosted, out: Path, badge: str) -> None:
    """Write the file, and the data beside it where it is no ZIP file."""
    handle, name = tempfile.mkstemp(suffix=".zip")
    os.close(handle)
    packed = Path(name)
    try:
        await leaving.bundle(hosted.ask, packed, badge)
        with full_disk_explained(out.parent):
            _unpack(packed, out)
    except OSError as error:
        raise WorkspaceError(
            f"{out} cannot be written: {error.strerror or error}.", hint="Choose another place."
        ) from error
    finally:
        packed.unlink(missing_ok=True)


def _unpack(packed: Path, out: Path) -> None:
    if out.suffix == ".zip":
        out.write_bytes(packed.read_bytes())
        return
    wanted = "notebook.ipynb" if out.suffix == ".ipynb" else "script.py"
    with zipfile.ZipFile(packed) as archive:
        out.write_bytes(archive.read(wanted))
        data = [each for each in archive.namelist() if each.startswith("data/")]
        archive.extractall(out.parent, data)
