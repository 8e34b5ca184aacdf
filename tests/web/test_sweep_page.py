"""The sweep of a field on the page: opened once however often it is pressed."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui.testing import User

from sample_data.pipeline_files import pipeline_path
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.files import load
from tests.core.engine import node
from tests.web.desk import Desk
from tests.web.test_pages import select
from web.page.pages import add_pages
from web.page.panel import Panel

ASKED = {"of": "data_split", "param": "train_ratio"}


def parts(user: User) -> list[Panel]:
    """All parts of the page."""
    assert user.client is not None
    return [each for each in user.client.elements.values() if isinstance(each, Panel)]


async def act(user: User, name: str, data: dict[str, Any]) -> None:
    """Do what a control of the page would."""
    handler = next(each._act for each in parts(user) if each._act is not None)
    assert user.client is not None
    with user.client:
        result = handler(name, dict(data))
        if result is not None:
            await result


def fields(user: User) -> list[str]:
    """The markup around each field for the values to try."""
    return [p.props["content"] for p in parts(user) if 'id="sweep-values"' in p.props["content"]]


async def opened(desk: Desk, user: User) -> None:
    """Choose a card in the editor."""
    add_pages(desk.sessions)
    session = await desk.open(Pipeline("One").with_nodes(node("data_split", train_ratio=0.5)))
    await user.open(f"/edit/{session.id}")
    select(user, "data_split")


async def test_pressed_twice_it_opens_once(user: User, desk: Desk) -> None:
    await opened(desk, user)
    await asyncio.gather(act(user, "sweep", ASKED), act(user, "sweep", ASKED))

    assert len(fields(user)) == 1


async def test_closed_while_it_opens_it_stays_closed(user: User, desk: Desk) -> None:
    await opened(desk, user)
    opening = asyncio.create_task(act(user, "sweep", ASKED))
    await asyncio.sleep(0)  # it has begun to read
    await act(user, "close_sweep", {})
    await opening

    assert fields(user) == []


async def test_what_is_being_typed_is_never_written_over(user: User, desk: Desk) -> None:
    await opened(desk, user)
    await act(user, "sweep", ASKED)

    field = fields(user)[0].partition('id="sweep-values"')[2].partition(">")[0]
    assert "data-local" in field


async def test_of_a_model_those_are_offered_that_fit_the_target(user: User, desk: Desk) -> None:
    add_pages(desk.sessions)
    session = await desk.open(load(pipeline_path("network_or_line")).pipeline)
    await user.open(f"/edit/{session.id}")
    select(user, "ridge")
    await act(user, "sweep", {"of": "ridge", "param": "model_type"})

    field = fields(user)[0].partition('id="sweep-values"')[2].partition(">")[0]
    assert "random_forest" in field
    assert "logistic" not in field  # it tells classes apart, and the target is a number
