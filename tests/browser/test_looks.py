"""Light and dark, narrow screens, what the first load weighs, and names that try to be more."""

import json

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.hands import Hands, place_of
from tests.servers import Server

SAMPLE = "/edit/new?sample=diabetes"
NASTY = '<img src=x onerror="window.broken = true">{{7*7}}'


def theme(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.theme"))


def test_the_theme_follows_the_system_until_someone_chooses(
    server: Server, context: BrowserContext
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="dark")
    hands = Hands(page).open(f"{server.url}{SAMPLE}")
    assert theme(page) == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")

    hands.test_id("theme").click()
    assert theme(page) == "dark"
    other = context.new_page()
    other.goto(server.url)
    assert theme(other) == "dark"
    other.get_by_test_id("theme").click()
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    page.reload()
    assert theme(page) == "light"


@pytest.mark.parametrize("context", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_a_phone_shows_a_list_to_read(server: Server, page: Page) -> None:
    page.goto(f"{server.url}{SAMPLE}")
    expect(page.locator("[data-testid=canvas] li[data-node]")).to_have_count(5)
    expect(page.get_by_test_id("palette")).to_be_hidden()
    expect(page.get_by_text("Read-only at this width")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.goto(server.url)
    expect(page.get_by_role("button", name="New pipeline")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("context", [{"viewport": {"width": 683, "height": 384}}], indirect=True)
def test_who_zooms_to_200_percent_can_edit(server: Server, page: Page) -> None:
    hands = Hands(page).open(f"{server.url}{SAMPLE}")
    inspector, results = hands.test_id("inspector"), page.locator(".strip .sbody")
    expect(hands.card("evaluate")).to_be_visible()
    expect(inspector).to_be_hidden()
    expect(results).to_be_hidden()

    hands.select("evaluate")  # the inspector comes to lie there, and the card makes way
    expect(inspector).to_be_visible()
    page.wait_for_function(SEEN, arg='[data-node="evaluate"]')
    hands.settings("split")
    hands.type_into("train_ratio", "0.7")
    expect(hands.test_id("undo")).to_be_enabled()
    assert violations(page, "light") == []
    room = place_of(hands.test_id("canvas"))
    hands.test_id("canvas").click(position={"x": room["width"] - 8, "y": 8})
    expect(inspector).to_be_hidden()

    page.get_by_role("tab", name="Runs").click()
    expect(results).to_be_visible()
    page.mouse.move(room["x"] + 20, room["y"] + 20)
    hands.card("split").focus()
    expect(results).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 683
    page.set_viewport_size({"width": 639, "height": 384})
    expect(page.get_by_text("Read-only at this width")).to_be_visible()


SEEN = """what => {
  const card = document.querySelector(what).getBoundingClientRect();
  const canvas = document.querySelector("[data-testid=canvas]").getBoundingClientRect();
  return canvas.width < 400 && card.left >= canvas.left && card.right <= canvas.right;
}"""


@pytest.mark.parametrize("context", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_the_longest_names_stay_in_their_place(server: Server, page: Page) -> None:
    load = {"id": "load", "card": "data_load", "title": "M" * 200}
    long = {"format": "tensorrag.pipeline", "version": 1, "name": "W" * 200, "nodes": [load]}
    made = page.request.post(f"{server.url}/api/pipelines", data=json.dumps(long | {"edges": []}))
    page.goto(f"{server.url}/edit/{made.json()['id']}")
    assert _width(page, "li[data-node] b") < 340

    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(server.url)
        assert _width(page, f'[data-pipeline="{made.json()["id"]}"] .open') < 480


def _width(page: Page, what: str) -> float:
    shown = page.locator(what).first
    expect(shown).to_be_visible()
    return place_of(shown)["width"]


@pytest.mark.parametrize("context", [{"viewport": {"width": 1280, "height": 720}}], indirect=True)
def test_a_small_screen_has_the_palette_as_a_rail_that_opens(server: Server, page: Page) -> None:
    hands = Hands(page).open(f"{server.url}/edit/new")
    rail = hands.test_id("palette")
    assert place_of(rail)["width"] == 48
    hands.drag_card("data_load", 400, 200)
    expect(hands.cards("data_load")).to_have_count(1)
    page.get_by_label("Search cards").focus()
    expect(rail.get_by_text("Evaluate")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('.pal').getBoundingClientRect().width === 48")


def test_the_first_load_is_light_and_brings_no_chart(own_server: Server, page: Page) -> None:
    weights: dict[str, float] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    names: dict[str, str] = {}
    session.on(
        "Network.responseReceived",
        lambda event: names.update({event["requestId"]: event["response"]["url"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: weights.update(
            {names.get(event["requestId"], ""): event["encodedDataLength"]}
        ),
    )
    page.goto(own_server.url)
    page.get_by_role("link", name="Boston housing on a GPU").last.click()
    expect(page.locator("[data-node]")).to_have_count(5)
    page.wait_for_load_state("networkidle")

    assert sum(weights.values()) < 600_000
    assert not [name for name in weights if "echart" in name or "aggrid" in name]


def test_names_from_files_are_text(server: Server, chromium: Browser, page: Page) -> None:
    pipeline = {
        "format": "tensorrag.pipeline",
        "version": 1,
        "name": NASTY,
        "description": NASTY,
        "nodes": [
            {"id": "load", "card": NASTY, "title": NASTY, "position": {"x": 0, "y": 0}},
            {
                "id": "train", "card": "train", "params": {"target_column": NASTY},
                "title": NASTY, "position": {"x": 300, "y": 0},
            },
        ],
        "edges": [],
    }  # fmt: skip
    made = page.request.post(
        f"{server.url}/api/pipelines",
        data=json.dumps(pipeline),
        headers={"Content-Type": "application/json"},
    )
    hands = Hands(page).open(f"{server.url}/edit/{made.json()['id']}")
    hands.select("train")
    expect(hands.test_id("inspector").locator("h2")).to_have_text(NASTY)
    expect(hands.field("target_column")).to_have_value(NASTY)
    hands.select("load")
    expect(hands.test_id("inspector")).to_contain_text("Not installed")
    page.get_by_role("tab", name="Problems").click()
    expect(hands.test_id("problems")).to_contain_text("<img")
    page.goto(server.url)
    expect(page.get_by_text(NASTY).first).to_be_visible()

    assert page.evaluate("window.broken") is None
