"""A click group whose sibling commands (``tensorrag.commands``) are loaded only when called."""

from __future__ import annotations

import ast
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

import click

from tensorrag.registry.modules import source_file

GROUP = "tensorrag.commands"


class LazyGroup(click.Group):
    """Lists the commands of siblings without importing them: a page or a cloud may be heavy."""

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=GROUP)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name our own commands, then those of siblings."""
        own = super().list_commands(ctx)
        return [*own, *(name for name in sorted(self._points) if name not in own)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing it if it is a sibling's."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in self._points:
            return own
        try:
            command = self._points[cmd_name].load()
        except (ImportError, AttributeError) as error:
            raise click.ClickException(
                f"`tensorrag {cmd_name}` cannot be used: {error}."
            ) from error
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line for each command; a sibling's is read from its source."""
        rows = []
        for name in self.list_commands(ctx):
            own = self.commands.get(name)
            help_text = own.get_short_help_str(70) if own else summary(self._points[name])
            rows.append((name, help_text))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def summary(point: EntryPoint) -> str:
    """Return the first line of the docstring of what an entry point names, importing nothing."""
    source = source_file(point.module)
    if source is None:
        return ""
    try:
        body = ast.parse(source.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return ""
    for part in body:
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and part.name == point.attr:
            return (ast.get_docstring(part) or "").partition("\n")[0]
    return ""
