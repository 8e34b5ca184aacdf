"""`tensorrag serve`: starts the editor on this machine."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import click

from tensorrag.errors import TensorRagError
from web.address import HOST, PORT, address


@click.command()
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    envvar="PORT",
    default=PORT,
    show_default=True,
    help="The port to listen on; $PORT is honoured.",
)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of pipelines and results; $TENSORRAG_WORKSPACE or ~/.tensorrag by default.",
)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
def serve(host: str, port: int, workspace: Path | None, no_open: bool) -> int:
    """Open the editor in the browser."""
    from tensorrag.store.workspace import Workspace

    try:
        _check_port(host, port)
        opened = Workspace.open(workspace)
        with opened.lock(address(host, port)):
            from web.server import run

            run(opened, host, port, show=not no_open)
    except TensorRagError as error:
        click.echo(f"{error.message}\n{error.hint}".rstrip(), err=True)
        return 1
    return 0


def _check_port(host: str, port: int) -> None:
    """Try the address before anything heavy is loaded.

    Raises:
        TensorRagError: something else listens there, or this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            if sys.platform != "win32":
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host.strip("[]"), port))
    except OSError as error:
        raise TensorRagError(
            f"Port {port} on {host} cannot be used: {(error.strerror or str(error)).lower()}.",
            hint=f"Choose another one: tensorrag serve --port {port + 1 if port < 65535 else PORT}",
        ) from error
