"""The fork server before anybody speaks to it: it takes a fifth of a second to begin.

A command that will need one begins it before it imports what will speak to it.
"""

from __future__ import annotations

import atexit
import socket
import subprocess

from executors.interpreter import start
from executors.machine import can_fork

Begun = tuple[subprocess.Popen[bytes], socket.socket]
"""The process, and the line to it, on which it waits to be told what to import."""

_begun: list[Begun] = []


def begin() -> None:
    """Begin one ahead, where there is to be one. It ends with this process, used or not."""
    if can_fork() and not _begun:
        _begun.append(_new())
        atexit.register(_end)


def taken() -> Begun:
    """Return the one that was begun ahead, else a new one."""
    return _begun.pop() if _begun else _new()


def _end() -> None:
    for process, line in _begun:
        line.close()
        process.kill()  # it has begun nothing yet
        process.wait()


def _new() -> Begun:
    ours, theirs = socket.socketpair()
    with theirs:
        return start("executors.fork_server", theirs), ours
