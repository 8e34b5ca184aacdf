"""An ECharts picture as an element of the page."""

from __future__ import annotations

from nicegui.elements.echart import EChart

from web.page.plots.look import (
    Options,
)


class Chart(EChart, component="chart.js"):
    """An ECharts picture in a colour of its own."""

    def __init__(self, options: Options, height: int | None, colours: str, said: str) -> None:
        """Draw a chart.

        Args:
            options: plain data; how numbers are written is the browser's part.
            height: in pixels; None: as high as the place that it is in.
            colours: style properties of the type that it shows, see `icons.type_colours`.
            said: what the chart shows, for those who cannot see it.
        """
        super().__init__(options, renderer="svg")
        self.classes("chart c-type").style(
            f"height:{f'{height}px' if height else '100%'};{colours}"
        )
        # A title may hold a column's name: set as data, never parsed as props.
        self.props.update({"role": "img", "aria-label": said})

    def draw(self, series: list[Options]) -> None:
        """Replace the lines of a chart that is being drawn."""
        self.run_method("draw", series)
