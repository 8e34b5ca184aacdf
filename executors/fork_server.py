"""The process that has imported everything and forks workers that are ready at once.

``python -m executors.fork_server``, with a socket as its stdin: once it was told what to import,
for each byte with a file descriptor that arrives it forks a supervisor, of workers or of a card
host, which speaks through that descriptor. It runs nothing itself: one thread, no torch operation,
no question to CUDA, because none of these would survive a fork. Requests are taken between two
imports as well, so the first card of a run does not wait for libraries that it does not need.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import os
import pkgutil
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import NoReturn

from executors import threads, tree, worker
from executors.ends import Ends, Start
from executors.hanging_up import hung_up
from executors.protocol import BUSY, HOST, READY, SIZE, decode, refusal
from executors.supervisor import supervise

TABLES = (
    "psutil",
    "numpy",
    "pyarrow.parquet",
    "pyarrow.csv",
    "pyarrow.compute",
    "pandas",
)
LEARNING = (
    "scipy.linalg",  # in steps: a worker that is asked for meanwhile waits for one of them
    "scipy.sparse.linalg",
    "scipy.optimize",
    "scipy.interpolate",
    "scipy.ndimage",
    "scipy.stats",
    "sklearn",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.preprocessing",
    "sklearn.pipeline",
    "sklearn.compose",
    "sklearn.impute",
    "sklearn.ensemble",
    "sklearn.dummy",
    "sklearn.neural_network",
)
NETWORKS = (
    "torch",
    "torch.optim",
    "torch._dynamo",  # the first optimizer of a process imports it, in 0.9 s
)

ASKED_SECONDS = 0.1
"""For so long the server is heard before what takes seconds; it answers in milliseconds."""


def main() -> None:
    """Import, and fork on request until the server is gone."""
    tree.name_process("tr-forkserver")
    tree.die_with_parent()  # a long import hears no signal
    server = socket.socket(fileno=os.dup(0))
    _end_with(server)
    gc.disable()  # a collection in a child would copy every page that it looks at
    told = decode(_exactly(server, int.from_bytes(_exactly(server, SIZE))))
    scratch = Path(told["scratch"])
    known = list(filter(_is_ours, told["modules"]))
    for module in known:
        _import(module)  # the card host needs these, which is asked for in this moment
    for module in _modules(told["ahead"], known):
        if module in (LEARNING[0], NETWORKS[0]):
            _tell(server, BUSY)
            _serve(server, scratch, seconds=ASKED_SECONDS)
        _import(module)
        _serve(server, scratch, seconds=0)
    _look_ahead()
    gc.collect()
    gc.freeze()
    _tell(server, READY)
    _serve(server, scratch)


def _exactly(server: socket.socket, size: int) -> bytes:
    """Wait for so many bytes, and read no more: what comes next has descriptors."""
    data = server.recv(size, socket.MSG_WAITALL)
    if len(data) < size:
        os._exit(0)
    return data


def _modules(ahead: str, known: Sequence[str] = ()) -> Iterator[str]:
    """Name what to import, what the first card of a run needs first.

    Of cards only our own: those of other packs may do anything, so workers alone import them.
    Where it is ``known`` which will be asked for, no others: all of them take a quarter second.
    ``tables`` leaves out what learning takes, five seconds of a processor and 300 MB: where it is
    rare, the worker that needs it can import it. ``learning`` leaves out networks alone.
    """
    packs = _our_packs()
    yield from ("tensorrag.pages", *TABLES, *packs)
    cards = known or [module for pack in packs for module in _modules_in(pack)]
    yield from cards
    if ahead == "tables":
        return
    yield from LEARNING
    if ahead == "learning":
        return
    yield from NETWORKS
    for card in cards:
        yield from _modules_in(card)


@cache
def _our_packs() -> tuple[str, ...]:
    """Name the packages of our own cards; to go through what is installed takes 3 ms."""
    points = entry_points(group="tensorrag.cards")
    return tuple(each.module for each in points if each.dist and each.dist.name == "tensorrag")


def _is_ours(module: str) -> bool:
    """Whether a module is of our own cards: what it was named by is a file, which may say more."""
    return any(f"{module}.".startswith(f"{pack}.") for pack in _our_packs())


def _look_ahead() -> None:
    """Look up what every worker would look up again; all of these remember what they found."""
    threads.controller()
    if frames := sys.modules.get("narwhals.dependencies"):
        frames.is_into_dataframe(None)  # scikit-learn asks it; goes through every package: 0.03 s


def _modules_in(package: str) -> list[str]:
    """Name the modules in a package that is imported; a plain module has none."""
    paths = getattr(sys.modules.get(package), "__path__", [])
    return [f"{package}.{item.name}" for item in pkgutil.iter_modules(paths)]


def _import(module: str) -> None:
    """Import a module; whoever needs one that fails will say so."""
    with contextlib.suppress(Exception):
        importlib.import_module(module)


def _end_with(server: socket.socket) -> None:
    """Leave when the server does, in the middle of a long import too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors need no one to collect them
    signal.signal(signal.SIGIO, lambda number, frame: _leave_if_alone(server))
    fcntl.fcntl(server, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(server, fcntl.F_GETFL)
    fcntl.fcntl(server, fcntl.F_SETFL, flags | os.O_ASYNC)
    _leave_if_alone(server)


def _leave_if_alone(server: socket.socket) -> None:
    if hung_up(server):
        os._exit(0)


def _tell(server: socket.socket, word: bytes) -> None:
    with contextlib.suppress(OSError):
        server.sendall(word)


def _serve(server: socket.socket, scratch: Path, *, seconds: float | None = None) -> None:
    """Fork a supervisor for each descriptor that arrives, until none does for so long."""
    while select.select([server], [], [], seconds)[0]:
        try:
            byte, descriptors, _, _ = socket.recv_fds(server, 1, 1)
        except OSError:
            byte, descriptors = b"", []
        if not byte:
            os._exit(0)
        for descriptor in descriptors:
            _fork_supervisor(byte, server, socket.socket(fileno=descriptor), scratch)


def _fork_supervisor(
    wanted: bytes, control: socket.socket, server: socket.socket, scratch: Path
) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        with contextlib.suppress(OSError), server:
            server.sendall(refusal(error))
        return
    if pid == 0:
        _become_supervisor(wanted, control, server, scratch)
    server.close()


def _become_supervisor(
    wanted: bytes, control: socket.socket, server: socket.socket, scratch: Path
) -> NoReturn:
    code = 1
    try:
        gc.enable()  # it has only the young objects to look at: the rest is frozen
        if wanted == HOST:
            os.setsid()
        else:
            os.setpgid(0, 0)  # no session of its own: all workers together give way, as one
        control.close()
        with open(os.devnull) as nothing:  # stdin was the line, too: the server hears no end of
            os.dup2(nothing.fileno(), 0)  # a killed fork server while anybody holds it open
        for number in (signal.SIGIO, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        if wanted == HOST:
            supervise(server, scratch, _forked(_host), again=False)
        else:
            supervise(server, scratch, _forked(worker.work), again=True)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _host(scratch: Path) -> None:
    from executors import card_host  # no worker needs it

    card_host.host(scratch)


def _forked(work: Callable[[Path], None]) -> Start:
    """Start processes that do this, given a scratch folder, as forks of this one."""

    def start(ends: Ends, scratch: Path) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for place, end in enumerate((ends.channel, ends.stdout, ends.stderr)):
                os.dup2(end, place)
            tree.close_files()
            work(scratch)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    return start


if __name__ == "__main__":
    main()
