"""The table view: every row of a table, in pages from the server, and one column in full."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from tensorrag.errors import TensorRagError
from tensorrag.pipeline import JsonObject
from tensorrag.preview import TablePreview
from web.live.stored_table import StoredTable
from web.page.actions import Action, Data, text
from web.page.closing import close_button
from web.page.icons import glyph, icon, state
from web.page.markup import Node, a, b, button, div, input_, span
from web.page.numerals import number_of
from web.page.panel import Act, Panel
from web.page.scene.card import Card
from web.page.scene.ports import PortTab
from web.page.tables.columns import column_details, missing_words, size_words
from web.page.tables.grid import Where, conditions, paged_grid, under_heads
from web.page.tables.kinds import kind_words
from web.page.wording import plural, seconds, size

PAGE = 500
"""Most rows in one answer."""


class Tables:
    """The table that a tab has open, if any, and what people do in it."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._place = ui.element("div")
        self._open: TableView | None = None
        self.actions: dict[str, Action] = {
            "close_table": self._close,
            "find_column": self._find,
            "pick_column": self._pick,
            "rows": self._rows,
            "go_to_row": self._go_to_row,
            "all_rows": self._all_rows,
        }

    def open(
        self, card: Card, tab: PortTab, table: TablePreview, stored: StoredTable, pipeline: str
    ) -> None:
        """Show a table, in place of another one; ``pipeline`` is what its file is named after."""
        self._close({})
        with self._place:
            self._open = TableView(stored, pipeline, card, tab, table, self._act)

    def _close(self, _: Data) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _find(self, data: Data) -> None:
        if self._open is not None:
            self._open.find(text(data, "value"))

    def _pick(self, data: Data) -> None:
        if self._open is not None:
            self._open.pick(data.get("column"))

    def _go_to_row(self, data: Data) -> None:
        number = number_of(text(data, "value"))
        if self._open is not None and number is not None:
            self._open.go_to(number)

    def _all_rows(self, _: Data) -> None:
        if self._open is not None:
            self._open.show_all()

    async def _rows(self, data: Data) -> None:
        if self._open is not None:
            await self._open.rows(data)


