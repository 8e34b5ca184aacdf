"""Runs compared on the page: whose settings are taken over, and into which pipeline."""

from __future__ import annotations

from typing import Any

import pytest
from nicegui.testing import User

from tensorrag.pipeline import Pipeline
from tensorrag.run.measures import Measure
from tests.core.engine import node
from tests.web.desk import Desk
from web.live.session import Session
from web.page.compare.changes import written
from web.page.compare.outcome import measure_row
from web.page.compare.view import address
from web.page.markup import html
from web.page.pages import add_pages
from web.page.panel import Panel

CHANGE = {"op": "set_params", "node": "number", "params": {"value": 9}}


@pytest.fixture
def pages(desk: Desk, user: User) -> User:
    add_pages(desk.sessions)
    return user


async def ran(desk: Desk, name: str, value: int) -> tuple[Session, str]:
    """Make a pipeline of one card, and run it."""
    session = await desk.open(Pipeline(name).with_nodes(node("number", value=value)))
    assert await desk.run(session) == "succeeded"
    return session, (await session.history.runs())[0].id


async def value(desk: Desk, session: Session) -> Any:
    """What the card is set to now."""
    return (await desk.sessions.open(session.id)).pipeline.nodes["number"].params["value"]


def heads(user: User) -> Panel:
    """The part of the page with a box for each run."""
    assert user.client is not None
    panels = [each for each in user.client.elements.values() if isinstance(each, Panel)]
    return next(each for each in panels if "box head" in each.props["content"])


async def use(user: User, run: str) -> None:
    """Press the button that takes a run's settings over, or send what it would."""
    act = heads(user)._act
    assert act is not None
    assert user.client is not None
    with user.client:
        await act("use", {"run": run})


async def test_settings_go_to_the_pipeline_whose_run_they_are_of(pages: User, desk: Desk) -> None:
    one, first = await ran(desk, "One", 5)
    two, second = await ran(desk, "Two", 6)
    two.edit([CHANGE])
    await two.saving.logged()
    await pages.open(address([first, second]))
    await use(pages, second)

    assert (await value(desk, one), await value(desk, two)) == (5, 6)
    (await desk.sessions.open(two.id)).undo()
    assert await value(desk, two) == 9


async def test_a_run_that_noted_no_pipeline_replaces_nothing(pages: User, desk: Desk) -> None:
    known, run = await ran(desk, "Known", 5)
    old = desk.workspace.journal.create_run({}, pipeline_id=known.id, name="Known")
    await pages.open(address([run, old]))

    assert heads(pages).props["content"].count('data-act="use"') == 1
    await use(pages, old)
    assert await value(desk, known) == 5


@pytest.mark.parametrize(("after", "verdict"), [(0.71165, "same"), (0.702, "worse")])
def test_a_change_that_is_written_as_0_is_neither_better_nor_worse(
    after: float, verdict: str
) -> None:
    measured = Measure(
        node="evaluate",
        metric="r2",
        trained=False,
        higher_is_better=True,
        values=(0.71168, after),
        baselines=(0.0, 0.0),
        noise=None,
        seed_alone=(True, False),
    )
    assert f'data-verdict="{verdict}"' in html(measure_row(measured))


def test_of_a_long_list_the_first_are_written_and_the_others_counted() -> None:
    assert written([f"x{at}" for at in range(3_000)]) == '"x0", "x1", "x2", "x3" and 2,996 more'
    assert written(["x0", "x1"]) == '["x0", "x1"]'
