"""The first pipeline, from the start page to its results, without one warning anywhere."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, expect

from tests.browser.hands import Hands
from tests.servers import Server


def test_neither_the_browser_nor_the_server_has_anything_to_complain_about(
    own_server: Server, context: BrowserContext
) -> None:
    server = own_server
    said: list[ConsoleMessage] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message))

    page.goto(server.url)
    page.get_by_role("button", name=re.compile(r"^All \d+ samples$")).click()
    page.get_by_role("link", name="Diabetes progression").first.click()
    hands = Hands(page)
    expect(hands.test_id("canvas")).to_be_visible()
    expect(hands.cards("train")).to_have_count(1)
    hands.run()
    hands.expect_status("succeeded")
    for kind in ("data_load", "data_split", "model_define", "train", "evaluate"):
        hands.cards(kind).click(position={"x": 60, "y": 18})
        for tab in ("Settings", "Columns", "Log", "Result"):
            hands.tab(tab)
        expect(hands.test_id("preview")).to_be_visible(timeout=30_000)
    hands.cards("data_load").click(position={"x": 60, "y": 18})
    hands.test_id("inspector").get_by_role("button", name="Open").click()
    expect(hands.test_id("table").locator(".ag-cell").first).to_be_visible(timeout=30_000)
    page.keyboard.press("Escape")
    for tab in ("Log", "Problems", "Runs", "Timeline"):
        page.locator(".strip").get_by_role("tab", name=tab).click()
    page.get_by_role("button", name="History and named versions").click()
    expect(page.get_by_test_id("version").first).to_be_visible(timeout=30_000)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Pipelines").click()
    expect(page.get_by_text("Your pipelines")).to_be_visible()
    page.goto(f"{server.url}/settings")
    expect(page.get_by_role("heading").first).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Your pipelines")).to_be_visible()
    page.wait_for_timeout(500)  # for whoever complains late

    complaints = [f"{m.type}: {m.text}" for m in said if m.type not in ("log", "info", "debug")]
    assert complaints == []
    log = (server.workspace / "logs" / "server.log").read_text()
    assert "INFO" in log
    assert re.findall(r"^\S+Z (?:WARNING|ERROR|CRITICAL) .*", log, re.MULTILINE) == []
    assert server.output().count("\n") == 1
