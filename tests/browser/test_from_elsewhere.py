"""A stranger's pipeline: it is read before it reads anything, and its cards before they run."""

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.hands import Hands
from tests.servers import Server

CARD = '''"""Half of every number."""

from pathlib import Path
from typing import NamedTuple

from tensorrag import Card, Table, TableSchema

Path(MARK).write_text("imported")


class Half(Card):
    """Halve every number."""

    times: int = 1
    """How often."""

    class Out(NamedTuple):
        table: Table

    def run(self, table: Table) -> Out:
        return self.Out(table)

    def propagate(self, table: TableSchema) -> TableSchema:
        return table
'''


def brought(server: Server, **file: object) -> str:
    """Import a pipeline as a file from elsewhere; returns where it is open."""
    whole = {"format": "tensorrag.pipeline", "version": 1, "name": "From elsewhere", **file}
    made = httpx.post(
        f"{server.url}/api/pipelines", content=json.dumps(whole), timeout=60, trust_env=False
    )
    made.raise_for_status()
    return f"{server.url}/edit/{made.json()['id']}"


@pytest.fixture
def hands(server: Server, page: Page) -> Hands:
    return Hands(page)


def test_data_is_looked_at_once_somebody_says_so(hands: Hands, page: Page, server: Server) -> None:
    table = server.workspace / "prices.csv"
    table.write_text("size,price\n1,2\n3,4\n")
    load = {"id": "load", "card": "data_load", "params": {"source": "path", "path": str(table)}}
    hands.open(brought(server, nodes=[load], edges=[]))

    banner = hands.test_id("elsewhere")
    expect(banner).to_contain_text("prices.csv")
    expect(banner).to_contain_text("was not read yet")
    hands.select("load")
    hands.tab("Columns")
    expect(hands.test_id("inspector")).to_contain_text("No columns are known yet")

    hands.test_id("look-at-data").click()
    expect(hands.test_id("inspector")).to_contain_text("price")
    expect(banner).to_have_count(0)


def test_a_card_that_came_along_is_off_until_it_is_trusted(
    hands: Hands, page: Page, server: Server, tmp_path: Path
) -> None:
    mark = tmp_path / "imported"
    source = CARD.replace("MARK", repr(str(mark)))
    load = {"id": "load", "card": "data_load", "position": {"x": 20, "y": 100}}
    half = {
        "id": "half", "card": "half", "params": {"times": 3}, "position": {"x": 300, "y": 100}
    }  # fmt: skip
    ends = {"source": "load", "source_port": "dataset", "target": "half", "target_port": "table"}
    cards = {"half": {"source": source}}
    hands.open(brought(server, nodes=[load, half], edges=[ends], cards=cards))
    expect(hands.test_id("elsewhere")).to_contain_text("1 card came along and is off.")

    hands.test_id("elsewhere").get_by_role("button", name="Show the source").click()
    expect(hands.test_id("card-source")).to_contain_text("class Half(Card):")
    expect(hands.test_id("inspector")).to_contain_text("times")
    assert not mark.exists()

    hands.test_id("trust-card").click()
    expect(hands.field("times")).to_have_value("3")
    expect(hands.test_id("elsewhere")).to_have_count(0)
    assert mark.exists()
    hands.run()
    hands.expect_status("succeeded")