class TableView:
    """One table over the whole page, above the editor, until it is closed."""

    def __init__(
        self,
        stored: StoredTable,
        pipeline: str,
        card: Card,
        tab: PortTab,
        table: TablePreview,
        act: Act,
    ) -> None:
        self._stored, self._pipeline, self._tab, self._table = stored, pipeline, tab, table
        self._card, self._column = card, len(table.columns) - 1
        self._found, self._wrong = table.rows, ""
        self._seen: object = ("", [])
        """The order and the choice that the rows seen now have."""
        self._saving = ""
        """Where the file of these rows is."""
        self._measured = ""
        """Of which of them that was said, or is about to be."""
        self._bytes: int | None = None
        """About how long that file is, once that is known."""
        with ui.element("section").classes("sheetview") as self._root:
            self._root.props.update(
                {"aria-label": f"{card.title}, {tab.label}", "data-testid": "table"}
            )
            self._head = Panel("div", self._heading(), act=act).classes("hh")
            with ui.element("div").classes("gr"):
                self._grid = paged_grid(table)
            self._side = Panel("div", act=act, asks=True).classes("sd")
        self.pick(self._column)

    def close(self) -> None:
        """Take it away."""
        self._root.delete()

    def pick(self, at: Any) -> None:
        """Show a column in full; ``at`` comes from the browser."""
        if isinstance(at, int) and 0 <= at < len(self._table.columns):
            self._column = at
            self._side.show(column_details(self._table, at))
            self._side.run_method("pick", f"c{at}")

    def find(self, name: str) -> None:
        """Bring the column of this name into view."""
        names = [column.name for column in self._table.columns]
        if name in names:
            at = names.index(name)
            self._grid.run_grid_method("ensureColumnVisible", f"c{at}", "middle")
            self.pick(at)

    async def rows(self, data: dict[str, Any]) -> None:
        """Answer a grid that asks for rows."""
        request, offset, limit = (data.get(key) for key in ("request", "offset", "limit"))
        if not (isinstance(request, int) and isinstance(offset, int) and isinstance(limit, int)):
            return
        sort, at = "", data.get("column")
        if isinstance(at, int) and 0 <= at < len(self._table.columns):
            sort = f"{'-' if data.get('down') else ''}{self._table.columns[at].name}"
        where = conditions(data.get("where"), self._table)
        if (sort, where) != self._seen:  # of many rows, that takes a while
            self._head.show(self._heading(busy=True))
        try:
            limit = min(PAGE, max(0, limit))
            found = await self._stored.rows(max(0, offset), limit, sort, where)
            page: JsonObject | None = under_heads(found, self._table)
            self._found, self._wrong, self._seen = found["total"], "", (sort, where)
            address = self._address(sort, where)
            if address != self._saving:  # the link must not lead to the rows of before
                self._saving, self._bytes = address, None
        except TensorRagError as error:
            page, self._wrong = None, f"{error.message} {error.hint}"
        if not self._root.is_deleted:
            self._side.run_method("rows", request, page)
            self._head.show(self._heading())
            if page is not None:
                await self._measure(sort, where)

    def _address(self, sort: str, where: list[Where]) -> str:
        name = " - ".join((self._pipeline, self._card.title, self._tab.label))
        asked = urlencode({"sort": sort, "where": json.dumps(where), "name": name})
        return f"/api/tables/{self._stored.digest}/csv?{asked}"

    async def _measure(self, sort: str, where: list[Where]) -> None:
        """Say how long the file of these rows would be, once for each choice of them."""
        address = self._address(sort, where)
        if address == self._measured:
            return
        self._measured = address
        with suppress(TensorRagError):  # then it has no size, and says why when it is asked for
            length = await self._stored.csv_size(sort, where)
            if self._saving == address and not self._root.is_deleted:
                self._bytes = length
                self._head.show(self._heading())

    def go_to(self, number: float) -> None:
        """Bring a row into view, counted from 1 as the rows are shown now."""
        if self._found and math.isfinite(number):
            at = min(max(1, int(number)), self._found) - 1
            self._grid.run_grid_method("ensureIndexVisible", at, "middle")
            self._grid.run_grid_method("setFocusedCell", at, f"c{self._column}")

    def show_all(self) -> None:
        """Look at all rows again, whatever they were chosen by."""
        self._grid.run_grid_method("setFilterModel", None)

    def _counted(self) -> Node:
        """Say how many rows there are, and how many of them are looked at."""
        if self._found == self._table.rows:
            return span(".num")[size_words(self._table)]
        return [
            span(".num")[b[f"{self._found:,}"], span(".u")[f" of {self._table.rows:,} rows"]],
            button(".link.t11", type="button", data_act="all_rows")["Show all"],
        ]

    def _heading(self, *, busy: bool = False) -> Node:
        card, table = self._card, self._table
        runtime = card.runtime or {}
        return [
            close_button("table"),
            glyph(card.kind),
            b(".cut", style="font-size:15px", title=card.title)[card.title],
            span(".m2")[self._tab.label, self._tab.came is not None and ", which came in"],
            table.synthetic and span(".tag")["synthetic"],
            span(".s12", style="margin-left:8px;display:inline-flex")[state(card.state)],
            span(".num.m2.s12.aside")[seconds(runtime.get("seconds"))],
            self._wrong and span(".c-error.s12.cut", role="alert", title=self._wrong)[self._wrong],
            span(".sp"),
            busy and span(".m2.s12", role="status")["Putting rows in order …"],
            self._counted(),
            span(".m3.aside")["·"],
            span(".num.m2.aside")[size(table.bytes)],
            span(".m3.aside")["·"],
            span(".num.m2.aside")[missing_words(table)],
            span(".vr"),
            self._saver(),
            _row_field(self._found),
            self._finder(),
        ]  # fmt: skip

    def _saver(self) -> Node:
        """Offer the rows as they are chosen and sorted now, as a file whose size is said before."""
        if not self._saving:
            return None
        says = f"Save {plural(self._found, 'row')} as CSV"
        about = f"about {size(self._bytes)}" if self._bytes is not None else ""
        return a(
            ".btn.o.sml", href=self._saving, download=True, aria_label=f"{says}, {about}",
            title=f"{says}, as they are chosen and sorted now. The browser can stop it.",
        )[icon("export", ".s"), "CSV", about and span(".u.num")[about]]  # fmt: skip

    def _finder(self) -> Node:
        field = input_(
            type="text", role="combobox", id="find-column", placeholder="Find a column",
            aria_label="Find a column", aria_expanded="false", aria_autocomplete="list",
            aria_controls="find-column-list", data_sets="find_column", data_had="", data_many=True,
            data_closes=True,
            autocomplete="off", spellcheck="false",
        )  # fmt: skip
        options = [
            div(".opt", role="option", id=f"find-column-{at}", data_value=column.name)[
                span(".cut")[column.name], span(".u")[kind_words(column.kind)]
            ]
            for at, column in enumerate(self._table.columns)
        ]
        listed = div(".menu.list", popover="manual", role="listbox", id="find-column-list")
        return [
            div(".search.find", data_key="find-column-box")[icon("search", ".s"), field],
            listed(aria_label="Columns")[options],
        ]


def _row_field(rows: int) -> Node:
    field = input_(
        type="text", id="go-to-row", data_sets="go_to_row", data_blurs=True, data_kind="number",
        data_min=1, data_max=rows, inputmode="numeric", placeholder="Go to row",
        aria_label="Go to row", autocomplete="off", spellcheck="false",
    )  # fmt: skip
    return div(".inp.short.goto", data_key="go-to-row-box")[field]
