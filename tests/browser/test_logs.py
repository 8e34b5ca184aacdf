"""Logs in the page: as many lines as there are, found, followed, copied and taken along."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tensorrag.pipeline import Node, Pipeline
from tensorrag.run.printed import Printed
from tensorrag.store.workspace import Workspace
from tests.browser.hands import Hands
from tests.servers import Server

LINES = 100_000
CHATTY = '''
import sys, time
from typing import NamedTuple
from tensorrag import Card, Table, TableSchema

class Chatty(Card):
    """Prints much at once, and then a little for four seconds."""

    category = "Test"

    class Out(NamedTuple):
        dataset: Table

    def propagate(self) -> TableSchema:
        return TableSchema()

    def run(self) -> Out:
        import pandas as pd
        for number in range(500):
            print("line", number)
        print("careful", file=sys.stderr)
        sys.stdout.flush()
        for number in range(40):
            time.sleep(0.1)
            print("tick", number, flush=True)
        return self.Out(Table.from_pandas(pd.DataFrame({"a": [1]})))
'''


FOLLOWS = """() => {
  const boxes = [...document.querySelectorAll("[data-testid=log] .lines")];
  return boxes.some(({ scrollTop, clientHeight, scrollHeight, textContent }) =>
    textContent.includes("tick") && scrollTop + clientHeight > scrollHeight - 20);
}"""
"""In the page: the end of the log is in view, and something new is there."""


def visible(log: Locator) -> list[str]:
    """The lines that a person sees, without their times."""
    box = log.locator(".lines")
    return list(
        box.evaluate(
            """box => {
                const edge = box.getBoundingClientRect();
                return [...box.querySelectorAll(".ln")].filter(row => {
                    const at = row.getBoundingClientRect();
                    return at.top >= edge.top && at.bottom <= edge.bottom;
                }).map(row => row.querySelector(".said").textContent);
            }"""
        )
    )


@pytest.fixture(scope="module")
def workspace(workspace: Path) -> Path:
    """A workspace with a card that prints."""
    (workspace / "cards").mkdir(parents=True)
    (workspace / "cards" / "chatty.py").write_text(CHATTY)
    return workspace


@pytest.fixture(scope="module")
def long(workspace: Path) -> tuple[str, str]:
    """A pipeline whose one card printed 100,000 lines in its only run, and that run."""
    opened = Workspace.open(workspace)
    pipeline = Pipeline("Long").with_nodes(Node("load", "data_load"))
    pipeline_id = opened.pipelines.create(pipeline)
    run = opened.journal.create_run({"seeds": {}}, pipeline_id=pipeline_id, name="Long")
    printed = Printed()
    events = [
        {"type": "log", "node": "load", "data": printed.take({"text": part})}
        for start in range(0, LINES, 1000)
        for part in ["".join(f"line {number}\n" for number in range(start, start + 1000))]
    ]
    node = {
        "card": "data_load", "state": "cancelled", "cached": False, "reason": "cancelled",
        "seconds": 1.0, "executor": "local", "device": "cpu", "cost": None, "error": None,
        "outputs": {},
    }  # fmt: skip
    nodes = {"load": (node, None)}
    opened.journal.append(run, events, nodes=nodes, status="cancelled")
    opened.close()
    return pipeline_id, run


def test_a_hundred_thousand_lines_are_as_easy_as_a_hundred(
    long: tuple[str, str], server: Server, context: BrowserContext
) -> None:
    pipeline, run = long
    hands = Hands(context.new_page()).open(f"{server.url}/edit/{pipeline}")
    hands.page.get_by_role("tab", name="Log").last.click()
    log = hands.test_id("log")

    expect(log.locator(".count")).to_have_text("100,000 lines")
    expect(log.locator(".ln").last).to_contain_text("line 99999")
    expect(log.locator(".ln").last).to_be_in_viewport()
    assert visible(log)[-1] == "line 99999"
    assert log.locator(".ln").count() < 300

    log.locator(".lines").evaluate("box => box.scrollTop = box.scrollHeight / 2")
    expect(log.locator(".ln", has_text="line 50000")).to_be_visible()
    log.locator(".lines").evaluate("box => box.scrollTop = 0")
    expect(log.locator(".ln").first).to_contain_text("Data Load")
    expect(log.locator(".said").first).to_have_text("line 0")
    assert visible(log)[0] == "line 0"
    assert log.locator(".ln").count() < 300

    log.get_by_role("searchbox").press_sequentially("LINE 9999")
    expect(log.locator(".count")).to_have_text("11 found")
    expect(log.locator("mark")).to_have_text(["line 9999"] * 11)
    log.get_by_role("searchbox").fill("no such thing")
    expect(log.locator(".lines")).to_have_attribute("data-nothing", "No line has “no such thing”.")

    with hands.page.expect_download() as taken:
        log.get_by_role("link", name="Download").click()
    assert taken.value.suggested_filename == f"{run}.txt"
    text = Path(taken.value.path()).read_text()
    assert text.count("\n") == LINES
    assert text.splitlines()[-1].endswith("Z load stdout line 99999")


def test_a_log_is_followed_until_someone_looks_back(
    server: Server, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    hands = Hands(context.new_page()).open(f"{server.url}/edit/new")
    hands.drag_card("chatty", 300, 200)
    expect(hands.cards("chatty")).to_have_count(1)
    hands.run()
    hands.page.get_by_role("tab", name="Log").last.click()
    log = hands.test_id("log").last

    expect(log.locator(".ln").last).to_contain_text("tick")
    hands.page.wait_for_function(FOLLOWS)
    log.locator(".lines").evaluate("box => box.scrollTop = 100 * 17")
    expect(log.locator(".ln", has_text="line 100").first).to_be_visible()
    before = visible(log)
    hands.expect_status("succeeded")
    hands.page.wait_for_timeout(700)  # the last look for new lines
    assert visible(log) == before
    log.get_by_role("button", name="Go to the end").click()
    expect(log.locator(".ln").last).to_contain_text("tick 39")

    log.get_by_role("button", name="Open over the whole page").click()
    sheet = hands.test_id("log-sheet")
    expect(sheet.locator(".count")).to_have_text("541 lines")
    sheet.get_by_role("searchbox").fill("careful")
    expect(sheet.locator(".count")).to_have_text("1 found")
    expect(sheet.locator(".ln.err")).to_have_count(1)
    sheet.get_by_role("button", name="Copy").click()
    expect(sheet.locator(".count")).to_have_text("Copied")
    copied = hands.page.evaluate("navigator.clipboard.readText()")
    assert copied.count("\n") == 1
    assert copied.endswith("stderr careful\n")
    sheet.get_by_role("searchbox").blur()
    hands.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)

    # The log of a card, and that of a run in the list of runs, are the same.
    hands.page.get_by_role("tab", name="Runs").click()
    hands.page.locator("tr[data-run]").get_by_role("button", name="Log").click()
    expect(sheet.locator(".count")).to_have_text("541 lines")
    sheet.get_by_role("button", name="Close").click()
    hands.cards("chatty").click(position={"x": 60, "y": 18})
    hands.tab("Log")
    log = hands.test_id("inspector").get_by_test_id("log")
    expect(log.locator(".count")).to_have_text("541 lines")
    expect(log.locator(".ln").last).to_contain_text("tick 39")

    # A result that is reused leads to what was printed when it was made.
    hands.run()
    expect(hands.cards("chatty")).to_contain_text("reused")
    expect(hands.test_id("reused-log")).to_contain_text("in run 1.")
    expect(log.locator(".count")).to_have_text("541 lines")


def test_the_log_of_the_server_is_searched_and_followed(
    server: Server, context: BrowserContext
) -> None:
    file = server.workspace / "logs" / "server.log"
    began = "2026-01-31T12:00:00.000Z"

    def add(*entries: str) -> None:
        with file.open("a") as log:
            log.write("".join(f"{began} {entry}\n" for entry in entries))

    add(*(f"INFO web.test entry {number}" for number in range(10_000)))
    add("ERROR web.test It broke.\n    Traceback:\n    ValueError: odd", "WARNING web.test So so.")
    page = context.new_page()
    page.goto(server.url)
    page.get_by_test_id("server-log").click()
    log = page.get_by_test_id("server-log")
    last = log.locator(".ln").last

    expect(last).to_contain_text("So so.")
    expect(last).to_be_in_viewport()
    assert log.locator(".ln").count() < 300
    log.get_by_role("button", name="Errors").click()
    expect(log.locator(".count")).to_have_text("3 lines")
    expect(log.locator(".ln")).to_contain_text(["It broke.", "Traceback:", "ValueError: odd"])
    log.get_by_role("searchbox").fill("no such thing")
    expect(log.locator(".lines")).to_have_attribute("data-nothing", "No error has “no such thing”.")
    log.get_by_role("button", name="All").click()
    log.get_by_role("searchbox").fill("entry 99")
    expect(log.locator(".count")).to_have_text("111 found")
    expect(log.locator("mark").last).to_have_text("entry 99")

    follow = log.get_by_test_id("follow")
    follow.click()
    add("INFO web.test entry 99999")
    expect(follow).to_have_text("Follow · 1 new")
    follow.click()
    expect(follow).to_have_text("Pause")
    expect(last).to_contain_text("entry 99999")
    expect(last).to_be_in_viewport()
