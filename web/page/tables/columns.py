"""What is known of a table's columns: as a line, as a list with small pictures, and one in full."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tensorrag.preview import SHOWN_COLUMNS, ColumnProfile, Histogram, TablePreview
from tensorrag.types import ColumnSchema
from web.page.markup import (
    Element,
    Node,
    b,
    div,
    h3,
    rect,
    span,
    svg,
    table,
    tbody,
    td,
    tr,
)
from web.page.tables.kinds import Correctable, doubt_of, kind_of, kind_words
from web.page.wording import brief, number, percent, plural, size


def histogram_picture(
    histogram: Histogram | None, width: int, height: int, colour: str = "var(--fill-2)"
) -> Element:
    """Draw a histogram without axes."""
    counts = histogram.counts if histogram else ()
    tallest = max(counts, default=0) or 1
    step = width / max(1, len(counts))
    # Two values are two posts, not two walls.
    thick = min(step - min(1.0, step * 0.2), width / 12) if len(counts) < 6 else step * 0.85
    room = (width - thick) / max(1, len(counts) - 1)
    bars = [
        rect(
            x=f"{at * room:.2f}", y=f"{height - height * count / tallest:.1f}",
            width=f"{max(0.5, thick):.2f}", height=f"{height * count / tallest:.1f}", fill=colour,
        )
        for at, count in enumerate(counts)
    ]  # fmt: skip
    return svg(width=width, height=height, viewBox=f"0 0 {width} {height}", aria_hidden="true")[
        bars
    ]


def size_words(payload: TablePreview) -> Node:
    """Write rows × columns."""
    return [b[f"{payload.rows:,}"], span(".u")[" × "], b[f"{payload.width:,}"]]


def missing_words(payload: TablePreview) -> str:
    """Say how many values are missing."""
    missing = sum(column.missing for column in payload.columns)
    words = f"{plural(missing, 'value')} missing" if missing else "no value missing"
    return f"{words} in the columns shown" if payload.more_columns else words


def more_words(count: int) -> Node:
    """Say how many columns are not shown; nothing where all are."""
    return count > 0 and div(".t11.m2")[f"{plural(count, 'more column')}, not shown here"]


def table_summary(payload: TablePreview, opener: Node = None) -> Element:
    """Say how large a table is, and offer to open it."""
    return div(".sec.s12")[
        div(".row")[
            div(".sp")[
                div[size_words(payload), payload.synthetic and [" ", span(".tag")["synthetic"]]],
                div(".t11.m2")[f"{size(payload.bytes)}, {missing_words(payload)}"],
                more_words(payload.more_columns),
            ],
            opener,
        ],
    ]


def drawn_words(payload: TablePreview) -> str:
    """Say which rows a picture is from; nothing where that is all of them."""
    return f"from {payload.drawn:,} of {payload.rows:,} rows" if payload.drawn else ""


def distinct_words(column: ColumnProfile, payload: TablePreview) -> str:
    """Say how many values a column has; rows that were not drawn may have more."""
    if column.distinct is None:
        return ""
    return f"{'at least ' if payload.drawn else ''}{plural(column.distinct, 'value')}"


def is_of_days(payload: TablePreview, at: int) -> bool:
    """Whether a column has dates without a time of day: all that is seen of it is at midnight."""
    seen = [str(row[at]) for row in payload.sample if row[at] is not None]
    return payload.columns[at].kind == "date" and all(map(_MIDNIGHT.search, seen))


_MIDNIGHT = re.compile(r" 00:00:00(\.0+)?$")


def columns_head(payload: TablePreview) -> Element:
    """Say how many columns there are, and which rows their pictures are from."""
    drawn = payload.drawn and div[f"Pictures {drawn_words(payload)}"]
    return div(".sec.t11.m3")[plural(payload.width, "column"), drawn]


def column_list(
    payload: TablePreview,
    known: Correctable | None = None,
    sought: str = "",
    names: Sequence[ColumnSchema] = (),
) -> Element:
    """List columns with kind, picture and range.

    Args:
        payload: the first columns of a table.
        known: says whose kinds can be corrected.
        sought: what is in the names of those that are listed.
        names: all columns of the table: a search finds those that the preview has not, too.
    """
    shown = [
        _column(column, payload, known, at)
        for at, column in enumerate(payload.columns)
        if _answers(column.name, sought)
    ]
    if not sought:
        return div(".cols")[shown, more_words(payload.more_columns)]
    rest = _named(names, known, sought, after=len(payload.columns))
    return div(".cols")[shown, rest if names or not shown else None]


def _answers(name: str, sought: str) -> bool:
    return sought.strip().casefold() in name.casefold()


def _column(
    column: ColumnProfile, payload: TablePreview, known: Correctable | None, at: int
) -> Element:
    return div(".colrow", data_column=column.name)[
        div(".cut")[
            b[column.name],
            div(".t11.m3")[kind_of(known, column.name, column.kind, at)],
        ],
        column.histogram and histogram_picture(column.histogram, 84, 22),
        div(".num.t11")[
            div[_range(column, payload)],
            div(".m3" if not column.missing else ".c-stale")[
                f"{column.missing:,} missing" if column.missing else ""
            ],
        ],
        doubt_of(known, column.name, at),
    ]


def _range(column: ColumnProfile, payload: TablePreview) -> Node:
    if column.min is not None:
        return [f"{brief(column.min)} to {brief(column.max)}", _unit(column)]
    return distinct_words(column, payload)


def schema_list(
    columns: Sequence[ColumnSchema], known: Correctable | None = None, sought: str = ""
) -> Element:
    """List columns as far as they are known before a run; ``sought`` is in their names."""
    return div(".cols")[_named(columns, known, sought)]


def _named(
    columns: Sequence[ColumnSchema], known: Correctable | None, sought: str, after: int = 0
) -> Node:
    """List those with this in their names by name and kind; not the first ``after``."""
    found = [(at, each) for at, each in enumerate(columns) if _answers(each.name, sought)]
    rows = [
        div(".colrow.bare", data_column=column.name)[
            div(".cut")[b[column.name], _unit(column)],
            div(".u")[kind_of(known, column.name, column.kind, at)],
            doubt_of(known, column.name, at),
        ]
        for at, column in found[:SHOWN_COLUMNS]
        if at >= after
    ]
    none = not found and div(".sec.s12.m2")[f"No column has “{sought.strip()}” in its name."]
    return [rows, none, more_words(len(found) - SHOWN_COLUMNS)]


def _unit(column: ColumnSchema | ColumnProfile) -> Node:
    return column.unit and span(".t11.m3")[f" {column.unit}"]


def column_details(payload: TablePreview, at: int) -> Element:
    """Show one column in full."""
    column, rows = payload.columns[at], payload.rows
    unit, least = column.unit, payload.drawn and span(".u")["at least "]
    head = div(".row")[
        b(".cut", style="font-size:15px")[column.name], span(".tag")[kind_words(column.kind)]
    ]
    return div(".sec")[
        head,
        _large(column),
        table(".mt.stats", style="margin-top:12px")[
            tbody[
                _row("Rows", f"{rows:,}"),
                _row("Missing", _missing(column.missing, rows)),
                column.distinct is not None and _row("Distinct", [least, f"{column.distinct:,}"]),
                [
                    _row(name, [_figure(value, column), unit and [" ", span(".u")[unit]]])
                    for name, value in _figures(column)
                ],
            ]
        ],
        _top(column, days=is_of_days(payload, at)),
        payload.drawn
        and div(".t11.m2", style="margin-top:18px")[
            f"Picture, quartiles, distinct and frequent values {drawn_words(payload)}; "
            "the rest from all rows."
        ],
    ]


def _figures(column: ColumnProfile) -> list[tuple[str, float | int]]:
    low, middle, high = column.quantiles or (None, None, None)
    named = (
        ("Mean", column.mean),
        ("Std. deviation", column.std),
        ("Minimum", column.min),
        ("25 %", low),
        ("Median", middle),
        ("75 %", high),
        ("Maximum", column.max),
    )
    return [(name, value) for name, value in named if value is not None]


def _figure(value: float | int, column: ColumnProfile) -> str:
    """A whole number of a whole column needs no decimals; its mean does."""
    whole = column.kind in ("integer", "binary") and value == int(value)
    return number(int(value)) if whole else number(value)


def _row(name: str, value: Node) -> Element:
    return tr[td[name], td[value]]


def _missing(count: int, rows: int) -> Node:
    return [f"{count:,} ", _share(count, rows)] if count else "0"


def _share(count: int, rows: int) -> Node:
    return rows > 0 and span(".u")[percent(count / rows)]


def _large(column: ColumnProfile) -> Node:
    if not column.histogram:
        return None
    edges = [edge for edge in column.histogram.edges if edge is not None]
    low, high = (edges[0], edges[-1]) if edges else (None, None)
    unit = f" {column.unit}" if column.unit else ""
    return [
        div(style="margin-top:10px;color:var(--table)")[
            histogram_picture(column.histogram, 232, 96, "currentColor")
        ],
        div(".row.t11.m3", style="justify-content:space-between")[
            span[brief(low)], span[f"{brief(high)}{unit}"]
        ],
    ]


def _top(column: ColumnProfile, *, days: bool) -> Node:
    if not column.top:
        return None
    most = column.top[0].count or 1
    return [
        h3(".h3", style="margin-top:18px")["Most frequent", span(".u")[f"first {len(column.top)}"]],
        [
            div(".topv")[
                span(".cut")[_MIDNIGHT.sub("", each.value) if days else each.value or "(empty)"],
                svg(width=64, height=8, aria_hidden="true")[
                    rect(
                        width=f"{64 * each.count / most:.1f}", height=8, rx=2, fill="var(--fill-2)"
                    )
                ],
                span(".num")[f"{each.count:,}"],
            ]
            for each in column.top
        ],
    ]
