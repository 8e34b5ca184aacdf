"""The files of cards of one's own, as they are written in the browser: reading, trying, saving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tensorrag.catalog import CardInfo, Catalog
from tensorrag.durable import write_file
from tensorrag.errors import CardError, CardNotFound, TaskFailed, TensorRagError
from tensorrag.pipeline.came_along import source_sha256
from tensorrag.quoting import quoted
from tensorrag.registry.draft import Draft, Fault
from tensorrag.store.workspace import Workspace
from web.live.cards.files import card_file, check_card_file
from web.live.cards.template import card_template
from web.live.cards.unsaved import Unsaved, UnsavedTexts
from web.live.cards.watch import CardWatch
from web.live.hosting import Hosting

NEW = "new"
"""What a card is called that has no file yet."""


class WrittenMeanwhile(CardError):
    """The file is not what the text was made from."""


@dataclass(frozen=True)
class Source:
    """A file with cards as it lies on the disk."""

    file: str
    """``clip_outliers.py``, or `NEW`."""
    text: str = ""
    there: bool = False
    drafts: tuple[Unsaved, ...] = ()
    """What was typed over it and not saved, in one tab or in two; the last first."""

    @property
    def unsaved(self) -> Unsaved | None:
        """What was typed last."""
        return self.drafts[0] if self.drafts else None

    @property
    def sha256(self) -> str:
        """Of the text; empty where there is no file."""
        return source_sha256(self.text) if self.there else ""


class CardSources:
    """Writes cards of one's own, with the same checks as for those that are dropped.

    Args:
        workspace: has the drop-in folder.
        cards: those that there are.
        hosting: gives who tries a text out; it is there once the server has started.
    """

    def __init__(
        self, workspace: Workspace, cards: CardWatch, hosting: Callable[[], Hosting]
    ) -> None:
        self._workspace, self._cards, self._hosting = workspace, cards, hosting
        self.unsaved = UnsavedTexts(workspace.root / "drafts")
        self._saving = asyncio.Lock()
        self._moved: dict[str, str] = {}
        """What files are called that were renamed here."""

    def file_of(self, name: str) -> str | None:
        """Return the file of a card, broken or not, or of this name; None of an installed card."""
        catalog = self._cards.catalog
        if name in catalog.cards:
            return drop_in_file(catalog.cards[name])
        broken = (notice.file for notice in catalog.notices if name in notice.cards)
        if file := next((file for file in broken if file.endswith(".py")), None):
            return file
        return card_file(name.removesuffix(".py"))

    async def read_card(self, name: str) -> Source:
        """Read the file of a card or of this name, as `read` does.

        Raises:
            CardNotFound: it comes with an installed pack.
            CardError: this can be no such file, or it is no text.
        """
        file = self.file_of(name)
        if file is None:
            raise CardNotFound(
                f"{quoted(name)} comes with an installed pack.", hint="Write a card of your own."
            )
        return await self.read(file)

    async def read(self, file: str) -> Source:
        """Read a file, and what was typed over it and not saved; of `NEW`, the template.

        Raises:
            CardError: this can be no such file, or it is no text.
        """
        if file == NEW:
            text = card_template(self._cards.catalog.cards)
            source = Source(NEW, text)
        else:
            check_card_file(file, "")
            source = await asyncio.to_thread(_read, self._cards.folder, file)
        return replace(source, drafts=await asyncio.to_thread(self.unsaved.all, file))

    async def try_out(self, file: str, text: str) -> Draft:
        """Say what a text would be as this file. It is run in a worker; nothing here changes."""
        try:
            check_card_file(f"{NEW}.py" if file == NEW else file, text)
            draft = await self._hosting().draft(text, file.removesuffix(".py"))
        except TensorRagError as error:
            failed = isinstance(error, TaskFailed)
            hint = "Move what happens on import into run." if failed else error.hint
            return Draft(faults=(Fault(message=error.message, hint=hint),))
        faults = [*draft.faults, *self._clashes(file, draft)]
        if file == NEW and draft.cards and not faults:
            faults += await self._taken(draft.cards[0].card)
        return Draft(cards=draft.cards, faults=tuple(faults))

    async def save(self, file: str, text: str, based_on: str, draft: Draft) -> str:
        """Write a text that was tried out, and have the cards described; returns its file.

        Args:
            file: `NEW` names it after its first card.
            text: what is written.
            based_on: digest of the file that the text was made from; empty for none.
            draft: what trying it out found.

        Raises:
            CardError: there is something wrong with the text.
            WrittenMeanwhile: the file is another one by now; nothing is written.
            WorkspaceError: it cannot be written.
        """
        if draft.faults:
            raise CardError(draft.faults[0].message, hint=draft.faults[0].hint)
        name = card_file(draft.cards[0].card) if file == NEW else file
        check_card_file(name, text)
        async with self._saving:
            there = await asyncio.to_thread(_read, self._cards.folder, name)
            if there.sha256 != based_on and there.text != text:
                raise WrittenMeanwhile(
                    f"{name} was changed meanwhile, so nothing was written over it.",
                    hint="Take up what it says now, or keep yours.",
                )
            await asyncio.to_thread(_write, self._cards.folder, name, text)
            await asyncio.to_thread(self.unsaved.forget, file, text)
            self._moved.pop(name, None)
        await self._cards.look()
        return name

    async def rename(self, file: str, to: str, based_on: str) -> None:
        """Call a file anew, unless it is another one by now; what was typed over it goes along.

        Raises:
            CardError: this can be no such file, there is one already, or it cannot be renamed.
            WrittenMeanwhile: it is another one.
        """
        check_card_file(to, "")
        async with self._saving:
            await self._check_still(file, based_on, "renamed")
            await asyncio.to_thread(_rename, self._cards.folder, file, to)
            await asyncio.to_thread(self.unsaved.move, file, to)
            self._moved.pop(to, None)
            self._moved[file] = to
        await self._cards.look()

    def moved_to(self, file: str) -> str | None:
        """Return what a file is called that was renamed since the server started."""
        return self._moved.get(file)

    async def delete(self, file: str, based_on: str) -> None:
        """Delete a file, unless it is another one by now.

        Raises:
            WrittenMeanwhile: it is.
        """
        async with self._saving:
            await self._check_still(file, based_on, "deleted")
            await asyncio.to_thread((self._cards.folder / file).unlink, missing_ok=True)
        await self._cards.look()

    async def uses(self, card: str) -> int:
        """Count how often a card stands in the pipelines of this workspace."""
        entries = await asyncio.to_thread(self._workspace.pipelines.list)
        return sum(entry.cards.count(card) for entry in entries)

    def cards_in(self, file: str) -> list[str]:
        """Return the ids of the cards that are in use from a file."""
        infos = self._cards.catalog.cards.values()
        return [info.card for info in infos if drop_in_file(info) == file]

    def why_unusable(self, file: str) -> CardError | None:
        """Return why a file gives no card, if it does not."""
        notices = self._cards.catalog.notices
        wrong = next((notice for notice in notices if notice.file == file), None)
        return CardError(wrong.message, hint=wrong.hint) if wrong is not None else None

    async def _check_still(self, file: str, based_on: str, done: str) -> None:
        there = await asyncio.to_thread(_read, self._cards.folder, file)
        if there.sha256 != based_on:
            raise WrittenMeanwhile(
                f"{file} was changed meanwhile, so it was not {done}.",
                hint="Take up what it says now, or keep yours.",
            )

    def _clashes(self, file: str, draft: Draft) -> list[Fault]:
        return [_clash(info, file) for card in draft.cards for info in self._others(card, file)]

    def _others(self, card: CardInfo, file: str) -> list[CardInfo]:
        """Return the card of the same id from elsewhere, if there is one."""
        known = self._cards.catalog.cards.get(card.card)
        return [known] if known is not None and drop_in_file(known) != file else []

    async def _taken(self, card: str) -> list[Fault]:
        file = card_file(card)
        if not await self._cards.has(file):
            return []
        return [Fault(message=f"A file {file} is there already.", hint="Rename the class.")]


def drop_in_file(info: CardInfo) -> str | None:
    """Return the name of the file that a card comes from; None for one of a pack."""
    if info.source is None:
        return None
    module = info.entry.partition(":")[0]
    return f"{module.removeprefix('tensorrag_drop_in_').rpartition('_')[0]}.py"


def own_cards(catalog: Catalog) -> list[CardInfo]:
    """Return the cards that lie in the drop-in folder."""
    return [info for info in catalog.cards.values() if info.source is not None]


def _clash(info: CardInfo, file: str) -> Fault:
    theirs = drop_in_file(info)
    where = f"in {theirs}" if theirs else "among those that are installed"
    return Fault(
        message=f"A card {quoted(info.card)} is there already, {where}.", hint="Rename the class."
    )


def as_text(content: bytes, file: str) -> str:
    """Return what a file says, its lines ending as they do in the browser.

    Raises:
        CardError: it is not UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CardError(f"{quoted(file)} is not UTF-8 text.", hint="Save it as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read(folder: Path, file: str) -> Source:
    path = folder / file
    try:
        if not path.is_file():  # a folder; or a pipe, which would keep us waiting for ever
            return Source(file)
        return Source(file, as_text(path.read_bytes(), file), there=True)
    except FileNotFoundError:
        return Source(file)
    except OSError as error:
        raise _refused(file, "read", error) from None


def _rename(folder: Path, file: str, to: str) -> None:
    if (folder / to).exists():
        raise CardError(f"A file {to} is there already.", hint="Delete it, or rename the class.")
    try:
        (folder / file).rename(folder / to)
    except OSError as error:
        raise _refused(file, "renamed", error) from None


def _refused(file: str, done: str, error: OSError) -> CardError:
    reason = (error.strerror or "it cannot be opened").lower()
    return CardError(f"{quoted(file)} cannot be {done}: {reason}.", hint="Look at its permissions.")


def _write(folder: Path, file: str, text: str) -> None:
    """Write a file; through a link to where it leads, as editors do."""
    write_file((folder / file).resolve(), text.encode("utf-8", "replace"))
