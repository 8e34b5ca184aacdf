"""A plot over the whole page, with its text beside it, to be looked at closely and taken along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from nicegui import ui

from tensorrag.catalog import TypeInfo
from tensorrag.preview import BarsPreview, ChartPreview, HeatPreview, Series, TreePreview
from web.live.keeping.exporting import file_name
from web.page.actions import Action, Data, text
from web.page.closing import close_button
from web.page.icons import glyph, icon, type_colours
from web.page.markup import Element, Node, b, button, div, h3, span, table, tbody, td, tr
from web.page.panel import Act, Panel
from web.page.plots.as_csv import named, plot_csv
from web.page.plots.chart import Chart
from web.page.plots.curves import live_curve, live_series
from web.page.plots.look import Options
from web.page.plots.pictures import Picture, branch_answer, branches, picture_options
from web.page.wording import brief, number, plural, rounded

FORMATS = {"png": "PNG", "svg": "SVG", "csv": "CSV"}


CLOSEST = 20
"""Pairs of a heat map that are listed."""
REST = 0.5
"""Seconds between two looks at a curve that is still being drawn."""


@dataclass(frozen=True)
class Live:
    """What makes a plot one that is still being drawn: a learning curve."""

    total: int | None
    """Where it will end, if that is known."""
    now: Callable[[], ChartPreview | None]
    """Gives the plot so far; None where there is no more of it."""


@dataclass(frozen=True)
class Plot:
    """A plot, and the card that made it."""

    chart: Picture
    kind: TypeInfo | None
    """The type of the value that it shows, whose colour it has."""
    card: str = ""
    """What people call the card."""
    live: Live | None = None


class Plots:
    """The plot that a tab has open, if any, and what people do with it."""

    def __init__(self, pipeline: Callable[[], str], act: Act) -> None:
        """``pipeline`` says what the pipeline is called now: files are named after it."""
        self._pipeline, self._act = pipeline, act
        self._place = ui.element("div")
        self._plot: Plot | None = None
        self._chart: Chart | None = None
        self.actions: dict[str, Action] = {"close_plot": self._close, "save_plot": self._save}

    def open(self, plot: Plot) -> None:
        """Show a plot, in place of another one."""
        self._close({})
        self._plot = plot
        with self._place, ui.element("section").classes("sheetview plotview") as root:
            root.props.update({"aria-label": plot.chart.title, "data-testid": "plot"})
            Panel("div", _heading(plot), act=self._act).classes("hh")
            with ui.element("div").classes("gr"):
                said = f"{plot.chart.title}. {plot.chart.caption or plot.chart.note or ''}"
                self._chart = Chart(_options(plot), None, type_colours(plot.kind), said)
            self._side = Panel("div", _text(plot.chart)).classes("sd")
            if plot.live is not None:
                ui.timer(REST, self._look)

    def _look(self) -> None:
        """Draw what has come of a plot that is still being drawn."""
        plot = self._plot
        now = plot.live.now() if plot is not None and plot.live is not None else None
        if plot is None or self._chart is None or now is None or now == plot.chart:
            return
        self._plot = replace(plot, chart=now)
        self._chart.draw(live_series(_lines(now)))
        self._side.show(_text(now))

    def _close(self, _: Data) -> None:
        self._plot = self._chart = None
        self._place.clear()

    def _save(self, data: Data) -> None:
        form = text(data, "as")
        if self._plot is None or self._chart is None or form not in FORMATS:
            return
        chart = self._plot.chart
        name = plot_file(self._pipeline(), self._plot, form)
        if form == "csv":
            ui.download.content(plot_csv(chart), name, "text/csv")
        else:
            self._chart.run_method("save", name, chart.title, chart.caption or chart.note or "")


def _options(plot: Plot) -> Options:
    chart, live = plot.chart, plot.live
    if live is None or not isinstance(chart, ChartPreview):
        return picture_options(chart, large=True)
    lines, names = _lines(chart), (chart.y.label, chart.x.label)
    return live_curve(*names, live.total, lines, large=True, zoomed=chart.zoomed)


def _lines(chart: ChartPreview) -> list[tuple[str, list[tuple[float, float]]]]:
    return [(each.name, _points(each)) for each in chart.series]


def _points(series: Series) -> list[tuple[float, float]]:
    both = zip(series.x, series.y, strict=False)
    return [(x, y) for x, y in both if x is not None and y is not None]


def plot_file(pipeline: str, plot: Plot, form: str) -> str:
    """Name a file after pipeline, card and plot: ``Boston - Evaluate - Residuals.png``."""
    parts = [file_name(part) for part in (pipeline, plot.card, plot.chart.title)]
    return f"{' - '.join(filter(None, parts)) or 'plot'}.{form}"


def enlarge_button(title: str) -> Node:
    """Offer to look at a plot closely."""
    says = f"Enlarge {title}"
    return button(
        ".btn.i.sml.enlarge", type="button", data_act="open_plot", aria_label=says,
        title="Enlarge, and save it",
    )[icon("expand", ".s")]  # fmt: skip


def _heading(plot: Plot) -> Node:
    return [
        close_button("plot"),
        glyph(plot.kind),
        b(style="font-size:15px")[plot.card],
        span(".m2.cut")[plot.chart.title],
        span(".sp"),
        [_save_button(form, word) for form, word in FORMATS.items()],
    ]  # fmt: skip


def _save_button(form: str, word: str) -> Element:
    return button(
        ".btn.o.sml", type="button", data_act="save_plot", data_as=form, title=f"Save as {word}"
    )[icon("export", ".s"), word]  # fmt: skip


def _text(chart: Picture) -> Node:
    """Say what the plot shows in words and numbers."""
    return [
        div(".sec")[
            b(style="font-size:15px")[chart.title],
            chart.note and div(".t11.m2")[chart.note],
            chart.caption and div(".cap", style="margin-top:8px")[chart.caption],
            isinstance(chart, ChartPreview)
            and div(".cap")[f"{named(chart.y)}, by {named(chart.x)}."],
        ],
        _figures(chart),
    ]


def _figures(chart: Picture) -> Node:
    match chart:
        case ChartPreview():
            return [_series(series, chart) for series in chart.series]
        case BarsPreview():
            spreads = chart.spreads or (None,) * len(chart.names)
            every = zip(chart.names, chart.values, spreads, strict=True)
            return _listed(
                named(chart.x),
                [
                    (
                        name,
                        f"{number(value)} ± {number(spread)}" if chart.spreads else number(value),
                    )
                    for name, value, spread in every
                ],
            )
        case TreePreview():
            return _listed(
                f"{chart.measured}, of how many rows",
                [
                    (f"{'· ' * depth}{each.said}", branch_answer(each, chart), f"{each.rows:,}")
                    for depth, each in branches(chart.root)
                ],
            )
        case HeatPreview():
            return _listed(chart.measured, _closest(chart))
        case _:
            assert_never(chart)


def _listed(title: str, lines: Sequence[tuple[str, ...]]) -> Element:
    rows = [tr[[td[cell] for cell in line]] for line in lines]
    return div(".sec")[h3[title], table(".mt.stats")[tbody[rows]]]


def _closest(heat: HeatPreview) -> list[tuple[str, str]]:
    """List the pairs that go together most closely."""
    pairs = [
        (float(value), f"{heat.names[down]} and {heat.names[across]}")
        for down, line in enumerate(heat.values)
        for across, value in enumerate(line[:down])
        if value is not None
    ]
    pairs.sort(key=lambda pair: -abs(pair[0]))
    return [(names, rounded(value, 2)) for value, names in pairs[:CLOSEST]]


def _series(series: Series, chart: ChartPreview) -> Element:
    points = _points(series)
    return div(".sec")[
        h3[series.name, span(".u")[plural(len(points), "point")]],
        table(".mt.stats")[
            tbody[_range(chart.x.label, [x for x, _ in points]),
                  _range(chart.y.label, [y for _, y in points])]
        ],
    ]  # fmt: skip


def _range(label: str, values: Sequence[float | int | None]) -> Node:
    there = [value for value in values if value is not None]
    return there and tr[td[label], td[f"{brief(min(there))} to {brief(max(there))}"]]
