"""What a card will take and cost, told from before; the figures are worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from tensorrag.check import NodeFacts
from tensorrag.estimate import Estimate, Span, estimate, span, total, work_of
from tensorrag.rates import Rates
from tensorrag.store.spending import Past, Work
from tensorrag.types.schema import ModelSchema, NetworkSpecSchema, TableSchema

RATES = Rates(
    gpus={"T4": 0.0002},
    core=0.00001,
    gib=0.000002,
    cores=2,
    memory=4096,
    idle=60,
    grace=10,
    source="a price page",
    dated=date(2026, 8, 1),
)
"""A T4 with two cores and 4 GiB is 0.0002 + 0.00002 + 0.000008 = $0.000228 a second."""

SAME = Work(1000, 50, 10_000)


def of(history: list[Past], work: Work = SAME, memory: float | None = None) -> Estimate:
    return estimate(history, work, RATES, gpu="T4", memory=memory, timeout=600)


def test_the_first_time_only_the_most_is_known() -> None:
    first = of([])
    assert first.cost is None
    # 600 seconds and 10 of grace, then 60 in which the container waits: 670 × $0.000228.
    assert first.most == pytest.approx(0.15276)
    assert first.source == "a price page, 1 Aug 2026"


def test_the_most_counts_every_try() -> None:
    thrice = estimate([], SAME, RATES, gpu="T4", memory=None, timeout=600, tries=3)
    assert thrice.most == pytest.approx(3 * 0.15276)


def test_the_start_of_a_container_counts_once_it_was_measured() -> None:
    known = {"gpu": "T4", "memory": None, "timeout": 600}
    measured = estimate([Past(10, SAME)], SAME, RATES, starts=[4, 8, 6], **known)  # type: ignore[arg-type]
    assert measured.start == 6
    assert measured.cost == pytest.approx(16 * 0.000228)
    assert measured.most == pytest.approx(676 * 0.000228)
    assert measured.words == "about $0.0036, 10 s (8 to 12 s) and 6 s to start"


def test_what_will_not_be_done_within_its_limit_says_so() -> None:
    long = of([Past(100, Work(1000, 5, 10_000))])  # ten times the epochs: 1000 s, and 610 it may
    assert long.span is not None
    assert (long.span.seconds, long.span.needed) == (610, 1000)
    assert long.words == "$0.14, stopped after 610 s of about 1,000"
    assert of([Past(10, SAME)]).span == Span(10, 8, 12, 1)


def test_a_limit_that_the_place_does_not_take_is_not_what_it_can_cost() -> None:
    a_day = RATES.model_copy(update={"longest": 86_400})
    longest = estimate([], SAME, a_day, gpu="T4", memory=None, timeout=30 * 86_400)
    assert longest.limit == 86_400


def test_more_memory_costs_more() -> None:
    assert of([], memory=8192).rate == pytest.approx(0.000236)  # 8 GiB instead of 4


def test_the_same_again_takes_as_long_as_the_median_of_before() -> None:
    again = of([Past(10, SAME), Past(14, SAME), Past(11, SAME)])
    assert again.span is not None
    assert (again.span.seconds, again.span.runs) == (11, 3)
    assert again.span.low == pytest.approx(8.8), "a fifth less, at least"
    assert again.span.high == 14, "as it once was"
    assert again.cost == pytest.approx(0.002508)  # 11 × $0.000228


@pytest.mark.parametrize(
    ("work", "seconds"),
    [
        (Work(2000, 50, 10_000), 20),  # twice the rows
        (Work(1000, 25, 10_000), 5),  # half the epochs
        (Work(1000, 50, 30_000), 30),  # three times the parameters
        (Work(2000, 100, 10_000), 40),  # twice both
        (Work(None, 100, None), 20),  # what is not known does not scale
        (Work(), 10),
    ],
)
def test_times_are_scaled_by_what_there_is_to_do(work: Work, seconds: float) -> None:
    found = span([Past(10, SAME)], work)
    assert found is not None
    assert found.seconds == pytest.approx(seconds)


def test_beside_much_other_work_an_estimate_is_less_sure() -> None:
    near, far = span([Past(10, SAME)], SAME), span([Past(10, SAME)], Work(10_000, 50, 10_000))
    assert near is not None
    assert far is not None
    assert (near.low, near.high) == (8, 12)
    assert (far.low, far.high) == (50, 150)


def test_those_with_about_as_much_to_do_count() -> None:
    small = [Past(1, Work(10, 50, 10_000))] * 9
    assert span([*small, *[Past(80, SAME)] * 5], SAME) == span([Past(80, SAME)] * 5, SAME)


def test_no_estimate_is_longer_than_the_limit() -> None:
    long = of([Past(10, Work(10, 50, 10_000))])
    assert long.span is not None
    assert long.span.seconds == 610
    assert long.cost == pytest.approx(610 * 0.000228)


def test_the_sum_is_a_bound_as_soon_as_one_of_them_is() -> None:
    known, first = of([Past(100, SAME)]), of([])
    both = total([known, first])
    assert both.cost == pytest.approx(0.0228 + 0.15276)
    assert (both.is_most, both.cards) == (True, 2)
    assert not total([known, known]).is_most
    assert total([]).cost == 0


def test_how_much_there_is_to_do_is_read_from_what_is_known_of_a_card() -> None:
    train = NodeFacts(
        card="train_gpu",
        title="Train (GPU)",
        inputs={
            "train_dataset": TableSchema(rows=40_000),
            "validation_dataset": TableSchema(rows=5_000),
            "model_spec": NetworkSpecSchema(hidden=(8,), epochs=50),
        },
        schemas={"trained_model": ModelSchema(parameters=121)},
    )
    assert work_of(train) == Work(40_000, 50, 121)
    own = NodeFacts(card="boost", title="Boost", params={"epochs": 7})
    assert work_of(own) == Work(None, 7, None)
