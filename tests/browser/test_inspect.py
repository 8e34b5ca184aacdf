"""The inspector as a place to look: tables, plots, settings, and what came in and went out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import TRAINED, Hands, place_of
from tests.servers import Server, launch

PICKY = '''
from typing import NamedTuple
from tensorrag import Card, InputError, Table, TableSchema

class Picky(Card):
    """Take no table with missing ages."""

    class Out(NamedTuple):
        dataset: Table

    def propagate(self, dataset: TableSchema) -> TableSchema:
        return dataset

    def run(self, dataset: Table) -> Out:
        raise InputError("There are ages missing.", port="dataset", hint="Take another table.")
'''
PIPELINE: dict[str, Any] = {
    "format": "tensorrag.pipeline", "version": 1, "name": "Diabetes", "description": "",
    "nodes": [
        {"id": "load", "card": "data_load", "position": {"x": 0, "y": 80},
         "params": {"source": "sample", "sample_name": "diabetes"}},
        {"id": "split", "card": "data_split", "position": {"x": 240, "y": 80}},
        {"id": "picky", "card": "picky", "position": {"x": 480, "y": 80}},
    ],
    "edges": [
        {"source": "load", "source_port": "dataset", "target": "split", "target_port": "dataset"},
        {"source": "split", "source_port": "train_dataset", "target": "picky",
         "target_port": "dataset"},
    ],
}  # fmt: skip


BIG = '''
from typing import NamedTuple
from tensorrag import Card, Field, Table, TableSchema

class Big(Card):
    """Make 900,000 rows, enough to be drawn when somebody looks, in no particular order."""

    step: int = Field(7_919, label="Rows between two")

    class Out(NamedTuple):
        rows: Table

    def propagate(self) -> TableSchema:
        return TableSchema()

    def run(self) -> Out:
        import numpy as np
        import pandas as pd
        at = np.arange(900_000)
        names = np.array(["Ann", "Ben", "Zoe"])[at % 3]
        shuffled = at * self.step % 900_000
        return self.Out(Table.from_pandas(pd.DataFrame({"at": at, "by": shuffled, "who": names})))
'''
LEARNER = '''
import time
from typing import NamedTuple
from tensorrag import Card, Table, TableSchema, report

class Learner(Card):
    """Learn for as long as anybody lets it."""

    class Out(NamedTuple):
        rows: Table

    def propagate(self) -> TableSchema:
        return TableSchema()

    def run(self) -> Out:
        for epoch in range(1, 20_000):
            report(epoch, 20_000, "epoch", loss=1 / epoch)
            time.sleep(0.5)
'''
ONE: dict[str, Any] = {**PIPELINE, "name": "Rows", "edges": []}
ONE["nodes"] = [{"id": "big", "card": "big", "position": {"x": 0, "y": 80}}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all stories of this file, with two cards of somebody's own."""
    folder = tmp_path_factory.mktemp("inspect")
    (folder / "here" / "cards").mkdir(parents=True)
    (folder / "here" / "cards" / "picky.py").write_text(PICKY)
    (folder / "here" / "cards" / "big.py").write_text(BIG)
    (folder / "here" / "cards" / "learner.py").write_text(LEARNER)
    server = launch(folder / "here", folder / "server.log", warm=True)
    server.wait()
    yield server
    server.stop()


@pytest.fixture
def open_new(server: Server, page: Page) -> Callable[[dict[str, Any]], Hands]:
    """Opens a new pipeline, as one person in one tab."""

    def open_it(pipeline: dict[str, Any]) -> Hands:
        made = page.request.post(f"{server.url}/api/pipelines", data=json.dumps(pipeline))
        return Hands(page).open(f"{server.url}/edit/{made.json()['id']}")

    return open_it


def port(hands: Hands, name: str) -> Locator:
    tabs = hands.test_id("inspector").locator(".ports")
    return tabs.get_by_role("tab", name=f"Table {name}", exact=True)


