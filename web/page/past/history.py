"""The history of a pipeline: every edit in words, the canvas as it was, and the way back to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from itertools import groupby

from nicegui import background_tasks, ui

from tensorrag.edit.document import Change
from tensorrag.edit.history import LONGEST_NAME, Version
from tensorrag.edit.words import changes
from tensorrag.errors import TensorRagError
from web.canvas import PipelineCanvas
from web.live.session import Session
from web.page.actions import Action, Data, text
from web.page.closing import close_button
from web.page.icons import icon
from web.page.markup import Element, Node, b, button, div, h3, input_, li, p, span, ul
from web.page.numerals import count_of
from web.page.panel import Act, Panel
from web.page.wording import day, plural

MOST = 400
"""Versions that are listed; those with a name always are."""
MOST_SAID = 30
"""Differences that are listed."""


class Histories:
    """The history that a tab has open, if it has, and what people do in it."""

    def __init__(self, session: Session, act: Act, own: Callable[[Change], None]) -> None:
        """``own`` hears of a change that was made here."""
        self._session, self._act, self._own = session, act, own
        self._place = ui.element("div")
        self._open: HistoryView | None = None
        self.actions: dict[str, Action] = {
            "history": self._show,
            "close_history": self._close,
            "pick_version": self._pick,
            "name_version": self._name,
            "bring_back": self._bring_back,
        }

    def refresh(self) -> None:
        """Take up edits that were made since it was opened."""
        if self._open is not None and self._open.revision != self._session.revision:
            background_tasks.create(self._open.load(), name="versions of a pipeline")

    async def _show(self, _: Data) -> None:
        if self._open is None:
            with self._place:
                self._open = HistoryView(self._session, self._act)
            await self._open.load()

    def _close(self, _: Data) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    async def _pick(self, data: Data) -> None:
        if self._open is not None:
            await self._open.pick(text(data, "revision"))

    async def _name(self, data: Data) -> None:
        if self._open is not None and not data.get("typing"):
            await self._open.name(text(data, "revision"), text(data, "value"))

    def _bring_back(self, data: Data) -> None:
        change = self._open.bring_back(text(data, "revision")) if self._open is not None else None
        if change is not None:
            self._own(change)
            self._close({})


class HistoryView:
    """Over the whole page, above the editor, until it is closed."""

    def __init__(self, session: Session, act: Act) -> None:
        self._session = session
        self._versions: list[Version] = []
        self._picked: Version | None = None
        self._error: TensorRagError | None = None
        self.revision = 0
        """Of the pipeline when the versions were read."""
        with ui.element("section").classes("sheetview past") as self._root:
            self._root.props.update({"aria-label": "History", "data-testid": "history-view"})
            self._head = Panel("div", act=act).classes("hh")
            self._list = Panel("nav", act=act).classes("vl")
            self._list.props["aria-label"] = "Versions"
            with ui.element("div").classes("gr"):
                self._canvas = PipelineCanvas(readonly=True, on_ready=lambda _: self._draw())
            self._side = Panel("div", act=act).classes("sd")
        self._write()

    def close(self) -> None:
        """Take it away."""
        self._root.delete()

    async def load(self) -> None:
        """Read the versions, and show the latest, or the one that is shown."""
        self.revision = self._session.revision
        try:
            self._versions, self._error = await self._session.versions.all(), None
        except TensorRagError as error:
            self._error = error
        picked = self._picked.revision if self._picked is not None else None
        await self._turn_to(self._found(picked) or next(iter(self._versions), None))

    async def pick(self, revision: str) -> None:
        """Show a version; what arrives comes from the browser."""
        version = self._found(count_of(revision))
        if version is not None:
            await self._turn_to(version)

    async def name(self, revision: str, name: str) -> None:
        """Give a version a name, or take it away."""
        version = self._found(count_of(revision))
        if version is None or version.name == name.strip():
            return
        try:
            await self._session.versions.name(version.revision, name)
        except TensorRagError as error:
            self._error = error
            self._write()
        else:
            await self.load()

    def bring_back(self, revision: str) -> Change | None:
        """Make the pipeline what it was then; None if it cannot be."""
        version = self._found(count_of(revision))
        if version is None:
            return None
        try:
            return self._session.replacing.bring_back(version)
        except TensorRagError as error:
            self._error = error
            self._write()
            return None

    def _found(self, revision: int | None) -> Version | None:
        return next((each for each in self._versions if each.revision == revision), None)

    async def _turn_to(self, version: Version | None) -> None:
        self._picked = version
        self._write()
        await self._draw()

    async def _draw(self) -> None:
        version = self._picked
        if version is None:
            return
        drawn = await self._session.drawn(version.pipeline)
        if version is self._picked and not self._root.is_deleted:
            self._canvas.load(drawn)
            self._canvas.fit()

    # --- what is seen -----------------------------------------------------------------------

    def _write(self) -> None:
        if not self._root.is_deleted:
            self._head.show(self._heading())
            self._list.show(self._rows())
            self._side.show(self._facts())

    def _heading(self) -> Node:
        picked = self._picked
        return [
            close_button("history"),
            icon("history"),
            b(style="font-size:15px")["History"],
            span(".m2.cut")[self._session.pipeline.name],
            span(".sp"),
            self._namer(picked) if picked else None,
            self._back(picked) if picked else None,
        ]  # fmt: skip

    def _namer(self, picked: Version) -> Element:
        field = input_(
            type="text", value=picked.name, placeholder="Name this version", id="version-name",
            aria_label="Name of this version", maxlength=LONGEST_NAME, data_sets="name_version",
            data_revision=picked.revision, data_blurs=True, autocomplete="off", spellcheck="false",
            data_testid="version-name",
        )  # fmt: skip
        return div(".inp.vname", data_key=f"name-{picked.revision}")[field]

    def _back(self, picked: Version) -> Element:
        now = picked.pipeline == self._session.pipeline
        return button(
            ".btn.o", type="button", data_act="bring_back", data_revision=picked.revision,
            data_testid="bring-back", disabled=now,
            title="The pipeline is like this now" if now else "One edit, which Undo takes back",
        )["Bring back"]  # fmt: skip

    def _rows(self) -> Node:
        if not self._versions:
            return p(".m2.vnone")["Reading …"]
        listed = [v for at, v in enumerate(self._versions) if at < MOST or v.name]
        days = groupby(listed, lambda version: _moment(version).date())
        return [[_day(when), ul[[self._row(each) for each in found]]] for when, found in days]

    def _row(self, version: Version) -> Element:
        here = self._picked is not None and version.revision == self._picked.revision
        return li(data_key=f"v{version.revision}")[
            button(
                ".vrow", type="button", data_act="pick_version", data_revision=version.revision,
                data_testid="version", aria_current="true" if here else None,
            )[
                span(".num.m3.s12")[f"{_moment(version):%H:%M}"],
                span(".vsaid")[
                    version.name and b(".cut")[version.name],
                    span(".m2.s12.cut" if version.name else ".cut")[version.said],
                ],
            ]
        ]  # fmt: skip

    def _facts(self) -> Node:
        said = _said(self._error)
        picked = self._picked
        if picked is None:
            return said
        session = self._session
        since = changes(picked.pipeline, session.pipeline, session.catalog)
        return [
            said,
            div(".sec")[
                h3[picked.name or picked.said],
                p(".m2")[picked.name and f"{picked.said}. ", f"{_moment(picked):%H:%M:%S}, ",
                         day(_moment(picked)), "."],
                p(".m2")[f"{plural(len(picked.pipeline.nodes), 'card')}, "
                         f"{plural(len(picked.pipeline.edges), 'wire')}."],
            ],
            div(".sec.wide")[
                h3["Changed since then"],
                ul(".vdiff")[[li[each] for each in since[:MOST_SAID]]],
                len(since) > MOST_SAID and p(".m3")[f"and {len(since) - MOST_SAID:,} more"],
                not since and p(".m2")["Nothing: the pipeline is like this now."],
            ],
        ]  # fmt: skip


def _said(error: TensorRagError | None) -> Node:
    if error is None:
        return None
    message = div[error.message, error.hint and f" {error.hint}"]
    failed = span(".c-error")[icon("failed", ".s")]
    return div(".sec")[div(".msg.error", role="alert")[failed, message]]


def _moment(version: Version) -> datetime:
    return datetime.fromtimestamp(version.made).astimezone()


def _day(when: date) -> Element:
    return div(".cat")[day(datetime(when.year, when.month, when.day).astimezone())]
