"""The option that names the workspace, the same for all commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class _Folder(click.Path):
    """A folder; an empty name, of a variable that is not set, is none: not the current one."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | Any:
        if value == "":
            self.fail("it is empty: give a folder, or leave the option out.", param, ctx)
        return super().convert(value, param, ctx)


workspace_option = click.option(
    "--workspace",
    type=_Folder(file_okay=False, path_type=Path),
    help="Folder of pipelines and results; $TENSORRAG_WORKSPACE or ~/.tensorrag by default.",
)
