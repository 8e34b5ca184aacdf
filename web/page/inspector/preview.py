"""Previews, large: each kind of payload as elements. Numbers arrive raw and are written here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from nicegui import ui

from tensorrag.catalog import TypeInfo
from tensorrag.preview import (
    BarsPreview,
    Cell,
    ChartPreview,
    ConfusionPreview,
    GroupPreview,
    HeatPreview,
    ImagePreview,
    LaterPreview,
    MetricItem,
    MetricsPreview,
    NetworkPreview,
    Preview,
    RowsPreview,
    Stat,
    StatsPreview,
    TablePreview,
    TextPreview,
    ThresholdsPreview,
    TreePreview,
)
from web.page.icons import icon, type_colours
from web.page.markup import (
    Element,
    Node,
    button,
    div,
    h3,
    img,
    span,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.page.panel import Act, Panel
from web.page.plots.chart import Chart
from web.page.plots.confusion import confusion_matrix
from web.page.plots.network import network_picture
from web.page.plots.pictures import Picture, picture_height, picture_options
from web.page.plots.thresholds import threshold_slider
from web.page.plots.view import Plot, enlarge_button
from web.page.tables.columns import table_summary
from web.page.tables.grid import sample_grid
from web.page.wording import alike, apart, difference, measured, number, signed, words


def show_preview(payload: Preview, kind: TypeInfo | None, act: Act, opener: Node = None) -> None:
    """Put a preview into the current slot; charts and grids load only now.

    Args:
        payload: the preview.
        kind: type of the value, whose colour its charts have.
        act: told what people do in it.
        opener: what opens a table as a whole, where there is one.
    """
    match payload:
        case GroupPreview():
            for item in payload.items:
                show_preview(item, kind, act, opener)
        case ChartPreview() | BarsPreview() | TreePreview() | HeatPreview():
            _chart(payload, kind, act)
        case TablePreview():
            Panel("div", table_summary(payload, opener), act=act)
            if payload.sample:
                sample_grid(payload)
        case LaterPreview():
            Panel("div", looking())
        case _:
            Panel("div", static_preview(payload), act=act)


def looking() -> Node:
    """Say that what is here is about to be shown."""
    return div(".sec.s12.m2", role="status")["Looking at it …"]


def open_button(node: str, port: str) -> Node:
    """Offer to show a table whole."""
    return button(
        ".btn.o.sml", type="button", data_act="open_table", data_of=node, data_at=port
    )[icon("expand", ".s"), "Open"]  # fmt: skip


def static_preview(
    payload: MetricsPreview | StatsPreview | NetworkPreview | TextPreview | ImagePreview
    | RowsPreview | ConfusionPreview | ThresholdsPreview,
) -> Node:  # fmt: skip
    """Draw the kinds that are plain markup."""
    match payload:
        case MetricsPreview():
            return _metrics(payload)
        case StatsPreview():
            return _stats(payload)
        case NetworkPreview():
            return network_picture(payload)
        case RowsPreview():
            return _rows(payload)
        case ConfusionPreview():
            note, said = payload.note, payload.caption
            return _section(payload.title, [confusion_matrix(payload), _caption(said)], note)
        case ThresholdsPreview():
            moved = [threshold_slider(payload), _caption(payload.caption)]
            return _section(payload.title, moved, payload.note)
        case TextPreview():
            return _section(payload.title, div(".log" if payload.mono else ".prose")[payload.text])
        case ImagePreview():
            source = f"data:{payload.mime};base64,{payload.base64}"
            return _section(payload.title, img(".shot", src=source, alt=payload.alt))
        case _:
            assert_never(payload)


def _section(title: str, content: Node, note: str | None = None) -> Element:
    head = h3[title, note and span(".u")[note]] if title or note else None
    return div(".sec")[head, content]


def _chart(payload: Picture, kind: TypeInfo | None, act: Act) -> None:
    def open_it(name: str, _: dict[str, Any]) -> Any:
        return act(name, {"plot": Plot(payload, kind)})

    note = payload.note and span(".u")[payload.note]
    with ui.element("section").classes("sec plotted"):
        Panel("div", h3(".h3")[payload.title, enlarge_button(payload.title), note], act=open_it)
        said = f"{payload.title}. {payload.caption or payload.note or ''}"
        Chart(picture_options(payload), picture_height(payload), type_colours(kind), said)
        if payload.caption:
            Panel("div", div(".cap")[payload.caption])


# --- metrics ------------------------------------------------------------------------------------


def _metrics(payload: MetricsPreview) -> Element:
    others = list(dict.fromkeys(name for item in payload.items for name in item.others))[:1]
    heads = [
        "Model",
        *(words(name) for name in others),
        "Baseline",
        *([] if others else ["Better by"]),
    ]
    return _section(
        payload.title,
        [
            table(".mt.metrics")[
                thead[tr[th(scope="col")[span(".vh")["Metric"]], [_head(name) for name in heads]]],
                tbody[[_metric(item, others) for item in payload.items]],
            ],
            _caption(payload.caption),
        ],
    )


def _caption(said: str | None) -> Node:
    return said and div(".cap")[said]


def _head(name: str) -> Element:
    return th(".w74", scope="col")[name]


def _metric(item: MetricItem, others: Sequence[str]) -> Element:
    cells = [item.others.get(name) for name in others] + [item.baseline]
    return tr(data_metric=item.name, data_value="" if item.value is None else repr(item.value))[
        td[item.label],
        td(".v")[
            _UNDEFINED if item.value is None else figure(item.value, item.unit), _interval(item)
        ],
        [td[_beside(alike(cell, item.value), item)] for cell in cells],
        not others and td[_beside(_better(item), item)],
    ]


_UNDEFINED = span(".u", title="These rows cannot tell it.")["undefined"]


def _interval(item: MetricItem) -> Node:
    """Write between which values a metric lies, small, under it."""
    if item.interval is None:
        return None
    low, high = map(measured, item.interval)
    return div(".u.sure", title="95 % confidence")[f"{low} to {high}"]


def _beside(written: str, item: MetricItem) -> Node:
    unit = item.unit if written != number(None) else None
    return [written, unit and [" ", span(".u")[unit]]]


def _better(item: MetricItem) -> str:
    """Write by how much a metric is better than its baseline, of the numbers that are seen."""
    if item.value is None or item.baseline is None:
        return number(None)
    value, dummy = measured(item.value), alike(item.baseline, item.value)
    one, other = (value, dummy) if item.higher_is_better else (dummy, value)
    gap = (item.value - item.baseline) * (1 if item.higher_is_better else -1)
    return difference(one, other) or alike(gap, item.value)


def figure(value: float | int | None, unit: str | None = None) -> Node:
    """Write a number, its unit beside it in grey."""
    return [measured(value), unit and value is not None and [" ", span(".u")[unit]]]


# --- lists of values ----------------------------------------------------------------------------


def _stats(payload: StatsPreview) -> Element:
    rows = [_stat(item) for item in payload.items if item.value is not None]
    return _section(payload.title, table(".mt.stats")[tbody[rows]])


def _stat(item: Stat) -> Element:
    if isinstance(item.value, str) and len(item.value) > _LINE:
        return tr[td(".prose", colspan="2")[div(".m2")[words(item.label)], item.value]]
    now, before = _change(item)
    return tr[
        td[words(item.label)],
        td[
            now,
            item.unit and [" ", span(".u")[item.unit]],
            item.note and [" ", span(".u")[item.note]],
            item.before is not None and [" ", span(".u")["was ", before]],
        ],
    ]


def _change(item: Stat) -> tuple[str, str]:
    """Write a value and what it was; of numbers, with the digits that tell them apart."""
    if isinstance(item.value, float) and isinstance(item.before, float):
        return apart(item.value, item.before)
    return _told(item.value), _told(item.before)


def _told(value: str | float | int | None) -> str:
    return value if isinstance(value, str) else number(value)


_LINE = 60
"""Letters that stand beside a label; a longer text stands below it."""


def _rows(payload: RowsPreview) -> Element:
    numeric = [
        all(isinstance(row[at], int | float) or row[at] is None for row in payload.rows)
        for at in range(len(payload.columns))
    ]
    lines: list[Node] = [
        tr[
            [
                td[_cell(cell, first=at == 0, sign=at == len(row) - 1 and numeric[at])]
                for at, cell in enumerate(row)
            ]
        ]
        for row in payload.rows
    ]
    if payload.remarks:
        lines = [
            [line, said and _remark(said, payload)]
            for line, said in zip(lines, payload.remarks, strict=False)
        ]
    heads = thead[tr[[th(scope="col")[name] for name in payload.columns]]]
    looks = ".mt.remarked" if payload.remarks and all(payload.remarks) else ".mt"
    return _section(payload.title, div(".across")[table(looks)[heads, tbody[lines]]], payload.note)


def _remark(said: str, payload: RowsPreview) -> Element:
    return tr(".remark")[td(colspan=str(len(payload.columns)))[said]]


def _cell(cell: Cell, *, first: bool, sign: bool) -> str:
    if isinstance(cell, str) or cell is None:
        return cell or "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return signed(cell) if sign and not first and isinstance(cell, float) else number(cell)
