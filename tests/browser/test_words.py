"""Finding and doing anything by a few typed letters, and by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.hands import Hands, place_of
from tests.servers import Server

WARM = True  # it trains

ON_A_MAC = "Object.defineProperty(navigator, 'platform', {get: () => 'MacIntel'})"
A_CONTROL = """() => {
  document.body.insertAdjacentHTML("beforeend", "<button data-keys='mod+e'>E</button>");
}"""
IS_HEARD = """held => !document.body.dispatchEvent(
  new KeyboardEvent("keydown", {key: "e", bubbles: true, cancelable: true, ...held}))"""


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
    box, ground = place_of(hands.card("data_load")), place_of(canvas)
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
    expect(hands.test_id("undo")).to_be_enabled()
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

    look_for(page, "time limit of each")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Time limit")).to_be_focused()
    expect(page.locator("[data-node].tr-selected")).to_have_count(0)
    look_for(page, "where it runs")
    expect(found(page).first).to_have_text("Choose where it runsRun")
    page.keyboard.press("Enter")
    expect(page.locator("#run-on")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Automatic")).to_be_focused()
    page.keyboard.press("Escape")

    look_for(page, "secrets")
    expect(found(page).first).to_have_text("Settings: secretsPages")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Secrets")).to_be_in_viewport()


def test_the_pages_without_a_canvas_know_it_too(server: Server, page: Page) -> None:
    made = page.request.post(
        f"{server.url}/api/pipelines",
        data={"format": "tensorrag.pipeline", "version": 1, "name": "Rents", "nodes": []},
    )
    page.goto(f"{server.url}/settings")
    expect(page.get_by_test_id("find")).to_be_visible()
    look_for(page, "light or")
    shown = page.evaluate("document.documentElement.dataset.theme")
    page.keyboard.press("Enter")
    page.wait_for_function("was => document.documentElement.dataset.theme !== was", arg=shown)
    look_for(page, "all pipe")
    expect(found(page).first).to_have_text("All pipelinesPages")
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("new")).to_be_visible()
    look_for(page, "compare")
    expect(found(page).first).to_have_text("Compare the chosen runsTick two or more")
    assert [each for theme in ("light", "dark") for each in violations(page, theme)] == []
    page.keyboard.press("Enter")  # what is off is not done
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("command-palette")).to_have_count(0)
    page.get_by_test_id("find").click()
    page.keyboard.type("rents")
    expect(found(page).first).to_have_text("RentsPipelines")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/edit/{made.json()['id']}")


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


def test_all_shortcuts_are_on_one_sheet(hands: Hands, page: Page) -> None:
    add_by_keys(hands, "load", "data_load")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet.get_by_role("region", name="Edit")).to_contain_text("UndoCtrlZ")
    expect(sheet).to_contain_text("Add a card/")
    page.keyboard.press("Delete")  # no key of the canvas works behind it
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(hands.card("data_load")).to_have_count(1)
    hands.page.locator(".vue-flow__pane").click(position={"x": 30, "y": 30})
    hands.test_id("help").click()
    expect(sheet).to_be_visible()
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_have_count(0)
    page.get_by_label("Description").click()
    page.keyboard.type("Why?")
    expect(page.get_by_label("Description")).to_have_value("Why?")


def add_by_keys(hands: Hands, words: str, kind: str) -> None:
    hands.page.keyboard.press("/")
    expect(menu(hands.page).get_by_role("combobox")).to_be_focused()
    expect(menu(hands.page).get_by_role("option").first).to_be_visible()
    hands.page.keyboard.type(words)
    hands.page.keyboard.press("Enter")
    expect(hands.card(kind)).to_be_focused()


def wire_by_keys(hands: Hands, card: str, wire_to_be: str, outputs_on: int = 0) -> None:
    look_for(hands.page, f"go {card}")
    hands.page.keyboard.press("Enter")
    expect(hands.card(card)).to_be_focused()
    hands.page.keyboard.press("w")
    expect(hands.page.locator(".tr-hint")).to_be_visible()
    for _ in range(outputs_on):
        hands.page.keyboard.press("ArrowRight")
    hands.page.keyboard.press("Enter")
    expect(wire(hands.page, wire_to_be)).to_have_count(1)


def test_from_an_empty_canvas_to_r2_without_a_mouse(hands: Hands, page: Page) -> None:
    add_by_keys(hands, "load", "data_load")
    add_by_keys(hands, "split", "data_split")
    add_by_keys(hands, "define gpu", "model_define_gpu")
    look_for(page, "epochs")
    expect(found(page).first).to_contain_text("Epochs")
    page.keyboard.press("Enter")
    expect(hands.field("epochs")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2")
    page.keyboard.press("F6")
    page.keyboard.press("Shift+F6")
    expect(hands.test_id("inspector").get_by_role("tab", name="Settings")).to_be_focused()
    page.keyboard.press("Shift+F6")
    expect(hands.card("model_define_gpu")).to_be_focused()

    add_by_keys(hands, "train gpu", "train_gpu")
    expect(wire(page, "model_define_gpu.model_spec-train_gpu.model_spec")).to_have_count(1)
    add_by_keys(hands, "evaluate", "evaluate")
    expect(wire(page, "train_gpu.trained_model-evaluate.trained_model")).to_have_count(1)
    expect(wire(page, "data_split.train_dataset-train_gpu.train_dataset")).to_have_count(1)
    tested = "data_split.test_dataset-evaluate.test_dataset"
    expect(wire(page, tested)).to_have_count(1)
    hands.test_id("inspector").get_by_label("Input test_dataset").select_option("")
    expect(wire(page, tested)).to_have_count(0)
    wire_by_keys(hands, "data_split", tested, 1)
    before = place_of(hands.card("evaluate"))
    look_for(page, "go evaluate")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "(was) => document.querySelector('[data-node=evaluate]').getBoundingClientRect().x > was",
        arg=before["x"],
    )

    page.keyboard.press("ControlOrMeta+Enter")
    hands.expect_status("succeeded")
    expect(hands.card("evaluate")).to_be_focused()
    page.keyboard.press("Enter")  # it is selected: on to what it measured
    expect(hands.test_id("inspector").get_by_role("tab", name="Result")).to_be_focused()
    expect(hands.test_id("inspector").locator("[data-metric=r2]")).to_be_visible()


def test_nobody_is_kept_out_by_colour_or_by_a_missing_name(server: Server, page: Page) -> None:
    hands = Hands(page).open(f"{server.url}/edit/new?sample=boston_housing")
    hands.select("train")
    expect(hands.field("target_column")).to_be_visible()
    wrong = [each for theme in ("light", "dark") for each in violations(page, theme)]
    look_for(page, "run")
    expect(found(page).first).to_contain_text("Run")
    wrong += violations(page, "light")
    page.keyboard.press("Escape")
    page.locator("body").press("?")
    expect(hands.test_id("shortcuts")).to_be_visible()
    wrong += violations(page, "dark")
    page.keyboard.press("Escape")
    hands.test_id("run-on").click()
    expect(page.get_by_role("radio", name="This machine")).to_be_visible()
    wrong += violations(page, "light")
    for address, there in ((server.url, "[data-sample]"), (f"{server.url}/settings", "#secrets")):
        page.goto(address)
        expect(page.locator(there).first).to_be_visible()
        wrong += [each for theme in ("light", "dark") for each in violations(page, theme)]

    assert wrong == []


HINT_OVER_NO_CARD = """() => {
  const place = (element) => element.getBoundingClientRect();
  const hint = place(document.querySelector(".hint"));
  const cards = [...document.querySelectorAll("[data-testid=canvas] [data-node]")].map(place);
  return cards.length === 5 && !cards.some(
    (card) =>
      card.left < hint.right && hint.left < card.right &&
      card.top < hint.bottom && hint.top < card.bottom,
  );
}"""


def test_three_hints_on_the_first_visit_go_away_for_good(server: Server, chromium: Browser) -> None:
    visitor = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    visitor.add_init_script(ON_A_MAC)
    hands = Hands(visitor.new_page()).open(f"{server.url}/edit/new?sample=boston_housing")
    expect(hands.test_id("redo")).to_have_attribute("title", "Redo (⌘⇧Z)")
    expect(hands.page.locator("kbd").filter(has_text="Ctrl")).to_have_count(0)
    hint = hands.test_id("hint")
    expect(hint).to_contain_text("Press Run")
    hands.select("load")
    tabs = hands.test_id("inspector").get_by_role("tablist")
    expect(tabs).to_be_visible()
    expect(hint).to_have_class(re.compile("aside"))  # not over the tabs
    left, stood = place_of(tabs), place_of(hint)
    assert stood["x"] + stood["width"] <= left["x"]
    hint.get_by_role("button", name="Got it").click()
    expect(hint).to_contain_text("Click a card")
    hands.select("train")  # what it says was done
    expect(hint).to_contain_text("Drag a card")
    hands.page.set_viewport_size({"width": 1366, "height": 768})
    hands.page.reload()
    expect(hint).to_contain_text("Drag a card")
    hands.page.wait_for_function(HINT_OVER_NO_CARD)
    hands.drag(hands.card("load"), hint)
    hands.page.wait_for_function(HINT_OVER_NO_CARD)
    expect(hint).to_contain_text("⌘K finds all the rest")
    hint.get_by_role("button", name="No more hints").click()
    expect(hint).to_have_count(0)

    hands.page.goto(f"{server.url}/edit/new?sample=boston_housing")
    expect(hands.card("train")).to_be_visible()
    expect(hint).to_have_count(0)

    hands.page.evaluate("localStorage.setItem('tensorrag-hints-seen', '[\"run\", \"look\"]')")
    hands.page.reload()
    expect(hint).to_contain_text("Drag a card")
    of_a_finger = {"pointerType": "touch", "pointerId": 5, "isPrimary": True}
    card = hands.test_id("palette").locator('[data-card="train"]')
    for kind, x in (("pointerdown", 100), ("pointermove", 150), ("pointermove", 200)):
        card.dispatch_event(kind, {**of_a_finger, "clientX": x, "clientY": 300})
    expect(hint).to_have_count(0)

    hands.page.goto(server.url)
    expect(hands.test_id("new")).to_be_visible()
    hands.page.evaluate(A_CONTROL)
    assert hands.page.evaluate(IS_HEARD, {"metaKey": True})
    assert not hands.page.evaluate(IS_HEARD, {"ctrlKey": True})  # which is another key on a Mac
    visitor.close()
