"""The runs that the journal has, as the page lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tensorrag.placement import LOCAL, TITLES, where
from tensorrag.run import Run
from tensorrag.store.last_runs import Score
from tensorrag.store.run_entry import ONGOING, RunEntry
from tensorrag.types.metrics import METRICS
from web.page.runs.run_list import PastRun
from web.page.wording import rounded


def past_runs(
    entries: Sequence[RunEntry],
    waiting: Sequence[Run] = (),
    scores: Mapping[str, Score] | None = None,
) -> list[PastRun]:
    """Return the runs of a pipeline, newest first, each with what it measured, if it did."""
    measured = {run: in_words(score) for run, score in (scores or {}).items()}
    numbers = {entry.id: entry.number for entry in entries}
    resumed = {entry.parent for entry in entries if entry.begun or entry.status in ONGOING}
    places = {run.id: at for at, run in enumerate(waiting, start=1)}
    return [
        PastRun(
            run=entry.id,
            number=entry.number,
            status=entry.status,
            started=datetime.fromtimestamp(entry.created, UTC),
            seconds=entry.seconds,
            result=measured.get(entry.id, ""),
            detail=f"Resumes run {numbers[entry.parent]}" if entry.parent in numbers else "",
            where=places_of(entry) if entry.begun else "",
            place=places.get(entry.id, 0),
            begun=entry.begun,
            resumed=entry.id in resumed,
        )
        for entry in entries
    ]


def in_words(score: Score) -> str:
    """Write a score: ``R² 0.87``, or ``R² 0.99 on train rows``."""
    of = " on train rows" if score.learnt else ""
    return f"{METRICS[score.metric].label} {rounded(score.value, 2)}{of}"


def places_of(entry: RunEntry) -> str:
    """Name the paid places of a run; what was not paid for ran on this machine.

    While it goes on, what is not paid for yet may be paid for next.
    """
    named = " + ".join(where(*each) for each in entry.rented)
    return named or ("" if entry.status in ONGOING else TITLES[LOCAL])
