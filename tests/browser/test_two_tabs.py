"""Two tabs on one pipeline are two views of one thing, also while it runs."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tensorrag.pipeline.files import load, save
from tests.browser.hands import TRAINED, Hands
from tests.servers import Server

SEED_IS_KEPT = """async () => {
  const answer = await fetch(location.pathname.replace("edit", "api/pipelines"));
  const { nodes } = await answer.json();
  return nodes.find(({ id }) => id === "split").params.seed === 77;
}"""


@pytest.fixture
def both(server: Server, context: BrowserContext) -> tuple[Hands, Hands]:
    """Two tabs on the sample pipeline."""
    one, other = (Hands(context.new_page()) for _ in range(2))
    one.open(f"{server.url}/edit/new?sample=boston_housing")
    one.page.wait_for_url("**/edit/boston*")
    expect(one.card("train")).to_be_visible()
    other.open(one.page.url)
    expect(other.card("train")).to_be_visible()
    return one, other


def nodes(page: Page) -> int:
    return page.locator("[data-testid=canvas] [data-node]").count()


def test_an_edit_in_one_is_seen_in_the_other(both: tuple[Hands, Hands]) -> None:
    one, other = both
    other.settings("model")
    one.settings("model")
    one.type_into("learning_rate", "0.02")
    expect(other.field("learning_rate")).to_have_value("0.02")

    other.test_id("undo").click()
    expect(one.field("learning_rate")).to_have_value("0.001")
    one.type_into("learning_rate", "1e-3")
    expect(one.field("learning_rate")).to_have_value("0.001")

    one.page.get_by_label("Name of the pipeline").fill("Renamed")
    one.page.keyboard.press("Enter")
    expect(other.page.get_by_label("Name of the pipeline")).to_have_value("Renamed")


def test_edits_of_both_arrive_in_both(both: tuple[Hands, Hands]) -> None:
    one, other = both
    one.drag_card("data_load", 120, 500)
    other.drag_card("evaluate", 780, 500)

    for hands in both:
        expect(hands.cards("data_load")).to_have_count(2)
        expect(hands.cards("evaluate")).to_have_count(2)
    assert nodes(one.page) == nodes(other.page) == 7


def test_a_field_that_is_being_typed_in_is_left_alone(both: tuple[Hands, Hands]) -> None:
    one, other = both
    for hands in both:
        hands.settings("split")
    seed = one.field("seed")
    seed.click()
    one.page.keyboard.press("ControlOrMeta+a")
    one.page.keyboard.type("77")
    other.type_into("train_ratio", "0.7")

    expect(one.field("train_ratio")).to_have_value("0.7")
    expect(seed).to_be_focused()
    expect(seed).to_have_value("77")

    # nor is it lost with the field: the card is folded, and so is what was selected
    other.select("split")
    other.page.keyboard.press("ControlOrMeta+Shift+g")
    expect(one.cards("composite")).to_have_class(re.compile("tr-selected"))
    one.page.wait_for_function(SEED_IS_KEPT)


def test_a_run_goes_on_without_the_tab_that_began_it(both: tuple[Hands, Hands]) -> None:
    one, other = both
    one.settings("model")
    one.type_into("epochs", "100000")  # it ends when it is told to
    one.run()
    one.expect_states("running", "train")
    other.expect_states("running", "train")
    other.select("train")
    expect(other.test_id("inspector")).to_contain_text("Epoch", timeout=TRAINED)

    one.page.close()
    other.page.reload()
    other.expect_states("running", "train")
    expect(other.test_id("cancel")).to_be_visible()
    other.test_id("cancel").click()
    other.expect_status("cancelled")
    other.expect_states("cancelled", "train")
    other.expect_states("done", "load", "split", "model")


def test_without_a_connection_nothing_is_taken_that_would_be_lost(
    both: tuple[Hands, Hands],
) -> None:
    one, other = both
    one.settings("model")
    one.cut()
    expect(one.page.locator("#popup")).to_contain_text("Nothing can be changed until then.")
    expect(one.page.locator(".nicegui-content")).to_have_js_property("inert", True)

    one.page.mouse.click(700, 400)
    one.page.keyboard.press("Delete")
    one.page.keyboard.press("ControlOrMeta+Enter")
    one.page.evaluate("window.socket.connect()")
    expect(one.page.locator("#popup")).to_be_hidden()
    expect(one.page.locator(".nicegui-content")).to_have_js_property("inert", False)
    expect(one.field("learning_rate")).to_be_visible()
    one.type_into("learning_rate", "0.02")

    other.settings("model")
    expect(other.field("learning_rate")).to_have_value("0.02")
    assert nodes(other.page) == 5
    expect(other.test_id("cancel")).to_have_count(0)


def test_what_another_program_writes_is_offered(both: tuple[Hands, Hands], server: Server) -> None:
    one, other = both
    pipeline = one.page.url.rpartition("/")[2]
    file = server.workspace / "pipelines" / f"{pipeline}.json"
    save(replace(load(file).pipeline, name="By hand"), file)

    note = one.test_id("note")
    expect(note).to_contain_text("changed the file of this pipeline. Called the pipeline By hand.")
    expect(other.test_id("note")).to_be_visible()
    one.test_id("take_theirs").click()

    for hands in both:
        expect(hands.page.get_by_label("Name of the pipeline")).to_have_value("By hand")
    one.test_id("undo").click()
    expect(other.page.get_by_label("Name of the pipeline")).not_to_have_value("By hand")


def test_a_folder_that_cannot_be_written_is_said_until_it_can(
    both: tuple[Hands, Hands], server: Server
) -> None:
    one, other = both
    edits = server.workspace / "pipelines" / "edits"
    aside = edits.with_name("aside")
    if edits.exists():
        edits.rename(aside)
    edits.write_text("in the way")
    one.settings("model")
    one.type_into("learning_rate", "0.02")

    for hands in both:
        expect(hands.test_id("note")).to_contain_text("Not saved:")
        expect(hands.page.locator(".saved")).to_have_text("Not saved")

    edits.unlink()
    if aside.exists():
        aside.rename(edits)
    for hands in both:
        expect(hands.page.locator(".saved")).to_have_text("Saved")
        expect(hands.test_id("note")).to_have_count(0)
    expect(other.card("model")).to_be_visible()
