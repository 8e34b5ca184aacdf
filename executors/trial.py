"""Imports files in forks first, to learn which of them would take the card host with them."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from executors import usage
from tensorrag.registry.loading import module_from_source

SECONDS = 3
"""Time that importing one file may take of a processor, whatever else the machine does."""

PATIENCE = 10.0
"""Seconds by the clock, waits for a processor aside, after which a file counts as hanging."""

AT_ONCE = 4
"""Files that are imported side by side; each may load libraries of its own."""

_SURVIVED = 86
"""What a trial ends with that came to its own end; a file may well call ``os._exit(0)``."""


def reasons_against(
    sources: Mapping[str, str], going_on: Callable[[], None] = lambda: None
) -> dict[str, str]:
    """Import the texts of files, by name, and say why each cannot be used; an empty text is fine.

    What merely raises is fine here: the registry says it better.

    Args:
        sources: by name.
        going_on: is called all the while.
    """
    waiting = list(sources.items())
    trials: dict[str, tuple[int, float]] = {}
    verdicts: dict[str, str] = {}
    while waiting or trials:
        while waiting and len(trials) < AT_ONCE:
            name, source = waiting.pop(0)
            trials[name] = _fork(name, source), time.monotonic() + PATIENCE
        for name, (pid, until) in tuple(trials.items()):
            verdict = _verdict(pid, until)
            if verdict is not None:
                verdicts[name] = verdict
                del trials[name]
        going_on()
        time.sleep(0.002)
    return verdicts


def _fork(name: str, source: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        with suppress(Exception, SystemExit):
            module_from_source(source, name.removesuffix(".py"))
        code = _SURVIVED
    finally:
        os._exit(code)


def _verdict(pid: int, until: float) -> str | None:
    """Say how a trial went, None while it goes on; nothing that it started is left then."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended and time.monotonic() < until + usage.waited(pid):
        return None
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)  # it, or what it started
    if not ended:
        os.waitpid(pid, 0)
        return f"Importing it takes more than {PATIENCE:.0f} seconds."
    code = os.waitstatus_to_exitcode(status)
    if code == _SURVIVED:
        return ""
    if code == -signal.SIGXCPU:
        return f"Importing it takes more than {SECONDS} seconds."
    if code < 0:
        return f"Importing it crashes the process ({signal.strsignal(-code)})."
    return f"Importing it ends the process (exit code {code})."
