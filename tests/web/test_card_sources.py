"""Cards that are written in the browser: tried out, saved, kept, and never written over."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from nicegui import Client
from nicegui.testing import User

from tensorrag.catalog import CardInfo
from tensorrag.errors import CardError
from tensorrag.pipeline import Edge, Pipeline
from tensorrag.registry.draft import Draft
from tests.core.engine import node
from tests.web.desk import Desk, until
from tests.web.test_from_elsewhere import HALF, bringing, digest
from tests.web.test_pages import pages, written
from web.live.cards.sources import NEW, CardSources, Source, WrittenMeanwhile
from web.live.cards.unsaved import MOST, Unsaved
from web.page.panel import Panel

__all__ = ["pages"]


async def saved(desk: Desk, old: str = "", new: str = "") -> Source:
    """Save the template, with something in it replaced, and read it again."""
    sources = desk.sessions.sources
    text = (await sources.read(NEW)).text.replace(old, new) if old else None
    text = text or (await sources.read(NEW)).text
    file = await sources.save(NEW, text, "", await sources.try_out(NEW, text))
    return await sources.read(file)


async def heard(tab: Client, event: str, **args: Any) -> None:
    """Do what the server does when it hears this from a tab."""
    found = (each for some in tab.elements.values() for each in some._event_listeners.values())
    listener = next(each for each in found if each.type == event)
    with tab:
        done = listener.handler(type("Event", (), {"args": args}))  # type: ignore[misc]
    if done is not None:
        await done


def says(tab: Client) -> str:
    """Return all markup of a tab."""
    panels = [each for each in tab.elements.values() if isinstance(each, Panel)]
    return "\n".join(panel.props["content"] for panel in panels)


async def test_a_pipe_among_the_cards_keeps_nobody_waiting(desk: Desk) -> None:
    folder = desk.sessions.workspace.cards
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "pipe.py")
    (folder / "folder.py").mkdir()
    for file in ("pipe.py", "folder.py"):
        assert not (await asyncio.wait_for(desk.sessions.sources.read(file), 20)).there


async def test_the_template_becomes_a_card_that_runs_and_a_change_makes_it_stale(
    desk: Desk,
) -> None:
    source = await saved(desk)
    assert source.file == "my_card.py"
    assert "my_card" in desk.sessions.catalog.cards
    session = await desk.open(
        Pipeline("Mine")
        .with_nodes(
            node("data_load", source="sample", sample_name="boston_housing"), node("my_card")
        )
        .with_edges(Edge("data_load", "dataset", "my_card", "table"))
    )
    assert await desk.run(session) == "succeeded"

    sources = desk.sessions.sources
    text = source.text.replace("head(self.rows)", "tail(self.rows)")
    draft = await sources.try_out(source.file, text)
    assert await sources.save(source.file, text, source.sha256, draft) == source.file
    await session.settled()

    assert session.stage.states["my_card"]["state"] == "stale"
    assert await sources.uses("my_card") == 1


async def test_a_text_with_a_fault_is_not_saved_and_the_card_stays(desk: Desk) -> None:
    source, sources = await saved(desk), desk.sessions.sources
    before = desk.sessions.catalog.cards["my_card"]
    text = source.text.replace("def run", "def walk")

    draft = await sources.try_out(source.file, text)
    with pytest.raises(CardError, match="no run method"):
        await sources.save(source.file, text, source.sha256, draft)

    assert desk.sessions.catalog.cards["my_card"] == before
    assert (await sources.read(source.file)).text == source.text


async def test_what_was_written_meanwhile_is_not_written_over(desk: Desk) -> None:
    source, sources = await saved(desk), desk.sessions.sources
    mine, theirs = source.text + "# mine\n", source.text + "# theirs\n"
    await sources.save(source.file, theirs, source.sha256, Draft(cards=_cards(desk)))

    with pytest.raises(WrittenMeanwhile):
        await sources.save(source.file, mine, source.sha256, Draft(cards=_cards(desk)))
    with pytest.raises(WrittenMeanwhile):
        await sources.delete(source.file, source.sha256)
    assert (await sources.read(source.file)).text == theirs

    await sources.delete(source.file, (await sources.read(source.file)).sha256)
    assert "my_card" not in desk.sessions.catalog.cards


def _cards(desk: Desk) -> tuple[CardInfo, ...]:
    return (desk.sessions.catalog.cards["my_card"],)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DataSplit", 'A card "data_split" is there already, among those that are installed.'),
        ("ReadNumber", 'A card "read_number" is there already, in numbers.py.'),
        ("Left", "A file left.py is there already."),
    ],
)
async def test_a_name_that_is_taken_is_said_before(desk: Desk, name: str, said: str) -> None:
    (desk.workspace.cards / "left.py").write_text("class Left(:")
    sources = desk.sessions.sources
    text = (await sources.read(NEW)).text.replace("MyCard", name)

    draft = await sources.try_out(NEW, text)

    assert [fault.message for fault in draft.faults] == [said]


async def test_what_was_typed_is_kept_until_it_is_saved(desk: Desk) -> None:
    source, sources = await saved(desk), desk.sessions.sources
    typed = Unsaved(source.text + "# not yet\n", source.sha256)
    sources.unsaved.keep(source.file, typed)

    again = CardSources(desk.workspace, desk.sessions.cards, lambda: desk.sessions.hosting)
    assert (await again.read(source.file)).unsaved == typed
    assert (await again.read(source.file)).text == source.text

    draft = await sources.try_out(source.file, typed.text)
    await sources.save(source.file, typed.text, source.sha256, draft)
    assert (await again.read(source.file)).unsaved is None


@pytest.mark.parametrize("name", ["../x", "x/../../y", "a b", "x" * 80])
async def test_no_other_file_is_read(desk: Desk, name: str) -> None:
    file = desk.sessions.sources.file_of(name)
    assert file is not None
    with pytest.raises(CardError, match="no name for a file with cards"):
        await desk.sessions.sources.read(file)
    assert desk.sessions.sources.file_of("data_split") is None  # nor that of a pack


async def test_a_text_that_is_too_large_is_not_tried_out(desk: Desk) -> None:
    draft = await desk.sessions.sources.try_out("x.py", "#" * 500_001)

    assert "larger than 500 kB" in draft.faults[0].message
    assert desk.tasks("draft") == []


async def test_a_tab_that_is_done_leaves_the_draft_of_another(pages: User, desk: Desk) -> None:
    source, kept = await saved(desk), desk.sessions.sources.unsaved
    one, other = [await pages.open("/cards/my_card") for _ in range(2)]
    mine, theirs = source.text + "# mine\n", source.text + "# theirs\n"

    def is_kept(text: str) -> bool:
        return text in [each.text for each in kept.all(source.file)]

    # the other one types back what it typed before and after
    await heard(other, "typed", text=theirs, number=1, epoch=0)
    await heard(one, "typed", text=mine, number=1, epoch=0)
    await heard(other, "typed", text=source.text, number=2, epoch=0)
    assert is_kept(mine)
    await heard(other, "typed", text=theirs, number=3, epoch=0)
    await heard(other, "typed", text=source.text, number=4, epoch=0)
    await until(lambda: is_kept(mine))

    # and saves
    await heard(other, "typed", text=theirs, number=5, epoch=0)
    await heard(other, "act", act="save")
    assert (await desk.sessions.sources.read(source.file)).text == theirs
    assert [each.text for each in kept.all(source.file)] == [mine]
    await heard(one, "typed", text=mine, number=2, epoch=0)  # the same again, as after an undo
    assert [each.text for each in kept.all(source.file)] == [mine]


async def test_of_two_tabs_that_write_one_card_neither_loses_its_draft(
    pages: User, desk: Desk
) -> None:
    source, kept = await saved(desk), desk.sessions.sources.unsaved
    one, other = [await pages.open("/cards/my_card") for _ in range(2)]
    mine, theirs = source.text + "# mine\n", source.text + "# theirs\n"

    async def drafts(tab: Client, *texts: str) -> None:
        for number, text in enumerate(texts, start=1):
            await heard(tab, "typed", text=text, number=number, epoch=0)

    await drafts(one, source.text + "# m", mine)
    await drafts(other, source.text + "# t", theirs)
    assert {each.text for each in kept.all(source.file)} == {mine, theirs}
    said = "my_card.py is being written in another tab, too."
    await until(lambda: said in says(one) and said in says(other))

    await heard(other, "act", act="take_beside")
    assert [each.text for each in kept.all(source.file)] == [mine]
    await until(lambda: said not in says(one) and said not in says(other))


async def test_what_is_typed_while_a_new_card_is_saved_is_kept_under_its_name(
    pages: User, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, cards = desk.sessions.sources, desk.sessions.cards
    text, look = (await sources.read(NEW)).text, cards.look
    looking, go = asyncio.Event(), asyncio.Event()

    async def look_later() -> None:
        looking.set()
        await go.wait()
        await look()

    monkeypatch.setattr(cards, "look", look_later)
    tab = await pages.open("/cards/new")
    saving = asyncio.create_task(heard(tab, "act", act="save"))
    await until(looking.is_set)
    await heard(tab, "typed", text=text + "# more\n", number=1, epoch=0)
    go.set()
    await saving

    assert (await sources.read(NEW)).unsaved is None
    unsaved = (await sources.read("my_card.py")).unsaved
    assert unsaved is not None
    assert unsaved.text == text + "# more\n"


async def test_what_was_on_its_way_when_the_text_was_replaced_is_never_saved(
    pages: User, desk: Desk
) -> None:
    source = await saved(desk)
    tab = await pages.open("/cards/my_card")
    await heard(tab, "typed", text=source.text + "# mine\n", number=1, epoch=0)
    await heard(tab, "act", act="revert")

    await heard(tab, "typed", text=source.text + "# mine, on its way\n", number=2, epoch=0)
    assert "Ctrl+Z in the text brings back what you typed." in written(pages)
    await heard(tab, "act", act="save")
    assert (await desk.sessions.sources.read(source.file)).text == source.text

    await heard(tab, "typed", text=source.text + "# brought back\n", number=3, epoch=1)
    assert "Not saved, draft kept" in written(pages)


async def test_a_text_without_end_is_said_to_be_neither_saved_nor_kept(
    pages: User, desk: Desk
) -> None:
    source = await saved(desk)
    tab = await pages.open("/cards/my_card")
    await heard(tab, "typed", text="#" * (MOST + 1), number=1, epoch=0)

    assert ">Not saved</span>" in written(pages)
    assert "Your text cannot be kept: It is too long." in written(pages)
    await heard(tab, "act", act="save")
    assert "Not saved, &quot;my_card.py&quot; is larger than 500 kB." in written(pages)
    assert "kept as a draft" not in written(pages)
    assert await desk.sessions.sources.read(source.file) == source


async def test_the_id_of_a_card_may_name_its_pack(pages: User, desk: Desk) -> None:
    source = await saved(desk, 'category = "Data"', 'category, id = "Data", "mine/clip"')

    assert source.file == "mine_clip.py"
    await pages.open("/cards/mine%2Fclip")
    assert ">mine_clip.py</h1>" in written(pages)


async def test_no_card_takes_the_place_of_a_new_one(pages: User, desk: Desk) -> None:
    session = await desk.open(bringing(HALF.replace("Half", "New"), "new"))
    await pages.open(f"/cards/new.py?pipeline={session.id}")
    assert "It came along with this pipeline, and has never run here." in written(pages)
    await pages.open(f"/cards/new?pipeline={session.id}")
    assert ">New card</h1>" in written(pages)

    await desk.sessions.trust(session, "new", digest(session, "new"))
    await pages.open("/cards/new.py")
    assert ">new.py</h1>" in written(pages)
    await pages.open("/cards/new")
    assert ">New card</h1>" in written(pages)


async def test_a_file_is_renamed_after_its_card_and_every_tab_follows(
    pages: User, desk: Desk
) -> None:
    source, sources = await saved(desk), desk.sessions.sources
    session = await desk.open(Pipeline("Mine").with_nodes(node("my_card", rows=7)))
    one, other = [await pages.open("/cards/my_card") for _ in range(2)]
    await heard(other, "typed", text=source.text + "# mine\n", number=1, epoch=0)

    # said before: the card of before is gone, and its settings are kept
    renamed = source.text.replace("class MyCard", "class Clip")
    await heard(one, "typed", text=renamed, number=1, epoch=0)
    said = "my_card will be gone once this is saved. 1 card that uses it keeps its settings"
    await until(lambda: said in says(one), seconds=60)
    assert "better-name" not in says(one)
    await heard(one, "act", act="save")
    await until(lambda: "Rename the file to clip.py" in says(one), seconds=60)
    assert session.pipeline.nodes["my_card"].params == {"rows": 7}

    await heard(one, "act", act="rename")
    assert not (await sources.read("my_card.py")).there
    assert (await sources.read("clip.py")).text == renamed
    assert "clip" in desk.sessions.catalog.cards
    assert ">clip.py</h1>" in says(one)
    await until(lambda: ">clip.py</h1>" in says(other), seconds=60)
    await until(lambda: "clip.py was changed meanwhile" in says(other), seconds=60)
    assert "better-name" not in says(one)


async def test_a_file_is_renamed_over_no_other_one(desk: Desk) -> None:
    source, sources = await saved(desk), desk.sessions.sources
    (desk.workspace.cards / "clip.py").write_text("theirs = 1\n")

    with pytest.raises(CardError, match=r"A file clip\.py is there already"):
        await sources.rename(source.file, "clip.py", source.sha256)
    with pytest.raises(WrittenMeanwhile, match="it was not renamed"):
        await sources.rename(source.file, "free.py", "another digest")
    with pytest.raises(CardError, match="no name for a file"):
        await sources.rename(source.file, "../clip.py", source.sha256)
    assert (await sources.read("clip.py")).text == "theirs = 1\n"
    assert (await sources.read(source.file)).there

    # where nothing is in the way, what was typed over it goes along
    typed = Unsaved(source.text + "# not yet\n", source.sha256)
    sources.unsaved.keep(source.file, typed)
    await sources.rename(source.file, "free.py", source.sha256)
    assert (await sources.read("free.py")).unsaved == typed
    assert (await sources.read(source.file)).unsaved is None
