"""T2: names are text. What people call things, and what is in their tables, is only shown."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.hands import Hands
from tests.servers import Server
from tests.trust.hostile_pipelines import NAMES

HTML, TEMPLATE, QUOTES = NAMES["html"], NAMES["template"], NAMES["quotes"]
DYNAMIC = ":onclick=window.hacked=1"
TICKS = "`${window.hacked=1}`"
COLUMNS = (HTML, TEMPLATE, QUOTES, NAMES["right to left"], DYNAMIC, TICKS)

CARD = f'''"""{{{{7*7}}}}"""
from typing import NamedTuple

from tensorrag import Card, Field, Secret, Table, TableSchema

BAD = {HTML!r}


class Odd(Card):
    """<img src=x onerror=window.hacked=1> **bold** {{{{7*7}}}}"""

    category = "<b>Odd</b>"

    word: str = Field(BAD, label=BAD)
    """<script>window.hacked=1</script> `x`"""
    key: Secret = Secret()

    class Out(NamedTuple):
        table: Table

    def run(self, table: Table) -> Out:
        for name in {COLUMNS!r}:
            print(name)
        raise ValueError(BAD + "\\n" + BAD)

    def propagate(self, table: TableSchema) -> TableSchema:
        return table

    def brief(self, schemas: object) -> str:
        return BAD
'''


@pytest.fixture(scope="module")
def workspace(workspace: Path) -> Path:
    """A workspace that has a card, a secret and a table with the worst of names."""
    (workspace / "cards").mkdir(parents=True)
    (workspace / "cards" / "odd.py").write_text(CARD)
    (workspace / "cards" / "bad_odd.py").write_text(f"raise ValueError({HTML!r})")
    settings = workspace / "settings.json"
    settings.write_text(json.dumps({"secrets": {"name": "a secret value"}}))
    settings.chmod(0o600)
    with (workspace / f"{HTML}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, f"cells {HTML}"])
        for at in range(40):
            numbers = [at, at * 2 % 7, at % 3, at / 2, 40 - at, at * at]
            writer.writerow([*numbers, list(NAMES.values())[at % len(NAMES)]])
    return workspace


def brought(server: Server, content: dict[str, Any]) -> str:
    made = httpx.post(
        f"{server.url}/api/pipelines", content=json.dumps(content), trust_env=False, timeout=30
    )
    made.raise_for_status()
    return f"{server.url}/edit/{made.json()['id']}"


def pipeline(server: Server) -> dict[str, Any]:
    """A pipeline that is as odd as one can be that runs, but for its last cards."""
    path = str(server.workspace / f"{HTML}.csv")
    chosen = {"target_column": HTML, "feature_columns": list(COLUMNS[1:])}
    cards = [
        ("load", "data_load", {"source": "path", "path": path}, NAMES["script"]),
        ("split", "data_split", {}, NAMES["markdown"]),
        ("model", "model_define", {}, TICKS),
        ("train", "train", chosen, HTML),
        ("evaluate", "evaluate", {}, NAMES["vue"]),
        ("odd", "odd", {"key": "name"}, None),
    ]
    wires = [
        ("load", "dataset", "split", "dataset"),
        ("split", "train_dataset", "train", "train_dataset"),
        ("model", "model_spec", "train", "model_spec"),
        ("train", "trained_model", "evaluate", "trained_model"),
        ("split", "test_dataset", "evaluate", "test_dataset"),
        ("load", "dataset", "odd", "table"),
    ]
    keys = ("source", "source_port", "target", "target_port")
    return {
        "format": "tensorrag.pipeline",
        "version": 1,
        "name": HTML,
        "description": TEMPLATE,
        "nodes": [
            {"id": name, "card": card, "params": params, "title": title}
            for name, card, params, title in cards
        ],
        "edges": [dict(zip(keys, wire, strict=True)) for wire in wires],
    }


def unharmed(page: Page) -> None:
    """Hold that nothing of all this became a part of the page."""
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x], .app script, .start script, [onclick]").count() == 0
    assert "49" not in page.title()


CHARTS = "[data-testid=inspector] .chart"


def look_everywhere(hands: Hands, card: str) -> None:
    """Open all that the inspector has of a card, and point at its charts."""
    hands.select(card)
    for tab in ("Settings", "Columns", "Log", "Result"):
        hands.tab(tab)
        hands.page.wait_for_timeout(120)
        unharmed(hands.page)
    for chart in hands.page.locator(CHARTS).all():
        chart.hover()
        hands.page.wait_for_timeout(150)
        unharmed(hands.page)


@pytest.mark.slow
def test_they_are_shown_and_never_run(server: Server, page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    hands = Hands(page).open(brought(server, pipeline(server)))
    expect(hands.card("train")).to_contain_text(HTML)
    expect(hands.card("load")).to_contain_text(NAMES["script"])
    hands.test_id("look-at-data").click()
    expect(hands.test_id("elsewhere")).to_have_count(0)
    for card in ("train", "odd"):
        look_everywhere(hands, card)

    hands.run()
    hands.expect_states("failed", "odd")
    hands.expect_states("done", "evaluate")
    cards = ("load", "split", "model", "train", "evaluate", "odd")
    for card in cards:
        look_everywhere(hands, card)
    hands.select("evaluate")
    expect(page.locator(CHARTS)).not_to_have_count(0)  # however long its result takes to come
    look_everywhere(hands, "evaluate")
    hands.select("odd")
    expect(hands.test_id("inspector")).to_contain_text(f"ValueError: {HTML}")
    hands.tab("Log")
    for name in (HTML, TEMPLATE, TICKS, DYNAMIC):
        expect(hands.test_id("inspector").get_by_test_id("log")).to_contain_text(name)
    for tab in ("Log", "Problems", "Runs", "Timeline"):
        page.locator(".strip").get_by_role("tab", name=tab).click()
        page.wait_for_timeout(150)
        unharmed(page)

    hands.select("load")
    hands.tab("Result")
    hands.test_id("inspector").get_by_role("button", name="Open").click()
    expect(page.locator(".sheetview")).to_contain_text(HTML)
    page.locator(".sheetview .chead").first.click()
    page.wait_for_timeout(300)
    unharmed(page)
    page.keyboard.press("Escape")

    page.goto(server.url)
    own = page.locator(".own")
    expect(own).to_contain_text(HTML)
    own.get_by_role("button", name=f"More about {HTML}").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_test_id("deleted")).to_contain_text(f"{HTML} was deleted.")
    unharmed(page)
    assert dialogs == []


@pytest.mark.slow
def test_what_is_wrong_is_said_in_text_too(server: Server, page: Page, watch: Watch) -> None:
    ids = ["__proto__", "constructor", HTML, "../x", "a.b", "toString", NAMES["quotes"][:60]]
    nodes = [
        {"id": node_id, "card": "data_load", "title": title, "params": {HTML: HTML, "path": TICKS}}
        for node_id, title in zip(ids, NAMES.values(), strict=False)
    ]
    unknown = {"id": "what", "card": HTML, "params": {HTML: TEMPLATE, "__proto__": {}}}
    off = {"id": "off", "card": "bird", "note": HTML}
    secret = {"id": "secret", "card": "odd", "params": {"key": HTML}}
    ends = dict.fromkeys(("source_port", "target_port"), HTML)
    content = {
        "format": "tensorrag.pipeline",
        "version": 1,
        "name": NAMES["right to left"],
        "nodes": [*nodes, unknown, off, secret],
        "edges": [{"source": "__proto__", "target": "what", **ends}],
        "cards": {"bird": {"source": f"# {HTML}\n</pre><script>window.hacked=1</script>"}},
        "__proto__": {"hacked": 1},
    }
    hands = Hands(page).open(brought(server, content))

    expect(hands.page.locator("[data-testid=canvas] [data-node]")).to_have_count(len(nodes) + 3)
    page.locator(".strip").get_by_role("tab", name="Problems").click()
    expect(hands.test_id("problems")).to_contain_text(HTML)
    for problem in hands.test_id("problems").locator(".go").all()[:25]:
        problem.click()
        page.wait_for_timeout(60)
        unharmed(page)
    hands.test_id("elsewhere").get_by_role("button", name="Show the source").click()
    expect(hands.test_id("card-source")).to_contain_text("</pre><script>window.hacked=1</script>")
    hands.drop_file(f"{HTML}.json", "{")
    expect(page.locator(".note")).to_contain_text(f"{HTML}.json: This is not JSON")
    assert len(watch.errors) == 1  # the browser's own word on the refused file
    watch.errors.clear()
    unharmed(page)
    page.goto(server.url)
    expect(page.locator(".own")).to_contain_text("\ufffdevil.exe\ufffd price")
    unharmed(page)
    page.go_back()
    _name_versions(hands)
    _set_what_is_no_folder(server, page)


def _name_versions(hands: Hands) -> None:
    """Rename the pipeline, and give the version a name, both as text."""
    name = hands.page.get_by_label("Name of the pipeline")
    name.fill(TEMPLATE)
    name.press("Enter")
    expect(hands.page).to_have_title(re.compile(re.escape(TEMPLATE)))
    hands.test_id("history").click()
    hands.test_id("version-name").fill(HTML)
    hands.page.keyboard.press("Enter")
    expect(hands.test_id("version").first).to_contain_text(HTML)
    expect(hands.test_id("history-view")).to_contain_text(TEMPLATE[:40])
    unharmed(hands.page)


def _set_what_is_no_folder(server: Server, page: Page) -> None:
    """Type names into the settings that are none."""
    page.goto(f"{server.url}/settings")
    secrets = page.get_by_test_id("settings-secrets")
    secrets.get_by_label("Name of the secret").fill(HTML)
    secrets.get_by_label("Value of the secret").fill("long enough to be one")
    page.keyboard.press("Enter")
    expect(secrets.get_by_role("alert")).to_be_visible()
    unharmed(page)
    page.get_by_test_id("settings-folders").get_by_role("textbox").first.fill(f"/{HTML}")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("settings-folders").get_by_role("alert")).to_be_visible()
    unharmed(page)
