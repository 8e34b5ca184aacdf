"""Runs and their events."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tensorrag.errors import RunNotFound, WorkspaceError
from tensorrag.store import database, owner, unfinished
from tensorrag.store.follow import follow
from tensorrag.store.interruption import interrupt_abandoned, ongoing_since
from tensorrag.store.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def shown(state: str) -> dict[str, object]:
    return {"card": "train", "state": state, "reason": None}


def test_a_run_and_its_events(journal: Journal) -> None:
    run = journal.create_run({"seeds": {"train": 7}}, pipeline_id="boston", name="Boston")
    started = {"type": "run", "data": {"status": "running"}}
    progress = {"type": "progress", "node": "train", "data": {"done": 1, "total": 50}}

    assert journal.append(run, [started, progress], status="running") == [1, 2]
    journal.append(run, [{"type": "run", "data": {"status": "succeeded"}}], status="succeeded")

    entry = journal.run(run)
    assert (entry.status, entry.name, entry.pipeline) == ("succeeded", "Boston", "boston")
    assert journal.record(run) == {"seeds": {"train": 7}}
    events = journal.events(run)
    assert [event["seq"] for event in events] == [1, 2, 3]
    assert events[1]["node"] == "train"
    assert set(events[0]) == {"seq", "time", "run", "node", "type", "data"}
    assert events[0]["time"].endswith("Z")
    assert [event["seq"] for event in journal.events(run, after=2)] == [3]


def test_runs_are_listed_newest_first(journal: Journal) -> None:
    first, second = (journal.create_run({}, pipeline_id=name) for name in ("a", "b"))

    assert [entry.id for entry in journal.runs()] == [second, first]
    assert [entry.id for entry in journal.runs(pipeline_id="a")] == [first]
    assert [entry.id for entry in journal.runs(limit=1)] == [second]


def test_runs_of_a_version_that_did_not_number_them_are_numbered(journal: Journal) -> None:
    runs = [journal.create_run({}, pipeline_id=name) for name in ("a", "b", "a")]
    journal.close()
    with sqlite3.connect(journal.database.path) as before:
        before.execute("ALTER TABLE runs DROP COLUMN nth")
        before.execute("PRAGMA user_version = 2")
    before.close()

    assert [journal.run(run).number for run in runs] == [1, 1, 2]
    assert journal.run(journal.create_run({}, pipeline_id="a")).number == 3


def test_a_run_as_json_holds_its_nodes(journal: Journal) -> None:
    run = journal.create_run({})
    journal.append(run, [], nodes={"train": (shown("running"), None)})
    journal.append(run, [], nodes={"train": (shown("done"), {"key": "k"})}, status="succeeded")

    found = journal.to_json(run)

    assert found["nodes"] == {"train": shown("done")}
    assert set(found) == {"run", "status", "seconds", "problems", "nodes"}
    assert journal.made(run) == {"train": {"key": "k"}}


def test_what_each_node_was_last_made_of_is_found_by_pipeline(journal: Journal) -> None:
    for number in (1, 2):
        run = journal.create_run({}, pipeline_id="p")
        nodes = {"load": (shown("done"), {"run": number})}
        journal.append(run, [], nodes=nodes)
    part = journal.create_run({}, pipeline_id="p")
    waited = (shown("queued"), None)
    journal.append(part, [], nodes={"train": (shown("done"), {"run": 3}), "load": waited})

    assert journal.previous("p") == {"load": {"run": 2}, "train": {"run": 3}}
    assert journal.previous("other") == {}


def test_a_run_that_is_not_there(journal: Journal) -> None:
    with pytest.raises(RunNotFound):
        journal.run("nothing")
    with pytest.raises(RunNotFound):
        journal.append("nothing", [])


def test_a_run_of_a_living_process_is_left_alone(journal: Journal) -> None:
    run = journal.create_run({})

    assert interrupt_abandoned(journal) == []
    assert journal.run(run).status == "queued"


def test_a_run_whose_process_is_gone_was_interrupted(journal: Journal, tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from tensorrag.store.journal import Journal
journal = Journal(Path(sys.argv[1]))
run = journal.create_run({})
running = {"card": "train", "state": "running", "cancelling": True, "reason": None}
journal.append(run, [], nodes={"train": (running, {"key": "k"})}, status="running")
sys.stdout.write(run)
sys.stdout.flush()
os._exit(9)
"""
    path = str(tmp_path / "journal.sqlite")
    died = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True)
    run = died.stdout
    with sqlite3.connect(path) as database:  # long ago
        database.execute("UPDATE runs SET created = 1000")
    database.close()

    assert interrupt_abandoned(journal) == [run]

    entry = journal.run(run)
    assert entry.status == "interrupted"
    assert entry.seconds == pytest.approx(0)  # it lasted until its last event
    train = journal.to_json(run)["nodes"]["train"]
    assert (train["state"], train["reason"]) == ("cancelled", "interrupted")
    assert not train["cancelling"], "nobody is there any more who would stop it"
    assert [event["type"] for event in journal.events(run)] == ["node", "run"]
    assert interrupt_abandoned(journal) == []


def test_a_process_that_got_the_number_of_another_does_not_count_as_it(
    journal: Journal, tmp_path: Path
) -> None:
    run = journal.create_run({})
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("UPDATE runs SET pid_started = pid_started - 3600")
    connection.close()

    assert interrupt_abandoned(journal) == [run]


@pytest.mark.parametrize(("hours", "gone"), [(23, False), (25, True)])
def test_a_run_of_a_machine_of_another_name_is_over_after_a_day_of_silence(
    journal: Journal, tmp_path: Path, *, hours: float, gone: bool
) -> None:
    run = journal.create_run({})
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        began = time.time() - hours * 3600
        connection.execute("UPDATE runs SET host = 'elsewhere#1', created = ?", (began,))
    connection.close()

    assert interrupt_abandoned(journal) == ([run] if gone else [])

    journal.append(run, [], status="succeeded")  # it went on there all the same
    assert journal.run(run).status == "succeeded"


