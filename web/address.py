"""Where the editor is found, and how people hear of it."""

from __future__ import annotations

import sys
import threading

import click

HOST = "127.0.0.1"
PORT = 8080


def address(host: str, port: int) -> str:
    """Return the URL at which a browser on this machine finds the server."""
    name = {"0.0.0.0": HOST, "::": "[::1]"}.get(host, host)  # noqa: S104 - only compared with
    return f"http://{f'[{name}]' if ':' in name and not name.startswith('[') else name}:{port}"


def announce(url: str, *, show: bool, opens: str) -> None:
    """Print the one line that says where the editor is, and open a browser if there is one."""
    click.echo(f"TensorRag is open at {url}")
    sys.stdout.flush()
    if show:
        # In a thread: some systems wait for the browser. None is no error.
        threading.Thread(target=_open_browser, args=(opens,), daemon=True).start()


def _open_browser(url: str) -> None:
    import webbrowser
    from contextlib import suppress

    with suppress(Exception):
        webbrowser.open(url)