def test_what_came_in_and_what_went_out_at_each_card(
    open_new: Callable[[dict[str, Any]], Hands], server: Server
) -> None:
    beside = {"id": "beside", "card": "big", "position": {"x": 0, "y": 400}}
    hands = open_new(PIPELINE | {"nodes": [*PIPELINE["nodes"], beside]})
    inspector, preview = hands.test_id("inspector"), hands.test_id("preview")
    hands.run()
    hands.expect_status("failed")

    hands.select("split")
    expect(port(hands, "train_dataset")).to_have_attribute("aria-selected", "true")
    expect(preview).to_contain_text("353 × 11")
    port(hands, "dataset").click()
    expect(inspector).to_contain_text("From Data Load, dataset")
    expect(preview).to_contain_text("442 × 11")
    inspector.get_by_role("button", name="Open").click()
    expect(hands.test_id("table")).to_contain_text("dataset, which came in")
    expect(
        hands.test_id("table").locator(".ag-center-cols-container .ag-row").first
    ).to_be_visible()
    find = hands.page.get_by_label("Find a column")
    find.fill("bmi")
    hands.page.keyboard.press("Enter")
    expect(hands.page.locator("#find-column-list")).to_be_hidden()  # it would lie over the column
    hands.page.keyboard.press("Escape")  # out of the field
    expect(find).not_to_be_focused()
    hands.page.keyboard.press("Escape")
    expect(hands.test_id("table")).to_have_count(0)

    hands.select("picky")
    expect(inspector).to_contain_text("There are ages missing.")
    expect(inspector).to_contain_text("From Data Split, train_dataset")
    expect(preview).to_contain_text("353 × 11")
    hands.picture("inputs")

    # Its branch is run from its menu: it, what follows it, and what these need.
    hands.card("split").click(button="right", position={"x": 60, "y": 18})
    hands.page.get_by_role("menuitem", name="Run the branch of the selected card").click()
    expect(hands.page.locator(".strip")).to_contain_text("Run 2")
    hands.expect_status("failed")
    (run,) = hands.page.request.get(f"{server.url}/api/runs?limit=1").json()
    told = hands.page.request.get(f"{server.url}/api/runs/{run['run']}").json()
    assert sorted(told["nodes"]) == ["load", "picky", "split"]


def test_a_long_table_is_scrolled_sorted_and_searched_without_waiting_for_all_of_it(
    open_new: Callable[[dict[str, Any]], Hands],
) -> None:
    hands = open_new(ONE)
    hands.run()
    hands.expect_status("succeeded")
    hands.select("big")
    hands.test_id("inspector").get_by_role("button", name="Open").click()
    table = hands.test_id("table")

    def cell(row: int, column: int) -> Locator:
        """What stands in a row, counted from 1, where that is in view."""
        return table.locator(f'.ag-row[row-index="{row - 1}"] [col-id=c{column}]')

    expect(table).to_contain_text("900,000 × 3")
    expect(cell(1, 1)).to_have_text("0")
    expect(cell(2, 1)).to_have_text("7919")
    table.get_by_role("textbox", name="Go to row").fill("250000")
    hands.page.keyboard.press("Enter")
    expect(cell(250_000, 0)).to_have_text("249999")
    expect(cell(1, 0)).to_have_count(0)

    table.locator("[col-id=c1] .chead").hover()
    table.get_by_role("button", name="Sort by by").click()
    expect(cell(1, 1)).to_have_text("0")
    expect(cell(2, 1)).to_have_text("1")
    table.get_by_role("button", name="Sort by by").click()
    expect(cell(1, 1)).to_have_text("899999")

    table.get_by_role("textbox", name="Go to row").fill("250000")
    hands.page.keyboard.press("Enter")
    expect(cell(250_000, 0)).to_be_visible()
    table.locator("[col-id=c2] .chead").hover()
    table.get_by_role("button", name="Choose rows by who").click()
    chooser = table.locator(".ag-filter")
    expect(chooser).to_be_visible()
    # Nothing lies over it or cuts it off, once it has its place.
    hands.page.wait_for_function(ALL_SEEN, arg=chooser.element_handle())
    table.get_by_role("textbox", name="Filter Value").first.fill("zo")
    expect(table).to_contain_text("300,000 of 900,000 rows")
    expect(cell(1, 2)).to_have_text("Zoe")
    expect(cell(1, 1)).to_have_text("899998")
    hands.picture("rows-chosen", fit=False)
    save = table.get_by_role("link", name=re.compile("Save 300,000 rows as CSV, about [0-9.]+ MB"))
    with hands.page.expect_download() as saving:
        save.click()
    assert saving.value.suggested_filename == "Rows - Big - rows.csv"
    lines = Path(saving.value.path()).read_text().splitlines()
    assert (len(lines), lines[0]) == (300_001, "at,by,who")
    assert [line.split(",")[1:] for line in lines[1:3]] == [
        ["899998", '"Zoe"'],
        ["899995", '"Zoe"'],
    ]
    table.get_by_role("button", name="Show all").click()
    expect(table).to_contain_text("900,000 × 3")


