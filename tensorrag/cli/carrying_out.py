"""Carries a run out: it is shown on the terminal, and a signal cancels it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

import click

from tensorrag.check.problems import Problem
from tensorrag.cli.exit_codes import FAILED, SUCCEEDED, WRONG
from tensorrag.errors import TensorRagError
from tensorrag.plain import JsonObject
from tensorrag.run import Run
from tensorrag.run.prepare import PipelineHasErrors

_LEAVE = "It goes on there. Interrupt once more to leave it; the editor follows what goes on."


async def carried_out(run: Run, *, quiet: bool) -> tuple[JsonObject, int]:
    """Start a run and follow it to its end.

    Returns:
        The object of ``run --json``, and the exit code.
    """
    starting = asyncio.ensure_future(run.start())
    _on_signal(starting.cancel)
    try:
        await starting
    except PipelineHasErrors as error:
        return _refused(error.problems, quiet=quiet), WRONG
    except asyncio.CancelledError:
        return {**run.to_json(), "run": None, "status": "cancelled"}, FAILED
    _on_signal(_Stopping(run).signal)
    if not quiet:
        from tensorrag.cli.terminal import follow

        await follow(run)
    status = await run.wait()
    return run.to_json(), SUCCEEDED if status == "succeeded" else FAILED


class _Stopping:
    """What a signal does to a run: it is cancelled.

    Where a card cannot be reached it is said, and the next signal leaves that card behind: the
    journal has its handle, so that it is followed from the next start of the editor on.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._work = run, set[asyncio.Task[None]]()
        self._in_vain = False

    def signal(self) -> None:
        """Cancel it, or leave it."""
        work = asyncio.create_task(self._run.interrupt() if self._in_vain else self._cancel())
        self._work.add(work)
        work.add_done_callback(self._work.discard)

    async def _cancel(self) -> None:
        try:
            await self._run.cancel()
        except TensorRagError as error:
            self._in_vain = True
            click.echo(f"{error.message} {error.hint}\n{_LEAVE}", err=True)


def _refused(problems: tuple[Problem, ...], *, quiet: bool) -> JsonObject:
    if not quiet:
        from tensorrag.cli.terminal import print_problems

        print_problems(problems)
    shown = [problem.model_dump(mode="json") for problem in problems]
    return {"run": None, "status": "failed", "seconds": 0.0, "problems": shown, "nodes": {}}


def _on_signal(act: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows: the interrupt ends the command instead
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, act)
