"""The line from a supervisor to the server."""

from __future__ import annotations

import socket

from executors.protocol import Lines, ProtocolError

_CHUNK = 1 << 16


class ServerLine:
    """Serves one worker after the other."""

    def __init__(self, line: socket.socket) -> None:
        self.gone = False
        self._line = line
        self._lines = Lines()

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._line.fileno()

    def hear(self) -> list[bytes]:
        """Read what is there; its end is the end of everything."""
        try:
            data = self._line.recv(_CHUNK)
        except OSError:
            data = b""
        try:
            lines = self._lines.feed(data)
        except ProtocolError:
            data, lines = b"", []
        if not data:
            self.gone = True
        return lines

    def tell(self, line: bytes) -> None:
        """Write a line."""
        try:
            self._line.sendall(line)
        except OSError:
            self.gone = True
