"""The option that asks for JSON, the same for all commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


@contextmanager
def undisturbed(as_json: bool) -> Iterator[None]:
    """Lead what cards print, when they are imported or checked, past the one JSON object."""
    if not as_json:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield
