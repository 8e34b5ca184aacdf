"""T4: what a pipeline names is read in allowed folders only, by whatever way a path leads there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cards.data_load import DataLoad
from tensorrag import ParameterError
from tensorrag.folders import Folders, usual_folders
from tensorrag.sources import Sources, looking_in, open_path
from tensorrag.store.settings import Settings
from tensorrag.store.workspace import Workspace
from tests.servers import Server

CANARY = "canary-of-the-test"
TABLE = "rooms,price\n3,1\n4,2\n5,4\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with an allowed folder, files beside it, and every kind of link and special file."""
    home, data = tmp_path / "home", tmp_path / "home/data"
    for folder in (data / "sub", home / "data-of-others", home / ".ssh"):
        folder.mkdir(parents=True)
    (data / "flats.csv").write_text(TABLE)
    for secret in ("taxes.csv", ".modal.toml", ".ssh/id_rsa", "data-of-others/x.csv"):
        (home / secret).write_text(f"token\n{CANARY}\n")
    (data / ".hidden.csv").write_text(f"token\n{CANARY}\n")
    (data / "link.csv").symlink_to(home / "taxes.csv")
    (data / "chain.csv").symlink_to("link.csv")
    (data / "out").symlink_to(home)
    (data / "loop.csv").symlink_to("loop.csv")
    (data / "gone.csv").symlink_to("nowhere.csv")
    (data / "zero.csv").symlink_to("/dev/zero")
    (data / "environ.csv").symlink_to("/proc/self/environ")
    (data / "good.csv").symlink_to("sub/../flats.csv")
    os.mkfifo(data / "pipe.csv")
    monkeypatch.setenv("HOME", str(home))
    with looking_in(Sources(uploads=tmp_path, base=data, folders=Folders(allowed=(data,)))):
        yield home


OUTSIDE = "is not in an allowed folder"
NO_ADDRESS = "addresses are not read"
PATHS = [
    # of the system
    ("/etc/passwd", OUTSIDE),
    ("/etc/../etc/passwd", OUTSIDE),
    ("/proc/self/environ", OUTSIDE),
    ("/proc/self/fd/0", OUTSIDE),
    ("/proc/self/root/etc/passwd", OUTSIDE),
    ("/proc/1/cwd", OUTSIDE),
    ("/sys/kernel/notes", OUTSIDE),
    ("/dev/zero", OUTSIDE),
    ("/dev/stdin", OUTSIDE),
    ("/dev/fd/0", OUTSIDE),
    ("/run/secrets/token", OUTSIDE),
    ("/", OUTSIDE),
    # of the person
    ("~", OUTSIDE),
    ("~/taxes.csv", OUTSIDE),
    ("~/.modal.toml", OUTSIDE),
    ("~/.ssh/id_rsa", OUTSIDE),
    ("~/data-of-others/x.csv", OUTSIDE),  # begins as the allowed folder does
    ("~root/.bashrc", OUTSIDE),
    ("~nobody-of-that-name/x.csv", "could not determine home directory"),
    ("$HOME/taxes.csv", "There is no file"),
    (".hidden.csv", OUTSIDE),
    ("./.hidden.csv", OUTSIDE),
    # up, in every spelling
    ("..", OUTSIDE),
    ("../taxes.csv", OUTSIDE),
    ("sub/../../taxes.csv", OUTSIDE),
    ("./sub/./..//../taxes.csv", OUTSIDE),
    ("../data/../taxes.csv", OUTSIDE),
    ("~/data/../taxes.csv", OUTSIDE),
    ("..\\taxes.csv", OUTSIDE),
    ("%2e%2e/taxes.csv", "There is no file"),
    ("..%2ftaxes.csv", OUTSIDE),
    ("..;/taxes.csv", OUTSIDE),
    ("\uff0e\uff0e/taxes.csv", "There is no file"),
    ("\u2025/taxes.csv", "There is no file"),
    # links
    ("link.csv", OUTSIDE),
    ("chain.csv", OUTSIDE),
    ("out/taxes.csv", OUTSIDE),
    ("out/data/out/taxes.csv", OUTSIDE),
    ("environ.csv", OUTSIDE),
    ("zero.csv", OUTSIDE),
    ("loop.csv", "This path cannot be used"),
    ("gone.csv", "There is no file"),
    # no files
    ("", "No path is given"),
    ("   ", "No path is given"),
    (".", "is not a file"),
    ("sub", "is not a file"),
    ("pipe.csv", "is not a file"),
    ("flats.csv/x", "This path cannot be used"),
    ("flats.csv\0.txt", "This path cannot be used"),
    ("a" * 300, "This path cannot be used"),
    ("a/" * 3000, "There is no file"),
    ("flats.csv\n/etc/passwd", "There is no file"),
    ("\u202evsc.stalf", "There is no file"),
    # other machines
    ("\\\\host\\share\\x.csv", "names another host"),
    ("//host/share/x.csv", "names another host"),
    ("\\/host/share", "names another host"),
    ("\\\\?\\C:\\x.csv", "names another host"),
    ("\\\\.\\pipe\\x", "names another host"),
    ("  \\\\host\\share", "names another host"),
    ("file:///etc/passwd", "file addresses are not read"),
    ("FILE:/etc/passwd", NO_ADDRESS),
    ("file:flats.csv", NO_ADDRESS),
    ("http://127.0.0.1:8080/x.csv", "http addresses are not read"),
    ("http://169.254.169.254/latest/meta-data/", NO_ADDRESS),
    ("http://[::1]/x.csv", NO_ADDRESS),
    ("HTTPS://example.org/x.csv", "https addresses are not read"),
    ("ftp://example.org/x.csv", NO_ADDRESS),
    ("s3://bucket/x.csv", "s3 addresses are not read"),
    ("gs://bucket/x.csv", NO_ADDRESS),
    ("hdfs:/x.csv", NO_ADDRESS),
    ("smb://host/x.csv", NO_ADDRESS),
    ("simplecache::http://127.0.0.1/x.csv", NO_ADDRESS),
    ("zip://x.csv::/etc/passwd", NO_ADDRESS),
    ("data:text/csv,a", NO_ADDRESS),
    ("javascript:alert(1)", NO_ADDRESS),
]


