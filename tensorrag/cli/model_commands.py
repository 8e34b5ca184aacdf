"""``tensorrag models`` and ``predict``: the models that were trained here, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorrag.cli.json_option import json_option
from tensorrag.cli.printing import plain, print_json, print_table
from tensorrag.cli.workspace_option import workspace_option
from tensorrag.plain import JsonObject

if TYPE_CHECKING:
    from tensorrag.store.models import Models

MAIN = ("r2", "accuracy")
"""The metric that a list shows: the first of these that was measured."""


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def models(context: click.Context, as_json: bool, workspace: Path | None) -> int:
    """List the models that were trained here, or work with one."""
    if context.invoked_subcommand is not None:
        return 0
    found = listed(workspace)
    if as_json:
        print_json(found)
    else:
        print_table(("id", "name", "version", "score", "made", "state"), list(map(_row, found)))
    return 0


@models.command()
@click.argument("model")
@click.argument("name")
@workspace_option
def rename(model: str, name: str, workspace: Path | None) -> int:
    """Call MODEL, an id or a name, NAME; "" gives it its first name back."""
    click.echo(f"It is called {plain(_models(workspace).rename(model, name).name)}.")
    return 0


@models.command()
@click.argument("model")
@click.option("--off", is_flag=True, help="It may go when the store is full.")
@workspace_option
def pin(model: str, off: bool, workspace: Path | None) -> int:
    """Keep MODEL however full the store gets."""
    pinned = _models(workspace).pin(model, pinned=not off)
    click.echo(f"{plain(pinned.name)} is {'no longer ' if off else ''}pinned.")
    return 0


@models.command()
@click.argument("model")
@workspace_option
def delete(model: str, workspace: Path | None) -> int:
    """Take MODEL out of the list."""
    gone = _models(workspace).delete(model)
    click.echo(f"{plain(gone.name)} is deleted. Undo: tensorrag models restore {gone.id}")
    return 0


@models.command()
@click.argument("model")
@workspace_option
def restore(model: str, workspace: Path | None) -> int:
    """Put MODEL, which was deleted, back into the list."""
    click.echo(f"{plain(_models(workspace).restore(model).name)} is back.")
    return 0


@models.command("export")
@click.argument("model")
@click.argument("file", type=click.Path(path_type=Path))
@workspace_option
def export_(model: str, file: Path, workspace: Path | None) -> int:
    """Write MODEL into FILE, a ZIP that predicts without TensorRag."""
    from tensorrag.store.model_export import export
    from tensorrag.store.workspace import Workspace

    opened = Workspace.open(workspace)
    unfinished = file.with_name(f"{file.name}.part")
    try:
        export(opened.journal.models.find(model), opened.store, unfinished)
        unfinished.replace(file)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    click.echo(f"{file}: unpack it, and see README.md. Opening a pickle runs code.")
    return 0


@click.command()
@click.argument("model")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the CSV here.")
@click.option("--column", default="", help="The name of the new column.")
@click.option("--sheet", default="", help="The sheet of a workbook; else the first one.")
@workspace_option
def predict(
    model: str, file: Path, output: Path | None, column: str, sheet: str, workspace: Path | None
) -> int:
    """Predict the rows of FILE with MODEL, an id or a name; prints them as CSV."""
    from tensorrag.cli import predicting

    said = predicting.predict(workspace, model, file, output, column, sheet)
    if said:
        click.echo(said)
    return 0


def listed(workspace: Path | None) -> list[JsonObject]:
    """List the models, latest first, with what lies in the store."""
    from tensorrag.store.models import stored
    from tensorrag.store.workspace import Workspace

    opened = Workspace.look(workspace)
    found = opened.journal.models.all()
    return [{**model.to_json(), **stored(model, opened.store)} for model in found]


def _row(model: JsonObject) -> tuple[str, ...]:
    scored = next((name for name in MAIN if model["metrics"].get(name) is not None), None)
    score = f"{scored} {model['metrics'][scored]:.3f}" if scored else "not measured"
    by = (model["measured_by"] or {}).get("card")
    score += f" ({by})" if scored and by not in (None, "evaluate") else ""
    made = model["made"][:16].replace("T", " ")
    name, version = plain(model["name"]), f"v{model['version']}"
    state = f"{model['state']}{', pinned' if model['pinned'] else ''}"
    return (model["id"], name, version, score, made, state)


def _models(workspace: Path | None) -> Models:
    from tensorrag.store.workspace import Workspace

    return Workspace.open(workspace).journal.models
