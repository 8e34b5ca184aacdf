"""Pictures of cards that no other story opens: this one is told only where pictures are wanted."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from sample_data.pipeline_files import pipeline_path
from tests.browser.hands import WANTED, Hands
from tests.servers import Server

pytestmark = pytest.mark.skipif(not WANTED, reason="no pictures are wanted")

EXPLAIN = {"id": "explain", "card": "explain", "position": {"x": 948, "y": 420}}
WIRES = [("split", "test_dataset", "dataset"), ("compare", "best_model", "trained_model")]


def test_models_are_compared_and_the_best_is_explained(server: Server, page: Page) -> None:
    pipeline = json.loads(pipeline_path("house_prices").read_bytes())
    pipeline["name"] = "House prices (synthetic)"
    pipeline["nodes"].append(EXPLAIN)
    for source, port, into in WIRES:
        ends = {"source": source, "source_port": port, "target": "explain", "target_port": into}
        pipeline["edges"].append(ends)
    made = page.request.post(f"{server.url}/api/pipelines", data=json.dumps(pipeline))
    hands = Hands(page).open(f"{server.url}/edit/{made.json()['id']}")
    hands.test_id("layout").click()
    hands.run()
    hands.expect_status("succeeded")

    hands.turn("compare", "Result")
    expect(hands.test_id("preview")).to_contain_text("What each takes")
    hands.picture("compare-models")
    hands.turn("explain", "Result")
    expect(hands.test_id("preview")).to_contain_text("Importance")
    hands.picture("explain")