def test_a_run_of_before_shows_what_a_card_was_set_to_and_what_it_made(
    open_new: Callable[[dict[str, Any]], Hands],
) -> None:
    hands = open_new(ONE)
    hands.run()
    hands.expect_status("succeeded")
    hands.settings("big")
    hands.type_into("step", "7")
    hands.run()
    expect(hands.page.locator(".strip")).to_contain_text("Run 2")
    hands.expect_status("succeeded")
    hands.page.get_by_role("tab", name="Runs").click()
    hands.page.get_by_role("button", name="Run 1", exact=True).click()

    before, card = hands.test_id("past-view"), hands.test_id("past-card")
    expect(before).to_contain_text("Run 1 as it was")
    before.locator("[data-node=big]").click(position={"x": 60, "y": 18})
    expect(card).to_contain_text("900,000 × 3")
    card.get_by_role("tab", name="Settings").click()
    expect(card.locator("tr")).to_have_text("Rows between two7919")
    card.get_by_role("tab", name="Result").click()
    hands.picture("run-of-before", fit=False)
    card.get_by_role("button", name="Open").click()
    expect(hands.test_id("table")).to_contain_text("900,000 × 3")


SEEN = """(it) => {
  const { left, top, height } = it.getBoundingClientRect();
  return it.contains(document.elementFromPoint(left + 9, top + height / 2));
}"""
ALL_SEEN = """(it) => {
  const { left, right, top, bottom } = it.getBoundingClientRect();
  return [[left, top], [right, top], [left, bottom], [right, bottom]]
    .map(([x, y]) => [x + (x === left ? 2 : -2), y + (y === top ? 2 : -2)])
    .every(([x, y]) => it.contains(document.elementFromPoint(x, y)));
}"""


def test_a_curve_is_looked_at_closely_and_taken_along_while_it_is_drawn(
    open_new: Callable[[dict[str, Any]], Hands], server: Server
) -> None:
    samples = "diabetes", "breast_cancer", "iris", "wine", "digits", "boston_housing", "churn"
    loads = [
        {"id": f"load_{at}", "card": "data_load", "params": {"source": "sample", "sample_name": of},
         "position": {"x": 240 * at, "y": 300}}
        for at, of in enumerate(samples)
    ]  # fmt: skip
    learner = {"id": "learner", "card": "learner", "position": {"x": 0, "y": 80}}
    hands = open_new({**ONE, "name": "Learning", "nodes": [*loads, learner]})
    hands.select("learner")
    hands.run()
    hands.expect_states("running", "learner")
    hands.expect_states("done", *(f"load_{at}" for at in range(len(loads))))
    row = hands.page.locator(".tl [data-at-work=learner]")
    hands.page.wait_for_function(SEEN, arg=row.element_handle())
    enlarge = hands.test_id("inspector").get_by_role("button", name="Enlarge Learning curve")
    enlarge.click(timeout=TRAINED)

    plot = hands.test_id("plot")
    count = plot.locator(".sd h3 .u")
    expect(count).to_contain_text("points")
    before = count.inner_text()
    expect(count).not_to_have_text(before, timeout=TRAINED)
    with hands.page.expect_download() as saving:
        plot.get_by_role("button", name="CSV").click()
    assert saving.value.suggested_filename == "Learning - Learner - Learning curve.csv"
    head, first, *_ = Path(saving.value.path()).read_text().splitlines()
    assert (head, first.partition(",")[0]) == ("epoch,loss", "1")
    (run,) = hands.page.request.get(f"{server.url}/api/runs?limit=1").json()
    assert hands.page.request.post(f"{server.url}/api/runs/{run['run']}/cancel").ok
    hands.expect_status("cancelled")
    expect(count).to_contain_text("points")  # what was drawn stays


