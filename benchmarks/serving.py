"""A real server on a scratch workspace, for benchmarks that go through it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx


@contextmanager
def server(cores: int, cards: Mapping[str, str] | None = None) -> Iterator[httpx.Client]:
    """Serve a scratch workspace that has these cards, by file name, on so many cores."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "cards").mkdir()
        for name, text in (cards or {}).items():
            (Path(folder) / "cards" / name).write_text(text)
        port = _free_port()
        command = [sys.executable, "-m", "tensorrag", "serve", "--no-open", "--port", str(port)]
        process = subprocess.Popen(
            [*command, "--workspace", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:cores])
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False
            ) as http:
                _wait(http)
                yield http
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(http: httpx.Client) -> None:
    for _ in range(600):
        try:
            http.get("/healthz")
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    sys.exit("The server did not start.")
