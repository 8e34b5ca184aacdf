"""Everything about one's own pipelines, without opening any."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from sample_data.pipeline_files import pipeline_path
from tests.browser.conftest import Watch
from tests.browser.hands import TRAINED, Hands
from tests.servers import Server


def api(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=60, trust_env=False)


def row(page: Page, name: str) -> Locator:
    return page.locator("[data-pipeline]:is(tr)").filter(
        has=page.get_by_role("link", name=name, exact=True)
    )


def do(page: Page, name: str, what: str) -> None:
    """Choose something in the menu of a pipeline."""
    row(page, name).get_by_role("button", name=f"More about {name}", exact=True).click()
    page.get_by_role("menuitem", name=what).click()


def drop(page: Page, **files: str) -> None:
    """Drop files from the computer anywhere on the page."""
    handed = page.evaluate_handle(
        """(files) => {
            const transfer = new DataTransfer();
            for (const [name, text] of Object.entries(files)) {
                transfer.items.add(new File([text], `${name}.json`));
            }
            return transfer;
        }""",
        files,
    )
    for kind in ("dragover", "drop"):
        page.locator(".wrap").dispatch_event(kind, {"dataTransfer": handed})


def test_my_pipelines_are_found_copied_renamed_deleted_and_back_with_all_that_was(
    server: Server, page: Page
) -> None:
    with api(server) as http:
        text = pipeline_path("diabetes").read_bytes()
        mine = http.post("/api/pipelines", content=text).json()["id"]
        revision = http.get(f"/api/pipelines/{mine}/versions").json()[0]["revision"]
        version = f"/api/pipelines/{mine}/versions/{revision}"
        http.put(version, json={"name": "As it came"})

        page.goto(server.url)
        name = "Diabetes progression"
        expect(row(page, name)).to_contain_text("Not run yet")
        run = http.post("/api/runs", json={"pipeline_id": mine}).json()["run"]
        expect(row(page, name)).to_contain_text("Done", timeout=TRAINED)  # without a reload
        expect(row(page, name)).to_contain_text("This machine")
        expect(row(page, name).locator("[data-metric=r2]")).to_contain_text("R² 0.")
        expect(row(page, name)).not_to_contain_text("changed since")
        changed = {"op": "set_params", "node": "split", "params": {"seed": 9}}
        http.post(f"/api/pipelines/{mine}/edits", json={"ops": [changed]})

        do(page, name, "Duplicate")
        expect(page.get_by_label(f"New name of {name} copy")).to_be_focused()
        page.keyboard.type("Another one")
        page.keyboard.press("Enter")
        expect(row(page, "Another one")).to_be_visible()
        expect(row(page, name)).to_contain_text("changed since")
        listed = {entry["name"] for entry in http.get("/api/pipelines").json()}
        assert {name, "Another one"} <= listed

        do(page, "Another one", "Rename")
        expect(page.get_by_label("New name of Another one")).to_be_focused()
        page.keyboard.type("Changed my mind")
        page.keyboard.press("Escape")
        expect(row(page, "Another one")).to_be_visible()

        page.keyboard.press("/")
        page.keyboard.type("diabetes prog")
        expect(row(page, "Another one")).to_have_count(0)
        expect(row(page, name)).to_be_visible()
        page.get_by_label("Search pipelines").fill("")

        do(page, name, "Delete")
        expect(row(page, name)).to_have_count(0)
        assert http.get(f"/api/pipelines/{mine}").status_code == 404
        page.locator(".wrap").click(position={"x": 5, "y": 5})
        page.keyboard.press("ControlOrMeta+z")
        expect(row(page, name)).to_contain_text("Done")
        versions = http.get(f"/api/pipelines/{mine}/versions").json()
        assert "As it came" in {each["name"] for each in versions}
        assert [each["run"] for each in http.get(f"/api/runs?pipeline_id={mine}").json()] == [run]

        with page.context.expect_page() as opened:
            do(page, name, "Open in a new tab")
        expect(opened.value.locator("[data-node]")).to_have_count(5)
        opened.value.close()
    Hands(page).picture("start", fit=False)


def test_a_file_is_dropped_and_an_empty_page_says_what_to_do(
    server: Server, page: Page, watch: Watch
) -> None:
    with api(server) as http:
        for entry in http.get("/api/pipelines").json():
            http.delete(f"/api/pipelines/{entry['id']}")
    page.goto(server.url)
    expect(page.get_by_test_id("no-pipelines")).to_contain_text("press New pipeline")
    texts = [Path(pipeline_path(name)).read_text() for name in ("diabetes", "look_at_a_table")]

    drop(page, one=texts[0], two=texts[1])
    expect(row(page, "Look at a table")).to_be_visible()
    expect(row(page, "Diabetes progression")).to_be_visible()

    drop(page, broken="{")
    expect(page.get_by_role("alert")).to_contain_text("broken.json: ")
    assert len(watch.errors) == 1  # the browser's own word on the refused file
    watch.errors.clear()

    named = json.loads(texts[1]) | {"name": "Dropped alone"}
    drop(page, alone=json.dumps(named))
    page.wait_for_url("**/edit/dropped_alone")

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(server.url)
    expect(row(page, "Dropped alone")).to_be_visible()
    wide = page.evaluate("document.querySelector('.start').scrollWidth")
    assert wide <= 390, "nothing hangs out of a narrow page"
    do(page, "Dropped alone", "Delete")
    expect(page.get_by_test_id("deleted")).to_be_in_viewport()


HOLD = """
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tensorrag import Card, Table, TableSchema


