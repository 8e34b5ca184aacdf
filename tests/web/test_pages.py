"""The pages as the server builds them: what is on them, and what happens to actions."""

import asyncio
from typing import Any

import pytest
from nicegui import Client, background_tasks
from nicegui.testing import User

from tensorrag.pipeline import Edge, Pipeline
from tests.core.engine import chain, node
from tests.web.desk import Desk, until
from web.canvas import PipelineCanvas
from web.page import unnoticed
from web.page.markup import Node, html
from web.page.pages import add_pages
from web.page.panel import Panel

SPLIT = (
    Pipeline('<b>Split</b> & "quote"')
    .with_nodes(node("data_load"), node("data_split", train_ratio=0.5))
    .with_edges(Edge("data_load", "dataset", "data_split", "dataset"))
)


@pytest.fixture
def pages(desk: Desk, user: User) -> User:
    add_pages(desk.sessions)
    return user


def written(user: User) -> str:
    """All markup of the page."""
    assert user.client is not None
    panels = [each for each in user.client.elements.values() if isinstance(each, Panel)]
    return "\n".join(panel.props["content"] for panel in panels)


def select(user: User, *nodes: str) -> None:
    assert user.client is not None
    canvas = next(e for e in user.client.elements.values() if isinstance(e, PipelineCanvas))
    (listener,) = (each for each in canvas._event_listeners.values() if each.type == "select")
    with user.client:
        listener.handler(type("Event", (), {"args": {"nodes": list(nodes), "edges": []}}))  # type: ignore[misc]


async def test_the_start_page_shows_samples_and_own_pipelines(pages: User, desk: Desk) -> None:
    session = await desk.open(SPLIT)
    await pages.open("/")

    page = written(pages)
    assert 'data-sample="boston_housing"' in page
    assert f'href="/edit/{session.id}"' in page
    assert "&lt;b&gt;Split&lt;/b&gt;" in page
    assert "<b>Split</b>" not in page


async def test_a_pipeline_that_is_not_there_is_one_sentence(pages: User) -> None:
    await pages.open("/edit/nothing_here")

    assert "nothing_here" in written(pages)
    assert "All pipelines" in written(pages)


async def test_an_address_that_is_no_page_is_one_sentence_in_our_words(pages: User) -> None:
    page = await pages.http_client.get("/nowhere")

    assert page.status_code == 404
    assert "There is nothing at this address." in page.text
    assert "HTTPException" not in page.text


async def test_the_editor_shows_cards_and_summary(pages: User, desk: Desk) -> None:
    session = await desk.open(SPLIT)
    await pages.open(f"/edit/{session.id}")

    page = written(pages)
    for testid in (
        "run",
        "undo",
        "redo",
        "export",
        "import",
        "import-input",
        "theme",
        "run-status",
    ):
        assert f'data-testid="{testid}"' in page
    assert 'data-card="data_load"' in page
    assert "2 cards · 1 wire" in page


async def test_a_selected_card_shows_its_settings_and_problems(pages: User, desk: Desk) -> None:
    session = await desk.open(SPLIT)
    await session.settled()
    await pages.open(f"/edit/{session.id}")
    select(pages, "data_split")

    page = written(pages)
    assert 'data-field="train_ratio"' in page
    assert "The ratios add up to 0.7, not to 1." in page
    assert ">1 problem<" in page


