"""``tensorrag secret``: what cards may ask for by name. Values never stand on a command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorrag.cli.json_option import json_option
from tensorrag.cli.workspace_option import workspace_option

if TYPE_CHECKING:
    from tensorrag.store.settings import Settings


@click.group()
def secret() -> None:
    """Keep keys and tokens that cards may use by name."""


@secret.command("set")
@click.argument("name")
@workspace_option
def set_(name: str, workspace: Path | None) -> int:
    """Keep the secret NAME; its value is asked for, or read from stdin."""
    _settings(workspace).set_secret(name, _value(name))
    click.echo(f"{name} is kept.")
    return 0


@secret.command("list")
@json_option
@workspace_option
def list_(as_json: bool, workspace: Path | None) -> int:
    """List the names of the secrets."""
    names = _settings(workspace).secret_names()
    click.echo(json.dumps(names) if as_json else "\n".join(names) or "There are no secrets.")
    return 0


@secret.command("delete")
@click.argument("name")
@workspace_option
def delete(name: str, workspace: Path | None) -> int:
    """Forget the secret NAME."""
    if not _settings(workspace).delete_secret(name):
        click.echo(f"There is no secret called {name}.", err=True)
        return 1
    click.echo(f"{name} is deleted.")
    return 0


def _value(name: str) -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt(f"Value of {name}", hide_input=True)
        return asked
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")


def _settings(workspace: Path | None) -> Settings:
    from tensorrag.store.workspace import Workspace

    return Workspace.open(workspace).settings
