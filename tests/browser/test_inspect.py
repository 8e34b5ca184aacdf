"""The inspector as a place to look: tables, plots, settings, and what came in and went out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hands
from tests.servers import Server

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
PIPELINE = {
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


@pytest.fixture
def hands(tmp_path: Path, start_server: Callable[..., Server], page: Page) -> Hands:
    """One person before a pipeline whose last card fails."""
    folder = tmp_path / "workspace"
    (folder / "cards").mkdir(parents=True)
    (folder / "cards" / "picky.py").write_text(PICKY)
    server = start_server(folder)
    made = page.request.post(f"{server.url}/api/pipelines", data=json.dumps(PIPELINE))
    return Hands(page).open(f"{server.url}/edit/{made.json()['id']}")


def port(hands: Hands, name: str) -> Locator:
    tabs = hands.test_id("inspector").locator(".ports")
    return tabs.get_by_role("tab", name=f"Table {name}", exact=True)


def test_what_came_in_and_what_went_out_at_each_card(hands: Hands) -> None:
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
    hands.page.keyboard.press("Escape")

    hands.select("picky")
    expect(inspector).to_contain_text("There are ages missing.")
    expect(inspector).to_contain_text("From Data Split, train_dataset")
    expect(preview).to_contain_text("353 × 11")
    hands.picture("inputs")
