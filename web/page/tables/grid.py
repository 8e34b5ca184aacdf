"""Tables in AG Grid: the first rows in the inspector, every row in the table view, page by page.

Columns go by their place (``c0``, ``c1``), never by name: a dot in a field's name would mean
something to the grid.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from nicegui import ui

from tensorrag.pipeline import JsonObject
from tensorrag.preview import ColumnProfile, TablePreview
from web.page.numerals import count_of
from web.page.tables.columns import distinct_words, is_of_days
from web.page.tables.kinds import kind_words
from web.page.wording import brief

Where = tuple[str, str, Any]
"""A condition: column, comparison, value."""

NUMERIC = frozenset({"number", "integer", "binary"})
BEYOND, MOST_LETTERS = 4, 32
"""Letters that are seen of texts where they differ, and of all that one begins with."""
_HEAD = "window.tensorrag.ColumnHead"
_CELL = "window.tensorrag.cell"


def sample_grid(payload: TablePreview) -> ui.aggrid:
    """Show the first rows, each column under its picture."""
    rows = [{f"c{at}": cell for at, cell in enumerate(row)} for row in payload.sample]
    options = _options(payload) | {"rowData": rows}
    height = 94 + 25 * min(len(rows), 10)
    return (
        ui.aggrid(options, auto_size_columns=False)
        .classes("sheet small")
        .style(f"height:{height}px")
    )


def paged_grid(payload: TablePreview) -> ui.aggrid:
    """Show every row; the browser asks for a page of them when it comes into view."""
    options = _options(payload) | {
        "rowModelType": "infinite",
        "cacheBlockSize": 200,
        "maxBlocksInCache": 20,
        "infiniteInitialRowCount": min(payload.rows, 200),
        "rowBuffer": 20,
        "blockLoadDebounceMillis": 60,
        ":datasource": "window.tensorrag.pages",
        ":popupParent": "document.querySelector('[data-testid=table]')",  # beside it is room, too
    }
    options["defaultColDef"] |= {"sortable": True, "sortingOrder": ["asc", "desc", None]}
    for column, definition in zip(payload.columns, options["columnDefs"], strict=True):
        definition |= _filter(column)
    options["autoSizeStrategy"] = {"type": "fitGridWidth", "defaultMinWidth": 78}
    options["columnDefs"].insert(0, _row_numbers(payload.rows))
    return ui.aggrid(options, auto_size_columns=False).classes("sheet")


def _options(payload: TablePreview) -> dict[str, Any]:
    return {
        "columnDefs": [_column(at, payload) for at in range(len(payload.columns))],
        "defaultColDef": {
            "sortable": False,
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "suppressMovable": True,
        },
        "rowHeight": 25,
        "headerHeight": 116,
        "animateRows": False,
        "suppressCellFocus": False,
        "suppressColumnVirtualisation": False,
        "enableCellTextSelection": True,
    }


COMPARISONS = {
    "contains": "contains", "notContains": "lacks", "startsWith": "begins", "endsWith": "ends",
    "equals": "=", "notEqual": "≠", "lessThan": "<", "lessThanOrEqual": "≤",
    "greaterThan": ">", "greaterThanOrEqual": "≥", "blank": "missing", "notBlank": "present",
}  # fmt: skip
"""What the grid calls comparisons, and what they are."""
_OF_TEXTS = ("contains", "notContains", "startsWith", "endsWith", "equals", "notEqual")
_OF_NUMBERS = (
    "greaterThanOrEqual", "lessThanOrEqual", "greaterThan", "lessThan", "inRange", "equals",
    "notEqual",
)  # fmt: skip


def _filter(column: ColumnProfile) -> dict[str, Any]:
    """Let rows be chosen by what stands in a column, one condition for each."""
    numeric = column.kind in NUMERIC
    return {
        "filter": "agNumberColumnFilter" if numeric else "agTextColumnFilter",
        "filterParams": {
            "maxNumConditions": 1,
            "filterOptions": [*(_OF_NUMBERS if numeric else _OF_TEXTS), "blank", "notBlank"],
            "buttons": ["reset"],
            "inRangeInclusive": True,
            "debounceMs": 500,
        },
    }


def conditions(model: Any, payload: TablePreview) -> list[Where]:
    """Read what a grid says rows must have; what makes no sense is left out."""
    found: list[Where] = []
    for field, asked in model.items() if isinstance(model, dict) else ():
        at = str(field).removeprefix("c")
        place = count_of(at)
        if place is None or place >= len(payload.columns) or not isinstance(asked, dict):
            continue
        name, value = payload.columns[place].name, asked.get("filter")
        if asked.get("type") == "inRange":
            found += [(name, "≥", value), (name, "≤", asked.get("filterTo"))]
        elif asked.get("type") in COMPARISONS:
            found.append((name, COMPARISONS[asked["type"]], value))
    bare = ("missing", "present")
    return [each for each in found if each[1] in bare or type(each[2]) in (str, int, float)]


def under_heads(page: JsonObject, payload: TablePreview) -> JsonObject:
    """Put the cells of rows in the order of the heads, which need not be the table's own."""
    place = {name: at for at, name in enumerate(page["columns"])}
    order = [place.get(column.name) for column in payload.columns]
    rows = [[None if at is None else row[at] for at in order] for row in page["rows"]]
    return {**page, "rows": rows}


