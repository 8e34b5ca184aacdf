"""T2 in a real browser: a stranger's pipeline is opened, looked through, and nothing happens."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hands import Hands
from tests.servers import Server
from tests.trust.audit import CONNECTIONS, PROCESSES, Audit
from tests.trust.hostile_pipelines import MARK, Canaries, hostile_pipelines

OPENED = ("path: path", "path: http", "card: os.system", "source: of a card")


@pytest.fixture
def canaries(tmp_path: Path) -> Iterator[Canaries]:
    canaries = Canaries(tmp_path / "canaries")
    yield canaries
    canaries.close()


@pytest.mark.slow
def test_nothing_is_read_until_somebody_says_so(
    start_server: Callable[..., Server], canaries: Canaries, page: Page, tmp_path: Path
) -> None:
    audit = Audit(tmp_path / "audit")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    settings = workspace / "settings.json"
    settings.write_text(json.dumps({"allowed_folders": [str(canaries.folder)]}))
    settings.chmod(0o600)
    server = start_server(workspace, **audit.environment)
    pipelines = hostile_pipelines(canaries)
    hands = Hands(page).open(f"{server.url}/edit/new?sample=boston_housing")
    expect(hands.card("train")).to_be_visible()
    audit.wait_until_quiet()
    mark = audit.mark()

    for name in OPENED:
        hands.drop_file("stranger.json", json.dumps({**pipelines[name], "name": name}))
        expect(page.locator("input.name")).to_have_value(name)
        hands.select(pipelines[name]["nodes"][-1]["id"])
        for tab in ("Settings", "Columns", "Log", "Result"):
            hands.tab(tab)
    happened = audit.since(mark)
    assert [event for event in happened if MARK in " ".join(event.what)] == []
    assert [event for event in happened if event.kind in PROCESSES | CONNECTIONS] == []
    assert canaries.touched == []
    assert not canaries.wrote.exists()

    hands.drop_file("stranger.json", json.dumps({**pipelines["path: path"], "name": "again"}))
    expect(page.locator("input.name")).to_have_value("again")
    hands.test_id("look-at-data").click()
    expect(hands.test_id("elsewhere")).to_have_count(0)
    happened = audit.since(mark)
    reading = {event.process for event in happened if MARK in " ".join(event.what)}
    assert reading
    assert server.process.pid not in reading