@pytest.mark.skipif(sys.platform != "linux", reason="Only there a start is told by the clock.")
@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_process_counts_as_itself_after_the_clock_was_set(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    journal.create_run({})
    boot, processes = int(psutil.boot_time()), tmp_path / "proc"
    processes.mkdir()
    (processes / "stat").write_text(f"btime {boot + seconds}\n")  # as it is after that
    (processes / str(os.getpid())).symlink_to(f"/proc/{os.getpid()}")

    monkeypatch.setattr(psutil, "PROCFS_PATH", str(processes))

    assert psutil.boot_time() == boot + seconds
    assert interrupt_abandoned(journal) == []


def test_a_run_lasts_no_less_than_no_time_where_the_clock_was_set_back(journal: Journal) -> None:
    run = journal.create_run({}, created=time.time() + 3600, status="running")
    assert journal.run(run).seconds == 0.0

    journal.append(run, [], status="succeeded")
    assert journal.run(run).seconds == 0.0


def test_a_process_of_before_the_machine_was_started_again_is_gone(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = journal.create_run({})

    monkeypatch.setattr(owner, "_host", lambda: f"{platform.node()}#the next boot")

    assert interrupt_abandoned(journal) == [run]


ANOTHER_CONTAINER = """
import platform, sys
from pathlib import Path
platform.node = lambda: sys.argv[2]
from tensorrag.store import owner, unfinished
from tensorrag.store.journal import Journal
from tensorrag.store.spending import Charge, Work
owner.numbering, owner._started = lambda: "another", lambda pid: 1.0  # its number is no proof
root = Path(sys.argv[1])
first, journal = (Journal(root / "journal.sqlite") for _ in range(2))
first.presence.here()
journal.spending.begin(Charge("ticket", "r", "n", "c", "modal", None, Work(), 0.001, 100, 0))
first.close()  # the other shows still that this process lives
print(journal.create_run({}), unfinished.new_folder(root), flush=True)
sys.stdin.read()
"""


def test_where_an_owner_names_no_numbering_its_number_tells(journal: Journal) -> None:
    journal.create_run({})
    host, *_ = owner.Owner.here()
    with journal.database.write() as connection:  # as it was written before
        connection.execute("UPDATE runs SET host = ?", ("#".join(host.split("#")[:2]),))

    assert interrupt_abandoned(journal) == []


@pytest.mark.skipif(sys.platform != "linux", reason="Only there numbers of processes repeat.")
@pytest.mark.parametrize("name", [platform.node(), "made-anew"])
def test_what_another_container_does_is_left_alone_while_it_lives(
    journal: Journal, tmp_path: Path, name: str
) -> None:
    command = [sys.executable, "-c", ANOTHER_CONTAINER, str(tmp_path), name]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        run, folder = other.stdout.readline().split()

        unfinished.sweep(tmp_path)
        assert interrupt_abandoned(journal) == []
        assert ongoing_since(journal) is not None
        assert journal.spending.unknown() == []
        assert Path(folder).is_dir()

        other.kill()

    assert interrupt_abandoned(journal) == [run]
    assert [each.ticket for each in journal.spending.unknown()] == ["ticket"]
    assert Path(folder).is_dir(), "nobody can tell whose it is, until it is old"


def test_after_a_write_that_need_not_last_the_next_one_lasts(journal: Journal) -> None:
    how = "PRAGMA synchronous"

    with journal.database.write(durable=False) as connection:
        assert connection.execute(how).fetchone() == (1,)  # normal

    assert journal.database.read(how) == [(2,)]  # full


def test_several_processes_write_to_one_journal(journal: Journal, tmp_path: Path) -> None:
    program = """
import sys
import time
from contextlib import closing
from pathlib import Path
from tensorrag.store.journal import Journal
journal = Journal(Path(sys.argv[1]))
run = journal.create_run({})
for number in range(50):
    journal.append(run, [{"type": "log", "data": {"number": number}}])
sys.stdout.write(run)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "journal.sqlite")]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    runs = [writer.communicate()[0] for writer in writers]

    assert len(set(runs)) == 3
    for run in runs:
        events = journal.events(run)
        assert [event["data"]["number"] for event in events] == list(range(50))


async def test_a_run_can_be_followed_until_it_ends(journal: Journal) -> None:
    run = journal.create_run({})
    journal.append(run, [{"type": "log", "data": {"line": "one"}}], status="running")
    seen = []
    async for event in follow(journal, run, pause=0.01):
        seen.append(event["type"])
        if event["type"] == "log":
            ended = {"type": "run", "data": {"status": "failed"}}
            journal.append(run, [ended], status="failed")

    assert seen == ["log", "run"]


def test_a_file_that_is_no_journal_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_text(json.dumps({"not": "a database"}) * 100)

    with pytest.raises(WorkspaceError, match="damaged"):
        Journal(path).runs()


def test_a_journal_that_others_keep_is_told_from_one_that_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    Journal(tmp_path / "kept").create_run({})
    with closing(sqlite3.connect(tmp_path / "kept", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorkspaceError, match="locked") as kept:
            Journal(tmp_path / "kept").create_run({})
    (tmp_path / "folder").mkdir()
    with pytest.raises(WorkspaceError, match="could not be used") as unopened:
        Journal(tmp_path / "folder").create_run({})

    assert kept.value.hint == "Close what else may use it, then try again."
    assert unopened.value.hint == "See that its disk is well, and that its folder may be written."
