"""The list of one's own pipelines: found, ordered, and read at a glance."""

from __future__ import annotations

import pytest

from sample_data.pipeline_files import sample_pipelines
from tensorrag.catalog import Catalog
from tensorrag.pipeline import Pipeline
from tensorrag.store.last_runs import LastRun, Score
from tensorrag.store.run_entry import RunEntry
from tensorrag.store.shelf import Entry
from web.page.markup import html
from web.page.start.own_list import own_list
from web.page.start.owned import Own, Progress, chosen
from web.page.start.view import Sample, Start, start

EMPTY = Catalog(cards={}, types={})


def own(
    name: str, *, changed: float = 0.0, ran: float | None = None, r2: float | None = None,
    status: str = "succeeded", says: str = "", progress: Progress | None = None,
) -> Own:  # fmt: skip
    last = None
    if ran is not None:
        end = None if status == "running" else ran + 12.0
        score = Score("r2", r2, 0.0) if r2 is not None else None
        last = LastRun(RunEntry(f"run-{name}", name, name, status, ran, end), score)
    return Own(Entry(name.lower(), name, says, changed, ()), last, progress)


def names(*pipelines: Own, query: str = "", sort: str = "used") -> list[str]:
    return [each.name for each in chosen(pipelines, query, sort)]


def row(each: Own) -> str:
    return html(own_list([each], EMPTY))


def test_what_was_changed_or_run_last_comes_first() -> None:
    changed, ran, old = own("Changed", changed=5), own("Ran", changed=1, ran=9), own("Old")

    assert names(old, changed, ran) == ["Ran", "Changed", "Old"]
    assert names(ran, old, changed, sort="name") == ["Changed", "Old", "Ran"]


def test_the_best_result_can_come_first() -> None:
    good, better, none = own("Good", ran=1, r2=0.5), own("Better", ran=1, r2=0.9), own("None")

    assert names(none, good, better, sort="result") == ["Better", "Good", "None"]


def test_all_words_of_a_search_are_looked_for_in_name_and_description() -> None:
    lyon = own("Flat prices Lyon", says="notaries 2026")

    for query in ("lyon", "PRICES flat", "lyon 2026", ""):
        assert names(lyon, query=query) == ["Flat prices Lyon"]
    assert names(lyon, query="lyon paris") == []


def test_a_row_says_how_the_last_run_ended_where_how_long_and_what_it_measured() -> None:
    shown = row(own("Houses", ran=1000.0, r2=0.871))

    for part in ("Done", "This machine", "12.0 s", "R² 0.87", 'data-value="0.871"', "0.00"):
        assert part in shown


@pytest.mark.parametrize(("status", "said"), [("failed", "No result"), ("succeeded", "No metric")])
def test_a_run_without_a_metric_says_so(status: str, said: str) -> None:
    assert said in row(own("Houses", ran=1.0, status=status))


def test_a_running_one_says_how_far_it_is_and_no_time_that_would_be_wrong_at_once() -> None:
    shown = row(own("Houses", ran=1.0, status="running", progress=Progress("Epoch 23/50", 0.46)))

    assert "Epoch 23/50" in shown
    assert "width:46.0%" in shown
    assert "min" not in shown.partition("c-time")[2].partition("</td>")[0]


def test_one_that_never_ran_claims_nothing() -> None:
    shown = row(own("Houses"))

    assert "Not run yet" in shown
    assert "R²" not in shown
    assert "No result" not in shown


def test_last_runs_of_pipelines_are_compared_the_oldest_first() -> None:
    young, old, never = own("Young", ran=9), own("Old", ran=1), own("Never")

    def said(*compared: str) -> str:
        return html(start(Start(EMPTY, own=[young, old, never], compared=compared)))

    assert "Compare the last run of Old" in said()
    assert "Compare the last run of Never" not in said()
    assert "compare-runs" not in said()
    assert "Choose another one to compare with the last run of Old." in said("old")
    assert "/compare?run=run-Old&amp;run=run-Young" in said("young", "old")


def test_own_pipelines_stand_below_one_row_of_samples_until_all_are_asked_for() -> None:
    files = [Sample(file, Pipeline(file.title)) for file in sample_pipelines().values()]

    def drawn(own: list[Own], *, all_samples: bool = False) -> int:
        shown = Start(EMPTY, samples=files, all_samples=all_samples, own=own)
        return html(start(shown)).count("data-sample=")

    mine = [own("Houses")]
    assert drawn([]) == len(files)
    assert drawn(mine) == 4
    assert drawn(mine, all_samples=True) == len(files)
