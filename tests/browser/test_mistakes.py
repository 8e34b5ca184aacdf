"""Mistakes are seen before anything runs: on the card, in the list, under the field."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hands import Desk, Hands
from tests.clock import within
from tests.servers import Server

MENDED = """
from typing import NamedTuple
from tensorrag import Card, Table

class Same(Card):
    '''Hands a table on.'''

    class Out(NamedTuple):
        table: Table

    def run(self, table: Table) -> Out:
        return self.Out(table)

    def propagate(self, table):
        return table
"""


@pytest.fixture
def hands(server: Server, page: Page) -> Hands:
    """One person before the sample pipeline, which has not run."""
    hands = Hands(page).open(f"{server.url}/edit/new?sample=boston_housing")
    expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(5)
    return hands


def badge(hands: Hands, card: str) -> None:
    expect(hands.card(card).get_by_test_id("problem")).to_be_visible()


def listed(hands: Hands, text: str) -> None:
    hands.page.get_by_role("tab", name="Problems").click()
    expect(hands.test_id("problems")).to_contain_text(text)


def test_a_target_that_is_not_there(hands: Hands, page: Page) -> None:
    hands.settings("train")
    hands.type_into("target_column", "PRICE")

    expect(hands.problem("target_column")).to_contain_text("PRICE is not in train_dataset")
    badge(hands, "train")
    listed(hands, "PRICE is not in train_dataset")
    expect(hands.test_id("run")).to_contain_text("1 problem")
    counted = page.get_by_role("tab", name="Problems").get_by_title("1 problem", exact=True)
    expect(counted).to_have_text("1")
    hands.picture("problem")
    begin = hands.card("evaluate").get_by_test_id("run-node")
    hands.card("evaluate").hover()
    expect(begin).to_be_disabled()
    expect(begin).to_have_attribute("title", re.compile(r"^Train \(GPU\): .*PRICE is not in"))
    expect(hands.card("split").get_by_test_id("run-node")).to_be_enabled()

    hands.test_id("run").click(force=True)  # it only leads to the list
    expect(hands.test_id("run-status")).to_have_attribute("data-state", "idle")
    hands.test_id("undo").click()
    expect(hands.problem("target_column")).to_have_count(0)
    expect(hands.card("train").get_by_test_id("problem")).to_have_count(0)


def test_the_remedy_is_one_button(hands: Hands, page: Page) -> None:
    hands.settings("train")
    hands.type_into("target_column", "MEDC")
    hands.problem("target_column").get_by_role("button", name="Use MEDV").click()

    expect(hands.field("target_column")).to_have_value("MEDV")
    expect(hands.problem("target_column")).to_have_count(0)


def test_a_mistake_is_no_reason_to_run_again(hands: Hands, page: Page) -> None:
    hands.card("model").focus()
    page.keyboard.press("Enter")
    hands.test_id("inspector").get_by_role("button", name="Run", exact=True).click()
    hands.expect_states("done", "model")
    hands.tab("Settings")
    hands.type_into("epochs", "-3")

    expect(hands.problem("epochs")).to_be_visible()
    expect(hands.test_id("inspector")).not_to_contain_text("Why it runs again")
    hands.type_into("epochs", "7")
    expect(hands.test_id("inspector")).to_contain_text("Why it runs again")


def test_ratios_that_do_not_add_up(hands: Hands) -> None:
    hands.settings("split")
    hands.type_into("train_ratio", "0.9")

    expect(hands.problem("train_ratio")).to_contain_text("The ratios add up to 1.1, not to 1.")
    badge(hands, "split")


UNFIT = {
    "dropout": ("3", "must be less than"),
    "epochs": ("0", "must be at least 1"),
    "learning_rate": ("fast", "must be a number"),
    "hidden_layers": ("128, many", "item 2"),
}


def test_values_that_do_not_fit(hands: Hands) -> None:
    hands.settings("model")
    for param, (typed, said) in UNFIT.items():
        hands.type_into(param, typed)
        expect(hands.problem(param)).to_contain_text(said)
        badge(hands, "model")

    for param, (typed, _) in UNFIT.items():
        expect(hands.field(param)).to_have_value(typed)


def test_a_missing_input(hands: Hands, page: Page) -> None:
    hands.settings("split")
    hands.test_id("inspector").get_by_label("Input dataset").select_option("")

    badge(hands, "split")
    listed(hands, "dataset")
    hands.test_id("problems").get_by_role("button", name="Connect Data Load").click()
    expect(hands.card("split").get_by_test_id("problem")).to_have_count(0)


def test_a_problem_in_the_list_leads_to_its_field(hands: Hands, page: Page) -> None:
    hands.settings("model")
    hands.type_into("dropout", "3")
    hands.select("load")
    page.get_by_role("tab", name="Problems").click()
    hands.test_id("problems").get_by_role("button").first.click()

    expect(hands.field("dropout")).to_be_focused()


@pytest.mark.clock
def test_renaming_a_column_upstream_marks_the_right_field_at_once(hands: Hands, page: Page) -> None:
    """Another sample has other columns: the target of before is gone from the table."""
    hands.settings("load")
    expect(hands.field("sample_name")).to_be_visible()
    page.evaluate(
        """() => {
          const badge = "[data-node=train] [data-testid=problem]";
          window.asked = window.marked = 0;
          document.addEventListener("change", () => { window.asked = performance.now(); }, true);
          new MutationObserver(() => {
            if (window.asked && !window.marked && document.querySelector(badge))
              window.marked = performance.now();
          }).observe(document.body, {subtree: true, childList: true, attributes: true});
        }"""
    )
    hands.field("sample_name").select_option("diabetes")
    badge(hands, "train")
    taken = page.evaluate("window.marked - window.asked")
    assert 0 < taken < within(300), f"{taken:.0f} ms"

    hands.select("train")
    expect(hands.problem("target_column")).to_contain_text("MEDV")


@pytest.mark.parametrize("context", [{"viewport": {"width": 1280, "height": 720}}], indirect=True)
def test_a_dropped_card_that_is_broken_says_so_also_beside_the_rail(
    hands: Hands, page: Page, server: Server
) -> None:
    hands.drop_file("broken.py", "class Broken(:\n    pass\n")
    asked = hands.test_id("elsewhere")
    expect(asked).to_contain_text("Add broken.py? It is a program, 2 lines long.")
    expect(hands.test_id("dropped-source")).to_contain_text("class Broken(:")
    assert not (server.workspace / "cards" / "broken.py").exists()
    hands.test_id("leave-dropped").click()
    expect(asked).to_have_count(0)
    assert not (server.workspace / "cards" / "broken.py").exists()

    hands.drop_card("broken.py", "class Broken(:\n    pass\n")
    expect(page.locator(".note")).to_contain_text("broken.py was kept, but cannot be used. Line 1")

    hands.drop_card("broken.py", MENDED)
    expect(page.locator(".note")).to_have_count(0)

    hands.test_id("palette").locator('[data-card="same"]').click()
    expect(hands.card("same")).to_contain_text("Nothing is connected")
    hands.drop_card("broken.py", MENDED.replace("run(self", "run(self("))
    expect(hands.card("same")).to_contain_text('"same" cannot be loaded from broken.py: Line 11')
    expect(hands.test_id("inspector")).to_contain_text("Mend broken.py in the folder cards")
    expect(hands.test_id("inspector").get_by_role("button", name="Edit its source")).to_be_visible()
    hands.drop_card("broken.py", MENDED)
    expect(hands.card("same")).to_contain_text("Nothing is connected")


def test_a_file_that_is_gone_is_said_on_its_card_when_a_run_looks_for_it(
    desk: Desk, server: Server
) -> None:
    table = server.workspace / "rents.csv"
    table.write_text("size,rent\n1,2\n3,4\n")
    hands = desk({"data_load": (0, 0)})
    hands.settings("data_load")
    hands.field("source").select_option("path")
    hands.type_into("path", str(table))
    hands.run()
    hands.expect_status("succeeded")
    table.unlink()
    hands.run()

    expect(hands.problem("path")).to_contain_text("There is no file")
    badge(hands, "data_load")
    expect(hands.test_id("problems")).to_contain_text("There is no file")


def test_a_refusal_goes_with_the_next_gesture_that_works(hands: Hands, page: Page) -> None:
    hands.wire("model", "model_spec", "evaluate", "test_dataset")
    expect(page.locator(".note")).to_be_visible()

    hands.select("evaluate")
    page.keyboard.press("Delete")
    expect(hands.card("evaluate")).to_have_count(0)
    expect(page.locator(".note")).to_have_count(0)


def test_dates_become_numbers_with_one_button(hands: Hands, page: Page) -> None:
    rows = "".join(f"{n % 40};2026-05-{n % 28 + 1:02};{n * 3 + n % 7}\n" for n in range(50))
    hands.drop_file("rents.csv", f"area;let;rent\n{rows}")
    expect(hands.card("data_load")).to_be_visible()
    hands.card("split").focus()
    page.keyboard.press("Enter")
    hands.test_id("inspector").get_by_label("Input dataset").select_option("data_load.dataset")
    hands.settings("train")
    hands.type_into("target_column", "rent")
    problem = hands.problem("feature_columns")
    problem.get_by_role("button", name="Make numbers of dates first").click()

    expect(problem).to_have_count(0)
    expect(hands.card("dates_to_features")).to_be_visible()
    hands.settings("split")
    mixed = hands.problem("split_by")
    expect(mixed).to_contain_text("If let_days says when a row came about")
    mixed.get_by_role("button", name="Split by let_days").click()
    expect(mixed).to_have_count(0)
    expect(hands.field("time_column")).to_have_value("let_days")
