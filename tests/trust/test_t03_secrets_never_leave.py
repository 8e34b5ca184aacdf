"""T3: secrets never leave. Cards do their worst with a canary, then everything is searched."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tensorrag import redaction
from tensorrag.redaction import MARK, Blackout, Stream
from tests.servers import Server

FRAGMENT = "canary-77"
CANARY = f"{FRAGMENT}·\"it's\\a/secret?"
IN_ENVIRONMENT = "canary-of-the-environment"

CARDS = '''
"""Cards that do with a secret what they should not."""
import base64, json, os, sys, time
from typing import NamedTuple
import pandas as pd
from tensorrag import Card, CardError, ParameterError, Peek, Secret, Table, TableSchema, report
from tensorrag.preview import TextPreview


class _Told(Card):
    token: Secret

    class Out(NamedTuple):
        table: Table

    def propagate(self) -> TableSchema:
        return TableSchema()

    def run(self) -> Out:
        return self.Out(Table.from_pandas(self.tell(self.token.value())))


class Careful(_Told):
    """Use it, and say nothing."""

    def tell(self, value):
        return pd.DataFrame({"length": [len(value)], "token": [str(self.token)]})


class Prints(_Told):
    """Print it in every way."""

    def tell(self, value):
        print("plain", value, repr(value), json.dumps(value), [value])
        print("base64", base64.b64encode(value.encode()).decode(), file=sys.stderr)
        for part in (value[:7], value[7:12], value[12:]):
            os.write(1, part.encode())
            time.sleep(0.25)
        os.write(2, b"x" * 3990 + value.encode() + b"\\n")
        report(1, 2, value)
        open("scratch.txt", "w").write(value)
        print("printed all")
        return pd.DataFrame({"length": [len(value)]})


class Raises(_Told):
    """Raise it."""

    def tell(self, value):
        raise ValueError("y" * 3990 + value + f" is no good: {value!r}")


class Crashes(_Told):
    """Crash with it."""

    def tell(self, value):
        print(value, file=sys.stderr, flush=True)
        os.abort()


class ReturnsCell(_Told):
    """Return it in a cell."""

    def tell(self, value):
        return pd.DataFrame({"cell": [value]})


class ReturnsColumn(_Told):
    """Name a column by it."""

    def tell(self, value):
        return pd.DataFrame({value: [1]})


class Shows(_Told):
    """Show it in the inspector and on the card."""

    def tell(self, value):
        return pd.DataFrame({"length": [len(value)]})

    def previews(self, outputs):
        return {"table": TextPreview(text="it is " + self.token.value())}


class Looks(_Told):
    """Say it of a source that cannot be read."""

    def peek(self):
        raise ParameterError("The source refused " + self.token.value(), field="token")

    def tell(self, value):
        return pd.DataFrame()


class Other(Card):
    """Look for what others were given."""

    name: str = "hub"

    class Out(NamedTuple):
        table: Table

    def propagate(self) -> TableSchema:
        return TableSchema()

    def run(self) -> Out:
        print(sorted(os.environ.items()))
        print(open("/proc/self/environ").read(), open("/proc/self/cmdline").read())
        Secret(self.name).value()
'''


@pytest.fixture
def server(start_server: Callable[..., Server], tmp_path: Path) -> Server:
    """An editor that knows one secret, with a token in its environment and cards that gossip."""
    workspace = tmp_path / "workspace"
    (workspace / "cards").mkdir(parents=True)
    (workspace / "cards" / "gossips.py").write_text(CARDS)
    command = [sys.executable, "-m", "tensorrag", "secret", "set", "hub", "--workspace"]
    subprocess.run([*command, str(workspace)], input=CANARY.encode(), check=True, timeout=240)
    return start_server(workspace, HUB_TOKEN=IN_ENVIRONMENT, AWS_SECRET_ACCESS_KEY=IN_ENVIRONMENT)


def run(server: Server, card: str, **params: Any) -> tuple[dict[str, Any], str]:
    """Run one card; returns the run, and all that was answered on the way."""
    params = params or {"token": "hub"}
    pipeline = {
        "format": "tensorrag.pipeline", "version": 1, "name": card,
        "nodes": [{"id": "card", "card": card, "params": params, "position": {"x": 0, "y": 0}}],
        "edges": [],
    }  # fmt: skip
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        made = client.post("/api/pipelines", json=pipeline)
        started = client.post("/api/runs", json={"pipeline_id": made.json()["id"]})
        said = [made.text, started.text, client.get(f"/api/pipelines/{made.json()['id']}").text]
        if started.status_code != 201:
            return started.json(), "".join(said)
        path = f"/api/runs/{started.json()['run']}"
        until = time.monotonic() + 120
        while (found := client.get(path).json())["status"] in ("queued", "running"):
            assert time.monotonic() < until
            time.sleep(0.1)
        for more in ("", "/events", "/log", "/nodes/card/log", "/nodes/card/outputs/table/preview"):
            said.append(client.get(path + more).text)
        said.append(client.get(f"/edit/{made.json()['id']}").text)
        said.append(client.get("/api/log").text)
        return found, "".join(said)


def spellings(secret: str) -> list[bytes]:
    """However it is quoted, some part of it stays as it is."""
    return [
        FRAGMENT.encode() if secret == CANARY else secret.encode(),
        base64.b64encode(secret.encode()),
    ]


def found_in(folder: Path) -> list[str]:
    """Name the files that hold a canary: all but the settings, where it belongs.

    The settings are written aside first, to a file that is there for a moment only.
    """
    wanted = [*spellings(CANARY), *spellings(IN_ENVIRONMENT)]
    aside = ".settings.json."
    files = [path for path in folder.rglob("*") if path.is_file() and aside not in path.name]
    assert len(files) > 5
    return [
        str(path.relative_to(folder))
        for path in files
        if path != folder / "settings.json" and any(word in content(path) for word in wanted)
    ]


def content(path: Path) -> bytes:
    """What is in a file; nothing in one that is gone again."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def test_whatever_a_card_does_with_a_secret_it_is_nowhere_afterwards(server: Server) -> None:
    said = {}
    for card in ("careful", "prints", "raises", "crashes", "returns_cell", "returns_column",
                 "shows", "looks"):  # fmt: skip
        outcome, text = run(server, card)
        said[card] = text
        assert not any(word.decode() in text for word in spellings(CANARY)), card
        if card in ("careful", "prints", "shows"):
            assert outcome["status"] == "succeeded", outcome

    # They did have it, and did what they were made for.
    assert str(len(CANARY)) in said["careful"]
    assert "printed all" in said["prints"]
    assert said["prints"].count(MARK) >= 6
    assert all(MARK in said[card] for card in ("raises", "crashes", "shows", "looks"))
    for card in ("returns_cell", "returns_column"):
        assert "The card put a secret into its result, which was not stored." in said[card]
    assert found_in(server.workspace) == []
    assert CANARY not in server.output()
    assert (server.workspace / "settings.json").stat().st_mode & 0o077 == 0


