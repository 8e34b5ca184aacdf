"""The settings, as a person sets them."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.hands import Hands, photograph
from tests.servers import Server
from tests.trust.crashing import until
from tests.trust.test_t03_secrets_never_leave import content

CANARY = "canary-of-the-settings-page"


@pytest.fixture(scope="module")
def workspace(workspace: Path) -> Path:
    """A workspace with a card that takes a secret."""
    (workspace / "cards").mkdir(parents=True)
    (workspace / "cards" / "fetch.py").write_text(FETCHES)
    return workspace


@pytest.fixture
def server(server: Server) -> Server:
    """The server of this file, with nothing set."""
    (server.workspace / "settings.json").unlink(missing_ok=True)
    return server


def kept(server: Server) -> dict[str, object]:
    """What stands in the file."""
    found: dict[str, object] = json.loads((server.workspace / "settings.json").read_text())
    return found


def test_secrets_are_kept_replaced_and_deleted_and_never_shown(server: Server, page: Page) -> None:
    page.goto(server.url)
    page.get_by_test_id("settings").click()
    part = page.get_by_test_id("settings-secrets")

    part.get_by_label("Name of the secret").fill("hub")
    part.get_by_label("Value of the secret").fill("short")
    page.keyboard.press("Enter")
    expect(part.get_by_role("alert")).to_contain_text("at least 8 characters")
    expect(part.get_by_label("Name of the secret")).to_have_value("hub")
    expect(part.get_by_label("Value of the secret")).to_have_value("")

    part.get_by_label("Value of the secret").fill(CANARY)
    part.get_by_role("button", name="Keep").click()
    row = part.locator("[data-secret=hub]")
    expect(row).to_be_visible()
    expect(part.get_by_label("Name of the secret")).to_have_value("")
    assert kept(server)["secrets"] == {"hub": CANARY}

    row.get_by_role("button", name="Replace").click()
    expect(part.get_by_label("Value of the secret")).to_be_focused()
    page.keyboard.type(CANARY + "-2")
    page.keyboard.press("Enter")
    expect(part.get_by_role("button", name="Keep", exact=True)).to_be_visible()
    assert kept(server)["secrets"] == {"hub": CANARY + "-2"}
    page.reload()
    expect(row).to_be_visible()
    assert "canary" not in page.content()

    row.get_by_label("Delete hub").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(row).to_be_visible()
    row.get_by_label("Delete hub").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert "canary" not in server.output()
    files = [path for path in server.workspace.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if b"canary" in content(path)] == []


FETCHES = '''
from typing import NamedTuple
from tensorrag import Card, Secret, Table, TableSchema


class Fetch(Card):
    """Fetch a table with a key."""

    key: Secret

    class Out(NamedTuple):
        table: Table

    def run(self) -> Out: ...

    def propagate(self) -> TableSchema:
        return TableSchema()
'''


def test_a_card_offers_the_secrets_by_name_and_where_to_add_one(
    server: Server, context: BrowserContext
) -> None:
    pipeline = {
        "format": "tensorrag.pipeline", "version": 1, "name": "Fetch", "edges": [],
        "nodes": [{"id": "fetch", "card": "fetch", "params": {"key": "hub"},
                   "position": {"x": 0, "y": 0}}],
    }  # fmt: skip
    made = httpx.post(f"{server.url}/api/pipelines", json=pipeline, timeout=30, trust_env=False)
    hands = Hands(context.new_page()).open(f"{server.url}/edit/{made.json()['id']}")
    hands.settings("fetch")
    expect(hands.problem("key")).to_contain_text("There is no secret called hub")

    with context.expect_page() as opened:
        hands.page.get_by_role("link", name="Add in settings").click()
    page = opened.value
    page.get_by_label("Name of the secret").fill("hub")
    page.get_by_label("Value of the secret").fill(CANARY)
    page.keyboard.press("Enter")
    expect(page.locator("[data-secret=hub]")).to_be_visible()

    expect(hands.problem("key")).to_have_count(0)
    expect(hands.field("key").locator("option:checked")).to_have_text("hub")
    assert "canary" not in hands.page.content()


def test_folders_and_limits_are_checked_where_they_are_typed(
    server: Server, page: Page, tmp_path: Path
) -> None:
    page.goto(f"{server.url}/settings")
    part = page.get_by_test_id("settings-folders")
    (tmp_path / "data").mkdir()
    for wrong, sentence in {
        "data": "no full path",
        "/etc": "Folders of the system",
        str(tmp_path / "gone"): "no such folder",
    }.items():
        part.get_by_label("Full path of a folder").fill(wrong)
        part.get_by_role("button", name="Allow", exact=True).click()
        expect(part.get_by_role("alert")).to_contain_text(sentence)
        expect(part.get_by_label("Full path of a folder")).to_have_value(wrong)
    part.get_by_label("Full path of a folder").fill(str(tmp_path / "data"))
    part.get_by_role("button", name="Allow", exact=True).click()
    expect(part.get_by_text(str(tmp_path / "data"), exact=True)).to_be_visible()
    expect(part.get_by_role("alert")).to_have_count(0)
    assert str(tmp_path / "data") in str(kept(server)["allowed_folders"])
    part.get_by_label(f"No longer allow {tmp_path / 'data'}").click()
    expect(part.get_by_text(str(tmp_path / "data"), exact=True)).to_have_count(0)
    part.get_by_role("button", name="Back to the usual ones").click()
    expect(part.get_by_text("usual ones of this machine")).to_be_visible()
    assert "allowed_folders" not in kept(server)

    hosts = page.get_by_test_id("settings-hosts")
    for wrong, host in {"files lan": "files lan", "https://other lan/": "other lan"}.items():
        hosts.get_by_label("Name of a host").fill(wrong)
        hosts.get_by_role("button", name="Allow", exact=True).click()
        expect(hosts.get_by_role("alert")).to_contain_text(f"'{host}' is no host")
    hosts.get_by_label("Name of a host").fill("https://Files.lan:9000/flats")
    page.keyboard.press("Enter")
    expect(hosts.get_by_text("files.lan", exact=True)).to_be_visible()
    assert kept(server)["allowed_hosts"] == ["files.lan"]
    hosts.get_by_label("No longer allow files.lan").click()
    expect(hosts.get_by_text("files.lan", exact=True)).to_have_count(0)
    assert "allowed_hosts" not in kept(server)

    cap = page.get_by_label("Keep at most")
    cap.fill("much")
    cap.blur()
    expect(page.get_by_test_id("settings-results").get_by_role("alert")).to_contain_text("GB")
    cap.fill("50")
    cap.blur()
    expect(page.get_by_text("of 50.0 GB")).to_be_visible()
    assert kept(server)["store_cap"] == 50 * 10**9

    memory = page.get_by_label("At most", exact=True)
    memory.fill("100")
    memory.blur()
    expect(page.get_by_test_id("settings-memory").get_by_role("alert")).to_contain_text("256")
    memory.fill("2048")
    memory.blur()
    expect(page.get_by_test_id("settings-memory").get_by_role("alert")).to_have_count(0)
    assert kept(server)["card_memory"] == 2048

    renting = page.get_by_test_id("settings-renting")
    switch = renting.get_by_role("switch", name="Run GPU cards on Modal automatically")
    switch.click()  # nothing is rented unasked without a cap
    expect(renting.get_by_role("alert")).to_contain_text("what a run may cost at most")
    expect(switch).not_to_be_checked()
    budget = renting.get_by_label("A run may cost at most")
    budget.fill("0.50")
    budget.blur()
    expect(renting.get_by_role("alert")).to_have_count(0)
    switch.click()
    stops = renting.get_by_role("switch", name="Stop a run when that is used up")
    expect(stops).to_be_disabled()  # it is kept
    page.reload()
    expect(switch).to_be_checked()
    assert (kept(server)["rent_automatically"], kept(server)["budget_run"]) == (True, 0.5)
    expect(stops).to_be_checked()
    expect(stops).to_be_disabled()  # what is rented unasked always has a cap
    budget.fill("")
    budget.blur()
    expect(switch).not_to_be_checked()
    assert "rent_automatically" not in kept(server)

    month = renting.get_by_label("A month may cost at most")
    month.fill("-3")
    month.blur()
    expect(renting.get_by_role("alert")).to_contain_text("a number of US$ between 0.01")
    month.fill("$20")
    month.blur()
    expect(renting.get_by_test_id("spent-this-month")).to_contain_text("$0.00 of $20.00")
    stops.click()
    tries = renting.get_by_role("switch", name="Try a card here before it is rented for")
    expect(tries).to_be_checked()
    expect(renting.get_by_role("status")).to_have_text("Saved")
    month.fill("-3")
    month.blur()
    expect(renting.get_by_role("status")).to_have_text("")
    month.fill("20")
    month.blur()
    expect(renting.get_by_role("alert")).to_have_count(0)
    tries.click()
    expect(tries).not_to_be_checked()
    until(lambda: kept(server).get("rehearse") is False)
    expect(renting.get_by_role("status")).to_have_text("Saved")
    page.reload()
    expect(tries).not_to_be_checked()
    expect(month).to_have_value("20")
    expect(stops).not_to_be_checked()
    assert (kept(server)["budget_month"], kept(server)["budget_hard"]) == (20, False)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_settings_fit_every_screen(server: Server, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1240})
    page.goto(f"{server.url}/settings")
    part = page.get_by_test_id("settings-secrets")
    for name in ("aws.access_key", "hub"):
        part.get_by_label("Name of the secret").fill(name)
        part.get_by_label("Value of the secret").fill(CANARY)
        page.keyboard.press("Enter")
        expect(part.locator(f'[data-secret="{name}"]')).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for shade in ("light", "dark"):
        page.mouse.move(5, 5)
        photograph(page, f"settings-{width}-{shade}")
        page.get_by_test_id("theme").click()