async def test_an_edit_of_one_tab_is_seen_in_the_other(pages: User, desk: Desk) -> None:
    session = await desk.open(SPLIT)
    await pages.open(f"/edit/{session.id}")
    select(pages, "data_split")
    session.edit([{"op": "set_params", "node": "data_split", "params": {"train_ratio": 0.8}}])

    await until(lambda: 'value="0.8"' in written(pages))
    await until(lambda: "The ratios add up" not in written(pages))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("no_such_action", {}),
        ("focus", {"of": {"a": 1}}),
        ("tab", {"tab": "forged"}),
        ("strip_tab", {"tab": ["log"]}),
        ("go", {"of": "gone", "param": "x"}),
        ("open_table", {"of": "data_load", "at": "dataset"}),
        ("port", {}),
        ("rows", {}),
        ("pick_column", {"column": -1}),
        ("go_to_row", {"value": "nan"}),
        ("open_plot", {"plot": {"chart": {}}}),
        ("save_plot", {"as": "exe"}),
        ("sweep", {"of": "data_load", "param": "gone"}),
        ("sweep_values", {"value": 3}),
        ("sweep_run", {}),
        ("sweep_apply", {"run": "gone"}),
    ],
)
async def test_a_forged_action_does_nothing(
    pages: User, desk: Desk, name: str, data: dict[str, Any]
) -> None:
    session = await desk.open(SPLIT)
    await pages.open(f"/edit/{session.id}")
    assert pages.client is not None
    panel = next(each for each in pages.client.elements.values() if isinstance(each, Panel))
    assert panel._act is not None
    with pages.client:
        result = panel._act(name, data)
        if result is not None:
            await result

    assert session.pipeline == SPLIT


async def test_an_address_that_is_only_fetched_makes_no_pipeline(pages: User, desk: Desk) -> None:
    """A link preview or a crawler asks for the page, and never opens its socket."""
    known, pages_before = await names(desk), set(Client.instances)
    assert (await pages.http_client.get("/edit/new")).status_code == 200
    (fetched,) = (Client.instances[each] for each in set(Client.instances) - pages_before)
    building = [each for each in background_tasks.running_tasks if "page" in repr(each.get_coro())]
    assert building, "the page waits for its socket"
    fetched.delete()
    await asyncio.gather(*building, return_exceptions=True)
    assert await names(desk) == known


async def names(desk: Desk) -> list[str]:
    entries = await asyncio.to_thread(desk.sessions.workspace.pipelines.list)
    return [entry.id for entry in entries]


SUM = chain(node("number", value=3), node("add", amount=4))


async def test_several_selected_cards_are_counted_and_say_what_can_be_done_with_all(
    pages: User, desk: Desk
) -> None:
    session = await desk.open(SPLIT)
    await pages.open(f"/edit/{session.id}")
    select(pages, "data_load", "data_split")

    page = written(pages)
    assert "2 cards selected" in page
    for command in ("duplicate", "copy", "bypass", "frame", "collapse", "remove"):
        assert f'data-command="{command}"' in page

    session.edit([{"op": "remove", "nodes": ["data_split"], "edges": []}])
    await until(lambda: "cards selected" not in written(pages))


async def test_a_result_that_takes_a_while_says_so_and_no_longer_shows_the_card_before(
    pages: User, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unnoticed, "UNNOTICED", 0)
    session, ready = await desk.open(SUM), asyncio.Event()
    await desk.run(session)
    previews = session.results.previews

    async def late(key: str) -> dict[str, Any]:
        await ready.wait()
        return await previews(key)

    monkeypatch.setattr(session.results, "previews", late)
    await pages.open(f"/edit/{session.id}")
    select(pages, "add")

    await until(lambda: "Looking at it …" in written(pages))
    ready.set()
    await until(lambda: "Looking at it …" not in written(pages))


async def test_a_result_that_is_there_at_once_is_shown_without_a_word(
    pages: User, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unnoticed, "UNNOTICED", 3600)  # so long nothing here takes
    session, said = await desk.open(SUM), list[str]()
    await desk.run(session)
    show = Panel.show

    def noted(panel: Panel, content: Node) -> None:
        said.append(html(content))
        show(panel, content)

    monkeypatch.setattr(Panel, "show", noted)
    await pages.open(f"/edit/{session.id}")
    select(pages, "add")

    await until(lambda: 'data-act="open_table"' in written(pages))
    assert not any("Looking at it …" in each for each in said)
