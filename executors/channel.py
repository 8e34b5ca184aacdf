"""The channel to a worker, on which nothing is waited for: it may never read, or never write."""

from __future__ import annotations

import socket

_CHUNK = 1 << 16


class Channel:
    """A pair of sockets: ``end`` is the worker's."""

    def __init__(self) -> None:
        self._socket, self.end = socket.socketpair()
        self._socket.setblocking(False)
        self._outbox = bytearray()

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._socket.fileno()

    def put(self, line: bytes) -> None:
        """Have `flush` send it."""
        self._outbox += line

    def flush(self) -> bool:
        """Send the worker what it takes without waiting; tells whether there is more."""
        try:
            while self._outbox:
                del self._outbox[: self._socket.send(self._outbox)]
        except BlockingIOError:
            pass
        except OSError:
            self._outbox.clear()  # the worker is gone, which shows elsewhere
        return bool(self._outbox)

    def receive(self) -> bytes | None:
        """Read from the worker: nothing at its end, None while it is silent."""
        try:
            return self._socket.recv(_CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()
