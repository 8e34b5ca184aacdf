"""What a card shows: previews for the inspector and faces for the card itself.

Both are closed sets of small JSON-safe payloads, tagged by ``kind``. They hold raw numbers, never
formatted ones, and ``None`` where a number is missing or not finite. They are made where the
data is, so that the page never touches a row.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tensorrag.preview.charts import Axis, BarsPreview, ChartPreview, HeatPreview, Series
from tensorrag.preview.faces import (
    CurveFace,
    Face,
    FaceNumber,
    NetworkFace,
    NumbersFace,
    ScoreFace,
    SplitFace,
    SplitPart,
    TableFace,
    TextFace,
)
from tensorrag.preview.facts import ImagePreview, Stat, StatsPreview, TextPreview
from tensorrag.preview.later import LaterPreview
from tensorrag.preview.measures import (
    ConfusionPreview,
    MetricItem,
    MetricsPreview,
    ThresholdsPreview,
)
from tensorrag.preview.models import Branch, LayerPicture, NetworkPreview, TreePreview
from tensorrag.preview.payload import Cell, Payload, finite
from tensorrag.preview.tables import (
    SHOWN_COLUMNS,
    ColumnProfile,
    Histogram,
    RowsPreview,
    TablePreview,
    TopValue,
)

__all__ = [
    "SHOWN_COLUMNS",
    "Axis",
    "BarsPreview",
    "Branch",
    "Cell",
    "ChartPreview",
    "ColumnProfile",
    "ConfusionPreview",
    "CurveFace",
    "Face",
    "FaceNumber",
    "GroupPreview",
    "HeatPreview",
    "Histogram",
    "ImagePreview",
    "LaterPreview",
    "LayerPicture",
    "MetricItem",
    "MetricsPreview",
    "NetworkFace",
    "NetworkPreview",
    "NumbersFace",
    "Preview",
    "RowsPreview",
    "ScoreFace",
    "Series",
    "SplitFace",
    "SplitPart",
    "Stat",
    "StatsPreview",
    "TableFace",
    "TablePreview",
    "TextFace",
    "TextPreview",
    "ThresholdsPreview",
    "TopValue",
    "TreePreview",
    "finite",
    "is_drawn",
    "table_in",
]


class GroupPreview(Payload):
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
    | LaterPreview
    | GroupPreview,
    Field(discriminator="kind"),
]
GroupPreview.model_rebuild()


def is_drawn(preview: Preview) -> bool:
    """Whether no part of a preview is yet to be drawn."""
    if isinstance(preview, GroupPreview):
        return all(map(is_drawn, preview.items))
    return not isinstance(preview, LaterPreview)


def table_in(preview: Preview) -> TablePreview | None:
    """Return the table that a preview shows, alone or below other things; None for others."""
    if isinstance(preview, GroupPreview):
        return next(filter(None, map(table_in, preview.items)), None)
    return preview if isinstance(preview, TablePreview) else None
