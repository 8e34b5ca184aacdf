"""Charts: lines, clouds, bars, histograms, and how closely things go together."""

from __future__ import annotations

from typing import Literal

from tensorrag.preview.payload import Numbers, Payload


class Axis(Payload):
    """What an axis measures."""

    label: str
    unit: str | None = None


class Series(Payload):
    """Points of one line, cloud or set of bars; x and y have equal length."""

    name: str
    x: Numbers
    y: Numbers
    dashed: bool = False


class ChartPreview(Payload):
    """A chart of one or a few series."""

    kind: Literal["chart"] = "chart"
    title: str
    chart: Literal["line", "scatter", "bar", "histogram"]
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    diagonal: bool = False
    """Draw the line y = x, where a prediction would equal the truth."""
    shares: bool = False
    """Both axes go from 0 to 1, and lines have no names at their ends."""
    zoomed: bool = False
    """The upright axis of a line begins near its least value, not at 0."""
    note: str | None = None
    caption: str | None = None


class BarsPreview(Payload):
    """A bar for each of some names, from the top to the bottom."""

    kind: Literal["bars"] = "bars"
    title: str
    x: Axis
    """What the length of a bar says."""
    names: tuple[str, ...]
    values: Numbers
    spreads: Numbers | None = None
    """Standard deviation of each value, drawn to either side of the end of its bar."""
    note: str | None = None
    caption: str | None = None


class HeatPreview(Payload):
    """How closely things go together: a number from −1 to 1 for each two of them."""

    kind: Literal["heat"] = "heat"
    title: str
    names: tuple[str, ...]
    values: tuple[Numbers, ...]
    """A line for each name, with a number for each name."""
    measured: str
    """What a number says: ``correlation``."""
    note: str | None = None
    caption: str | None = None
