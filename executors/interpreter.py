"""Interpreters of their own for our modules; importing this takes no time."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping

from executors import environment


def start(
    module: str, stdin: socket.socket, *arguments: str, extra: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Run one of our modules in an interpreter that sees neither our secrets nor our signals."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=stdin.fileno(),
        stdout=subprocess.DEVNULL,  # ours may be read by a program
        env={**environment.allowed(), **(extra or {})},
        start_new_session=True,
    )
