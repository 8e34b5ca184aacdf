"""What a card shows: previews for the inspector and faces for the card itself.

Both are closed sets of small JSON-safe payloads, tagged by ``kind``. They hold raw numbers, never
formatted ones, and ``None`` where a number is missing or not finite. They are made where the
data is, so that the page never touches a row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def finite(number: Any) -> float | int | None:
    """Return a plain finite Python number, or None where there is none.

    Accepts Python and numpy numbers; NaN and infinities become None.
    """
    if number is None or isinstance(number, bool | int):
        return number
    value = float(number)
    return value if math.isfinite(value) else None


def _finite_all(numbers: Iterable[Any]) -> list[float | int | None]:
    return [finite(number) for number in numbers]


Number = Annotated[float | int | None, BeforeValidator(finite)]
Numbers = Annotated[tuple[float | int | None, ...], BeforeValidator(_finite_all)]
SHOWN_COLUMNS = 200
"""Columns of a table that are shown: a page cannot draw ten thousand, and nobody reads them."""

Cell = str | bool | int | float | None


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Histogram(_Payload):
    """Counts of a numeric column in equal bins: ``len(edges) == len(counts) + 1``."""

    edges: Numbers
    counts: tuple[int, ...]


class TopValue(_Payload):
    """A frequent value of a column and how many rows have it."""

    value: str
    count: int


class ColumnProfile(_Payload):
    """One column in numbers; what does not apply to its kind is None."""

    name: str
    kind: str | None
    unit: str | None = None
    missing: int = 0
    distinct: int | None = None
    mean: Number = None
    std: Number = None
    min: Number = None
    max: Number = None
    quantiles: Numbers | None = None
    """The quartiles: 25 %, 50 %, 75 %."""
    histogram: Histogram | None = None
    top: tuple[TopValue, ...] | None = None


class TablePreview(_Payload):
    """A table: size, a profile of each column, and its first rows."""

    kind: Literal["table"] = "table"
    rows: int
    columns: tuple[ColumnProfile, ...]
    """The first of them, at most ``SHOWN_COLUMNS``."""
    more_columns: int = 0
    """How many more there are."""
    drawn: int | None = None
    """Rows that distinct values, quartiles, histograms and frequent values are from; None: all.

    Everything else is of all rows.
    """
    sample: tuple[tuple[Cell, ...], ...] = ()
    """The first rows, cells in the order of ``columns``."""
    synthetic: bool = False
    bytes: int = 0

    @property
    def width(self) -> int:
        """How many columns the table has."""
        return len(self.columns) + self.more_columns


class Stat(_Payload):
    """One labelled value."""

    label: str
    value: float | int | str | None
    unit: str | None = None
    note: str | None = None
    before: float | int | str | None = None
    """What it was, where it is a change."""


class StatsPreview(_Payload):
    """A short list of labelled values."""

    kind: Literal["stats"] = "stats"
    title: str = ""
    items: tuple[Stat, ...]


class Axis(_Payload):
    """What an axis measures."""

    label: str
    unit: str | None = None


class Series(_Payload):
    """Points of one line, cloud or set of bars; x and y have equal length."""

    name: str
    x: Numbers
    y: Numbers
    dashed: bool = False


class ChartPreview(_Payload):
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


class BarsPreview(_Payload):
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


class Branch(_Payload):
    """A place in a decision tree: which rows come here, and what it says of them."""

    said: str
    """What is so of the rows that come here from the place above: ``RM ≤ 6.94``."""
    rows: int
    answer: str | Number
    """The class, or the number, that it predicts of them."""
    share: Number = None
    """How likely that class is."""
    below: tuple[Branch, ...] = ()
    more: bool = False
    """Whether there are questions below that are not drawn."""


class TreePreview(_Payload):
    """A decision tree, from its root."""

    kind: Literal["tree"] = "tree"
    title: str
    root: Branch
    measured: str
    """What it predicts."""
    unit: str | None = None
    note: str | None = None
    caption: str | None = None


class HeatPreview(_Payload):
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


class MetricItem(_Payload):
    """A metric beside its baseline and, where there are any, other models' values."""

    name: str
    label: str
    value: Number
    baseline: Number = None
    interval: tuple[float, float] | None = None
    """Between which values it lies with 95 % confidence, where that is known."""
    others: dict[str, Number] = Field(default_factory=dict)
    unit: str | None = None
    higher_is_better: bool


class MetricsPreview(_Payload):
    """Metrics, each beside the dummy's."""

    kind: Literal["metrics"] = "metrics"
    title: str = ""
    items: tuple[MetricItem, ...]
    caption: str | None = None


