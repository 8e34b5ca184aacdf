"""The command line. Importing this loads click alone; each command loads what it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import click

from tensorrag.cli.lazy_commands import LazyGroup
from tensorrag.cli.model_commands import models, predict
from tensorrag.cli.printing import figure, plain, print_json, print_table
from tensorrag.cli.secret_commands import secret
from tensorrag.cli.workspace_option import workspace_option
from tensorrag.gpus import GPUS

SUCCEEDED, FAILED, WRONG = 0, 1, 2
"""Exit codes: all is well; the run failed or was cancelled; the pipeline or the call is wrong."""

Command = TypeVar("Command", bound=Callable[..., Any])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = commands.main(words, prog_name="tensorrag", standalone_mode=False)
    except click.Abort:
        return FAILED
    except click.ClickException as error:
        return _refuse(error.format_message(), "usage", words, usage=error)
    except BrokenPipeError:
        sys.stderr.close()  # whoever reads has gone: nothing to tell anybody
        return FAILED
    except Exception as error:
        from tensorrag.errors import TensorRagError

        if not isinstance(error, TensorRagError):
            raise
        return _refuse(error.message, "refused", words, hint=error.hint)
    return code if isinstance(code, int) else SUCCEEDED


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tensorrag")
def commands() -> None:
    """TensorRag: machine-learning pipelines made of typed cards."""


def _json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")(
        command
    )


@commands.command()
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
@_json_option
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
    from tensorrag.cli import headless

    if (pipeline is None) == (resume is None):
        raise click.UsageError("Name a pipeline, or a run to --resume.")
    if resume is not None and (until or settings or sweep or on or gpu or no_cache):
        raise click.UsageError("Leave the other options out: a resumed run is as it was asked for.")
    call = headless.Call(pipeline, until, settings, on, gpu, no_cache, resume)
    with _undisturbed(as_json):
        if sweep is not None:
            outcome, code = headless.sweep(call, sweep, workspace, quiet=as_json)
        else:
            outcome, code = headless.run(call, workspace, quiet=as_json)
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


@commands.command()
@click.argument("pipeline")
@_json_option
@workspace_option
def check(pipeline: str, as_json: bool, workspace: Path | None) -> int:
    """List what is wrong with PIPELINE.

    PIPELINE is a file, a sample by its name, or one of the workspace by its id or name.
    """
    from tensorrag.cli import headless

    with _undisturbed(as_json):
        problems = headless.check(pipeline, workspace)
    if as_json:
        print_json([problem.model_dump(mode="json") for problem in problems])
    else:
        from tensorrag.cli.terminal import print_problems

        print_problems(problems)
    return WRONG if any(problem.level == "error" for problem in problems) else SUCCEEDED


@commands.command()
@_json_option
@workspace_option
def cards(as_json: bool, workspace: Path | None) -> int:
    """List the cards that are installed or dropped in."""
    from tensorrag.cli import listings

    with _undisturbed(as_json):
        found = listings.cards(workspace)
    if as_json:
        print_json(found)
    else:
        rows = [(card["category"], card["card"], card["summary"]) for card in found]
        print_table(("category", "card", "what it does"), rows)
    for fault in listings.faults(workspace):
        click.echo(fault, err=True)
    return SUCCEEDED


@commands.command()
@click.argument("pipeline")
@_json_option
@workspace_option
def versions(pipeline: str, as_json: bool, workspace: Path | None) -> int:
    """List the latest edits of a pipeline, and its named versions."""
    from tensorrag.cli import listings

    with _undisturbed(as_json):
        found = listings.versions(workspace, pipeline)
    if as_json:
        print_json(found)
    else:
        rows = [tuple(map(plain, (each["time"], each["name"], each["said"]))) for each in found]
        print_table(("time", "name", "what was changed"), rows)
    return SUCCEEDED


@commands.command()
@_json_option
def samples(as_json: bool) -> int:
    """List the sample pipelines."""
    from tensorrag.cli import listings

    found = listings.samples()
    if as_json:
        print_json(found)
    else:
        rows = [(sample["name"], sample["title"], listings.size(sample)) for sample in found]
        print_table(("name", "title", "data"), rows)
    return SUCCEEDED


@commands.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--limit", default=20, show_default=True, help="How many to list.")
@click.option("--log", is_flag=True, help="Print what its cards printed.")
@click.option("--node", metavar="NODE", help="Of the log, print this card's.")
@_json_option
@workspace_option
def runs(
    run_id: str | None,
    limit: int,
    log: bool,
    node: str | None,
    as_json: bool,
    workspace: Path | None,
) -> int:
    """List past and present runs, or show one."""
    from tensorrag.cli import listings

    if log or node is not None:
        if run_id is None:
            raise click.UsageError("Name the run whose log you want: tensorrag runs RUN --log.")
        if as_json:
            raise click.UsageError("A log is text: leave --json out.")
        click.echo(listings.log(workspace, run_id, node), nl=False)
        return SUCCEEDED
    if run_id is not None:
        found = listings.run(workspace, run_id)
        if as_json:
            print_json(found)
        else:
            from tensorrag.cli.terminal import print_outcome

            print_outcome(found)
        return SUCCEEDED
    entries = listings.runs(workspace, limit)
    if as_json:
        print_json(entries)
    else:
        columns = ("run", "status", "started", "seconds", "name")
        rows = [tuple(str(entry[name] or "") for name in columns) for entry in entries]
        print_table(columns, rows)
    return SUCCEEDED


@commands.command()
@click.option("--rotate", is_flag=True, help="Draw a new one: everybody who is in is out.")
@workspace_option
def token(rotate: bool, workspace: Path | None) -> int:
    """Print the link that lets a browser in, where the editor asks for a token."""
    from tensorrag.cli.token import link

    click.echo(link(workspace, rotate=rotate))
    return SUCCEEDED


@commands.command()
@click.option("--verify", is_flag=True, help="Read and hash every stored file; takes a while.")
@click.option("--mend", is_flag=True, help="Mend damaged databases, while no server runs.")
@_json_option
@workspace_option
def doctor(verify: bool, mend: bool, as_json: bool, workspace: Path | None) -> int:
    """Say what is set up, what is missing, and what to do."""
    from tensorrag.cli.doctor import examine, print_report
    from tensorrag.store.workspace import Workspace

    with _undisturbed(as_json):
        report = examine(Workspace.look(workspace), thorough=verify, mend=mend)
    if as_json:
        print_json({"well": report.well, **report.model_dump(mode="json")})
    else:
        print_report(report)
    return SUCCEEDED if report.well else FAILED


@commands.command()
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


commands.add_command(secret)
commands.add_command(models)
commands.add_command(predict)


def _refuse(
    message: str,
    code: str,
    words: list[str],
    *,
    hint: str = "",
    usage: click.ClickException | None = None,
) -> int:
    """Say why nothing was done: on stderr, and where JSON was asked for, as JSON too."""
    if "--json" in words:
        problem = {"code": code, "level": "error", "message": message, "hint": hint}
        places = dict.fromkeys(("node", "port", "field", "edge", "fix"))
        refused = {"run": None, "status": "failed", "seconds": 0.0}
        problems = [{**places, **problem}]
        whole = {**refused, "problems": problems, "nodes": {}} if words[:1] == ["run"] else problems
        print_json(whole)
    elif usage is not None:
        usage.show()
    else:
        click.echo(f"{message}\n{hint}".rstrip(), err=True)
    return WRONG


@contextmanager
def _undisturbed(as_json: bool) -> Iterator[None]:
    """Lead what cards print, when they are imported or checked, past the one JSON object."""
    if not as_json:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield


if __name__ == "__main__":
    sys.exit(main())
