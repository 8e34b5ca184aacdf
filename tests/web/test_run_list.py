"""The list of runs: who is next, what may be resumed, and what may be looked at."""

from __future__ import annotations

from datetime import UTC, datetime

from tensorrag.store.last_runs import Score
from tensorrag.store.run_entry import RunEntry
from web.page.markup import html
from web.page.runs.recorded import past_runs
from web.page.runs.run_list import PastRun, run_list


def run(number: int, status: str, *, place: int = 0, begun: bool = True) -> PastRun:
    now = datetime.now(UTC)
    return PastRun(f"run-{number}", number, status, now, 1.0, place=place, begun=begun)


def row(each: PastRun) -> str:
    return html(run_list([each]))


def test_what_waits_says_its_place_and_can_be_taken_back() -> None:
    first, second = (row(run(2 + at, "queued", place=at, begun=False)) for at in (1, 2))

    assert "Next in line" in first
    assert "2 in line" in second
    assert 'data-act="take_back"' in first
    assert 'data-act="past_run"' not in first


def test_what_did_not_get_to_its_end_can_be_resumed() -> None:
    resumed = [s for s in ("interrupted", "failed", "cancelled") if "resume" in row(run(1, s))]

    assert resumed == ["interrupted", "failed", "cancelled"]
    assert "resume" not in row(run(1, "succeeded"))
    assert "resume" not in row(run(1, "running"))


def test_each_run_says_where_it_ran() -> None:
    def entry(
        number: int,
        *rented: tuple[str, str | None],
        status: str = "succeeded",
        begun: bool = True,
    ) -> RunEntry:
        known = (f"r{number}", "p", "P", status, 1.0, 2.0)
        return RunEntry(*known, number=number, rented=rented, begun=begun)

    paid = entry(1, ("modal", "T4"), ("modal", "L4"))
    listed = past_runs([paid, entry(2), entry(3, begun=False)])
    assert [each.where for each in listed] == ["Modal T4 + Modal L4", "This machine", ""]
    assert "Modal T4 + Modal L4" in row(listed[0])
    (going_on,) = past_runs([entry(4, status="running")])
    assert going_on.where == "", "its next card may be paid for"


def test_each_run_says_what_it_measured() -> None:
    entry = RunEntry("r1", "p", "P", "succeeded", 1.0, 2.0, number=1)
    (listed,) = past_runs([entry], scores={"r1": Score("r2", 0.871, 0.0)})

    assert "R² 0.87 · This machine" in row(listed)

    (listed,) = past_runs([entry], scores={"r1": Score("r2", 0.991, 0.0, learnt=True)})
    assert "R² 0.99 on train rows · This machine" in row(listed)


def test_what_is_resumed_by_another_run_is_not_resumed_again() -> None:
    def entry(number: int, status: str, *, parent: str | None = None) -> RunEntry:
        begun = status != "queued"
        return RunEntry(f"run-{number}", "p", "", status, 0.0, None, (), parent, begun, number)

    def offered(*entries: RunEntry) -> list[int]:
        return [run.number for run in past_runs(entries) if run.resumable]

    cut = entry(1, "interrupted")
    taken_back = RunEntry("run-2", "p", "", "cancelled", 0.0, None, (), "run-1", begun=False)
    assert offered(cut) == [1]
    for status in ("queued", "running", "succeeded"):
        assert offered(entry(2, status, parent="run-1"), cut) == []
    assert offered(entry(2, "failed", parent="run-1"), cut) == [2]
    assert offered(taken_back, cut) == [1]


def test_what_was_taken_back_before_its_turn_is_nothing_to_look_at() -> None:
    taken_back = row(run(1, "cancelled", begun=False))

    assert "resume" not in taken_back
    assert "past_run" not in taken_back
    assert 'data-act="past_run"' in row(run(1, "succeeded"))


def test_how_long_a_run_takes_stands_in_the_list_once_it_is_over() -> None:
    assert "1.0 s" in row(run(1, "succeeded"))
    assert "1.0 s" not in row(run(1, "running")), "the list is not drawn again every second"


def test_two_runs_or_more_are_chosen_and_compared_the_oldest_first() -> None:
    runs = [run(number, "succeeded") for number in (3, 2, 1)]

    def said(*chosen: str) -> str:
        return html(run_list(runs, chosen=chosen))

    assert "Choose two runs or more" in said()
    assert "Choose another one to compare with run 2." in said("run-2")
    assert "/compare?run=run-1&amp;run=run-3" in said("run-3", "run-1")
    assert "compare-runs" not in html(run_list(runs[:1])), "there is nothing to compare"


def test_no_more_runs_are_compared_than_can_be_told_apart() -> None:
    runs = [run(number, "succeeded") for number in range(7, 0, -1)]

    assert "6 runs can be compared at once; 7 are chosen." in html(
        run_list(runs, chosen=[each.run for each in runs])
    )
