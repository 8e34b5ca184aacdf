"""The page on which one card is written: what is typed is kept, tried out, and saved when asked."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

from nicegui import Client, background_tasks, ui

from tensorrag.errors import TensorRagError
from tensorrag.pipeline.came_along import source_sha256
from tensorrag.registry.draft import Draft
from web.live.cards.sources import NEW, Source, WrittenMeanwhile
from web.live.cards.unsaved import Unsaved
from web.live.sessions import Sessions
from web.page import theme
from web.page.actions import Data
from web.page.panel import Panel
from web.page.sources.editor import SourceEditor
from web.page.sources.view import Writing, address, bar, beside
from web.page.wording import plural

LOOK = 1.0
"""Seconds between two looks at the file on the disk."""

log = logging.getLogger(__name__)


class SourcePage:
    """One tab in which a card is written."""

    def __init__(
        self, sessions: Sessions, source: Source, back: tuple[str, str] | None = None
    ) -> None:
        """``back`` is the id and the name of the pipeline that somebody came from."""
        self._sessions, self._sources = sessions, sessions.sources
        unsaved = source.unsaved
        self._file, self._saved = source.file, source.text
        self._text = unsaved.text if unsaved else source.text
        self._based_on = unsaved.based_on if unsaved else source.sha256
        self._kept = (source.file, self._text) if unsaved else None
        """The text that this tab has kept, and of which file."""
        self._number = 0
        """Of the text that was heard last."""
        self._keeping = asyncio.Lock()
        self._saving = asyncio.Lock()
        self._typing = asyncio.Event()
        self._shown = Writing(
            file=source.file,
            there=source.there,
            back=back,
            status=self._status,
            unsaved=self._unsaved,
            theirs=source.there and self._based_on != source.sha256,
            types=sessions.catalog.types,
        )

    def build(self, client: Client) -> None:
        """Put the page together, and follow the text and its file until the tab is closed."""
        self._client = client
        with ui.element("div").classes("writing"):
            self._bar = Panel("header", bar(self._shown), act=self.act).classes("top")
            with ui.element("div").classes("sourcepart"):
                self._editor = SourceEditor(
                    self._text, "Source of the card", self._typed, self._late
                )
            self._beside = Panel("aside", beside(self._shown), act=self.act).classes("draft")
            self._beside.props["aria-label"] = "What becomes of it"
        self._typing.set()
        following = background_tasks.create(self._follow(client), name="page of a source")
        client.on_delete(following.cancel)

    async def act(self, name: str, data: Data) -> None:
        """Do what a control says; unknown actions are not heard."""
        try:
            match name:
                case "save":
                    await self._save()
                case "rename" if self._shown.better:
                    await self._rename(self._shown.better)
                case "delete" if self._shown.there:
                    await self._delete()
                case "take_theirs" if self._shown.theirs:
                    await self._take_theirs()
                case "revert" if self._unsaved:
                    await self._take_theirs()
                case "take_beside" if self._shown.beside:
                    await self._take_beside(self._shown.beside)
                case "keep_mine" if self._shown.theirs:
                    await self._keep_mine()
                case "go":
                    self._go(data)
        except WrittenMeanwhile:
            self._say(status="Not done: it was changed meanwhile", theirs=True)
        except TensorRagError as error:
            self._say(status=self._status, wrong=(error.message, error.hint))

    @property
    def _unsaved(self) -> bool:
        return self._text != self._saved

    @property
    def _is_kept(self) -> bool:
        return self._kept == (self._file, self._text)

    @property
    def _status(self) -> str:
        if self._unsaved:
            return "Not saved, draft kept" if self._is_kept else "Not saved"
        return "" if self._file == NEW else "Saved"

    def _say(self, **what: object) -> None:
        what = {"unsaved": self._unsaved, **what}
        self._shown = replace(self._shown, **what)  # type: ignore[arg-type]  # fields by name
        self._bar.show(bar(self._shown))
        self._beside.show(beside(self._shown))

    def _go(self, data: Data) -> None:
        line, column = str(data.get("line", "")), str(data.get("column", ""))
        if line.isdecimal() and len(line) < 8:
            known = column.isdecimal() and len(column) < 8
            self._editor.go_to(int(line), int(column) if known else None)

    # --- what is typed ----------------------------------------------------------------------

    async def _typed(self, text: str, number: int) -> None:
        self._text, self._number = text, number
        self._typing.set()
        self._say(wrong=None)
        try:
            await self._keep()
        except TensorRagError as error:
            self._say(wrong=(f"Your text cannot be kept: {error.message}", error.hint))
        self._say(status=self._status)

    def _late(self) -> None:
        hint = "Ctrl+Z in the text brings back what you typed."
        self._say(wrong=("The text was replaced while you typed.", hint))

    async def _keep(self) -> None:
        """Keep what was typed, or forget it where it is what the file says."""
        texts = self._sources.unsaved
        async with self._keeping:
            number, before = self._number, self._kept
            now = (self._file, self._text) if self._unsaved else None
            if now is not None:
                typed, old = Unsaved(now[1], self._based_on), before and before[1]
                await asyncio.to_thread(texts.keep, now[0], typed, old)
            if before is not None and before != now:
                await asyncio.to_thread(texts.forget, *before)
            self._kept = now
        self._editor.kept(number)

    async def _follow(self, client: Client) -> None:
        await client.connected()  # to load a page runs nothing
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._typing.wait(), LOOK)
            try:
                await (self._try_out() if self._typing.is_set() else self._look_at_file())
            except TensorRagError as error:
                self._say(wrong=(error.message, error.hint))
            except Exception:  # what fails once must not end what follows
                log.exception("A source could not be looked at.")

    async def _try_out(self) -> Draft:
        """Say what the text would be, unless it is another one by then."""
        self._typing.clear()
        text = self._text
        self._say(checking=True)
        draft = await self._sources.try_out(self._file, text)
        if text == self._text:
            self._editor.mark_faults(draft.faults)
            self._say(draft=draft, checking=False, lost=await self._lost(draft))
        return draft

    async def _lost(self, draft: Draft) -> list[tuple[str, int]]:
        """Name the cards of this file that the text has no more."""
        if draft.faults:
            return []
        made = {info.card for info in draft.cards}
        lost = [card for card in self._sources.cards_in(self._file) if card not in made]
        return [(card, await self._sources.uses(card)) for card in lost]

    # --- the file ---------------------------------------------------------------------------

    async def _save(self) -> None:
        async with self._saving:  # one after the other; what is written here is no one else's
            await self._save_now()

    async def _save_now(self) -> None:
        text = self._text
        self._say(status="Saving …", wrong=None)
        draft = await self._try_out()
        if draft.faults:
            at = f"line {draft.faults[0].line}: " if draft.faults[0].line else ""
            kept = "What you typed is kept as a draft. " if self._is_kept else ""
            said = f"Not saved, {at}{draft.faults[0].message}"
            self._say(status=self._status, wrong=(said, f"{kept}What is in use stays as it was."))
            return
        file = await self._sources.save(self._file, text, self._based_on, draft)
        await self._is_saved(file, text, draft)

    async def _is_saved(self, file: str, text: str, draft: Draft) -> None:
        if self._file == NEW:
            self._move_to(file)
        self._saved, self._based_on = text, source_sha256(text)
        await self._keep()  # somebody may have gone on typing, also under the name before
        uses = sum([await self._sources.uses(info.card) for info in draft.cards])
        used = f", in use by {plural(uses, 'card')}" if uses else ""
        unusable = self._sources.why_unusable(file)
        wrong = (f"It cannot be used. {unusable.message}", unusable.hint) if unusable else None
        status = self._status if self._unsaved else f"Saved{used}"
        self._say(file=file, there=True, theirs=False, status=status, wrong=wrong, lost=())

    def _move_to(self, file: str) -> None:
        """Be the page of this file from now on, as it is."""
        self._file = file
        place = address(file, (self._shown.back or ("",))[0])
        with self._client:
            ui.page_title(theme.title(file))
            ui.run_javascript(f"history.replaceState(history.state, '', {place!r})")

    async def _rename(self, to: str) -> None:
        async with self._saving:
            await self._sources.rename(self._file, to, self._based_on)
            await self._follow_to(to)

    async def _follow_to(self, file: str) -> None:
        self._move_to(file)
        self._typing.set()  # what it would be depends on the name
        await self._keep()
        self._say(file=file, there=True, theirs=False, wrong=None)

    async def _delete(self) -> None:
        await self._sources.delete(self._file, self._based_on)
        self._saved, self._based_on = "", ""
        await self._keep()
        self._say(there=False, status="Deleted. Save puts it back.", wrong=None)

    async def _look_at_file(self) -> None:
        """Take up what others wrote into the file, or offer it where that would lose something."""
        if self._saving.locked() or not self._client.has_socket_connection:
            return  # a tab that somebody left must not undo what is done in the next one
        based_on = self._based_on
        found = await self._sources.read(self._file)
        if self._kept is not None and not found.drafts:  # another tab has thrown both away
            await self._keep()
        if (theirs := self._draft_beside(found)) != self._shown.beside:
            self._say(beside=theirs)
        busy = self._saving.locked() or self._typing.is_set() or self._based_on != based_on
        if busy or found.sha256 == based_on:
            return
        if not found.there and (to := self._sources.moved_to(self._file)):
            await self._follow_to(to)
        elif not found.there:
            self._saved, self._based_on = "", ""
            await self._keep()
            self._say(there=False, theirs=False, status="Deleted. Save puts it back.")
        elif not self._unsaved or found.text == self._text:
            await self._take(found)
        elif not self._shown.theirs:
            self._say(theirs=True)

    def _draft_beside(self, found: Source) -> Unsaved | None:
        """Return what another tab typed, where this one has a draft of its own, too."""
        if not self._is_kept:
            return None
        return next((each for each in found.drafts if each.text != self._text), None)

    async def _take_beside(self, theirs: Unsaved) -> None:
        self._text, self._based_on = theirs.text, theirs.based_on
        self._editor.take(theirs.text)
        self._typing.set()
        await self._keep()
        self._say(beside=None, status=self._status, wrong=None)

    async def _take_theirs(self) -> None:
        await self._take(await self._sources.read(self._file))

    async def _take(self, found: Source) -> None:
        self._text = self._saved = found.text
        self._based_on = found.sha256
        self._editor.take(found.text)
        self._typing.set()
        self._say(there=found.there, theirs=False, status=self._status, wrong=None)
        await self._keep()

    async def _keep_mine(self) -> None:
        found = await self._sources.read(self._file)
        self._saved, self._based_on = found.text, found.sha256
        await self._keep()
        self._say(there=found.there, theirs=False, status=self._status, wrong=None)
