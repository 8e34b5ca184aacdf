"""Cards that are written in the browser: tried out, saved, kept, and never written over."""

from __future__ import annotations

import pytest

from tensorrag.catalog import CardInfo
from tensorrag.errors import CardError
from tensorrag.pipeline import Edge, Pipeline
from tensorrag.registry.draft import Draft
from tests.core.engine import node
from tests.web.desk import Desk
from web.live.card_sources import NEW, CardSources, Source, WrittenMeanwhile
from web.live.unsaved import Unsaved


async def saved(desk: Desk, old: str = "", new: str = "") -> Source:
    """Save the template, with something in it replaced, and read it again."""
    sources = desk.sessions.sources
    text = (await sources.read(NEW)).text.replace(old, new) if old else None
    text = text or (await sources.read(NEW)).text
    file = await sources.save(NEW, text, "", await sources.try_out(NEW, text))
    return await sources.read(file)


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

    assert session.runtime()["my_card"]["state"] == "stale"
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
