"""Intervals hold what is really so in 95 of 100 cases: not in fewer, nor in far more."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binom, norm
from sklearn.metrics import roc_auc_score

from cards._measuring import intervals, resampling
from cards._measuring.classification import Answers
from tensorrag import Table
from tensorrag.types import Provenance
from tensorrag.types.schema import Dealt

Interval = tuple[float, float]
CASES = 400


def of_a_share(draw: np.random.Generator) -> tuple[Interval, float]:
    return intervals.wilson(int(draw.binomial(60, 0.8)), 60), 0.8


def of_r2(draw: np.random.Generator) -> tuple[Interval, float]:
    predicted = draw.normal(size=intervals.MOST_DRAWN + 1)
    truth = predicted + draw.normal(scale=0.5, size=len(predicted))
    return intervals.of_regression(truth, predicted)[0]["r2"], 1 - 0.25 / 1.25


def of_an_error(draw: np.random.Generator) -> tuple[Interval, float]:
    truth = draw.normal(size=intervals.MOST_DRAWN + 1)
    return intervals.of_regression(truth, np.zeros(len(truth)))[0]["rmse"], 1.0


def of_an_area(draw: np.random.Generator, positives: int = 100) -> tuple[Interval, float]:
    truth = np.arange(200) < positives
    scores = draw.normal(size=200) + truth
    said = Answers(truth, scores > 0.5, (False, True), scores=scores, positive=True)
    area = float(roc_auc_score(truth, scores))
    found, _ = intervals.of_classification(said, {"roc_auc": area})
    return found["roc_auc"], float(norm.cdf(1 / sqrt(2)))


def of_an_area_of_few_positives(draw: np.random.Generator) -> tuple[Interval, float]:
    return of_an_area(draw, positives=20)


def of_rows_in_groups(draw: np.random.Generator) -> tuple[Interval, float]:
    """Ninety rows of each of 60 customers, of whom some are hard to predict and others are not."""
    whole = draw.permutation(np.repeat(np.arange(60), 90))
    truth = draw.normal(size=60)[whole] + draw.normal(size=len(whole))
    found, _ = intervals.of_regression(truth, np.zeros(len(whole)), ["rmse"], whole)
    return found["rmse"], sqrt(2)


def of_a_share_in_groups(draw: np.random.Generator) -> tuple[Interval, float]:
    whole = np.repeat(np.arange(60), 10)
    right = draw.random(600) < draw.beta(4, 1, size=60)[whole]
    said = Answers(np.ones(600, dtype=np.int64), right.astype(np.int64), (0, 1), positive=1)
    found, _ = intervals.of_classification(said, {"accuracy": float(right.mean())}, whole)
    return found["accuracy"], 0.8


@pytest.mark.parametrize(
    "one",
    [
        of_a_share, of_r2, of_an_error, of_an_area, of_an_area_of_few_positives,
        of_rows_in_groups, of_a_share_in_groups,
    ],
)  # fmt: skip
def test_an_interval_holds_the_truth_in_95_of_100_cases(
    one: Callable[[np.random.Generator], tuple[Interval, float]],
) -> None:
    draw = np.random.default_rng(7)

    found = [one(draw) for _ in range(CASES)]

    held = sum(low <= really <= high for (low, high), really in found)
    assert 0.92 * CASES <= held <= 0.98 * CASES


def test_of_few_rows_a_share_is_as_likely_to_be_held_as_of_many() -> None:
    held = [hits for hits in range(11) if _holds(intervals.wilson(hits, 10), 0.7)]

    assert sum(binom.pmf(held, 10, 0.7)) == pytest.approx(0.95, abs=0.03)


def test_what_is_drawn_of_some_rows_and_reckoned_of_more_is_the_same() -> None:
    draw = np.random.default_rng(7)
    truth = draw.normal(size=intervals.MOST_DRAWN + 1)
    predicted = truth + draw.normal(scale=0.5, size=len(truth))

    reckoned, how = intervals.of_regression(truth, predicted)
    drawn, other = intervals.of_regression(truth[1:], predicted[1:])

    assert (how, other) == ("normal approximation", "bootstrap")
    for name, (low, high) in reckoned.items():
        assert drawn[name] == pytest.approx((low, high), abs=0.15 * (high - low))


def test_rows_that_are_all_right_are_not_taken_for_certain_in_groups_either() -> None:
    right = np.ones(100, dtype=np.int64)
    said = Answers(right, right, (0, 1), positive=1)

    alone, _ = intervals.of_classification(said, {"accuracy": 1.0})
    whole, how = intervals.of_classification(said, {"accuracy": 1.0}, np.arange(100) // 2)

    assert whole == alone
    assert how == "bootstrap of 50 groups"


def test_one_group_tells_nothing_of_others() -> None:
    dealt = Dealt(by="group", column="town")
    rows = Table(pa.table({"town": ["Bern"] * 60}), provenance=Provenance(dealt=dealt))

    assert intervals.groups_of(rows) is None
    assert intervals.too_narrow(rows).startswith("Rows of one town may be alike")


def _holds(interval: Interval, value: float) -> bool:
    return interval[0] <= value <= interval[1]


def test_very_many_groups_are_mixed_into_fewer_and_each_stays_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "GROUPS", 50)
    whole = np.repeat(np.arange(430), 3)

    drawing = resampling.Drawing.of(len(whole), whole)

    assert drawing.groups == drawing.times(areas=False).shape[1] == 50
    mixed = drawing.place.reshape(430, 3)
    assert (mixed == mixed[:, :1]).all(), "rows of one group are drawn together"
    assert set(np.bincount(mixed[:, 0])) == {8, 9}, "and as many groups as others are"
    assert len(set(mixed[:50, 0])) < 50, "in no order, which may be that of time"


def test_intervals_of_mixed_groups_are_as_wide_as_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(7)
    whole = np.repeat(np.arange(1_500), 5)
    truth = draw.normal(size=1_500)[whole] + 0.2 * draw.normal(size=len(whole))

    def found() -> Interval:
        return intervals.of_regression(truth, np.zeros(len(whole)), ["rmse"], whole)[0]["rmse"]

    of_all = found()
    monkeypatch.setattr(resampling, "GROUPS", 300)

    assert found() == pytest.approx(of_all, abs=0.15 * (of_all[1] - of_all[0]))
