"""`tensorrag serve`, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.clock import within
from tests.servers import ROOT, free_port

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `tensorrag serve`; whatever is left at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        # NiceGUI believes that it is itself under test where this is set.
        inherited = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
        process = subprocess.Popen(
            [sys.executable, "-m", "tensorrag", "serve", "--no-open", *arguments],
            cwd=ROOT,
            env={**inherited, "TENSORRAG_WORKSPACE": str(tmp_path / "here"), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):  # it ended with another one
                    child.kill()
            process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    """Read the one line that says where the editor is."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line
    return found[0]


def ask(url: str, path: str = "/healthz") -> httpx.Response:
    return httpx.get(url + path, timeout=60, trust_env=False)


def test_it_says_where_it_is_and_ends_when_told(start: Start) -> None:
    process = start(PORT=str(free_port()))
    url = address(process)
    assert ask(url).status_code == 200
    assert ask(url, "/").status_code == 200
    assert len(ask(url, "/api/pipelines").json()) == 1, "the first start makes the sample"
    assert ask(url, "/docs").status_code == 200
    family = psutil.Process(process.pid).children(recursive=True)
    assert family, "cards live in processes of their own"

    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)

    assert output == ""
    assert errors == ""
    _, alive = psutil.wait_procs(family, timeout=within(1))
    assert alive == []


def test_a_stream_that_is_open_does_not_keep_it_from_ending(start: Start) -> None:
    process = start("--port", str(free_port()))
    url = address(process)
    slow = {"pipeline_id": ask(url, "/api/pipelines").json()[0]["id"]}
    run = httpx.post(f"{url}/api/runs", json=slow, timeout=60, trust_env=False).json()["run"]

    with httpx.stream("GET", f"{url}/api/runs/{run}/events", timeout=60, trust_env=False) as stream:
        next(stream.iter_lines())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)

    second = start("--port", str(free_port()))
    url = address(second)
    runs = ask(url, "/api/runs").json()
    assert [(one["run"], one["status"]) for one in runs] == [(run, "interrupted")]


def test_a_taken_port_is_one_sentence(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--port", str(port))
        output, errors = process.communicate(timeout=120)

    assert process.returncode == 1
    assert output == ""
    assert f"Port {port} on 127.0.0.1 cannot be used" in errors.splitlines()[0]
    assert "Traceback" not in errors


def test_on_the_network_it_wants_the_token_of_the_printed_link(start: Start) -> None:
    port = free_port()
    process = start("--host", "0.0.0.0", "--port", str(port))  # noqa: S104
    assert process.stdout is not None
    line = process.stdout.readline()
    token = re.search(r"token=(\S+)", line)
    assert token, line
    url = f"http://127.0.0.1:{port}"

    assert ask(url, "/").status_code == 401
    with httpx.Client(timeout=60, trust_env=False, follow_redirects=True) as browser:
        assert browser.get(f"{url}/?token={token[1]}").status_code == 200
        assert browser.get(f"{url}/api/pipelines").status_code == 200


def test_a_port_that_has_another_editor_says_so(start: Start, tmp_path: Path) -> None:
    port = free_port()
    url = address(start("--port", str(port)))

    second = start("--port", str(port), TENSORRAG_WORKSPACE=str(tmp_path / "other"))
    _, errors = second.communicate(timeout=120)

    assert second.returncode == 1
    assert errors.splitlines() == [
        f"Port {port} on 127.0.0.1 is taken by another TensorRag, with another workspace.",
        f"It is open at {url}. For one more: tensorrag serve --port {port + 1}",
    ]


@pytest.mark.parametrize("file", ["journal.sqlite", "store/index.sqlite"])
def test_a_workspace_of_a_newer_version_is_one_sentence(
    start: Start, tmp_path: Path, file: str
) -> None:
    newer = tmp_path / "here" / file
    newer.parent.mkdir(parents=True)
    with closing(sqlite3.connect(newer)) as database:
        database.execute("PRAGMA user_version=99")
    before = newer.read_bytes()

    output, errors = start("--port", str(free_port())).communicate(timeout=240)

    assert output == ""
    assert errors.splitlines() == [
        f"{newer} was written by a newer version of TensorRag.",
        "Update TensorRag, or use another workspace.",
    ]
    assert newer.read_bytes() == before
    assert len(list((tmp_path / "here").rglob("*.sqlite*"))) == 1, "nothing else was begun"


def test_it_listens_on_ipv6_as_well(start: Start) -> None:
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    port = free_port()
    process = start("--host", "::1", "--port", str(port))
    assert process.stdout is not None
    assert f"http://[::1]:{port}" in process.stdout.readline()

    url = f"http://[::1]:{port}"
    assert ask(url, "/api/pipelines").status_code == 200
    for headers in ({"Host": f"[::2]:{port}"}, {"Origin": f"http://127.0.0.1:{port}"}):
        answer = httpx.get(f"{url}/healthz", headers=headers, timeout=60, trust_env=False)
        assert answer.status_code == 403
