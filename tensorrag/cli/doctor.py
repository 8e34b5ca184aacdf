"""`tensorrag doctor`: what is set up, what is missing, and what to do about it."""

from __future__ import annotations

import click
from pydantic import BaseModel, ConfigDict

from tensorrag.cli.finding import Finding
from tensorrag.cli.machine_findings import of_machine
from tensorrag.cli.printing import size
from tensorrag.cli.workspace_findings import of_workspace, unreadable
from tensorrag.store.inspection import Pin, Verified, pins, verify
from tensorrag.store.made_anew import MadeAnew
from tensorrag.store.workspace import Workspace


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
    mended: tuple[MadeAnew, ...] = ()
    if mend:
        with workspace.lock():
            mended = workspace.mend()
    harm = tuple(unreadable(workspace))
    found = verify(workspace.store) if thorough and not harm else None
    pinned = () if harm else tuple(pins(workspace.store, workspace.journal, workspace.pipelines))
    done = (Finding(about="Mended", level="note", message=a.said, hint=a.lost) for a in mended)
    findings = (*done, *harm, *of_machine(workspace.scratch), *of_workspace(workspace, found))
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
