"""Somebody looks at what the pipeline was, names a version, and brings it back."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hands, place_of
from tests.servers import Server


def open_sample(server: Server, page: Page) -> Hands:
    hands = Hands(page)
    hands.open(f"{server.url}/edit/new?sample=boston_housing")
    page.wait_for_url("**/edit/boston*")
    expect(hands.card("train")).to_be_visible()
    return hands


NARROWER = """([card, width]) => document
  .querySelector(`[data-testid=history-view] [data-node="${card}"]`)
  .getBoundingClientRect().width < width"""


def old(hands: Hands, card: str) -> Locator:
    """A card on the canvas of the history."""
    return hands.test_id("history-view").locator(f'[data-node="{card}"]')


def moves_but_does_not_change(hands: Hands, card: str) -> None:
    """Take hold of an old card: the whole plane moves with it, and nothing is edited."""
    edits = hands.test_id("undo").get_attribute("aria-label")
    zoom = hands.test_id("history-view").get_by_role("button", name="Zoom out")
    before, other = place_of(old(hands, card)), place_of(old(hands, "load"))
    mouse = hands.page.mouse
    mouse.move(before["x"] + 60, before["y"] + 18)
    mouse.down()
    mouse.move(before["x"] + 60, before["y"] + 118, steps=5)
    mouse.up()
    hands.page.keyboard.press("Delete")
    for name, box in ((card, before), ("load", other)):
        now = place_of(old(hands, name))
        assert now["y"] - box["y"] == pytest.approx(100, abs=6), name
    zoom.click()
    hands.page.wait_for_function(NARROWER, arg=[card, before["width"]])
    expect(old(hands, card)).to_be_visible()
    expect(hands.test_id("undo")).to_have_attribute("aria-label", edits or "")


def test_an_old_version_is_named_looked_at_and_brought_back(server: Server, page: Page) -> None:
    hands = open_sample(server, page)
    hands.settings("split")
    hands.type_into("train_ratio", "0.7")
    hands.select("evaluate")
    page.keyboard.press("Delete")
    expect(hands.card("evaluate")).to_have_count(0)

    hands.test_id("history").click()
    versions = hands.test_id("version")
    expect(versions).to_have_count(3)
    expect(versions.nth(0)).to_contain_text("Removed Evaluate")
    expect(versions.nth(1)).to_contain_text("Set Train ratio of Data Split to 0.7")
    expect(hands.test_id("bring-back")).to_be_disabled()
    expect(old(hands, "train")).to_be_visible()
    expect(old(hands, "evaluate")).to_have_count(0)

    versions.nth(1).click()
    expect(old(hands, "evaluate")).to_be_visible()
    expect(hands.test_id("history-view")).not_to_contain_text("Not run yet")  # nobody knows
    moves_but_does_not_change(hands, "evaluate")
    expect(hands.test_id("history-view")).to_contain_text("Changed since then")
    expect(hands.test_id("history-view").locator(".vdiff")).to_have_text("Removed Evaluate")
    hands.test_id("version-name").fill("With evaluation")
    page.keyboard.press("Enter")
    expect(versions.nth(1)).to_contain_text("With evaluation")
    hands.picture("history", fit=False)

    hands.test_id("bring-back").click()
    expect(hands.test_id("history-view")).to_have_count(0)
    expect(hands.card("evaluate")).to_be_visible()
    expect(hands.test_id("undo")).to_have_attribute(
        "aria-label", 'Undo Bring back "With evaluation"'
    )
    hands.test_id("undo").click()
    expect(hands.card("evaluate")).to_have_count(0)


def test_the_history_is_closed_by_escape_and_the_canvas_is_as_it_was(
    server: Server, page: Page
) -> None:
    hands = open_sample(server, page)
    hands.test_id("history").click()
    expect(hands.test_id("version")).to_have_count(1)
    expect(old(hands, "train")).to_be_visible()
    expect(page.get_by_role("button", name="Close the history")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".top :focus")).to_have_count(1)  # nothing that lies under it
    old(hands, "train").focus()

    page.keyboard.press("Escape")

    expect(hands.test_id("history-view")).to_have_count(0)
    expect(hands.test_id("history")).to_be_focused()
    box = place_of(hands.card("train"))
    assert (round(box["width"]), round(box["height"])) == (184, 148), "its styles are gone"
    hands.select("train")
    expect(hands.test_id("inspector")).to_contain_text("Train")
