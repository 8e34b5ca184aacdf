"""Editors that run in processes of their own, for the tests that need a real one."""

from __future__ import annotations

import ctypes
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).parents[1]


@dataclass
class Server:
    """An editor that runs in a process of its own."""

    workspace: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Where the start page is."""
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        """All that the server has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds: float = 180) -> None:
        """Wait until it answers; fail with what it printed when it does not."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                pytest.fail(f"The server ended ({self.process.returncode}):\n{self.output()}")
            try:
                answer = httpx.get(f"{self.url}/healthz", timeout=5, trust_env=False)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code in (200, 401, 403):
                return  # it is there, even where it does not let us in
            time.sleep(0.05)
        pytest.fail(f"The server did not answer within {seconds:.0f} s:\n{self.output()}")

    def announced(self, seconds: float = 180) -> str:
        """Wait for the line that says where the editor is, and return it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if "is open at" in (said := self.output()):
                return said.splitlines()[0]
            time.sleep(0.05)
        pytest.fail(f"It printed no link within {seconds:.0f} s:\n{self.output()}")

    def stop(self) -> None:
        """End it, and by force whatever of it is left after a while."""
        if self.process.poll() is not None:
            return
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=5)
        _, left = psutil.wait_procs(family, timeout=5)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=5)


_PORTS = itertools.count(12_000 + os.getpid() * 131 % 18_000)
"""Below those that the system gives away by itself: one of them might be taken meanwhile."""


def free_port() -> int:
    """A port that nothing listens on, another one each time."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("There are no ports left.")


def _write_only_what_is_ours() -> None:
    """Give up that an administrator may write everywhere."""
    drop_from_bounding_set, may_write_everywhere = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, may_write_everywhere, 0, 0, 0)


def launch(
    folder: Path,
    log: Path,
    *options: str,
    plain: bool = False,
    port: int | None = None,
    warm: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Server:
    """Start a server on a port of its own, ``plain`` without root's rights; does not wait.

    Only a ``warm`` one imports ahead what learning takes, in five seconds of a processor.
    """
    port = port or free_port()
    ours = {"PYTEST_CURRENT_TEST", "PYTEST_VERSION", "TENSORRAG_WORKSPACE", "PORT"}
    inherited = {key: value for key, value in os.environ.items() if key not in ours}
    ahead = {"TENSORRAG_PRELOAD": "all" if warm else "tables"}
    command = [sys.executable, "-m", "tensorrag", "serve", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--workspace", str(folder), "--no-open", *options],
            cwd=ROOT,
            env={**inherited, **ahead, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_write_only_what_is_ours if plain else None,
        )
    return Server(folder, port, process, log)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers, on a workspace of their own or on a given one, and ends them afterwards."""
    started: list[Server] = []

    def start(
        workspace: Path | None = None,
        *options: str,
        port: int | None = None,
        warm: bool = False,
        **environment: str,
    ) -> Server:
        number = len(started) + 1
        folder = workspace or tmp_path / f"workspace-{number}"
        log = tmp_path / f"server-{number}.log"
        server = launch(folder, log, *options, port=port, warm=warm, environment=environment)
        started.append(server)
        server.wait()
        return server

    yield start
    for server in started:
        server.stop()


Serving = Callable[[], Server]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the server of a file; a file may put something into it before it begins."""
    return tmp_path_factory.mktemp("served") / "workspace"


@pytest.fixture(scope="module")
def serving(workspace: Path, request: pytest.FixtureRequest) -> Iterator[Serving]:
    """Gives the one server of a file: another, on the same folder, where a test has ended it.

    To start one takes seconds, so tests share it, and make a pipeline of their own each. It is
    warm in files that say ``WARM = True``.
    """
    begun: list[Server] = []
    warm = getattr(request.module, "WARM", False)

    def serve() -> Server:
        if not begun or begun[-1].process.poll() is not None:
            log = workspace.with_name(f"server-{len(begun)}.log")
            begun.append(launch(workspace, log, warm=warm))
            begun[-1].wait()
        return begun[-1]

    yield serve
    for server in begun:
        server.stop()
