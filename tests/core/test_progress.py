"""Reports: at most four a second, the last one always, and the point where a card is stopped."""

from __future__ import annotations

from typing import Any

import pytest

from tensorrag import report
from tensorrag.errors import RunCancelled
from tensorrag.progress import Reporter, as_report, report_again, reporting
from tensorrag.run.node_run import NodeRun
from tensorrag.run.reported import reports


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


def test_what_was_reported_before_a_stop_goes_along_with_the_next_report() -> None:
    sent: list[dict[str, Any]] = []
    with reporting(Reporter(sent.append)):
        report_again([(epoch, {"loss": 1 / epoch}) for epoch in range(1, 1001)])
        report(1001, 2000, "epoch", loss=0.0005)

    (told,) = map(as_report, sent)
    assert told is not None
    events = [{"node": "train", "type": "progress", "data": told}]
    curve = reports(events, "train")["loss"]
    assert (curve[0], curve[-2], curve[-1]) == ((1, 1.0), (1000, 0.001), (1001, 0.0005))
    assert len(curve) <= 41


def test_a_card_that_lost_its_container_tells_nothing_again_that_is_known() -> None:
    told: list[dict[str, Any]] = [{"done": n, "metrics": {"loss": 9 - n}} for n in (1, 2, 3, 4)]
    train = NodeRun("train", "train_gpu", "Train (GPU)", "local", "")
    for each in told:
        train.report(each)
    back = {"done": 3, "metrics": {"loss": 5}, "again": [{"done": 2, "metrics": {"loss": 7}}]}
    train.report(back)

    assert [each["done"] for each in train.history] == [1, 2, 3, 3]
    assert "again" not in (train.progress or {})
    events = [{"node": "train", "type": "progress", "data": each} for each in (*told, back)]
    assert reports(events, "train")["loss"] == [(1, 8), (2, 7), (3, 6), (3, 5)]
