"""Plots taken along: what their files are called, and the numbers in them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tensorrag.preview import Axis, ChartPreview, ColumnProfile, Series, TablePreview
from web.page.plots.as_csv import plot_csv
from web.page.plots.view import Plot, plot_file
from web.page.tables.grid import conditions, digits, under_heads


def plot(*series: Series, title: str = "Residuals") -> ChartPreview:
    return ChartPreview(
        title=title, chart="line", x=Axis(label="epoch"), y=Axis(label="loss", unit="k$"),
        series=series,
    )  # fmt: skip


def test_a_line_per_point_under_what_the_axes_measure() -> None:
    written = plot_csv(plot(Series(name="train", x=(1, 2), y=(0.5, None))))

    assert list(csv.reader(io.StringIO(written))) == [
        ["epoch", "loss, k$"],
        ["1", "0.5"],
        ["2", ""],
    ]


def test_several_series_are_told_apart() -> None:
    written = plot_csv(plot(*(Series(name=name, x=(1,), y=(2,)) for name in ("a, b", "c"))))

    assert list(csv.reader(io.StringIO(written)))[1:] == [["a, b", "1", "2"], ["c", "1", "2"]]


def test_a_file_is_named_after_pipeline_card_and_plot() -> None:
    named = Plot(plot(title="R² by x/y"), None, "Evaluate: test")

    assert plot_file("Boston", named, "svg") == "Boston - Evaluate_ test - R² by x_y.svg"
    assert plot_file("..", Plot(plot(title="?"), None), "png") == "_.png"


@pytest.mark.parametrize(
    ("quartiles", "decimals"),
    [
        ((-0.674, -0.0003, 0.674), 3),  # numbers about nought, as after Scale
        ((0.0, 0.0, 0.0123), 4),
        ((120.0, 340.0, 910.0), 1),
        ((0.0, 0.0, 0.0), 2),
    ],
)
def test_a_column_has_the_decimals_that_tell_its_quartiles_apart(
    quartiles: tuple[float, ...], decimals: int
) -> None:
    column = ColumnProfile(name="x", kind="number", mean=0.0, max=0.0, quantiles=quartiles)

    assert digits(column) == decimals


def test_what_a_grid_asks_for_becomes_conditions_and_the_rest_is_left_out() -> None:
    table = TablePreview(
        rows=1,
        columns=(ColumnProfile(name="a.b", kind="number"), ColumnProfile(name="c", kind=None)),
    )
    asked = {
        "c0": {"type": "inRange", "filter": 1, "filterTo": 2.5},
        "c1": {"type": "notContains", "filter": "x"},
        "c2": {"type": "equals", "filter": 1},
        "a.b": {"type": "equals", "filter": 1},
    }

    assert conditions(asked, table) == [("a.b", "≥", 1), ("a.b", "≤", 2.5), ("c", "lacks", "x")]
    assert conditions({"c0": {"type": "blank"}}, table) == [("a.b", "missing", None)]
    nonsense: list[Any] = [
        None,
        [],
        {"c0": 3},
        {"c0": {"type": "equals", "filter": [1]}},
        {"c²": {}},
        {f"c{'9' * 5000}": {"type": "blank"}},
    ]
    for forged in nonsense:
        assert conditions(forged, table) == []


def test_each_cell_of_a_page_stands_under_its_own_head() -> None:
    heads = tuple(ColumnProfile(name=name, kind="number") for name in ("predicted", "size", "gone"))
    page = {"columns": ["size", "rooms", "predicted"], "rows": [[1, 2, 3], [4, 5, 6]], "total": 9}

    shown = under_heads(page, TablePreview(rows=9, columns=heads))

    assert shown["rows"] == [[3, 1, None], [6, 4, None]]
    assert shown["total"] == 9
