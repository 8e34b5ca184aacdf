"""What came in at a card and what went out, one port at a time."""

from __future__ import annotations

import asyncio

import pytest

from tensorrag.errors import TensorRagError
from tensorrag.preview import (
    GroupPreview,
    LaterPreview,
    Preview,
    TablePreview,
    TextPreview,
    is_drawn,
)
from tensorrag.types import picked
from tests.core.engine import chain, node, wire
from tests.web.desk import Desk
from web.live import hosting
from web.live.session import Session
from web.page.inspector.result import Result, token_of
from web.page.scene.ports import in_tabs, port_tabs

SUM = chain(node("number", value=3), node("add", amount=4))


@pytest.fixture
async def large(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A pipeline that has run where every table is large."""
    monkeypatch.setattr(picked, "LARGE", 0)
    session = await desk.open(SUM)
    await desk.run(session)
    return session


def looked_at(session: Session, name: str) -> Result:
    return Result(session, session.pipeline, name, session.results.of)


def number(preview: Preview | None) -> object:
    assert isinstance(preview, TablePreview)
    return preview.sample[0][0]


async def test_each_port_has_a_tab_and_what_was_there(desk: Desk) -> None:
    session = await desk.open(SUM)
    assert token_of(session.results.of("add")) is None
    await desk.run(session)
    result = looked_at(session, "add")

    await result.look(None)
    await result.look("in:numbers:0")

    assert list(result.made) == ["number"]
    assert number(result.made["number"]) == 7
    assert number(result._previews["in:numbers:0"]) == 3
    assert result.tab("gone") == result.tab("number")
    assert desk.tasks("profile") == []  # it is known from the card that made it


async def test_what_came_in_at_a_card_that_failed_is_there(desk: Desk) -> None:
    session = await desk.open(chain(node("number", value=3), node("fail")))
    assert await desk.run(session) == "failed"
    result = looked_at(session, "fail")

    await result.look(None)

    tab = result.tab(None)
    assert tab is not None
    assert (tab.key, tab.came and tab.came.source) == ("in:number:0", "number")
    assert number(result._previews[tab.key]) == 3


async def test_it_is_what_came_in_then_whatever_its_source_makes_by_now(desk: Desk) -> None:
    session = await desk.open(SUM)
    await desk.run(session)
    session.edit([{"op": "set_params", "node": "number", "params": {"value": 5}}])
    await session.settled()
    await desk.run(session, until="number")
    result = looked_at(session, "add")

    await result.look("in:numbers:0")

    assert number(result._previews["in:numbers:0"]) == 3
    assert desk.tasks("profile") == [""]


async def test_what_is_no_longer_kept_is_one_sentence(desk: Desk) -> None:
    session = await desk.open(chain(node("number", value=3), node("fail")))
    await desk.run(session)
    shown = session.results.of("fail")
    assert shown is not None
    desk.workspace.store.drop_manifest(shown.arrived[0].digest)

    with pytest.raises(TensorRagError, match="is gone"):
        await session.results.preview_of(shown.arrived[0], None)
    result = looked_at(session, "fail")
    await result.look("in:number:0")
    assert result.knows("in:number:0")


async def test_what_is_large_is_drawn_once_when_somebody_looks(desk: Desk, large: Session) -> None:
    result = looked_at(large, "add")

    await result.begin()
    assert isinstance(result.made["number"], LaterPreview)
    assert not result.knows(None)
    assert desk.tasks("profile") == []

    await result.look(None)
    assert result.knows(None)
    assert number(result.made["number"]) == 7
    again = looked_at(large, "add")
    await again.look(None)
    assert number(again.made["number"]) == 7
    assert desk.tasks("profile") == [""]
    await again.look("in:numbers:0")
    assert number(again._previews["in:numbers:0"]) == 3


async def test_what_is_large_among_other_things_is_drawn_as_it_is_to_be_shown(desk: Desk) -> None:
    session = await desk.open(SUM)
    await desk.run(session)
    shown = session.results.of("add")
    assert shown is not None
    said, later = TextPreview(text="Said."), LaterPreview(sha256=shown.digests["number"])
    group = GroupPreview(items=(said, later))
    assert not is_drawn(group)

    drawn = await session.results.drawn(group.model_dump(mode="json"))

    assert [item["kind"] for item in drawn["items"]] == ["text", "table"]


async def test_of_what_is_large_the_latest_pictures_are_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "LOOKED_AT", 2)
    session = await desk.open(SUM)
    await desk.run(session)
    shown = [session.results.of(name) for name in ("number", "add")]
    one, two = (LaterPreview(sha256=each.digests["number"]) for each in shown if each)
    turned = one.model_copy(update={"last_first": 1})

    drawn = []
    for looked in (one, two, one, turned, one, two):
        await session.results.drawn(looked.model_dump(mode="json"))
        drawn.append(len(desk.tasks("profile")))

    assert drawn == [1, 2, 2, 3, 3, 4], "the one that was looked at last is not forgotten"


async def test_however_many_look_at_once_it_is_drawn_once(desk: Desk, large: Session) -> None:
    tabs = [looked_at(large, "add") for _ in range(12)]

    await asyncio.gather(*(tab.look(None) for tab in tabs))

    assert [number(tab.made["number"]) for tab in tabs] == [7] * 12
    assert desk.tasks("profile") == [""]


async def test_what_could_not_be_drawn_is_tried_again_by_whoever_looks_next(
    desk: Desk, large: Session
) -> None:
    unlucky, lucky = (looked_at(large, "add") for _ in range(2))

    desk.executor.flaky = 1
    await unlucky.look(None)
    await lucky.look(None)

    assert unlucky._gone["number"].message == "Bad luck."
    assert number(lucky.made["number"]) == 7

    unlucky.try_again()
    assert not unlucky.knows(None)
    await unlucky.look(None)
    assert number(unlucky.made["number"]) == 7


async def test_what_is_large_and_gone_by_now_is_one_sentence(desk: Desk, large: Session) -> None:
    result = looked_at(large, "add")
    await result.begin()
    shown = large.results.of("add")
    assert shown is not None
    desk.workspace.store.drop_manifest(shown.digests["number"])

    await result.look(None)

    assert result.knows(None)
    assert "is gone" in result._gone["number"].message


async def test_values_at_a_port_for_many_are_numbered(desk: Desk) -> None:
    pipeline = chain(node("number", value=3), node("add", amount=4))
    other = node("other", "number", value=5)
    pipeline = pipeline.with_nodes(other).with_edges(wire("other", pipeline.nodes["add"]))
    session = await desk.open(pipeline)
    await desk.run(session)
    shown = session.results.of("add")
    assert shown is not None

    tabs = in_tabs(session.catalog.cards["add"], shown.arrived)

    assert [tab.label for tab in tabs] == ["numbers 1", "numbers 2"]
    drawn = str(port_tabs(tabs, tabs[1], session.catalog))
    assert drawn.count('aria-selected="true"') == 1
    assert "Out" not in drawn