def test_a_card_gets_the_secrets_it_names_and_no_environment(server: Server) -> None:
    outcome, text = run(server, "other", name="hub")

    assert outcome["nodes"]["card"]["state"] == "failed"
    assert "There is no secret called hub here." in text
    assert "PATH" in text
    assert IN_ENVIRONMENT not in text
    assert found_in(server.workspace) == []

    # Nor do those see one who list processes.
    family = psutil.Process(server.process.pid).children(recursive=True)
    assert family
    for process in family:
        with suppress(FileNotFoundError, ProcessLookupError):  # a worker may end meanwhile
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            assert IN_ENVIRONMENT.encode() not in environment
            assert CANARY.encode() not in command + environment


def test_a_missing_secret_is_a_problem_before_the_run(server: Server) -> None:
    refused, _ = run(server, "careful", token="gone")

    [problem] = refused["problems"]
    assert problem["code"] == "secret_missing"
    assert problem["field"] == "token"
    assert "There is no secret called gone here." in problem["message"]
    assert "Settings" in problem["hint"]


def test_a_secret_cut_into_pieces_is_blacked_out() -> None:
    for cut in range(1, len(CANARY)):
        stream = Stream(Blackout([CANARY]))
        parts = ["before ", CANARY[:cut], CANARY[cut:], " after"]
        assert "".join(map(stream.feed, parts)) + stream.feed("", final=True) == (
            f"before {MARK} after"
        )


def test_what_only_begins_like_a_secret_is_told_in_the_end() -> None:
    stream = Stream(Blackout(["canary-value"]))

    assert stream.feed("a canary") == "a "
    assert stream.feed(" bird") == "canary bird"
    assert stream.feed("can") == ""
    assert stream.feed("", final=True) == "can"


def test_a_longer_line_of_a_secret_is_one_too() -> None:
    blackout = Blackout(["-----BEGIN KEY-----\nMIIEvQIBADANBg\nshort"])

    assert blackout.text("MIIEvQIBADANBg and short") == f"{MARK} and short"
    assert blackout.json({"MIIEvQIBADANBg": ["MIIEvQIBADANBg", 1]}) == {MARK: [MARK, 1]}


def test_a_secret_is_found_in_files_of_numbers_too(tmp_path: Path) -> None:
    file = tmp_path / "array"
    file.write_bytes(os.urandom(5000) + "canary-value".encode("utf-32-le"))

    assert Blackout(["canary-value"]).is_in(file)
    assert not Blackout(["another-value"]).is_in(file)
    assert not redaction.here().is_in(file)


def test_the_command_line_lists_names_and_takes_no_value_as_a_word(tmp_path: Path) -> None:
    def secret(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tensorrag", "secret", *words]
        return subprocess.run(
            [*command, "--workspace", str(tmp_path)],
            input=given, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    assert secret("set", "hub", given=f"{CANARY}\n").returncode == 0
    assert secret("set", "other", CANARY).returncode == 2
    short = secret("set", "tiny", given="abc")
    assert "at least 8 characters" in short.stderr
    assert secret("list").stdout == "hub\n"
    assert secret("delete", "hub").returncode == 0
    assert secret("delete", "hub").returncode == 1
