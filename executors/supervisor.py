"""The process between the server and one worker.

It starts the worker, passes messages on, captures what the card prints, and at the end it says how
the worker ended and leaves nothing behind: no process, no scratch folder. When the server is gone
it ends everything at once. Forked by the fork server, or started by itself
(``python -m executors.supervisor SCRATCH MODULE``) for workers that need a fresh interpreter.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from executors import tree
from executors.capture import Capture
from executors.protocol import CANCEL, Lines, ProtocolError, message
from tensorrag.errors import ErrorInfo

if TYPE_CHECKING:
    from _typeshed import HasFileno

GRACE_SECONDS = 5.0
"""Between a cancel, which the card hears at its next report, and the end of its process."""

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Ends:
    """The worker's ends: its stdin is the channel, both ways; its output is captured."""

    channel: int
    stdout: int
    stderr: int


Start = Callable[[Ends, Path], int]
"""Starts a worker in a scratch folder and returns its pid."""


class Supervisor:
    """One worker's keeper.

    Args:
        server: the socket to the server; its end ends everything.
        scratch: an existing folder in which the worker's own is made.
    """

    def __init__(self, server: socket.socket, scratch: Path) -> None:
        self._server = server
        self._scratch = scratch / str(os.getpid())
        self._channel, self._channel_end = socket.socketpair()
        self._out = Capture("stdout")
        self._err = Capture("stderr")
        self._woken, self._waker = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._from_server, self._from_worker = Lines(), Lines()
        self._outbox = bytearray()
        self._worker = 0
        self._status: int | None = None
        self._kill_at: float | None = None
        self._cancelled = False
        self._abandoned = False

    def run(self, start: Start) -> None:
        """Start the worker and stay until it and all that it started are gone."""
        self._listen_to_signals()
        self._scratch.mkdir(mode=0o700)
        try:
            ends = Ends(self._channel_end.fileno(), self._out.write_end, self._err.write_end)
            self._worker = start(ends, self._scratch)
            self._close_worker_ends()
            self._tell(message("started", {"pid": self._worker}))
            self._watch()
            self._finish()
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._say_goodbye()

    def _listen_to_signals(self) -> None:
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, lambda number, frame: self._abandon())
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)

    def _close_worker_ends(self) -> None:
        self._channel_end.close()
        self._out.close_write_end()
        self._err.close_write_end()

    def _watch(self) -> None:
        self._channel.setblocking(False)
        handlers: dict[HasFileno, Callable[[], bool]] = {
            self._server: self._hear_server,
            self._channel: self._hear_worker,
            self._out: self._out.read,
            self._err: self._err.read,
            self._woken: self._reap,
        }
        for source, handler in handlers.items():
            self._selector.register(source, selectors.EVENT_READ, handler)
        while self._status is None and not self._abandoned:
            for key, mask in self._selector.select(self._seconds_to_wait()):
                if mask & selectors.EVENT_WRITE:
                    self._flush()
                if mask & selectors.EVENT_READ and key.data() is False:
                    self._selector.unregister(key.fileobj)
            self._log(only_due=True)
            if self._kill_at is not None and time.monotonic() >= self._kill_at:
                return

    def _seconds_to_wait(self) -> float | None:
        due = [at for at in (self._out.due, self._err.due, self._kill_at) if at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _hear_server(self) -> bool:
        """Pass the order on; a cancel is for this process, silence is the end."""
        try:
            data = self._server.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self._abandon()
            return False
        for line in self._from_server.feed(data):
            if line == CANCEL:
                self._cancel()
            else:
                self._outbox += line + b"\n"
        self._flush()
        return True

    def _flush(self) -> None:
        """Send the worker what it takes without waiting: it may never read."""
        try:
            while self._outbox:
                del self._outbox[: self._channel.send(self._outbox)]
        except BlockingIOError:
            pass
        except OSError:
            self._outbox.clear()  # the worker is gone, which shows elsewhere
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._outbox else 0)
        with contextlib.suppress(KeyError):
            self._selector.modify(self._channel, events, self._hear_worker)

    def _hear_worker(self) -> bool:
        data = self._receive()
        return data is None or self._relay(data)

    def _receive(self) -> bytes | None:
        """Read from the worker: nothing at its end, None while it is silent."""
        try:
            return self._channel.recv(_CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _relay(self, data: bytes) -> bool:
        """Pass whole lines on, after all that was printed before them."""
        try:
            lines = self._from_worker.feed(data)
        except ProtocolError as error:
            self._tell(message("error", ErrorInfo.of(error).model_dump()))
            self._kill_at = time.monotonic()
            return False
        if lines:
            self._drain_output()
            self._tell(b"\n".join(lines) + b"\n")
        return bool(data)

    def _drain_output(self) -> None:
        for capture in (self._out, self._err):
            capture.drain()
        self._log(only_due=False)

    def _log(self, *, only_due: bool) -> None:
        for capture in (self._out, self._err):
            if text := capture.take(only_due=only_due):
                self._tell(message("log", {"stream": capture.stream, "text": text}))

    def _cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._kill_at = time.monotonic() + GRACE_SECONDS
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._worker, signal.SIGTERM)

    def _abandon(self) -> None:
        self._abandoned = True

    def _reap(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(_CHUNK)
        tree.reap(self._note_end)
        return True

    def _note_end(self, pid: int, status: int) -> None:
        if pid == self._worker:
            self._status = status

    def _finish(self) -> None:
        """End the tree, then read what is left: nobody can write any more."""
        tree.end_descendants(self._note_end)
        while (data := self._receive()) and self._relay(data):
            pass
        self._drain_output()

    def _say_goodbye(self) -> None:
        code = os.waitstatus_to_exitcode(self._status) if self._status is not None else None
        end = {
            "code": code if code is not None and code >= 0 else None,
            "signal": -code if code is not None and code < 0 else None,
            "cancelled": self._cancelled,
            # Behind the traceback of a crash comes a list of every library that is loaded.
            "stderr": self._err.tail.partition("\nExtension modules:")[0],
        }
        self._tell(message("exit", end))

    def _tell(self, line: bytes) -> None:
        try:
            self._server.sendall(line)
        except OSError:
            self._abandon()


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
    """Supervise a fresh interpreter: ``python -m executors.supervisor SCRATCH MODULE``."""
    scratch, module = sys.argv[1:]
    tree.name_process("tr-supervisor")
    tree.adopt_orphans()
    server = socket.socket(fileno=os.dup(0))
    Supervisor(server, Path(scratch)).run(spawn(module))


if __name__ == "__main__":
    main()
