"""Watches over one worker from its start until nothing of it is left."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from executors import tree
from executors.capture import Capture
from executors.cgroup import Group
from executors.channel import Channel
from executors.ends import Ends, Start
from executors.guard import Guard
from executors.limits import Limits
from executors.protocol import (
    ERROR,
    MOST_PROGRESS,
    PROGRESS,
    Lines,
    ProtocolError,
    address,
    cancel,
    decode,
    failure,
    limits,
    message,
    refusal,
)
from executors.server_line import ServerLine
from tensorrag.plain import JsonObject
from tensorrag.redaction import Blackout

if TYPE_CHECKING:
    from _typeshed import HasFileno

GRACE_SECONDS = 5.0
"""Between a cancel, which the card hears at its next report, and the end of its process."""

_CHUNK = 1 << 16


class Watch:
    """One worker and all that it starts.

    Args:
        server: the line to the server.
        woken: gets a byte whenever a child of this process ends.
        folder: the worker's scratch folder, made and removed here.
        group: holds this process, the worker and all that it starts.
    """

    def __init__(
        self, server: ServerLine, woken: socket.socket, folder: Path, group: Group
    ) -> None:
        self._server, self._woken, self._folder, self._group = server, woken, folder, group
        self._channel = Channel()
        self._captures = (Capture("stdout"), Capture("stderr"))
        self._selector = selectors.DefaultSelector()
        self._from_worker = Lines()
        self._blackout = Blackout()
        self._ordered = False
        self._worker = 0
        self._status: int | None = None
        self._resident = 0
        self._guard: Guard | None = None
        self._kill_at: float | None = None
        self._cancelled = False

    def run(self, start: Start) -> bool:
        """Stay until nothing is left; tells whether the worker had anything to do."""
        try:
            self._folder.mkdir(mode=0o700)
            self._start(start)
        except OSError as error:
            self._server.tell(refusal(error))
        else:
            self._server.tell(message("started", {"pid": self._worker}))
            self._wait()
            self._finish()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._close()
        self._say_how_it_ended()
        return self._ordered

    def _start(self, start: Start) -> None:
        out, err = self._captures
        self._group.open()
        try:
            ends = Ends(self._channel.end.fileno(), out.write_end, err.write_end)
            self._worker = start(ends, self._folder)
        finally:
            self._channel.end.close()
            out.close_write_end()
            err.close_write_end()

    def _wait(self) -> None:
        handlers: dict[HasFileno, Callable[[], bool]] = {
            self._server: self._hear_server,
            self._channel: self._hear_worker,
            self._woken: self._reap,
            **{capture: capture.read for capture in self._captures},
        }
        for source, handler in handlers.items():
            self._selector.register(source, selectors.EVENT_READ, handler)
        while self._status is None and not self._server.gone and not self._is_late():
            for key, mask in self._selector.select(self._seconds_to_wait()):
                if mask & selectors.EVENT_WRITE:
                    self._flush()
                if mask & selectors.EVENT_READ and key.data() is False:
                    self._selector.unregister(key.fileobj)
            self._log()
            self._hold_to_limits()

    def _hold_to_limits(self) -> None:
        if self._guard is None or (error := self._guard.look()) is None:
            return
        self._hear_worker()  # what it ran into it may have said itself, and be about to end
        if self._guard is not None:
            self._end_with(error)

    def _end_with(self, error: JsonObject) -> None:
        """Say why, then end it at once."""
        self._group.close()
        tree.stop(self._worker)
        self._drain_output()
        self._server.tell(message("error", error))
        self._guard, self._kill_at = None, time.monotonic()

    def _is_late(self) -> bool:
        return self._kill_at is not None and time.monotonic() >= self._kill_at

    def _seconds_to_wait(self) -> float | None:
        due = [self._kill_at, *(capture.due for capture in self._captures)]
        due.append(self._guard.due if self._guard is not None else None)
        known = [at for at in due if at is not None]
        return max(0.0, min(known) - time.monotonic()) if known else None

    def _hear_server(self) -> bool:
        """Pass orders on, heed a cancel, and drop what was meant for an earlier worker."""
        for line in self._server.hear():
            if line == cancel(self._worker):
                self._cancel()
            elif line.startswith(limits(self._worker)):
                self._guard = Guard(Limits.of_json(decode(line)["data"]), self._group)
            elif line.startswith(address(self._worker)):
                self._ordered = True
                self._hide_secrets(line)
                self._channel.put(line + b"\n")
        self._flush()
        return not self._server.gone

    def _hide_secrets(self, order: bytes) -> None:
        """Learn what the worker is given, so that it leaves this process no more."""
        if b'"secrets":' in order:
            secrets = decode(order).get("secrets")
            self._blackout = Blackout(secrets.values() if isinstance(secrets, dict) else ())
            for capture in self._captures:
                capture.hide(self._blackout)

    def _flush(self) -> None:
        """Send the worker what it takes, and wait until it takes the rest."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._channel.flush() else 0)
        with contextlib.suppress(KeyError):
            self._selector.modify(self._channel, events, self._hear_worker)

    def _hear_worker(self) -> bool:
        data = self._channel.receive()
        return data is None or self._relay(data)

    def _relay(self, data: bytes) -> bool:
        """Pass whole lines on, after all that was printed before them."""
        try:
            lines = self._from_worker.feed(data)
        except ProtocolError as error:
            hint = "Keep what a card returns for display small; data belongs in its outputs."
            self._end_with(failure("CardError", str(error), hint))
            return False
        lines = [line for line in lines if not _is_too_much(line)]
        if lines:
            # After a result nobody listens to what was printed before it.
            if not all(line.startswith(PROGRESS) for line in lines):
                self._drain_output()
            if lines[-1].startswith(ERROR) and self._was_refused(lines[-1]):
                return False
            self._server.tell(b"".join(self._without_secrets(line) for line in lines))
        return bool(data)

    def _was_refused(self, said: bytes) -> bool:
        """Whether the card failed because it ran into the hard limit; its error tells what then."""
        error = self._guard and self._guard.refused(said)
        if error:
            self._end_with(error)
        return bool(error)

    def _without_secrets(self, line: bytes) -> bytes:
        if not self._blackout:
            return line + b"\n"
        try:
            content = decode(line)
            return message(str(content.get("type")), self._blackout.json(content.get("data")))
        except (ProtocolError, RecursionError):  # whoever reads it refuses it, too
            return self._blackout.text(line.decode("utf-8", "replace")).encode() + b"\n"

    def _drain_output(self) -> None:
        for capture in self._captures:
            capture.drain()
        self._log(last=True)

    def _log(self, *, last: bool = False) -> None:
        for capture in self._captures:
            while (portion := capture.take(last=last)) is not None:
                self._server.tell(message("log", portion))

    def _cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._kill_at = time.monotonic() + GRACE_SECONDS
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._worker, signal.SIGTERM)

    def _reap(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(_CHUNK)
        tree.reap(self._note_end)
        return True

    def _note_end(self, pid: int, status: int, resident: int) -> None:
        if pid == self._worker:
            self._status, self._resident = status, resident

    def _finish(self) -> None:
        """End the tree, then read what is left: nobody can write any more."""
        self._hear_worker()  # while what it started is there, which tells what it ran into
        self._group.close()
        hurried = self._server.gone or self._cancelled
        seconds = tree.HURRIED_TRACKER_SECONDS if hurried else tree.TRACKER_SECONDS
        tree.end_descendants(self._note_end, tracker_seconds=seconds)
        while (data := self._channel.receive()) and self._relay(data):
            pass
        self._drain_output()

    def _close(self) -> None:
        self._selector.close()
        self._channel.close()
        for capture in self._captures:
            capture.close()

    def _say_how_it_ended(self) -> None:
        code = os.waitstatus_to_exitcode(self._status) if self._status is not None else None
        if self._guard is not None and self._kill_at is None:
            self._say_what_was_held(self._guard, -(code or 0))
        end = {
            "code": code if code is not None and code >= 0 else None,
            "signal": -code if code is not None and code < 0 else None,
            # Behind the traceback of a crash comes a list of every library that is loaded.
            "stderr": self._captures[1].tail.partition("\nExtension modules:")[0],
        }
        self._server.tell(message("exit", end))

    def _say_what_was_held(self, guard: Guard, number: int) -> None:
        """Say what the worker ran into, where that is why it ended without an answer."""
        error = guard.refused() or guard.end(number, self._resident)
        if error is not None:
            self._server.tell(message("error", error))


def _is_too_much(line: bytes) -> bool:
    """Whether this is a report that no card makes by the means that it is given."""
    return len(line) > MOST_PROGRESS and line.startswith(PROGRESS)
