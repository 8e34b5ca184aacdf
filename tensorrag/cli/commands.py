"""The command line. Importing this loads click alone; each command loads what it needs."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from tensorrag.cli.exit_codes import FAILED, SUCCEEDED, WRONG
from tensorrag.cli.json_option import json_option, undisturbed
from tensorrag.cli.lazy_commands import LazyGroup
from tensorrag.cli.list_commands import cards, runs, samples, versions
from tensorrag.cli.model_commands import models, predict
from tensorrag.cli.pipeline_commands import check, export, run
from tensorrag.cli.printing import print_json
from tensorrag.cli.secret_commands import secret
from tensorrag.cli.workspace_option import workspace_option


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    atexit.register(gc.freeze)  # a process that ends need not look for what could be freed: 0.1 s
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
@json_option
@workspace_option
def doctor(verify: bool, mend: bool, as_json: bool, workspace: Path | None) -> int:
    """Say what is set up, what is missing, and what to do."""
    from tensorrag.cli.doctor import examine, print_report
    from tensorrag.store.workspace import Workspace

    with undisturbed(as_json):
        report = examine(Workspace.look(workspace), thorough=verify, mend=mend)
    if as_json:
        print_json({"well": report.well, **report.model_dump(mode="json")})
    else:
        print_report(report)
    return SUCCEEDED if report.well else FAILED


for _command in (run, check, export, cards, samples, versions, runs, secret, models, predict):
    commands.add_command(_command)


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


if __name__ == "__main__":
    sys.exit(main())
