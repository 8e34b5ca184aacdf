"""Reports: at most four a second, the last one always, and the point where a card is stopped."""

from __future__ import annotations

from typing import Any

import pytest

from tensorrag import report
from tensorrag.errors import RunCancelled
from tensorrag.progress import Reporter, reporting


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_reports_are_thinned_out_and_the_last_is_always_sent() -> None:
    sent: list[dict[str, Any]] = []
    clock = Clock()

    with reporting(Reporter(sent.append, clock)):
        for epoch in range(1, 101):
            report(epoch, 100, "epoch", loss=1 / epoch)
            clock.now += 0.01

    assert len(sent) == 5
    assert sent[-1] == {
        "done": 100,
        "total": 100,
        "unit": "epoch",
        "left": 0.0,
        "metrics": {"loss": 0.01},
    }


def test_the_time_left_follows_the_pace() -> None:
    sent: list[dict[str, Any]] = []
    clock = Clock()

    with reporting(Reporter(sent.append, clock)):
        for epoch in range(1, 6):
            report(epoch, 10, "epoch")
            clock.now += 2.0

    assert [event["left"] for event in sent] == [None, 16.0, 14.0, 12.0, 10.0]


def test_without_a_total_no_time_left_is_claimed() -> None:
    sent: list[dict[str, Any]] = []

    with reporting(Reporter(sent.append)):
        report(1)
        report(2)

    assert {event["left"] for event in sent} == {None}


def test_a_number_that_is_not_finite_is_passed_on_as_none() -> None:
    sent: list[dict[str, Any]] = []

    with reporting(Reporter(sent.append)):
        report(1, 2, "epoch", loss=float("nan"))

    assert sent[0]["metrics"] == {"loss": None}


def test_a_card_stops_at_its_next_report() -> None:
    with reporting(Reporter(lambda _: None)) as reporter:
        report(1, 10)
        reporter.stopping = True
        with pytest.raises(RunCancelled):
            report(2, 10)


def test_outside_a_run_a_report_does_nothing() -> None:
    report(1, 10, "row", loss=0.5)


def test_a_report_is_cut_to_what_can_be_shown() -> None:
    sent: list[dict[str, Any]] = []

    with reporting(Reporter(sent.append)):
        report(1, 2, "step" * 10_000, **{f"{number:04}" * 100: 1.0 for number in range(2000)})

    assert len(sent[0]["unit"]) == 60
    assert len(sent[0]["metrics"]) == 32
    assert max(map(len, sent[0]["metrics"])) == 60
