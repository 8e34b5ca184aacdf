"""Old runs are forgotten; what somebody may still need never is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import RunNotFound
from tensorrag.store import thinning
from tensorrag.store.journal import Journal
from tensorrag.store.thinning import ALWAYS, DAYS, thin
from tensorrag.store.workspace import Workspace

DAY = 86400.0
YEAR_AGO = time.time() - 365 * DAY
MADE = {"key": "k"}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def ran(
    journal: Journal,
    pipeline: str | None = "p",
    *cards: str,
    at: float = YEAR_AGO,
    status: str = "succeeded",
    log: str = "hello\n",
    made: dict[str, Any] | None = MADE,
    **known: Any,
) -> str:
    """Note a run that ended long ago."""
    run = journal.create_run({}, pipeline_id=pipeline, created=at, **known)
    nodes = {card: ({"state": "done", "outputs": {}}, made) for card in cards or ("load",)}
    events = [{"type": "log", "node": "load", "data": {"text": log}}]
    journal.append(run, events, nodes=nodes, status=status, finished=at + 1)
    return run


def kept(journal: Journal) -> list[str]:
    return [entry.id for entry in reversed(journal.runs(100_000))]


def test_old_runs_are_forgotten_with_all_that_they_printed(journal: Journal) -> None:
    runs = [ran(journal) for _ in range(ALWAYS + 3)]

    assert thin(journal) == 3

    assert kept(journal) == runs[3:]
    assert journal.events(runs[0]) == []
    with pytest.raises(RunNotFound):
        journal.to_json(runs[0])
    assert thin(journal) == 0


def test_a_run_keeps_its_number_when_those_before_it_are_forgotten(journal: Journal) -> None:
    runs = [ran(journal) for _ in range(ALWAYS + 3)]
    ran(journal, "another")
    thin(journal)

    assert journal.run(runs[-1]).number == ALWAYS + 3
    assert [entry.number for entry in journal.runs(2, "p")] == [ALWAYS + 3, ALWAYS + 2]
    assert journal.run(ran(journal)).number == ALWAYS + 4
    assert journal.run(ran(journal, "another")).number == 2


def test_young_runs_stay_however_many_there_are(journal: Journal) -> None:
    runs = [ran(journal, at=time.time() - (DAYS - 1) * DAY) for _ in range(ALWAYS + 3)]

    assert thin(journal) == 0
    assert thin(journal, now=time.time() + 2 * DAY) == 3
    assert kept(journal) == runs[3:]


def test_each_pipeline_is_counted_by_itself(journal: Journal) -> None:
    for number in range(ALWAYS):
        ran(journal, f"p{number % 10}")
        ran(journal, None)

    assert thin(journal) == 0


def test_a_journal_that_is_too_large_loses_its_oldest_runs(journal: Journal) -> None:
    runs = [ran(journal, log="x" * 20_000, at=time.time() - 60) for _ in range(400)]
    size, file = journal.database.size(), journal.database.path
    assert size > 8_000_000

    forgotten = thin(journal, cap=size // 3)

    assert 200 < forgotten < 400
    assert kept(journal) == runs[forgotten:]
    assert journal.database.size() <= size // 3
    journal.database.shrink()
    journal.close()  # what is left of it is written into the file
    assert file.stat().st_size < size / 2


def test_what_is_needed_stays_however_large_it_is(journal: Journal) -> None:
    with_card = ran(journal, "p", "load", "train")
    tried = ran(journal, "p", "load", "split")
    forgettable = [ran(journal), ran(journal, None), ran(journal, made=None)]
    interrupted = ran(journal, status="interrupted", request={"pipeline": {}})
    resumed = ran(journal, status="interrupted", request={"pipeline": {}})
    latest = ran(journal, parent=resumed)
    waiting = journal.create_run({}, pipeline_id="q", request={"pipeline": {}})
    other = ran(journal, "other", made=None)

    assert thin(journal, cap=0) == len(forgettable) + 1

    assert kept(journal) == [with_card, tried, interrupted, latest, waiting, other]
    assert set(journal.previous("p")) == {"load", "train", "split"}
    assert journal.waiting() == [waiting]
    assert journal.request(interrupted) is not None


def test_a_server_that_runs_for_long_forgets_runs_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(tmp_path)
    runs = [ran(workspace.journal, at=time.time() - 60) for _ in range(3)]

    workspace.tidy()  # after each run
    assert kept(workspace.journal) == runs
    monkeypatch.setattr(thinning, "CAP", 0)
    workspace.tidy()

    assert kept(workspace.journal) == runs[2:]
