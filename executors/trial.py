"""Imports files in forks first, to learn which of them would take the card host with them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress

from tensorrag.registry.finding import module_from_source

SECONDS = 3.0
"""How long importing the files, all at once, may take."""

_SURVIVED = 86
"""What a trial ends with that came to its own end; a file may well call ``os._exit(0)``."""


def reasons_against(sources: Mapping[str, str]) -> dict[str, str]:
    """Import the texts of files, by name, and say why each cannot be used; an empty text is fine.

    What merely raises is fine here: the registry says it better.
    """
    trials = {name: _fork(name, source) for name, source in sources.items()}
    until = time.monotonic() + SECONDS
    return {name: _verdict(pid, until) for name, pid in trials.items()}


def _fork(name: str, source: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        with suppress(BaseException):
            module_from_source(source, name.removesuffix(".py"))
    finally:
        os._exit(_SURVIVED)


def _verdict(pid: int, until: float) -> str:
    status = _wait(pid, until)
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)  # it, or what it started
    if status is None:
        os.waitpid(pid, 0)
        return f"Importing it takes more than {SECONDS:.0f} seconds."
    code = os.waitstatus_to_exitcode(status)
    if code == _SURVIVED:
        return ""
    if code < 0:
        return f"Importing it crashes the process ({signal.strsignal(-code)})."
    return f"Importing it ends the process (exit code {code})."


def _wait(pid: int, until: float) -> int | None:
    """Return the wait status, or None when time is up."""
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > until:
            return None
        time.sleep(0.002)
