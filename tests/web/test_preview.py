import json
import re

import pytest

from tensorrag.preview import (
    Axis,
    BarsPreview,
    Branch,
    ChartPreview,
    ColumnProfile,
    HeatPreview,
    Histogram,
    LayerPicture,
    MetricItem,
    MetricsPreview,
    NetworkPreview,
    RowsPreview,
    Series,
    Stat,
    StatsPreview,
    TablePreview,
    TextPreview,
    ThresholdsPreview,
    TopValue,
    TreePreview,
)
from tensorrag.types import ColumnSchema
from web.page.inspector.preview import static_preview
from web.page.markup import html
from web.page.plots.as_csv import plot_csv
from web.page.plots.charts import chart_options
from web.page.plots.curves import compared_curves, live_curve
from web.page.plots.network import stages
from web.page.plots.pictures import picture_options
from web.page.plots.thresholds import figures
from web.page.tables.columns import (
    column_details,
    column_list,
    columns_head,
    is_of_days,
    schema_list,
)
from web.page.tables.grid import _options


def test_a_metric_is_shown_beside_its_baseline_and_kept_unformatted() -> None:
    items = (
        MetricItem(name="r2", label="R²", value=0.8712, baseline=-0.0001, higher_is_better=True),
        MetricItem(
            name="rmse", label="RMSE", value=3.194, baseline=8.876, unit="k$",
            higher_is_better=False,
        ),
    )  # fmt: skip
    page = html(static_preview(MetricsPreview(items=items, caption="Synthetic data.")))

    assert 'data-metric="r2" data-value="0.8712"' in page
    assert re.findall(r"<td[^>]*>([^<]*)", page) == [
        *("R²", "0.87", "0.00", "0.87"),
        *("RMSE", "3.19 ", "8.88 ", "5.69 "),  # though 8.876 − 3.194 is 5.682
    ]
    assert "Synthetic data." in page


def test_another_model_takes_the_place_of_the_difference() -> None:
    item = MetricItem(
        name="r2",
        label="R²",
        value=0.9,
        baseline=0.0,
        others={"linear": 0.7},
        higher_is_better=True,
    )
    page = html(static_preview(MetricsPreview(items=(item,))))

    assert "Linear" in page
    assert "Better by" not in page


def test_values_from_files_are_text() -> None:
    nasty = "<script>"
    for payload in (
        StatsPreview(title=nasty, items=(Stat(label=nasty, value=nasty),)),
        RowsPreview(title=nasty, columns=(nasty,), rows=((nasty,),), note=nasty),
        TextPreview(title=nasty, text=nasty),
        NetworkPreview(layers=(LayerPicture(type=nasty, label=nasty),)),
    ):
        assert nasty not in html(static_preview(payload))


def test_a_network_has_a_column_per_layer_and_open_ends_before_it_meets_a_table() -> None:
    hidden = tuple(LayerPicture(type="linear", label="l", units=units) for units in (128, 64))
    closed = NetworkPreview(layers=hidden, inputs=13, outputs=1)

    assert [stage.units for stage in stages(NetworkPreview(layers=hidden))] == [None, 128, 64, None]
    assert [stage.units for stage in stages(closed)] == [13, 128, 64, 1]


def chart(kind: str, **more: object) -> ChartPreview:
    return ChartPreview.model_validate(
        {
            "title": "t",
            "chart": kind,
            "x": Axis(label="actual", unit="k$"),
            "y": Axis(label="predicted"),
            "series": (Series(name="rows", x=(5, 20, 52.77, None), y=(6, 18, 50, 1)),),
            **more,
        }
    )


@pytest.mark.parametrize("kind", ["line", "scatter", "bar", "histogram"])
def test_chart_options_are_plain_data_without_colours_or_scripts_of_their_own(kind: str) -> None:
    text = json.dumps(chart_options(chart(kind)))

    assert "#" not in text
    assert '":' not in text.replace('": ', "")
    assert "null" not in json.dumps(chart_options(chart(kind))["series"][0]["data"])