def test_a_plot_is_enlarged_and_taken_along_and_a_slider_sets_its_field(
    open_new: Callable[[dict[str, Any]], Hands], server: Server
) -> None:
    hands = Hands(open_new(ONE).page).open(f"{server.url}/edit/new?sample=diabetes")
    expect(hands.page.locator("[data-node]")).to_have_count(5)
    hands.run()
    hands.expect_status("succeeded")
    hands.cards("evaluate").click(position={"x": 60, "y": 18})
    inspector, plot = hands.test_id("inspector"), hands.test_id("plot")
    inspector.get_by_text("Predicted against actual").hover()
    inspector.get_by_role("button", name="Enlarge Predicted against actual").click()

    expect(plot.locator(".sd")).to_contain_text("Predicted against actual")
    expect(plot.locator("svg path").nth(50)).to_be_attached()
    hands.picture("plot", fit=False)
    saved = {}
    for form in ("PNG", "SVG", "CSV"):
        with hands.page.expect_download() as taken:
            plot.get_by_role("button", name=form).click()
        name = taken.value.suggested_filename
        assert name.endswith(f" - Evaluate - Predicted against actual.{form.lower()}")
        saved[form] = Path(taken.value.path()).read_bytes()

    assert saved["PNG"].startswith(b"\x89PNG")
    assert b"<title>Predicted against actual</title>" in saved["SVG"]
    assert b"var(--" not in saved["SVG"]
    spaced = "element => getElement(Number(element.id.slice(1))).save('1.png', '1\u00a0000', '')"
    with hands.page.expect_download():  # a space that does not break
        plot.locator(".chart").evaluate(spaced)
    rows = saved["CSV"].decode().splitlines()
    assert rows[0] == "actual progression,predicted"
    assert len(rows) == 1 + 89
    hands.page.keyboard.press("Escape")
    expect(plot).to_have_count(0)

    # A slider sets its field once, however far it was dragged.
    hands.cards("data_split").click(position={"x": 60, "y": 18})
    hands.tab("Settings")
    slide = inspector.locator("[data-field=train_ratio] .slide")
    box = place_of(slide)
    middle = box["y"] + box["height"] / 2
    hands.page.mouse.move(box["x"] + 0.8 * box["width"], middle)
    hands.page.mouse.down()
    hands.page.mouse.move(box["x"] + 0.7 * box["width"], middle, steps=3)
    hands.page.mouse.move(box["x"] + 0.5 * box["width"], middle, steps=3)
    expect(hands.field("train_ratio")).to_have_value("0.5")
    hands.page.mouse.up()
    expect(inspector.get_by_role("button", name="reset to 0.8")).to_be_visible()
    hands.test_id("undo").click()
    expect(hands.field("train_ratio")).to_have_value("0.8")
    expect(hands.test_id("undo")).to_be_disabled()


