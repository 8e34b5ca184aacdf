"""``tensorrag run``, ``check`` and ``export``: what is done with one pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tensorrag import ahead
from tensorrag.cli.exit_codes import FAILED, SUCCEEDED, WRONG
from tensorrag.cli.json_option import json_option, undisturbed
from tensorrag.cli.printing import figure, plain, print_json, print_table
from tensorrag.cli.workspace_option import workspace_option
from tensorrag.gpus import GPUS


@click.command()
@click.argument("pipeline", required=False)
@click.option("--resume", metavar="RUN", help="Go on with a run that did not get to its end.")
@click.option("--until", metavar="NODE", help="Stop at this card; run only what it depends on.")
@click.option(
    "--set",
    "settings",
    metavar="NODE.PARAM=VALUE",
    multiple=True,
    help="Set a parameter for this run; VALUE is JSON, else text.",
)
@click.option(
    "--sweep",
    metavar="NODE.PARAM=VALUES",
    help="Run once for each value: 0.1,0.2 is a list, 20..100 by 20 a range.",
)
@click.option("--on", metavar="EXECUTOR", help="Run all cards there, whatever they ask for.")
@click.option(
    "--gpu",
    metavar="GPU",
    type=click.Choice(list(GPUS)),
    help="Rent this one where a card that would use one runs on a rented GPU: T4, L4, … B200.",
)
@click.option("--no-cache", is_flag=True, help="Run everything, even what is known already.")
@json_option
@workspace_option
def run(
    pipeline: str | None,
    resume: str | None,
    until: str | None,
    settings: tuple[str, ...],
    sweep: str | None,
    on: str | None,
    gpu: str | None,
    no_cache: bool,
    as_json: bool,
    workspace: Path | None,
) -> int:
    """Run PIPELINE, or resume a run.

    PIPELINE is a file, a sample by its name, or one of the workspace by its id or name.
    """
    if (pipeline is None) == (resume is None):
        raise click.UsageError("Name a pipeline, or a run to --resume.")
    if resume is not None and (until or settings or sweep or on or gpu or no_cache):
        raise click.UsageError("Leave the other options out: a resumed run is as it was asked for.")
    ahead.begin()  # before what takes long to import
    from tensorrag.cli import beginning

    call = beginning.Call(pipeline, until, settings, on, gpu, no_cache, resume)
    with undisturbed(as_json):
        if sweep is not None:
            from tensorrag.cli import headless

            outcome, code = headless.sweep(call, sweep, workspace, quiet=as_json)
        else:
            outcome, code = beginning.run(call, workspace, quiet=as_json)
    if as_json:
        print_json(outcome)
    elif sweep is not None:
        _print_swept(outcome)
    return code


def _print_swept(outcome: dict[str, Any]) -> None:
    """List what came of each value; the best of each metric is marked."""
    names = list(outcome["best"])
    rows = [
        (
            plain(str(each["value"])),
            each["status"],
            *(_figure(each, name, outcome) for name in names),
        )
        for each in outcome["runs"]
    ]
    print_table((outcome["field"], "status", *names), rows)


def _figure(tried: dict[str, Any], name: str, outcome: dict[str, Any]) -> str:
    value = tried["metrics"].get(name)
    mark = " *" if outcome["best"][name] == tried["value"] else ""
    return f"{figure(value)}{mark}" if value is not None else ""


@click.command()
@click.argument("pipeline")
@json_option
@workspace_option
def check(pipeline: str, as_json: bool, workspace: Path | None) -> int:
    """List what is wrong with PIPELINE.

    PIPELINE is a file, a sample by its name, or one of the workspace by its id or name.
    """
    from tensorrag.cli import checking

    with undisturbed(as_json):
        problems = checking.check(pipeline, workspace)
    if as_json:
        print_json([problem.model_dump(mode="json") for problem in problems])
    else:
        from tensorrag.cli.terminal import print_problems

        print_problems(problems)
    return WRONG if any(problem.level == "error" for problem in problems) else SUCCEEDED


@click.command()
@click.argument("pipeline")
@click.option(
    "--python",
    "out",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to: .py is a script, .ipynb a notebook, .zip both with the data.",
)
@click.option("--verify", is_flag=True, help="Run it without TensorRag, and compare the figures.")
@workspace_option
def export(pipeline: str, out: Path, verify: bool, workspace: Path | None) -> int:
    """Write PIPELINE as plain Python.

    PIPELINE is a file, a sample by its name, or one of the workspace by its id or name.
    """
    from tensorrag.cli.exporting import export as write

    verdict, notes = write(pipeline, out, workspace, verify=verify)
    click.echo(f"Written: {out}")
    for note in notes:
        click.echo(note)
    if verdict is None:
        return SUCCEEDED
    click.echo(verdict.badge)
    return SUCCEEDED if verdict.verified else FAILED
