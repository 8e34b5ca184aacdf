"""The process in which one card runs.

It reads one order from its stdin, performs it, writes the result and ends; one that answers with a
model stays for the next order. What the card prints goes to the supervisor; SIGTERM asks the card
to stop at its next report.
"""

from __future__ import annotations

import errno
import faulthandler
import os
import resource
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import NoReturn, TextIO

from executors import threads, tree
from executors.gpu_use import GpuMeter
from executors.protocol import STAYS, Lines, decode, message
from tensorrag.card import Card
from tensorrag.errors import UNFORESEEN, ErrorInfo, RunCancelled
from tensorrag.perform import perform
from tensorrag.progress import Reporter, reporting
from tensorrag.secret import give
from tensorrag.store.place import Place
from tensorrag.task import Task


class Channel:
    """The worker's line to its supervisor: taken from stdin, which is closed for the card."""

    def __init__(self) -> None:
        self._socket = socket.socket(fileno=os.dup(0))
        self._lines = Lines()
        self._received: list[bytes] = []
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

    def receive(self) -> bytes | None:
        """Wait for a line; None when there will be none."""
        while not self._received:
            data = self._socket.recv(1 << 16)
            if not data:
                return None
            self._received = self._lines.feed(data)
        return self._received.pop(0)

    def send(self, line: bytes) -> None:
        """Write a line."""
        self._socket.sendall(line)


def settle(name: str, scratch: Path) -> None:
    """Make a fresh or forked process one that can be watched, limited and ended."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold what the card knew
    tree.name_process(name)
    tree.die_with_parent()
    tree.yield_to_others()
    os.chdir(scratch)
    for variable in ("TMPDIR", "JOBLIB_TEMP_FOLDER"):
        os.environ[variable] = str(scratch)
    tempfile.tempdir = str(scratch)
    sys.stdout, sys.stderr = _writer(1), _writer(2)
    faulthandler.enable(all_threads=False)


def _writer(descriptor: int) -> TextIO:
    """Open an output afresh: that of the fork server may hold other text, or be a file."""
    return open(descriptor, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)


def work(scratch: Path) -> None:
    """Perform the order that arrives, and say how it went; others only after a prediction."""
    channel = Channel()
    settle("tr-worker", scratch)
    tree.yield_session()
    _reseed()
    reporter = Reporter(lambda data: channel.send(message("progress", data)), gauge=GpuMeter().read)
    signal.signal(signal.SIGTERM, lambda number, frame: _stop(reporter))
    # Only descriptions show docstrings of fields. To find them, pydantic looks at every module
    # that is loaded, which takes 0.1 s where pages are shared with the fork server.
    Card.model_config["use_attribute_docstrings"] = False

    worker, stays = os.getpid(), True
    while stays and (line := channel.receive()) is not None:
        stays = line.startswith(STAYS, line.find(b",") + 1)
        answer = _answer(line, reporter)
        _flush_output()
        if os.getpid() != worker:  # but a child that the card forked and forgot
            return
        channel.send(answer)


def _reseed() -> None:
    """Give the numbers that nobody seeded another start than the fork server's."""
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()


def _stop(reporter: Reporter) -> None:
    reporter.stopping = True


def _answer(line: bytes, reporter: Reporter) -> bytes:
    try:
        order = decode(line)
        give(order.get("secrets") or {})
        task, place = Task.from_json(order["task"]), Place.model_validate(order["place"])
        threads.limit(order["threads"])
        with reporting(reporter):
            return message("result", perform(task, place, later=True))
    except RunCancelled:
        return message("cancelled")
    except BaseException as error:  # a card may call sys.exit()
        # This frame says nothing to the author of a card.
        trace = error.__traceback__ and error.__traceback__.tb_next
        return message("error", describe(error.with_traceback(trace)))


def describe(error: BaseException) -> dict[str, object]:
    """Describe an exception as data, even one that cannot describe itself."""
    try:
        info = _of_the_machine(error) or ErrorInfo.of(error)
    except Exception:
        info = ErrorInfo(
            type=type(error).__name__, message="(its message cannot be shown)", hint=UNFORESEEN
        )
    return info.model_dump()


def _of_the_machine(error: BaseException) -> ErrorInfo | None:
    """Say in a sentence what is no mistake of the card: a disk that is full, memory that is."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ErrorInfo(
            type="DiskFull",
            message="The disk is full: the card could not write its temporary files.",
            hint="Free some space, then run the card again.",
        )
    if isinstance(error, MemoryError):
        return ErrorInfo(
            type="CardOutOfMemory",
            message=f"The card asked for more memory than this machine gives. {error}".strip()[
                :500
            ],
            hint="Give it fewer rows or smaller batches.",
            traceback=ErrorInfo.of(error).traceback,
        )
    return None


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # the card closed it


def leave(code: int) -> NoReturn:
    """End this process at once: what a library registered for its end is not ours to wait for."""
    os._exit(code)


if __name__ == "__main__":
    work(Path(sys.argv[1]))
    leave(0)