def test_a_field_is_tried_with_several_values_and_the_best_taken_over(
    server: Server, page: Page
) -> None:
    hands = Hands(page).open(f"{server.url}/edit/new?sample=diabetes")
    expect(page.locator("[data-node]")).to_have_count(5)
    hands.cards("data_split").click(position={"x": 60, "y": 18})
    hands.tab("Settings")
    hands.test_id("inspector").get_by_role("button", name="Try several values of Seed").click()
    sweep = hands.test_id("sweep")
    sweep.get_by_role("textbox", name="Values to try").fill("1, 2, many")
    sweep.get_by_role("button", name="Run", exact=True).click()
    expect(sweep.get_by_role("alert")).to_contain_text("Seed cannot be 'many'.")
    sweep.get_by_role("textbox", name="Values to try").fill("1..3 by 1")
    sweep.get_by_role("button", name="Run 3 values").click()

    rows = sweep.locator("tr[data-value]")
    expect(rows).to_have_count(3, timeout=TRAINED)
    expect(sweep.locator("tr[data-value] .c-done")).to_have_count(3, timeout=TRAINED)
    expect(sweep.get_by_role("img", name="R² by Seed")).to_be_visible()
    hands.picture("sweep", fit=False)
    winner = sweep.locator("tr[data-best]").get_attribute("data-value")
    assert winner in ("1", "2", "3")
    sweep.get_by_role("button", name="Apply best").click()
    expect(sweep.get_by_test_id("sweep-best")).to_contain_text("It is set to this.")
    page.keyboard.press("Escape")
    expect(sweep).to_have_count(0)
    expect(hands.field("seed")).to_have_value(winner)
    hands.test_id("undo").click()
    expect(hands.field("seed")).to_have_value("42")

    # What was tried is there when somebody comes back.
    page.reload()
    hands.cards("data_split").click(position={"x": 60, "y": 18})
    hands.tab("Settings")
    hands.test_id("inspector").get_by_role("button", name="Try several values of Seed").click()
    expect(rows).to_have_count(3)
    page.keyboard.press("Escape")

    # Choices are dots, one for each, and numbers a line.
    hands.cards("model_define").click(position={"x": 60, "y": 18})
    hands.tab("Settings")
    hands.test_id("inspector").get_by_role("button", name="Try several values of Model").click()
    sweep.get_by_role("textbox", name="Values to try").fill("linear, ridge, lasso")
    sweep.get_by_role("button", name="Run 3 values").click()
    expect(sweep.locator("tr[data-value] .c-done")).to_have_count(3, timeout=TRAINED)
    dots = re.compile("R² by Model: Linear .*, Ridge .*, Lasso ")
    expect(sweep.get_by_role("img", name=dots)).to_be_visible()
    hands.picture("sweep-choices", fit=False)


def test_a_formula_is_typed_with_the_names_that_there_are_or_built_row_by_row(
    open_new: Callable[[dict[str, Any]], Hands],
) -> None:
    load, rows = PIPELINE["nodes"][0], {"id": "rows", "card": "filter_rows"}
    made = {"id": "made", "card": "derive_column", "position": {"x": 480, "y": 80}}
    wire = {"source": "load", "source_port": "dataset", "target_port": "dataset"}
    hands = open_new(PIPELINE | {
        "nodes": [load, rows | {"position": {"x": 240, "y": 80}}, made],
        "edges": [wire | {"target": "rows"}, wire | {"target": "made"}],
    })  # fmt: skip
    hands.settings("rows")
    condition, page = hands.field("condition"), hands.page

    condition.press_sequentially("prog")
    expect(page.get_by_role("option", name="progression")).to_be_visible()
    condition.press("Enter")
    condition.press_sequentially(" > 100")
    expect(page.get_by_label("Row 1, value")).to_have_value("100")

    page.get_by_role("button", name="Add a row").click()
    page.get_by_label("Row 2, column").select_option("bmi")
    page.get_by_label("Row 2, operator").select_option("<=")
    page.get_by_label("Row 2, value").fill("30")
    page.get_by_label("How the rows go together").select_option("or")
    expect(condition).to_have_value("progression > 100 or bmi <= 30")
    hands.picture("condition")

    page.get_by_role("button", name="Remove row 1").press("Enter")
    expect(condition).to_have_value("bmi <= 30")
    expect(hands.card("rows")).to_contain_text("bmi <= 30")

    hands.settings("made")
    for _ in range(2):
        page.get_by_role("button", name="Add a row").click()
    page.get_by_label("Row 1, column or number").select_option("bmi")
    page.get_by_label("Row 2, sign").select_option("/")
    page.get_by_label("Row 2, column or number").select_option("a number")
    page.get_by_label("Row 2, number").fill("100")
    expect(hands.field("formula")).to_have_value("bmi / 100")
    hands.picture("formula")
