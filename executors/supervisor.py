"""The process between the server and its workers: one after the other, never two at once.

It starts a worker, passes messages on, captures what the card prints, and at the end it says how
the worker ended and leaves nothing behind: no process, no scratch folder. Then it has the next
one ready. When the server is gone it ends everything at once. No card's code runs in it.

Forked by the fork server, or started by itself for workers that need a fresh interpreter:
``python -m executors.supervisor SCRATCH MODULE once|again``.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from itertools import count
from pathlib import Path

from executors import cgroup, tree
from executors.ends import Ends, Start
from executors.limits import most_tasks
from executors.server_line import ServerLine
from executors.watch import Watch


def supervise(line: socket.socket, scratch: Path, start: Start, *, again: bool) -> None:
    """Keep a worker for the server, until the server is gone.

    Args:
        line: the socket to the server.
        scratch: an existing folder in which workers get theirs.
        start: starts a worker.
        again: whether another worker follows one that had something to do.
    """
    tree.name_process("tr-supervisor")
    tree.adopt_orphans()
    group = cgroup.enter(most_tasks())
    server = ServerLine(line)
    woken = _wake_on_signals(server)
    for number in count():
        folder = scratch / f"{os.getpid()}-{number}"
        had_an_order = Watch(server, woken, folder, group).run(start)
        if server.gone or not (again and had_an_order):
            break
    group.leave()


def _wake_on_signals(server: ServerLine) -> socket.socket:
    """Return a socket that gets a byte for every signal; SIGTERM ends everything."""

    def leave(number: int, frame: object) -> None:
        server.gone = True

    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGTERM, leave)
    signal.set_wakeup_fd(waker.detach(), warn_on_full_buffer=False)
    return woken


def spawn(module: str) -> Start:
    """Start workers as fresh interpreters that run this module."""

    def start(ends: Ends, scratch: Path) -> int:
        placed = enumerate((ends.channel, ends.stdout, ends.stderr))
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", module, str(scratch)],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, end, place) for place, end in placed],
            setsigdef=[signal.SIGCHLD, signal.SIGTERM],
        )

    return start


def main() -> None:
    """Supervise fresh interpreters."""
    scratch, module, how_often = sys.argv[1:]
    line = socket.socket(fileno=os.dup(0))
    supervise(line, Path(scratch), spawn(module), again=how_often == "again")


if __name__ == "__main__":
    main()
