"""Finding and doing anything by a few typed letters, and by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hands
from tests.servers import Server


@pytest.fixture
def hands(server: Server, page: Page) -> Hands:
    """One person before an empty canvas."""
    hands = Hands(page).open(f"{server.url}/edit/new")
    page.wait_for_url("**/edit/new_pipeline*")
    expect(page.get_by_text("An empty canvas")).to_be_visible()
    return hands


def menu(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Add a card")


def options(page: Page) -> Locator:
    return menu(page).get_by_role("option")


def wire(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid=canvas] [data-edge="{name}"]')


def test_a_card_is_where_i_double_click_and_the_next_one_comes_wired(
    hands: Hands, page: Page
) -> None:
    canvas = hands.test_id("canvas")
    canvas.dblclick(position={"x": 150, "y": 120})
    expect(page.get_by_text("An empty canvas")).to_be_hidden()
    page.keyboard.type("dl")
    expect(options(page).first).to_have_text("Data Load↵")
    page.keyboard.press("Enter")
    expect(hands.card("data_load")).to_be_focused()
    box, ground = hands.card("data_load").bounding_box(), canvas.bounding_box()
    assert box is not None
    assert ground is not None
    assert abs(box["x"] - ground["x"] - 150) <= 2
    assert abs(box["y"] - ground["y"] - 120) <= 2

    page.keyboard.press("/")  # the pointer rests on the card: the next one comes beside it
    expect(menu(page)).to_contain_text("Goes on from Data Load")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    options(page).filter(has_text="Data Split").click()
    expect(wire(page, "data_load.dataset-data_split.dataset")).to_have_count(1)

    hands.test_id("undo").click()
    expect(hands.card("data_split")).to_have_count(0)
    expect(hands.card("data_load")).to_be_visible()


def test_the_search_closes_and_nothing_was_done(hands: Hands, page: Page) -> None:
    page.locator("body").press("/")
    page.keyboard.type("no such card")
    expect(menu(page)).to_contain_text("No card is called that.")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(menu(page)).to_have_count(0)
    page.keyboard.press("/")
    expect(menu(page)).to_be_visible()
    hands.test_id("inspector").click()
    expect(menu(page)).to_have_count(0)
    page.get_by_label("Description").click()
    page.keyboard.type("1/2")  # in a text field it is a letter as any other
    expect(page.get_by_label("Description")).to_have_value("1/2")
    expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(0)


def found(page: Page) -> Locator:
    return page.get_by_test_id("command-palette").get_by_role("option")


def look_for(page: Page, words: str) -> None:
    page.keyboard.press("ControlOrMeta+k")
    expect(page.get_by_test_id("command-palette").get_by_role("combobox")).to_be_focused()
    page.keyboard.type(words)


def test_a_few_letters_find_any_action_card_setting_and_pipeline(
    server: Server, page: Page
) -> None:
    hands = Hands(page).open(f"{server.url}/edit/new?sample=boston_housing")
    train = hands.cards("train_gpu")
    hands.select("train")
    expect(hands.test_id("inspector")).to_contain_text("Train (GPU)")

    look_for(page, "redo")
    expect(found(page).first).to_have_text("RedoThere is nothing to redoCtrlShiftZ")
    expect(found(page).first).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")  # what is off is not done, and says why
    expect(hands.test_id("command-palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(hands.test_id("command-palette")).to_have_count(0)
    expect(train).to_be_visible()

    look_for(page, "duplicate")
    page.keyboard.press("Enter")
    expect(train).to_have_count(2)
    look_for(page, "undo")
    page.keyboard.press("Enter")
    expect(train).to_have_count(1)

    look_for(page, "go evaluate")
    page.keyboard.press("Enter")
    expect(hands.card("evaluate")).to_be_focused()
    look_for(page, "data load add")
    page.keyboard.press("Enter")
    expect(hands.cards("data_load")).to_have_count(2)

    hands.select("train")
    expect(hands.test_id("inspector")).to_contain_text("Train (GPU)")
    look_for(page, "target col")
    expect(found(page).first).to_have_text("Target columnSettings of Train (GPU)")
    page.keyboard.press("Enter")
    expect(hands.field("target_column")).to_be_focused()
    hands.test_id("find").click()
    page.keyboard.press("Escape")

    look_for(page, "secrets")
    expect(found(page).first).to_have_text("Settings: secretsPages")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Secrets")).to_be_in_viewport()


def test_nothing_typed_is_lost_when_the_palette_closes(hands: Hands, page: Page) -> None:
    said = page.get_by_label("Description")
    said.click()
    page.keyboard.type("Half a sent")
    look_for(page, "anything")
    expect(hands.test_id("command-palette")).to_contain_text("Nothing is called that.")
    page.keyboard.press("Escape")
    expect(said).to_be_focused()
    page.keyboard.type("ence")
    expect(said).to_have_value("Half a sentence")