def _row_numbers(rows: int) -> dict[str, Any]:
    width = max(64, 22 + 8 * len(f"{rows:,}"))
    return {
        "headerName": "row",
        ":valueGetter": "(p) => p.node.rowIndex + 1",
        ":valueFormatter": "(p) => p.value.toLocaleString('en-US')",
        "width": width,
        "minWidth": width,
        "maxWidth": width,
        "pinned": "left",
        "sortable": False,
        "filter": False,
        "resizable": False,
        "cellClass": "num ix",
        "headerClass": "ix",
    }


def _column(at: int, payload: TablePreview) -> dict[str, Any]:
    column = payload.columns[at]
    numeric = column.kind in NUMERIC
    narrowest = _narrowest(at, payload)
    return {
        "field": f"c{at}",
        "colId": f"c{at}",
        "headerName": column.name,
        "width": max(narrowest, min(200, 26 + 8 * len(column.name))) if numeric else 140,
        "minWidth": narrowest,
        "cellClass": "num" if numeric else "",
        ":headerComponent": _HEAD,
        "headerComponentParams": {
            "profile": _profile(column, payload),
            "digits": digits(column),
            "days": is_of_days(payload, at),
        },
        ":valueFormatter": _CELL,
    }


def _narrowest(at: int, payload: TablePreview) -> int:
    """Leave room, in pixels, for what stands in a column's head, and for a date in full."""
    column = payload.columns[at]
    date = 96 if is_of_days(payload, at) else 150
    values = 6 * len(distinct_words(column, payload)) if column.min is None else _ends(column)
    kind, missing = 7 * len(kind_words(column.kind)), 46 + 6 * len(f"{column.missing:,}")
    texts = 8 * _told_apart(at, payload)
    return max(78, 16 + max(values, kind, missing, texts), date if column.kind == "date" else 0)


def _told_apart(at: int, payload: TablePreview) -> int:
    """Return how many letters of texts have to be seen until no two of them look alike."""
    cells = [row[at] for row in payload.sample]
    texts = sorted({cell for cell in cells if isinstance(cell, str)})
    alike = [_alike(*pair) for pair in pairwise(texts)]
    longest = max(map(len, texts), default=0)
    return min(max(alike, default=0) + BEYOND, longest, MOST_LETTERS)


def _alike(one: str, other: str) -> int:
    """Return how many letters two texts begin with that are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _ends(column: ColumnProfile) -> int:
    """Return how wide the least and the largest value are beside one another."""
    return 8 + 6 * len(brief(column.min) + brief(column.max))


def _profile(column: ColumnProfile, payload: TablePreview) -> dict[str, Any]:
    counts = column.histogram.counts if column.histogram else ()
    tallest = max(counts, default=0) or 1
    return {
        "name": column.name,
        "kind": kind_words(column.kind),
        "bars": [round(count / tallest, 3) for count in counts],
        "low": column.min,
        "high": column.max,
        "distinct": distinct_words(column, payload),
        "missing": column.missing,
    }


def digits(column: ColumnProfile) -> int | None:
    """Choose the decimals of a column so that its quartiles have three digits; None: all it has.

    The largest of them tells: the median of what lies about nought is next to nothing.
    """
    if column.kind != "number":
        return None
    quartiles = [abs(value) for value in column.quantiles or () if value]
    size = max(quartiles, default=0) or abs(column.mean or 0) or abs(column.max or 0)
    return 2 if not size else max(1, min(6, 2 - math.floor(math.log10(size))))