def test_both_axes_of_a_diagonal_chart_are_the_same() -> None:
    options = chart_options(chart("scatter", diagonal=True))

    for axis in ("xAxis", "yAxis"):
        assert (options[axis]["min"], options[axis]["max"]) == (0, 52.77)


def test_a_live_curve_whose_end_nobody_knows_grows_with_its_points() -> None:
    options = live_curve("loss", "step", None, [("train", [(1, 0.5), (2, 0.4)])], large=True)

    assert "max" not in options["xAxis"]
    assert options["series"][0]["data"] == [[1, 0.5], [2, 0.4]]


def test_a_live_curve_spans_all_that_is_to_come() -> None:
    options = live_curve("loss", "epoch", 50, [("train", [(1, 0.5), (2, 0.4)])])

    assert options["xAxis"]["max"] == 50
    assert options["series"][0]["data"] == [[1, 0.5], [2, 0.4]]


@pytest.mark.parametrize("drawn", [None, 1_000_000])
def test_a_picture_from_rows_drawn_says_so(drawn: int | None) -> None:
    size = ColumnProfile(
        name="size", kind="number", distinct=9, min=0.0, max=2.0,
        histogram=Histogram(edges=(0.0, 1.0, 2.0), counts=(1, 2)),
    )  # fmt: skip
    city = ColumnProfile(name="city", kind="category", distinct=3)
    table = TablePreview(rows=10_000_000, drawn=drawn, columns=(size, city))

    listed, column = html(column_list(table)), html(column_details(table, 0))

    rows = "from 1,000,000 of 10,000,000 rows"
    assert (f"Pictures {rows}" in html(columns_head(table))) is bool(drawn)
    assert ("at least 3 values" in listed) is bool(drawn)
    assert "3 values" in listed
    assert (f"{rows}; the rest from all rows" in column) is bool(drawn)
    assert ("at least " in column) is bool(drawn)


def test_the_unit_of_a_column_stands_with_its_figures_and_before_a_run_with_its_name() -> None:
    seen = ColumnProfile(name="tenure", kind="integer", unit="months", min=1, max=120)
    table = TablePreview(rows=9, columns=(seen,))
    known = ColumnSchema(name="tenure", kind="integer", unit="months")

    assert '1 to 120<span class="t11 m3"> months</span>' in html(column_list(table))
    assert '<b>tenure</b><span class="t11 m3"> months</span>' in html(schema_list((known,)))


def test_bars_trees_and_heat_maps_say_what_they_show_in_words_and_numbers_too() -> None:
    bars = BarsPreview(title="Importance", x=Axis(label="R² lower by"), names=("a",), values=(0.5,))
    ends = (Branch(said="a ≤ 1", rows=3, answer="no", share=1.0),)
    root = Branch(said="all rows", rows=9, answer="yes", share=0.7, below=ends)
    tree = TreePreview(title="Tree", root=root, measured="left")
    heat = HeatPreview(
        title="Correlation", names=("a", "b"), values=((1.0, -0.5), (-0.5, 1.0)), measured="r"
    )

    assert plot_csv(bars) == "name,R² lower by\na,0.5\n"
    assert "1,a ≤ 1,no,3" in plot_csv(tree)
    assert plot_csv(heat) == "r,a,b\na,1.0,-0.5\nb,-0.5,1.0\n"
    for picture in (bars, tree, heat):
        for large in (False, True):
            json.dumps(picture_options(picture, large=large), allow_nan=False)


def test_the_threshold_begins_where_a_classifier_has_it() -> None:
    counts = tuple((100 - at, 50, at, 150) for at in range(101))
    page = html(
        static_preview(
            ThresholdsPreview(title="Threshold", positive="<b>", negative="no", counts=counts)
        )
    )

    assert 'data-shows="tp" style="--share:50%">50<' in page
    assert 'data-shows="precision">0.50<' in page
    assert "<b>" not in page
    assert figures(0, 0, 5, 5) == (None, 0.0, 0.0, 0.5)


