"""What a table is like, as pandas and scipy tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from cards._profiling.together import Together, correlation_ratio, together
from cards.profile import Profile
from tensorrag import Table
from tensorrag.preview import BarsPreview, GroupPreview, HeatPreview, Preview, TextPreview
from tests.cards.test_classification import guests


def profiled(table: Table, **params: Any) -> tuple[pd.DataFrame, list[Preview]]:
    """Return the statistics by column, and the pictures above them."""
    card = Profile.model_validate(params)
    made = card.run(table)
    shown = card.previews(made)["statistics"]
    assert isinstance(shown, GroupPreview)
    return made.statistics.to_pandas().set_index("column"), [*shown.items[:-1]]


def said(pictures: list[Preview]) -> str:
    (words,) = (each for each in pictures if isinstance(each, TextPreview))
    return words.text


def shops() -> Table:
    """Receipts with an id, a column that never changes, gaps, and a row that repeats."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "receipt": np.arange(300),
            "shop": draw.choice(["Ulm", "Bonn", "Kiel"], 300),
            "currency": "EUR",
            "price": draw.lognormal(3, 1, 300),
            "tip": [None, None, 1.5] * 100,
        }
    )
    return Table.from_pandas(pd.concat([frame, frame.iloc[[0]]]).reset_index(drop=True))


def test_the_statistics_are_those_of_pandas() -> None:
    found, _ = profiled(shops())

    truth = shops().to_pandas()["price"].describe()
    row = found.loc["price"]
    for name, known in (("mean", "mean"), ("min", "min"), ("q25", "25%"), ("median", "50%")):
        assert row[name] == pytest.approx(truth[known], rel=1e-9)
    assert row["std"] == pytest.approx(shops().to_pandas()["price"].std(ddof=0), rel=1e-9)
    assert (found["missing"]["tip"], found["distinct"]["shop"]) == (201, 3)
    assert found["most_frequent"]["shop"] in ("Ulm", "Bonn", "Kiel")


def test_what_looks_odd_is_named() -> None:
    table = shops()

    _, pictures = profiled(table)
    ids, _ = profiled(Table(table.arrow.slice(0, 300), like=table))

    assert said(pictures) == (
        "201 values are missing, in 1 of 5 columns; most in tip, 201. "
        "Always the same: currency, tip. 1 row repeats an earlier one, of 301 looked at."
    )
    assert ids["note"]["receipt"] == "perhaps an id: another value in each row"
    assert ids["note"]["price"] == ""  # numbers that differ are measurements


def test_missing_values_have_a_bar_each() -> None:
    _, pictures = profiled(shops())

    (bars,) = (each for each in pictures if getattr(each, "title", "") == "Missing values")
    assert isinstance(bars, BarsPreview)
    assert bars.names == ("tip",)
    assert bars.values[0] == pytest.approx(100 * 201 / 301)


def close(table: Table) -> Together:
    from cards._profiling.statistics import described

    return together(table, described(table))


def test_numbers_go_together_as_pearson_says() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(size=(201, 3)), columns=["a", "b", "c"])
    frame["b"] += frame["a"]
    frame.loc[::7, "c"] = None

    found = close(Table.from_pandas(frame))

    assert found.names == ("a", "b", "c")
    assert found.values == pytest.approx(frame.corr().to_numpy(), rel=1e-9)


def test_categories_go_together_as_cramer_says_and_numbers_by_the_correlation_ratio() -> None:
    frame = guests().drop(columns=["again", "new"])
    frame["region"] = frame["city"].map({"Ulm": "south", "Bonn": "west", "Kiel": "north"})

    found = close(Table.from_pandas(frame))

    both = frame.dropna(subset=["city"])
    counts = pd.crosstab(both["city"], both["region"])
    square = chi2_contingency(counts, correction=False).statistic
    at = {name: place for place, name in enumerate(found.names)}
    v = np.sqrt(square / (counts.to_numpy().sum() * 2))
    assert found.values[at["city"], at["region"]] == pytest.approx(v, rel=1e-9)
    assert v == pytest.approx(1.0)
    some = frame.dropna()
    groups = some.groupby("city")["age"]
    between = (groups.size() * (groups.mean() - some["age"].mean()) ** 2).sum()
    eta = np.sqrt(between / ((some["age"] - some["age"].mean()) ** 2).sum())
    assert found.values[at["age"], at["city"]] == pytest.approx(eta, rel=1e-9)


def test_a_number_that_is_the_same_in_all_groups_tells_nothing() -> None:
    assert correlation_ratio(np.array([0, 1, 0, 1]), np.array([1.0, 1, 3, 3])) == 0
    assert np.isnan(correlation_ratio(np.array([0, 1]), np.array([2.0, 2.0])))


def test_the_heat_map_says_of_which_rows_and_columns_it_is() -> None:
    _, pictures = profiled(Table.from_pandas(guests()))

    (heat,) = (each for each in pictures if isinstance(each, HeatPreview))
    assert heat.names == ("age", "city", "new", "again")
    assert heat.note == "of 200 rows"
    assert [line[at] for at, line in enumerate(heat.values)] == [1.0] * 4


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": pd.Series([], dtype=float)}),
        pd.DataFrame({"a": [None, None]}),
        pd.DataFrame({"a": [1e308, -1e308, 5.0], "b": [np.inf, 1.0, 2.0]}),
        pd.DataFrame({"day": [pd.Timestamp("2026-01-01"), None], "yes": [True, None]}),
        pd.DataFrame({"parts": [[1, 2], [3]], "x": [1, 2]}),
    ],
    ids=["no rows", "nothing there", "beyond sums", "dates", "lists"],
)
def test_odd_tables_are_described_too(frame: pd.DataFrame) -> None:
    found, pictures = profiled(Table.from_pandas(frame))

    assert list(found.index) == list(frame.columns)
    for picture in pictures:
        picture.model_dump_json()
