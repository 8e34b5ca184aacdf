"""`tensorrag serve`: starts the editor on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from tensorrag.cli.workspace_option import workspace_option
from tensorrag.errors import TensorRagError
from web.address import HOST, PORT, address


class _Port(click.ParamType[int]):
    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        number = int(str(value)) if str(value).isascii() and str(value).isdecimal() else 0
        if not 0 < number < 2**16:
            self.fail(f"{value!r} is no port: give a number from 1 to 65535.", param, ctx)
        return number


@click.command()
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=_Port(),
    envvar="PORT",
    default=PORT,
    show_default=True,
    help="The port to listen on; $PORT is honoured.",
)
@workspace_option
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option(
    "--token",
    is_flag=True,
    help="Ask for a token on this machine too: other people work on it. Elsewhere it always does.",
)
@click.option("--new-token", is_flag=True, help="The same, with a new token: everybody is out.")
@click.option(
    "--behind-proxy",
    metavar="URL",
    help="A proxy that speaks HTTPS stands in front: how people reach it, https://lab.example.",
)
@click.option(
    "--proxy-address",
    metavar="ADDRESS",
    multiple=True,
    help="Where that proxy connects from; this machine by default.",
)
def serve(
    host: str,
    port: int,
    workspace: Path | None,
    no_open: bool,
    token: bool,
    new_token: bool,
    behind_proxy: str | None,
    proxy_address: tuple[str, ...],
) -> int:
    """Open the editor in the browser."""
    from tensorrag.store.workspace import Workspace
    from web.http.site import find_site
    from web.port import check_port

    try:
        site = find_site(host, behind_proxy, proxy_address)
        opened = Workspace.open(workspace)
        with opened.lock(site.origin or address(host, port)) as is_here:
            check_port(host, port)
            if new_token:
                opened.settings.new_secret("token")
            opened.ballast.lay()
            from web.server import run

            locked = token or new_token or not site.local
            run(opened, host, port, site=site, locked=locked, show=not no_open, is_here=is_here)
    except TensorRagError as error:
        click.echo(f"{error.message}\n{error.hint}".rstrip(), err=True)
        return 1
    return 0