def test_a_remark_stands_below_its_row_and_a_change_beside_what_it_was() -> None:
    models = RowsPreview(
        title="Which", columns=("Model", "R²"), rows=(("line", 0.5),), remarks=("Can be read.",)
    )
    best = StatsPreview(items=(Stat(label="alpha", value=0.00124, before=1.0),))

    assert re.findall(r"<td[^>]*>([^<]+)", html(static_preview(models))) == [
        *("line", "+0.50", "Can be read."),
    ]
    assert 'colspan="2"' in html(static_preview(models))
    assert "0.0012 was 1.00" in re.sub(r"<[^>]*>", "", html(static_preview(best)))


def test_a_change_has_the_digits_that_show_it() -> None:
    close = StatsPreview(items=(Stat(label="R²", value=0.66127, before=0.66112),))

    assert "0.6613 was 0.6611" in re.sub(r"<[^>]*>", "", html(static_preview(close)))


@pytest.mark.parametrize(("time", "alone"), [("00:00:00", True), ("08:30:00", False)])
def test_a_date_stands_alone_where_no_row_has_a_time(time: str, alone: bool) -> None:
    payload = TablePreview(
        rows=3,
        columns=(
            ColumnProfile(
                name="day",
                kind="date",
                top=(TopValue(value="2017-05-23 00:00:00.000000", count=2),),
            ),
        ),
        sample=(("2017-05-23 00:00:00",), (None,), (f"2017-05-24 {time}",)),
    )

    assert is_of_days(payload, 0) == alone
    assert ("2017-05-23 00:00" not in html(column_details(payload, 0))) == alone


def test_a_column_of_texts_that_begin_alike_is_wide_enough_to_tell_them_apart() -> None:
    def width(*texts: str) -> int:
        column = ColumnProfile(name="id", kind="text", distinct=len(texts))
        payload = TablePreview(
            rows=len(texts), columns=(column,), sample=tuple((text,) for text in texts)
        )
        return int(_options(payload)["columnDefs"][0]["minWidth"])

    plain = width("Aachen", "Bonn", "Cologne")
    assert width("customer-2026-0001", "customer-2026-0002", "other") >= 8 * 18
    assert width("x" * 500 + "1", "x" * 500 + "2") <= 300, "some are not to be told apart"
    assert plain < 100


def test_the_ends_of_lines_are_named_in_plain_numbers_where_there_is_room_for_them() -> None:
    lines = (("mean", 197.4), ("baseline", 196.0))
    drawn = chart_options(
        ChartPreview(
            title="Rent by size",
            chart="line",
            x=Axis(label="size"),
            y=Axis(label="rent"),
            series=tuple(Series(name=name, x=(1, 2), y=(0, end)) for name, end in lines),
        )
    )

    labels = [line["endLabel"] for line in drawn["series"]]
    assert [label["formatter"] for label in labels] == ["mean 197", "baseline 196"]
    assert drawn["grid"]["right"] >= 6 * len("baseline 196")
    first, second = (
        label["offset"][1] - value / 197.4 * 120
        for label, (_, value) in zip(labels, lines, strict=True)
    )
    assert second - first == pytest.approx(14, abs=0.2), "one below the other"


def test_names_of_runs_are_shortened_in_their_middle_and_have_room() -> None:
    names = ("Boston housing on a GPU 1", "Boston housing on a GPU 2", "Run 3")
    drawn = compared_curves("Loss", "epoch", [(name, [0.2, 0.87]) for name in names])

    said = [line["endLabel"]["formatter"] for line in drawn["series"]]
    assert said == ["Boston h… a GPU 1 0.87", "Boston h… a GPU 2 0.87", "Run 3 0.87"]
    assert drawn["grid"]["right"] > 6 * max(map(len, said))