class LayerPicture(_Payload):
    """One layer of a network: its type, what to call it, its width and its parameters."""

    type: str
    label: str
    units: int | None = None
    parameters: int | None = None


class NetworkPreview(_Payload):
    """A feed-forward network from inputs to outputs; unknown ends are None."""

    kind: Literal["network"] = "network"
    layers: tuple[LayerPicture, ...]
    parameters: int | None = None
    inputs: int | None = None
    outputs: int | None = None


class TextPreview(_Payload):
    """Plain text."""

    kind: Literal["text"] = "text"
    title: str = ""
    text: str
    mono: bool = False


class ImagePreview(_Payload):
    """A picture, its bytes in base64."""

    kind: Literal["image"] = "image"
    title: str = ""
    mime: Literal["image/png", "image/jpeg", "image/webp"]
    base64: str
    alt: str


class RowsPreview(_Payload):
    """A few rows under headings."""

    kind: Literal["rows"] = "rows"
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    remarks: tuple[str, ...] = ()
    """A sentence below each row, as many as rows; an empty one is not shown."""
    note: str | None = None


class ConfusionPreview(_Payload):
    """How many rows of each class (a line each) were taken for which (a column each)."""

    kind: Literal["confusion"] = "confusion"
    title: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    note: str | None = None
    caption: str | None = None


class ThresholdsPreview(_Payload):
    """What a classifier of two classes would do from each share on, from 0 % to 100 % by 1 %."""

    kind: Literal["thresholds"] = "thresholds"
    title: str
    positive: str
    """The class that a row is taken for from that share on."""
    negative: str
    positive_first: bool = True
    """Whether that class stands first, as in the confusion matrix."""
    counts: tuple[tuple[int, int, int, int], ...]
    """Rows rightly and wrongly taken for the one class, then for the other: TP, FP, FN, TN."""
    note: str | None = None
    caption: str | None = None


class GroupPreview(_Payload):
    """Several previews under one another."""

    kind: Literal["group"] = "group"
    title: str = ""
    items: tuple[Preview, ...]


Preview = Annotated[
    TablePreview
    | StatsPreview
    | ChartPreview
    | BarsPreview
    | TreePreview
    | HeatPreview
    | MetricsPreview
    | NetworkPreview
    | TextPreview
    | ImagePreview
    | RowsPreview
    | ConfusionPreview
    | ThresholdsPreview
    | GroupPreview,
    Field(discriminator="kind"),
]
GroupPreview.model_rebuild()


def table_in(preview: Preview) -> TablePreview | None:
    """Return the table that a preview shows, alone or below other things; None for others."""
    if isinstance(preview, GroupPreview):
        return next(filter(None, map(table_in, preview.items)), None)
    return preview if isinstance(preview, TablePreview) else None


class TableFace(_Payload):
    """Rows × columns, and a tiny histogram per column (heights 0 to 1)."""

    kind: Literal["table"] = "table"
    rows: int
    columns: int
    bars: tuple[tuple[float, ...], ...] = ()
    highlight: int | None = None


class SplitPart(_Payload):
    """One part of a split: its share of the rows (0 to 1) and how many that is."""

    label: str
    share: float
    rows: int


class SplitFace(_Payload):
    """Two or three parts as one bar."""

    kind: Literal["split"] = "split"
    parts: tuple[SplitPart, ...]


class NetworkFace(_Payload):
    """Widths of the layers from input to output; None where an end is not known yet."""

    kind: Literal["network"] = "network"
    layers: tuple[int | None, ...]
    parameters: int | None = None


class FaceNumber(_Payload):
    """A labelled number on a card."""

    label: str
    value: Number
    unit: str | None = None
    word: str | None = None
    """Stands where there is no number: ``none``, ``yes``."""
    measured: bool = False
    """Whether it has decimals also where it happens to be whole."""


class CurveFace(_Payload):
    """A loss curve with one or two numbers above it."""

    kind: Literal["curve"] = "curve"
    values: Numbers
    validation: Numbers | None = None
    left: FaceNumber
    right: FaceNumber | None = None


class ScoreFace(_Payload):
    """The metric that matters as a bar from its baseline to the best there is."""

    kind: Literal["score"] = "score"
    label: str
    value: Number
    baseline: Number
    best: float = 1.0
    extra: FaceNumber | None = None


class NumbersFace(_Payload):
    """Up to three labelled numbers."""

    kind: Literal["numbers"] = "numbers"
    items: tuple[FaceNumber, ...]


class TextFace(_Payload):
    """Up to three short lines."""

    kind: Literal["text"] = "text"
    lines: tuple[str, ...]


Face = Annotated[
    TableFace | SplitFace | NetworkFace | CurveFace | ScoreFace | NumbersFace | TextFace,
    Field(discriminator="kind"),
]
