"""Building on the canvas, as people do it in every other editor without thinking."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.hands import Desk, Hands, middle, place_of
from tests.servers import Server

TABLES = "data_load.dataset-train.train_dataset"
SPEC = "model_define.model_spec-train.model_spec"


def wires(hands: Hands, *ids: str) -> None:
    """Wait until just these wires are there."""
    for id in ids:
        expect(wire(hands, id)).to_have_count(1)
    expect(hands.page.locator("[data-testid=canvas] [data-edge]")).to_have_count(len(ids))


def wire(hands: Hands, id: str) -> Locator:
    return hands.page.locator(f'[data-testid=canvas] [data-edge="{id}"]')


def take(hands: Hands, card: str) -> None:
    """Take hold of a card by its head, and begin to move it."""
    box = place_of(hands.card(card))
    hands.page.mouse.move(box["x"] + 60, box["y"] + 18)
    hands.page.mouse.down()
    hands.page.mouse.move(box["x"] + 66, box["y"] + 24)


# --- insert and heal ------------------------------------------------------------------------


def test_a_card_dropped_on_a_wire_goes_in_between_and_leaves_no_gap_when_deleted(
    desk: Desk,
) -> None:
    hands = desk({"data_load": (0, 0), "train": (232, -28), "model_define": (0, 200)}, TABLES, SPEC)
    expect(hands.page.get_by_role("button", name="Select with a box")).to_be_hidden()  # for fingers
    expect(hands.page.locator(".vue-flow__nodes > *")).to_have_count(0)  # Cards.vue draws them
    train = hands.card("train")
    was, canvas = place_of(train), place_of(hands.test_id("canvas"))
    x, y = middle(wire(hands, TABLES).locator(".tr-line"))

    hands.drag_card("data_split", x - canvas["x"], y - canvas["y"] + 14)
    wires(
        hands, "data_load.dataset-data_split.dataset",
        "data_split.train_dataset-train.train_dataset", SPEC,
    )  # fmt: skip
    before, new, now = (place_of(hands.card(id)) for id in ("data_load", "data_split", "train"))
    assert before["x"] + before["width"] < new["x"]
    assert new["x"] + new["width"] < now["x"]
    assert now["x"] > was["x"]

    hands.test_id("undo").click()
    wires(hands, TABLES, SPEC)
    expect(hands.card("data_split")).to_have_count(0)
    hands.test_id("redo").click()
    expect(hands.card("data_split")).to_have_count(1)

    hands.select("data_split")
    hands.page.keyboard.press("Delete")
    wires(hands, TABLES, SPEC)
    hands.test_id("undo").click()
    wires(
        hands, "data_load.dataset-data_split.dataset",
        "data_split.train_dataset-train.train_dataset", SPEC,
    )  # fmt: skip


def test_a_card_held_over_a_wire_says_whether_it_fits_before_it_is_dropped(desk: Desk) -> None:
    hands = desk(
        {
            "data_load": (0, 0), "train": (480, -28), "model_define": (0, 200),
            "data_split": (240, 240), "data_load_2": (480, 240),
        },
        TABLES, SPEC,
    )  # fmt: skip
    mouse, marked = hands.page.mouse, hands.page.locator("[data-splice]")
    x, y = middle(wire(hands, TABLES).locator(".tr-line"))

    take(hands, "data_load_2")
    mouse.move(x, y + 8, steps=8)
    expect(hands.page.locator(".tr-why")).to_contain_text("Data Load takes no Table")
    expect(marked).to_have_count(0)
    mouse.move(x, y - 130, steps=4)
    expect(hands.page.locator(".tr-why")).to_have_count(0)
    mouse.up()
    wires(hands, TABLES, SPEC)

    take(hands, "data_split")
    x, y = middle(wire(hands, TABLES).locator(".tr-line"))  # it may have moved under the pointer
    mouse.move(x, y + 100, steps=4)
    expect(marked).to_have_count(0)
    mouse.move(x, y + 14, steps=8)
    expect(marked).to_have_attribute("data-edge", TABLES)
    mouse.up()
    wires(
        hands, "data_load.dataset-data_split.dataset",
        "data_split.train_dataset-train.train_dataset", SPEC,
    )  # fmt: skip
    expect(marked).to_have_count(0)

    hands.test_id("undo").click()
    wires(hands, TABLES, SPEC)


# --- copy, cut, paste, duplicate ------------------------------------------------------------


def test_cards_are_copied_and_pasted_into_another_pipeline_in_another_tab(
    desk: Desk, server: Server, context: BrowserContext
) -> None:
    hands = desk({"data_load": (0, 0), "train": (232, -28), "model_define": (0, 200)}, TABLES, SPEC)
    hands.settings("train")
    hands.type_into("seed", "7")
    expect(hands.test_id("undo")).to_have_attribute("aria-label", "Undo Change Seed")
    hands.page.mouse.click(*corner(hands))
    hands.page.keyboard.press("ControlOrMeta+a")
    expect(hands.page.locator("[data-node].tr-selected")).to_have_count(3)
    hands.page.keyboard.press("ControlOrMeta+c")

    other = Hands(context.new_page()).open(f"{server.url}/edit/new")
    other.page.wait_for_url("**/edit/new_pipeline*")
    expect(other.page.get_by_text("An empty canvas")).to_be_visible()
    other.page.mouse.move(*middle(other.test_id("canvas")))
    other.page.keyboard.press("ControlOrMeta+v")
    wires(other, TABLES, SPEC)
    expect(other.page.locator("[data-node].tr-selected")).to_have_count(3)
    other.settings("train")
    expect(other.field("seed")).to_have_value("7")
    other.test_id("undo").click()
    expect(other.cards("train")).to_have_count(0)
    expect(other.test_id("undo")).to_be_disabled()


DEAF_AND_BEHIND = """() => {
  const root = document.documentElement, hear = window.socket.onevent;
  root.setAttribute("data-unanswered", "");
  root.toggleAttribute = () => {};
  window.socket.onevent = (packet) =>
    JSON.stringify(packet).includes('\\"patch\\"') || hear.call(window.socket, packet);
}"""
"""No change reaches the canvas any more, and the page knows that it waits for one."""


def test_a_copy_takes_along_what_was_done_last(desk: Desk, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read"])
    hands = desk({"data_load": (0, 0), "train": (232, -28)}, TABLES)
    hands.settings("train")
    hands.page.evaluate(DEAF_AND_BEHIND)
    hands.type_into("seed", "7")
    expect(hands.test_id("undo")).to_have_attribute("aria-label", "Undo Change Seed")
    hands.card("train").focus()
    hands.page.keyboard.press("ControlOrMeta+c")
    hands.page.wait_for_function(
        "async () => JSON.parse(await navigator.clipboard.readText()).nodes[0].params.seed === 7"
    )


def test_a_card_is_duplicated_cut_and_pasted_under_the_pointer(desk: Desk) -> None:
    hands = desk({"data_load": (0, 0), "train": (480, -28)}, TABLES)
    press = hands.page.keyboard.press
    hands.select("train")
    press("ControlOrMeta+d")
    expect(hands.card("train_2")).to_be_visible()
    wires(hands, TABLES)
    expect(hands.card("train_2")).to_have_class(re.compile("tr-selected"))

    press("ControlOrMeta+x")
    expect(hands.card("train_2")).to_have_count(0)
    x, y = corner(hands)
    hands.page.mouse.move(x + 100, y + 120)
    press("ControlOrMeta+v")
    pasted = hands.card("train_2")
    expect(pasted).to_be_visible()
    assert middle(pasted) == pytest.approx((x + 100, y + 120), abs=3)
    press("ControlOrMeta+v")
    expect(hands.card("train_3")).to_be_visible()
    first, second = middle(pasted), middle(hands.card("train_3"))
    assert second[0] - first[0] > 10
    assert second[1] - first[1] > 10

    hands.settings("train")
    hands.field("seed").click()
    press("ControlOrMeta+v")
    expect(hands.cards("train")).to_have_count(3)

    here = middle(hands.card("data_load"))
    hands.page.keyboard.down("Alt")
    take(hands, "data_load")
    hands.page.mouse.move(here[0] + 20, here[1] + 200, steps=5)
    expect(hands.page.locator(".tr-ghost")).to_be_visible()
    assert middle(hands.card("data_load")) == pytest.approx(here, abs=2)
    hands.page.mouse.up()
    expect(hands.page.locator(".tr-ghost")).to_have_count(0)
    hands.page.keyboard.up("Alt")
    clone = hands.card("data_load_2")
    expect(clone).to_be_visible()
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Duplicate Data Load"))
    assert middle(hands.card("data_load")) == pytest.approx(here, abs=2)
    assert middle(clone)[1] > here[1] + 148


def test_what_is_pasted_is_text_that_anybody_may_have_written(
    desk: Desk, server: Server, context: BrowserContext, tmp_path: Path
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    hands = desk({"data_load": (0, 0)})
    page, note = hands.page, hands.page.locator(".note")

    def paste(text: str) -> None:
        page.evaluate("text => navigator.clipboard.writeText(text)", text)
        page.mouse.move(*corner(hands))
        page.keyboard.press("ControlOrMeta+v")

    paste("Dear reader")
    expect(note).to_contain_text("There are no cards in what was copied.")
    paste('{"format": "tensorrag.pipeline", "version": 1, "nodes": [')
    expect(note).to_contain_text("What was copied cannot be pasted. This is not JSON")

    never = tmp_path / "never"
    source = f"import pathlib; pathlib.Path({str(never)!r}).touch()"
    part = {
        "format": "tensorrag.pipeline",
        "version": 1,
        "nodes": [{"id": "<b>mine</b>", "card": "foreign", "position": {"x": 0, "y": 0}}, 5],
        "edges": [],
        "cards": {"foreign": {"source": source}},
    }
    paste(json.dumps(part))
    expect(hands.cards("foreign")).to_contain_text("off until you trust it")
    expect(note).to_contain_text("1 entry of what was copied could not be used.")
    assert not never.exists()


def x_of(hands: Hands, card: str) -> int:
    return round(middle(hands.card(card))[0])


def corner(hands: Hands) -> tuple[float, float]:
    """A place at the upper left of the canvas where nothing lies."""
    box = place_of(hands.test_id("canvas"))
    return box["x"] + 30, box["y"] + 30


# --- bypass, align --------------------------------------------------------------------------


def test_a_card_is_passed_by_and_what_comes_to_it_goes_on(desk: Desk) -> None:
    through = (
        "data_load.dataset-data_split.dataset",
        "data_split.train_dataset-data_split_2.dataset",
    )
    cards = {"data_load": (0, 0), "data_split": (232, 0), "data_split_2": (464, -28)}
    hands = desk(cards, *through)
    hands.select("data_split")
    hands.page.keyboard.press("b")
    hands.expect_states("bypassed", "data_split")
    expect(hands.card("data_split").locator(".tr-passing path")).to_have_count(1)
    expect(hands.card("data_split")).to_contain_text("Bypassed")
    hands.run()
    hands.expect_status("succeeded")
    hands.expect_states("bypassed", "data_split")
    expect(hands.card("data_split_2")).to_contain_text("40,000")  # of all 50,000 rows

    hands.select("data_load")
    hands.tab("Result")
    hands.test_id("inspector").get_by_role("button", name="Open").click()
    expect(hands.test_id("table")).to_be_visible()
    hands.page.keyboard.press("Backspace")  # nobody sees the card that this would delete
    hands.page.keyboard.press("ControlOrMeta+x")
    hands.page.keyboard.press("Escape")
    expect(hands.test_id("table")).to_have_count(0)
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Bypass"))

    hands.test_id("undo").click()
    expect(hands.card("data_split")).not_to_contain_text("Bypassed")
    hands.select("data_split")
    hands.page.keyboard.press("b")
    hands.page.keyboard.press("b")  # quicker than the server answers
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Switch Data Split on"))
    expect(hands.card("data_split")).not_to_contain_text("Bypassed")
    for _ in range(3):
        hands.page.keyboard.press("b")
    hands.expect_answered()
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Bypass"))
    expect(hands.card("data_split")).to_contain_text("Bypassed")


def test_a_right_click_offers_what_can_be_done_with_cards_a_wire_and_the_canvas(
    desk: Desk,
) -> None:
    hands = desk({"data_load": (0, 0), "train": (300, 60), "model_define": (40, 220)}, TABLES, SPEC)
    page, menu = hands.page, hands.page.get_by_role("menu")

    def offered(name: str) -> Locator:
        return menu.get_by_role("menuitem", name=name)

    hands.card("train").click(button="right", position={"x": 60, "y": 18})
    expect(page.get_by_role("menu", name="Card")).to_be_visible()
    expect(hands.card("train")).to_have_class(re.compile("tr-selected"))
    expect(offered("Bypass")).to_contain_text("B")
    offered("Bypass").click()
    expect(menu).to_have_count(0)
    expect(hands.card("train")).to_contain_text("Bypassed")
    hands.test_id("undo").click()
    expect(hands.card("train")).not_to_contain_text("Bypassed")

    hands.card("train").click(button="right", position={"x": 60, "y": 18})
    offered("Duplicate").click()
    expect(hands.card("train_2")).to_be_visible()
    hands.test_id("undo").click()
    expect(hands.cards("train")).to_have_count(1)  # a menu does what it says once

    page.mouse.click(*corner(hands))
    page.keyboard.press("ControlOrMeta+a")
    hands.card("train").click(button="right", position={"x": 60, "y": 18})
    expect(page.get_by_role("menu", name="3 cards")).to_be_visible()
    offered("Align left").click()
    expect(menu).to_have_count(0)
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Move 2 cards"))
    lefts = {x_of(hands, card) for card in ("data_load", "train", "model_define")}
    assert len(lefts) == 1

    hands.test_id("undo").click()
    expect(hands.test_id("redo")).to_be_enabled()
    hands.select("train")
    page.get_by_role("group", name="Wires").focus()
    first = page.get_by_role("group", name="Wire from Data Load dataset to Train train_dataset")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    second = page.get_by_role("group", name="Wire from Model Define model_spec to Train model_spec")
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(second).to_have_accessible_name(re.compile("selected$"))
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu", name="Wire")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(offered("Delete")).to_be_focused()
    page.keyboard.press("Enter")
    wires(hands, TABLES)
    wire(hands, TABLES).locator(".tr-grab").dispatch_event("contextmenu", {"button": 2})
    offered("Put a card into the wire").click()
    page.keyboard.type("data split")
    expect(page.get_by_role("option").first).to_have_text(re.compile("Data Split"))
    page.keyboard.press("Enter")
    wires(
        hands,
        "data_load.dataset-data_split.dataset",
        "data_split.train_dataset-train.train_dataset",
    )

    page.mouse.click(*corner(hands), button="right")
    expect(page.get_by_role("menu", name="Canvas")).to_be_visible()
    offered("Select all").click()
    expect(page.locator("[data-node].tr-selected")).to_have_count(4)
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu", name="4 cards")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    page.keyboard.press("Delete")
    expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(0)


# --- notes and frames -----------------------------------------------------------------------


def test_a_note_and_a_frame_say_what_belongs_together(
    desk: Desk, server: Server, context: BrowserContext
) -> None:
    hands = desk({"data_load": (0, 0), "train": (300, 60)}, TABLES)
    page, notes = hands.page, hands.page.locator("[data-note]")
    x, y = corner(hands)
    page.mouse.click(x, y)
    page.mouse.move(x + 140, y + 60)
    page.keyboard.press("n")
    expect(page.get_by_label("Text of the note")).to_be_focused()
    page.keyboard.type("Why <b>this</b>")
    page.keyboard.press("Escape")
    note = notes.filter(has_text="Why <b>this</b>")
    expect(note).to_be_focused()
    note.dblclick()
    expect(page.get_by_label("Text of the note")).to_be_focused()
    search = hands.test_id("palette").get_by_role("searchbox")
    search.click()
    expect(page.get_by_label("Text of the note")).to_have_count(0)
    expect(search).to_be_focused()

    hands.select("data_load")
    page.keyboard.press("ControlOrMeta+g")
    expect(page.get_by_label("Title of the frame")).to_be_focused()
    page.keyboard.type("Data")
    page.keyboard.press("Enter")
    frame = page.get_by_role("group", name="Frame: Data")
    expect(frame).to_be_visible()
    other = Hands(context.new_page()).open(page.url)
    expect(other.page.get_by_role("group", name="Note: Why <b>this</b>")).to_be_visible()

    was, apart = middle(hands.card("data_load")), middle(hands.card("train"))
    box = place_of(frame)
    page.mouse.move(box["x"] + 100, box["y"] + 15)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 115, steps=4)
    page.mouse.up()
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Move a frame"))
    assert middle(hands.card("data_load")) == pytest.approx((was[0] + 40, was[1] + 100), abs=4)
    assert middle(hands.card("train")) == pytest.approx(apart, abs=1)

    page.keyboard.press("ControlOrMeta+c")
    page.mouse.move(x + 200, y + 400)
    page.keyboard.press("ControlOrMeta+v")
    expect(notes).to_have_count(3)
    hands.test_id("undo").click()
    expect(notes).to_have_count(2)
    hands.test_id("undo").click()
    expect(hands.test_id("undo")).not_to_have_attribute("title", re.compile("Move"))
    frame.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    expect(notes).to_have_count(1)

    note.click()
    expect(note).to_have_class(re.compile("tr-selected"))
    take(hands, "train")
    expect(note).not_to_have_class(re.compile("tr-selected"))  # what is dragged is meant alone
    page.mouse.up()
    note.dblclick()
    page.keyboard.press("End")
    page.keyboard.type(", half written")
    page.reload()
    expect(page.get_by_label("Text of the note")).to_be_focused()
    expect(page.get_by_label("Text of the note")).to_have_value("Why <b>this</b>, half written")
    said = "Note: Why <b>this</b>, half written"
    expect(other.page.get_by_role("group", name=said)).to_be_visible()
    page.keyboard.press("Escape")
    expect(notes).to_have_count(1)
    expect(hands.card("data_load")).to_be_visible()

    page.mouse.click(x, y)
    expect(note).not_to_have_class(re.compile("tr-selected"))
    page.keyboard.down("Shift")
    page.mouse.move(x, y - 10)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(note).to_have_class(re.compile("tr-selected"))
    expect(page.locator(".tr-mini-note")).to_have_count(1)


# --- composites -----------------------------------------------------------------------------

FIRST = "data_split.train_dataset-data_split_2.dataset"
TEST = "data_split.test_dataset-data_split_2.dataset"
FIVE = {
    "data_load": (0, 100), "data_split": (232, 100), "model_define": (0, 300),
    "model_define_2": (232, 300), "data_load_2": (0, 500),
}  # fmt: skip


def test_five_cards_become_one_card_and_open_again(
    desk: Desk, server: Server, context: BrowserContext
) -> None:
    hands = desk(FIVE | {"data_split_2": (600, 100)}, "data_load.dataset-data_split.dataset", FIRST)
    page, press = hands.page, hands.page.keyboard.press
    one, name = hands.cards("composite"), "Preparation, composite of 5 cards"
    page.mouse.click(*corner(hands))
    page.keyboard.down("ControlOrMeta")
    for card in FIVE:
        hands.select(card)
    page.keyboard.up("ControlOrMeta")
    press("ControlOrMeta+Shift+g")
    expect(page.get_by_label("Title of the composite")).to_be_focused()
    page.keyboard.type("Preparation")
    press("Enter")
    expect(page.get_by_role("group", name=name)).to_be_focused()
    expect(hands.card("data_load")).to_have_count(0)
    wires(hands, FIRST)
    inspector = hands.test_id("inspector")
    expect(inspector).to_contain_text("Composite of 5 cards")
    expect(inspector).to_contain_text("Data Split: train_dataset")  # to the sixth card
    inspector.get_by_role("button", name="Data Split").click()
    expect(inspector.get_by_role("tab", name="Settings")).to_be_visible()
    inspector.get_by_role("button", name="Back to Preparation").click()
    expect(inspector).to_contain_text("Composite of 5 cards")
    other = Hands(context.new_page()).open(page.url)
    expect(other.page.get_by_role("group", name=name)).to_be_visible()

    port = '[data-side=out][data-port="test_dataset"]'
    hands.drag(one.locator(port), hands.port("data_split_2", "dataset", "in"))
    wires(hands, TEST)
    wires(other, TEST)
    hands.run()
    hands.expect_status("succeeded")
    expect(one).to_have_attribute("data-state", "done")
    expect(hands.card("data_split_2")).to_contain_text("8,000")  # of 10,000 test rows
    page.reload()
    expect(page.get_by_role("group", name=f"{name}, Done")).to_be_visible()
    hands.test_id("undo").click()
    wires(hands, FIRST)

    one.click(position={"x": 60, "y": 80})
    press("ControlOrMeta+c")
    elsewhere = Hands(context.new_page()).open(f"{server.url}/edit/new")
    elsewhere.page.wait_for_url("**/edit/new_pipeline*")
    expect(elsewhere.page.get_by_text("An empty canvas")).to_be_visible()
    elsewhere.page.mouse.move(*middle(elsewhere.test_id("canvas")))
    elsewhere.page.keyboard.press("ControlOrMeta+v")
    expect(elsewhere.page.get_by_role("group", name=name)).to_be_visible()
    expect(elsewhere.page.locator("[data-testid=canvas] [data-node]")).to_have_count(1)

    press("Delete")
    expect(one).to_have_count(0)
    hands.test_id("undo").click()
    expect(one).to_have_count(1)
    one.hover(position={"x": 60, "y": 80})
    page.mouse.down()
    box = place_of(one)
    page.mouse.move(box["x"] + 100, box["y"] + 120, steps=4)
    page.mouse.up()
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Move a composite"))
    one.dblclick(position={"x": 60, "y": 80})
    expect(one).to_have_count(0)
    wires(hands, "data_load.dataset-data_split.dataset", FIRST)
    first, second = middle(hands.card("data_load")), middle(hands.card("data_split"))
    assert (second[0] - first[0], second[1] - first[1]) == pytest.approx((232, 0), abs=1)
    expect(page.get_by_role("group", name="Frame: Preparation")).to_be_visible()
    hands.test_id("undo").click()
    one.focus()
    press("Enter")
    expect(hands.card("data_load")).to_be_visible()


def test_a_composite_dropped_on_a_wire_goes_in_between(desk: Desk) -> None:
    cards = {"data_load": (0, 0), "train": (560, 0), "data_split": (0, 260)}
    inner = "data_split.train_dataset-data_split_2.dataset"
    hands = desk(cards | {"data_split_2": (240, 260)}, TABLES, inner)
    page, one = hands.page, hands.cards("composite")
    hands.select("data_split")
    page.keyboard.down("Shift")
    hands.select("data_split_2")
    page.keyboard.up("Shift")
    page.keyboard.press("ControlOrMeta+Shift+g")
    expect(page.get_by_label("Title of the composite")).to_be_focused()
    page.keyboard.type("Twice")
    page.keyboard.press("Enter")
    expect(one).to_be_focused()

    take_at = place_of(one)
    x, y = middle(wire(hands, TABLES).locator(".tr-line"))
    page.mouse.move(take_at["x"] + 90, take_at["y"] + 60)
    page.mouse.down()
    page.mouse.move(x, y + 40, steps=6)
    page.mouse.move(x, y, steps=4)
    expect(page.locator("[data-splice]")).to_have_count(1)
    page.mouse.up()
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Insert Twice"))
    one.dblclick(position={"x": 60, "y": 80})
    wires(
        hands,
        "data_load.dataset-data_split.dataset",
        inner,
        "data_split_2.train_dataset-train.train_dataset",
    )


def test_hands_find_what_other_editors_taught_them(desk: Desk) -> None:
    loads = "data_load.dataset-data_split.dataset"
    hands = desk({"data_load": (0, 0), "data_split": (240, 0)}, loads)
    page = hands.page
    hands.port("data_split", "test_dataset", "out").click()
    expect(page.get_by_role("dialog", name="Cards that take a Table")).to_be_visible()
    page.keyboard.type("eval")
    page.keyboard.press("Enter")
    wires(hands, loads, "data_split.test_dataset-evaluate.test_dataset")
    expect(hands.card("evaluate")).to_be_focused()
    hands.port("data_split", "dataset", "in").click()  # it has its wire
    expect(hands.card("data_split")).to_have_class(re.compile("tr-selected"))
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.keyboard.press("F2")
    expect(page.get_by_label("Title of this card")).to_be_focused()
    page.keyboard.type("Honest rows")
    page.evaluate("addEventListener('keydown', (e) => { window.kept = e.defaultPrevented })")
    page.keyboard.press("ControlOrMeta+s")  # no file is saved, and what was typed is taken
    assert page.evaluate("window.kept")
    expect(hands.card("data_split")).to_contain_text("Honest rows")
    hands.card("data_load").dblclick(position={"x": 60, "y": 18})
    expect(hands.field("source")).to_be_focused()
