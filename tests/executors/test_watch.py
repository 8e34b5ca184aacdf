"""What a supervisor passes on of what its worker says."""

from __future__ import annotations

import socket
from pathlib import Path

from executors.cgroup import ROOT, Group
from executors.protocol import MOST_PROGRESS, decode, message
from executors.server_line import ServerLine
from executors.watch import Watch


def test_a_report_that_is_too_large_is_dropped_and_what_else_is_said_arrives(
    tmp_path: Path,
) -> None:
    """A card that writes to its line by hand costs the server no more than one that does not."""
    ours, line = socket.socketpair()
    woken, waker = socket.socketpair()
    watch = Watch(ServerLine(line), woken, tmp_path, Group(None, ROOT, 320))
    large = "x" * MOST_PROGRESS
    said = [("progress", large), ("progress", "x"), ("result", large)]

    watch._channel.end.sendall(b"".join(message(kind, data) for kind, data in said))
    watch._channel.end.close()
    watch._hear_worker()
    watch._close()
    line.close()

    lines = b"".join(iter(lambda: ours.recv(1 << 16), b"")).splitlines()
    assert [(it["type"], it["data"]) for it in map(decode, lines)] == said[1:]
    for end in (ours, woken, waker):
        end.close()
