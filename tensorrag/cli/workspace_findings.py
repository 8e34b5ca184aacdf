"""What `tensorrag doctor` finds of a workspace."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tensorrag.cli.finding import Finding
from tensorrag.cli.printing import size
from tensorrag.errors import WorkspaceError
from tensorrag.folders import Folders
from tensorrag.store.database import Database
from tensorrag.store.inspection import Verified
from tensorrag.store.locks import locked
from tensorrag.store.mending import is_whole
from tensorrag.store.workspace import Workspace

LITTLE_DISK = 2 * 10**9
"""Bytes free on the disk below which it is said."""


def of_workspace(workspace: Workspace, found: Verified | None) -> Iterator[Finding]:
    """Tell of its folder, its pipelines, its store and its settings.

    Args:
        workspace: what is looked at.
        found: what came of looking through the store, where that was done.
    """
    yield from _folder(workspace)
    yield from _store(workspace, found)
    yield from _settings(workspace)


def unreadable(workspace: Workspace) -> Iterator[Finding]:
    """Name the databases that cannot be read here."""
    for database in (workspace.journal.database, workspace.store.index):
        path = database.path
        try:
            database.refuse_newer()
            harm = _harm(database) if path.exists() else ""
        except WorkspaceError as error:
            yield Finding(about="Database", level="problem", message=error.message, hint=error.hint)
            continue
        if harm:
            yield Finding(
                about="Damage",
                level="problem",
                message=f"{path.name} {harm}.",
                hint="End the server, then call `tensorrag doctor --mend`.",
            )


def _harm(database: Database) -> str:
    if not is_whole(database.path):
        return "is damaged"
    lacking = database.lacking()
    return f"lacks tables that somebody has dropped: {', '.join(lacking)}" if lacking else ""


def _folder(workspace: Workspace) -> Iterator[Finding]:
    root = workspace.root
    free = shutil.disk_usage(root).free
    yield Finding(
        about="Workspace",
        level="note" if free < LITTLE_DISK else "ok",
        message=f"{root}, {size(free)} free on its disk",
        hint="Free some space: results are kept there." if free < LITTLE_DISK else "",
    )
    if not workspace.writable:
        yield Finding(
            about="Workspace",
            level="note",
            message="It may only be read: pipelines can be neither edited nor run in it.",
            hint="Change the permissions of the folder, or choose another with --workspace.",
        )
    yield Finding(about="Server", message=_server(root / "serve.lock"))
    for error in (entry for entry in workspace.pipelines.list() if entry.error):
        yield Finding(
            about="Pipeline",
            level="problem",
            message=f"{error.id}: {error.error}",
            hint="Mend its file, or delete it on the start page.",
        )
    for notice in workspace.notices():
        yield Finding(about="Damage", level="problem", message=notice)


def _store(workspace: Workspace, found: Verified | None) -> Iterator[Finding]:
    held, cap = workspace.store.size(), workspace.settings.values().store_cap
    message = f"{size(held)} of at most {size(cap)}"
    over = held > cap
    hint = (
        "What is pinned alone is more: raise the cap, or delete pipelines or named versions."
        if over
        else ""
    )
    yield Finding(about="Store", level="note" if over else "ok", message=message, hint=hint)
    if found is not None:
        wrong = (*found.damaged, *found.foreign)
        yield Finding(
            about="Verified",
            level="problem" if wrong else "ok",
            message=f"{found.values} values, {size(found.size)}, each byte as it was written",
        )
        for sentence in wrong:
            yield Finding(about="Damage", level="problem", message=sentence,
                          hint="Run the card again: nothing damaged is used.")  # fmt: skip


def _settings(workspace: Workspace) -> Iterator[Finding]:
    chosen = workspace.settings.get("allowed_folders")
    allowed = Folders.of(chosen, workspace.root)
    gone = [str(folder) for folder in allowed.allowed if not os.access(folder, os.R_OK | os.X_OK)]
    yield Finding(
        about="Allowed folders",
        level="note" if gone else "ok",
        message=allowed.shown + ("" if chosen is not None else " (the usual ones)"),
        hint=f"Not there, or not readable: {', '.join(gone)}." if gone else "",
    )
    names = workspace.settings.secret_names()
    yield Finding(about="Secrets", message=", ".join(names) or "none")


def _server(lock: Path) -> str:
    if not lock.exists():
        return "none runs on this workspace"
    with lock.open("r+" if os.access(lock, os.W_OK) else "r") as file:
        if locked(file):
            return "none runs on this workspace"
        file.seek(0)
        try:
            said = json.loads(file.read())
        except ValueError:
            said = {}
    return f"process {said.get('pid', 'unknown')}, {said.get('address') or 'address unknown'}"
