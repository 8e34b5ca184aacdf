"""``tensorrag cards``, ``samples``, ``versions`` and ``runs``: what there is."""

from __future__ import annotations

from pathlib import Path

import click

from tensorrag.cli.exit_codes import SUCCEEDED
from tensorrag.cli.json_option import json_option, undisturbed
from tensorrag.cli.printing import plain, print_json, print_table
from tensorrag.cli.workspace_option import workspace_option


@click.command()
@json_option
@workspace_option
def cards(as_json: bool, workspace: Path | None) -> int:
    """List the cards that are installed or dropped in."""
    from tensorrag.cli import listings

    with undisturbed(as_json):
        found = listings.cards(workspace)
    if as_json:
        print_json(found)
    else:
        rows = [(card["category"], card["card"], card["summary"]) for card in found]
        print_table(("category", "card", "what it does"), rows)
    for fault in listings.faults(workspace):
        click.echo(fault, err=True)
    return SUCCEEDED


@click.command()
@click.argument("pipeline")
@json_option
@workspace_option
def versions(pipeline: str, as_json: bool, workspace: Path | None) -> int:
    """List the latest edits of a pipeline, and its named versions."""
    from tensorrag.cli import listings

    with undisturbed(as_json):
        found = listings.versions(workspace, pipeline)
    if as_json:
        print_json(found)
    else:
        rows = [tuple(map(plain, (each["time"], each["name"], each["said"]))) for each in found]
        print_table(("time", "name", "what was changed"), rows)
    return SUCCEEDED


@click.command()
@json_option
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


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--limit", default=20, show_default=True, help="How many to list.")
@click.option("--log", is_flag=True, help="Print what its cards printed.")
@click.option("--node", metavar="NODE", help="Of the log, print this card's.")
@json_option
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