@pytest.mark.parametrize(("path", "sentence"), PATHS)
@pytest.mark.usefixtures("home")
def test_a_path_that_leads_elsewhere_gets_one_sentence(path: str, sentence: str) -> None:
    card = DataLoad(source="path", path=path)

    for read in (card.peek, card.run):
        with pytest.raises(ParameterError) as caught:
            read()

        said = str(caught.value)
        assert sentence in said
        assert "\n" not in said
        assert "\u202e" not in said, "what turns the text around is replaced"
        assert len(said) < 300
        assert caught.value.field == "path"
        assert caught.value.hint
        assert CANARY not in said + caught.value.hint


@pytest.mark.parametrize(
    "path", ["flats.csv", "./sub/../flats.csv", "~/data/flats.csv", " flats.csv ", "good.csv"]
)
@pytest.mark.usefixtures("home")
def test_a_path_in_an_allowed_folder_is_read(path: str) -> None:
    assert DataLoad(source="path", path=path).run().dataset.num_rows == 3


def test_other_machines_are_refused_before_anything_is_looked_up(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking up a UNC path alone sends the name and password of the user to that host."""
    looked: list[str] = []
    for call in ("stat", "lstat", "open", "readlink"):
        monkeypatch.setattr(os, call, lambda *a, _call=call, **k: looked.append(_call))

    for path in ("\\\\host\\share\\x.csv", "//host/share/x.csv", "http://127.0.0.1/x.csv"):
        with pytest.raises(ParameterError):
            open_path(path)
    found = list(looked)
    monkeypatch.undo()

    assert found == []


def test_a_socket_is_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "data")  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.csv")
        with pytest.raises(ParameterError, match="is not a file"):
            open_path("socket.csv")


def test_a_file_that_may_not_be_read_says_so(home: Path) -> None:
    (home / "data/flats.csv").chmod(0)
    user = os.geteuid()
    if user == 0:  # who may read everything
        home.parent.chmod(0o711)
        os.seteuid(65534)
    try:
        with pytest.raises(ParameterError, match="may not be read by the user"):
            open_path("flats.csv")
    finally:
        os.seteuid(user)


# --- between the look and the opening -----------------------------------------------------------


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_turned_into_a_link_meanwhile_leads_nowhere(home: Path, what: str) -> None:
    """One thread replaces a file, or its folder, by a link and back; another reads all the time."""
    data = home / "data"
    turned, target = (
        (data / "turned.csv", home / "taxes.csv") if what == "file" else (data / "turned", home)
    )
    path = "turned.csv" if what == "file" else "turned/taxes.csv"
    stop = threading.Event()
    turner = threading.Thread(target=_turn, args=(turned, target, stop))
    turner.start()
    read, refused = 0, 0
    try:
        while min(read, refused) < 300 and read + refused < 200_000:
            try:
                with open_path(path) as stream:
                    assert stream.read() == TABLE.encode()
                read += 1
            except ParameterError as error:
                refused += OUTSIDE in str(error)
    finally:
        stop.set()
        turner.join()

    assert min(read, refused) >= 300, f"{read} were read and {refused} refused: that proves little"


def _turn(turned: Path, target: Path, stop: threading.Event) -> None:
    """Put a real file or folder and a link in the same place, in turns."""
    real, link = turned.with_name("real"), turned.with_name("link")
    (real if target.is_dir() else real.parent).mkdir(exist_ok=True)
    (real / "taxes.csv" if target.is_dir() else real).write_text(TABLE)
    link.symlink_to(target)
    while not stop.is_set():
        for one in (real, link):
            one.rename(turned)
            turned.rename(one)


# --- which folders there are --------------------------------------------------------------------


def test_what_the_workspace_keeps_is_no_data(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "work")
    workspace.settings.set("last_pipeline", CANARY)
    (workspace.root / "flats.csv").write_text(TABLE)
    folders = Folders.of(None, workspace.root)
    own = [path for path in workspace.root.rglob("*") if path.name != "flats.csv"]

    assert len(own) > 5
    assert [str(path) for path in own if folders.allow(path)] == []
    assert folders.allow(workspace.root / "flats.csv")


def test_settings_name_the_folders_and_home_is_one_until_they_do(
    home: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    usual, only = Folders.of(None, work), Folders.of([str(home / "data")], work)

    assert home in usual_folders()
    assert usual.allow(home / "taxes.csv")
    assert not usual.allow(home / ".modal.toml")
    assert not only.allow(home / "taxes.csv")
    assert only.allow(home / "data/flats.csv")
    assert only.allow(work / "flats.csv"), "the workspace itself"
    assert not Folders.of([], work).allow(home / "data/flats.csv")


@pytest.mark.parametrize("folder", ["/", "/proc", "/etc", "/dev"])
def test_no_setting_opens_the_system(folder: str, tmp_path: Path) -> None:
    folders = Folders.of([folder], tmp_path)

    for path in ("/proc/self/environ", "/etc/passwd", "/dev/zero", "/sys/kernel/notes"):
        assert not folders.allow(Path(path))


@pytest.mark.parametrize("setting", ["/data", 3, [3, None, "data", "~nobody-at-all"], {"/": 1}])
def test_a_setting_that_is_none_opens_nothing_more(setting: object, tmp_path: Path) -> None:
    assert not Folders.of(setting, tmp_path).allow(Path("/srv/x.csv"))


# --- heeded everywhere --------------------------------------------------------------------------


def pipeline(path: Path) -> dict[str, Any]:
    params = {"source": "path", "path": str(path)}
    return {
        "format": "tensorrag.pipeline",
        "version": 1,
        "name": "From a stranger",
        "nodes": [{"id": "load", "card": "data_load", "params": params}],
        "edges": [],
    }


def test_a_run_from_the_command_line_reads_what_lies_beside_the_file_and_no_more(
    tmp_path: Path,
) -> None:
    folder, work = tmp_path / "download", tmp_path / "work"
    folder.mkdir()
    (tmp_path / "taxes.csv").write_text(f"token\n{CANARY}\n")
    (folder / "flats.csv").write_text(TABLE)
    Workspace.open(work).settings.set("allowed_folders", [])

    for path, code in (("flats.csv", 0), ("../taxes.csv", 2)):
        (folder / "p.json").write_text(json.dumps(pipeline(Path(path))))
        done = _tensorrag("run", str(folder / "p.json"), "--json", "--workspace", str(work))

        assert done.returncode == code, done.stdout + done.stderr
        assert CANARY not in done.stdout + done.stderr
        assert (OUTSIDE in done.stdout) == (code == 2)
    checked = _tensorrag("check", str(folder / "p.json"), "--json", "--workspace", str(work))
    assert OUTSIDE in checked.stdout


def _tensorrag(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorrag", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_the_editor_heeds_the_settings_as_they_are_now(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    folder, server = tmp_path / "outside", start_server()
    folder.mkdir()
    (folder / "flats.csv").write_text(TABLE)
    settings = Settings(server.workspace / "settings.json")

    for allowed in (True, False):
        settings.set("allowed_folders", [str(folder)] if allowed else [])
        answer = _run(server, pipeline(folder / "flats.csv"))

        assert (OUTSIDE in answer) != allowed, answer
        assert ("succeeded" in answer) == allowed, answer


def _run(server: Server, document: dict[str, Any]) -> str:
    """Run a pipeline to its end, and return all that is said about it."""
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        started = client.post("/api/runs", json={"pipeline": document})
        if started.status_code >= 400:
            return started.text
        run = started.json()["run"]
        for _ in range(600):
            answer = client.get(f"/api/runs/{run}").text
            if json.loads(answer)["status"] not in ("queued", "running"):
                return answer
            threading.Event().wait(0.1)
    return "it never ended"
