"""`tensorrag doctor`: what is set up, what is missing, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import click
import psutil
from pydantic import BaseModel, ConfigDict

from tensorrag.errors import WorkspaceError
from tensorrag.executor import Executor, Offers
from tensorrag.folders import Folders
from tensorrag.run.prepare import open_executors
from tensorrag.store.inspection import Pin, Verified, pins, verify
from tensorrag.store.locks import locked
from tensorrag.store.mending import is_whole
from tensorrag.store.workspace import Workspace

LIBRARIES = ("torch", "scikit-learn", "pandas", "pyarrow", "nicegui")
LITTLE_DISK = 2 * 10**9
"""Bytes free on the disk below which it is said."""
LITTLE_SHARED = 64 * 2**20
"""Bytes of /dev/shm below which data loaders of torch fail."""
PATIENCE = 5.0
"""Seconds that a place elsewhere may take to say how it is."""
CGROUP = Path("/sys/fs/cgroup/memory.max")


class Finding(BaseModel):
    """One line: how something is, and what to do where it is not well."""

    model_config = ConfigDict(frozen=True)

    about: str
    level: Literal["ok", "note", "problem"] = "ok"
    message: str
    hint: str = ""


class Report(BaseModel):
    """All that was found."""

    model_config = ConfigDict(frozen=True)

    workspace: str
    findings: tuple[Finding, ...]
    pinned: tuple[Pin, ...]
    """What stays in the store whatever its cap says, and why."""
    verified: Verified | None = None
    """What was found where the store was looked through."""

    @property
    def well(self) -> bool:
        """Whether there is no problem, though there may be notes."""
        return all(finding.level != "problem" for finding in self.findings)


def examine(workspace: Workspace, *, thorough: bool = False, mend: bool = False) -> Report:
    """Look at everything.

    Args:
        workspace: what is looked at.
        thorough: whether to read and hash every stored file.
        mend: whether to mend damaged databases first.

    Raises:
        WorkspaceLocked: something is to be mended, and a server runs.
    """
    if mend:
        with workspace.lock():
            workspace.mend()
    unreadable = tuple(_unreadable(workspace))
    found = verify(workspace.store) if thorough and not unreadable else None
    pinned = (
        () if unreadable else tuple(pins(workspace.store, workspace.journal, workspace.pipelines))
    )
    findings = (
        *unreadable,
        *_machine(),
        *_executors(workspace),
        *_workspace(workspace),
        *_store(workspace, found),
        *_settings(workspace),
    )
    return Report(workspace=str(workspace.root), findings=findings, pinned=pinned, verified=found)


def print_report(report: Report) -> None:
    """Write it for people: a line each, with what to do below where something is not well."""
    marks = {"ok": ("✓", "green"), "note": ("!", "yellow"), "problem": ("✗", "red")}
    width = max(len(finding.about) for finding in report.findings)
    for finding in report.findings:
        mark, colour = marks[finding.level]
        click.echo(f"{click.style(mark, fg=colour)} {finding.about:<{width}}  {finding.message}")
        if finding.hint:
            click.echo(f"  {'':<{width}}  → {finding.hint}")
    if report.pinned:
        click.echo("\nStays in the store whatever its cap, as the latest run or a named version of")
    for pin in report.pinned:
        why = f"version {pin.version[:60]}" if pin.version else f"run {pin.run}"
        click.echo(f"  {pin.pipeline[:60]}: {pin.values} values, {size(pin.size)}, {why}")


def _machine() -> Iterator[Finding]:
    system = f"{platform.system()} {platform.release()}"
    yield Finding(about="Python", message=f"{platform.python_version()} on {system}")
    yield _libraries()
    yield _memory()
    if sys.platform != "linux":
        yield Finding(
            about="Limits",
            level="note",
            message="Memory limits, and ending all that a card started, are for Linux only.",
        )
    elif (shared := _free(Path("/dev/shm"))) is not None:  # noqa: S108
        little = shared < LITTLE_SHARED
        yield Finding(
            about="Shared memory",
            level="note" if little else "ok",
            message=f"{size(shared)} free in /dev/shm",
            hint="In a container, start it with --shm-size=1g." if little else "",
        )


def _libraries() -> Finding:
    found = {name: _version(name) for name in LIBRARIES}
    missing = [name for name, number in found.items() if number is None]
    if missing:
        return Finding(
            about="Libraries",
            level="problem",
            message=f"{', '.join(missing)} cannot be found.",
            hint="Install TensorRag again: pip install --force-reinstall tensorrag",
        )
    return Finding(about="Libraries", message=", ".join(f"{k} {v}" for k, v in found.items()))


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    text = f"{size(memory.available)} of {size(memory.total)} free"
    limit = _limit()
    if limit is not None and limit < memory.total:
        text += f"; this container may use {size(limit)}"
    little = min(memory.available, limit or memory.available) < 10**9
    hint = "Cards that need more fail: close other programs, or give the container more."
    return Finding(
        about="Memory",
        level="note" if little else "ok",
        message=text,
        hint=hint if little else "",
    )


def _executors(workspace: Workspace) -> Iterator[Finding]:
    for offers in asyncio.run(_offers(workspace)):
        if offers.available:
            labels = ", ".join(offer.label for offer in offers.offers)
            yield Finding(
                about=f"Runs on {offers.executor}",
                level="note" if offers.outdated else "ok",
                message=" ".join(filter(None, [offers.outdated, labels or "ready"])),
                hint=offers.hint,
            )
        else:
            yield Finding(
                about=f"Runs on {offers.executor}",
                level="note",
                message=offers.reason or "not available",
                hint=offers.hint,
            )


async def _offers(workspace: Workspace) -> list[Offers]:
    executors = open_executors(workspace.scratch)
    try:
        return [await _offers_of(name, executor) for name, executor in executors.items()]
    finally:
        for executor in executors.values():
            await executor.close()


async def _offers_of(name: str, executor: Executor) -> Offers:
    """Ask an executor, but not for long; where nobody is signed in, nothing is asked anywhere."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await executor.offers()
    except TimeoutError:
        said = f"It did not answer within {PATIENCE:g} seconds."
        hint = "Look at the network, then call `tensorrag doctor` again."
        return Offers(executor=name, available=False, reason=said, hint=hint)


def _workspace(workspace: Workspace) -> Iterator[Finding]:
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


def _unreadable(workspace: Workspace) -> Iterator[Finding]:
    """Name the databases that cannot be read here."""
    for database in (workspace.journal.database, workspace.store.index):
        path = database.path
        try:
            database.refuse_newer()
        except WorkspaceError as error:
            yield Finding(about="Database", level="problem", message=error.message, hint=error.hint)
            continue
        if path.exists() and not is_whole(path):
            yield Finding(
                about="Damage",
                level="problem",
                message=f"{path.name} is damaged.",
                hint="End the server, then call `tensorrag doctor --mend`.",
            )


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


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _limit() -> int | None:
    try:
        return int(CGROUP.read_text())
    except (OSError, ValueError):  # "max" is no limit
        return None


def size(number: float) -> str:
    """Write bytes as a person reads them: 0 B, 3.2 MB, 20 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"