class Hold(Card):
    '''Wait until somebody says go.'''

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        while not Path({go!r}).exists():
            time.sleep(0.02)
        return self.Out(Table.from_pandas(pd.DataFrame({{"number": [1]}})))

    def propagate(self) -> TableSchema:
        return TableSchema()
"""
NOTIFIED = """() => {
  window.said = [];
  class Said {
    static permission = "default";
    static async requestPermission() { return (Said.permission = "granted"); }
    constructor(title, options) { window.said.push({ title, ...options }); }
  }
  window.Notification = Said;
  document.hasFocus = () => false;
}"""


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lets the card go on, once it is there."""
    return tmp_path_factory.mktemp("word") / "go"


@pytest.fixture(scope="module")
def workspace(workspace: Path, go: Path) -> Path:
    """A workspace of somebody impatient, with a card that waits."""
    (workspace / "cards").mkdir(parents=True)
    (workspace / "cards" / "hold.py").write_text(HOLD.format(go=str(go)))
    (workspace / "settings.json").write_text('{"notify_after": 0}')
    return workspace


def test_a_long_run_is_told_when_i_look_elsewhere_and_i_was_asked_beside_it(
    server: Server, go: Path, page: Page
) -> None:
    content = {"format": "tensorrag.pipeline", "version": 1, "name": "Long", "edges": []}
    hold = {"id": "hold", "card": "hold", "params": {}, "position": {"x": 0, "y": 0}}
    with api(server) as http:
        made = http.post("/api/pipelines", content=json.dumps({**content, "nodes": [hold]}))
    page.add_init_script(f"({NOTIFIED})()")
    hands = Hands(page).open(f"{server.url}/edit/{made.json()['id']}")
    expect(hands.card("hold")).to_be_visible()
    assert page.evaluate("Notification.permission") == "default", "nobody asked on loading"
    expect(hands.test_id("ask-notify")).to_have_count(0)

    hands.run()
    hands.test_id("ask-notify").click()
    expect(hands.test_id("ask-notify")).to_be_hidden()
    go.touch()
    hands.expect_status("succeeded")
    page.wait_for_function("window.said.length > 0")

    (said,) = page.evaluate("window.said")
    assert said["body"].startswith("Long succeeded after ")
    expect(hands.test_id("ask-notify")).to_have_count(0)
