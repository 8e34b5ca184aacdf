"""What cards at paid places have cost: added up by hand here, to the cent and below."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tensorrag.store.journal import Journal
from tensorrag.store.paid import Paid, total, waiting_cost
from tensorrag.store.spending import Charge, Past, Work, month_start
from tensorrag.store.thinning import forget

T4 = ("modal", "T4")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def charge(ticket: str, **more: object) -> Charge:
    """A card at $0.001 a second, for at most 100 seconds; its container does not wait."""
    known: dict[str, object] = {
        "ticket": ticket, "run": "r1", "node": "train", "card": "train_gpu", "place": "modal",
        "gpu": "T4", "work": Work(1000, 10, 500), "rate": 0.001, "most": 100.0, "idle": 0.0,
    }  # fmt: skip
    return Charge(**{**known, **more})  # type: ignore[arg-type]


def paid(began: float, seconds: float | None, pool: tuple[str, str] = T4) -> Paid:
    """A card at $0.001 a second whose container waits for 60 seconds."""
    return Paid(pool, 0.001, 100, 60, began, seconds, seconds and seconds * 0.001, alive=True)


def test_the_runs_of_a_pipeline_say_where_they_were_paid_for(journal: Journal) -> None:
    here, there = (journal.create_run({}, pipeline_id="p", name="P") for _ in range(2))
    for at, gpu in enumerate(("T4", None, "T4", "L4")):
        journal.spending.begin(charge(f"t{at}", run=there, gpu=gpu))
        if gpu != "L4":  # none came
            journal.spending.began(f"t{at}")
    found = {entry.id: entry.rented for entry in journal.runs(pipeline_id="p")}
    assert found == {here: (), there: (("modal", "T4"), ("modal", None))}


def test_the_cost_of_a_card_is_known_once_it_has_ended(journal: Journal) -> None:
    spending = journal.spending
    spending.begin(charge("a"))
    assert spending.of_run("r1") == 0, "it waits for a container, which costs nothing"
    spending.began("a")
    assert 0 <= spending.of_run("r1") < 0.01
    assert spending.running() == 0.001
    spending.end("a", seconds=20, done=True)
    assert spending.of_run("r1") == pytest.approx(0.02)
    assert spending.running() == 0
    assert spending.past("train_gpu", "modal", "T4") == [Past(20, Work(1000, 10, 500))]
    assert spending.past("train_gpu", "modal", "L4") == [], "another GPU says nothing of this one"


def test_one_that_failed_costs_too_and_says_nothing_of_the_next(journal: Journal) -> None:
    journal.spending.begin(charge("a"))
    journal.spending.end("a", seconds=30, done=False)
    journal.spending.begin(charge("b", run="r2"))
    journal.spending.end("b", seconds=2, cost=0.5, done=True)
    assert journal.spending.of_run("r1") == pytest.approx(0.03)
    assert journal.spending.of_run("r2") == 0.5, "what the place said it costs holds"
    assert journal.spending.this_month() == pytest.approx(0.53)
    assert [past.seconds for past in journal.spending.past("train_gpu", "modal", "T4")] == [2]


def test_one_that_never_began_costs_nothing(journal: Journal) -> None:
    journal.spending.begin(charge("a", idle=60.0))
    journal.spending.end("a", stays=False)
    assert journal.spending.of_run("r1") == 0


def test_after_a_crash_it_counts_at_its_limit_until_its_end_is_known(tmp_path: Path) -> None:
    crash = (
        "import os, signal; from pathlib import Path; from tensorrag.store.journal import Journal;"
        "from tests.core.test_spending import charge;"
        f"spending = Journal(Path({str(tmp_path / 'journal.sqlite')!r})).spending;"
        "spending.begin(charge('a')); spending.began('a'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", crash], check=False).returncode == -9
    spending = Journal(tmp_path / "journal.sqlite").spending
    assert spending.this_month() == pytest.approx(0.1)  # 100 seconds at $0.001
    assert spending.running() == 0
    spending.end("a", seconds=7)
    assert spending.this_month() == pytest.approx(0.007)


def test_it_is_remembered_though_the_run_is_forgotten(journal: Journal) -> None:
    run = journal.create_run({})
    journal.spending.begin(charge("a", run=run))
    journal.spending.end("a", seconds=20)
    forget(journal, [run])
    assert journal.spending.this_month() == pytest.approx(0.02)


def test_it_is_known_how_long_containers_took_to_start(journal: Journal) -> None:
    for ticket, start in (("a", 9.5), ("b", 0.0), ("c", 7.0)):
        journal.spending.begin(charge(ticket))
        journal.spending.end(ticket, seconds=2, cost=0.01, start=start)
    assert journal.spending.starts("modal", "T4") == [7, 9.5], "the second had a warm one"
    assert journal.spending.starts("modal", "L4") == []


def test_a_journal_of_the_version_before_gets_the_table(tmp_path: Path) -> None:
    import sqlite3

    Journal(tmp_path / "journal.sqlite").runs()
    with sqlite3.connect(tmp_path / "journal.sqlite") as file:
        file.execute("DROP TABLE spending")
        file.execute("PRAGMA user_version = 3")
    journal = Journal(tmp_path / "journal.sqlite")
    journal.spending.begin(charge("a"))
    assert journal.spending.this_month() == 0


def test_a_month_begins_at_midnight_utc_on_the_first() -> None:
    moment = datetime(2026, 11, 26, 15, tzinfo=UTC).timestamp()
    assert month_start(moment) == datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def test_a_container_that_waits_is_paid_for_until_the_next_card_takes_it() -> None:
    assert waiting_cost([paid(0, 10)]) == pytest.approx(0.060)
    # The second begins at 25, 15 seconds after the end of the first; then nobody comes for 60.
    assert waiting_cost([paid(0, 10), paid(25, 5)]) == pytest.approx(0.015 + 0.060)
    # The second comes too late for the first container.
    assert waiting_cost([paid(0, 10), paid(80, 5)]) == pytest.approx(0.060 + 0.060)
    # Two at once are two containers; the third, at 12, takes the one that ended last, at 11.
    at_once = [paid(0, 10), paid(1, 10), paid(12, 1)]
    assert waiting_cost(at_once) == pytest.approx(0.060 + 0.001 + 0.060)
    # Another GPU is another container.
    assert waiting_cost([paid(0, 10), paid(20, 1, ("modal", "L4"))]) == pytest.approx(0.120)


def test_what_runs_now_is_added_as_far_as_it_has_come() -> None:
    # 10 seconds and 5 of waiting; then since 15, now being 22, another 7.
    assert total([paid(0, 10), paid(15, None)], now=22) == pytest.approx(0.010 + 0.005 + 0.007)
    assert total([paid(0, None)], now=5000) == pytest.approx(0.100), "never more than its limit"


def test_a_clock_that_is_set_back_takes_nothing_off(journal: Journal) -> None:
    set_back = paid(5000, None)
    assert total([set_back], now=1000) == 0
    journal.spending.begin(charge("a"))
    with journal.database.write() as connection:
        connection.execute("UPDATE spending SET began = 1e11")
    assert journal.spending.of_run("r1") == 0
    journal.spending.end("a")
    assert journal.spending.of_run("r1") == 0


def test_what_goes_on_over_the_end_of_a_month_is_of_the_next_one_too(journal: Journal) -> None:
    start = month_start()
    for ticket, seconds in (("over", 20.0), ("before", 5.0)):
        journal.spending.begin(charge(ticket))
        journal.spending.end(ticket, seconds=seconds)
    with journal.database.write() as connection:
        sql = "UPDATE spending SET asked = ?, began = ?"
        connection.execute(sql, (start - 12, start - 10))
    assert journal.spending.this_month() == pytest.approx(0.02)
