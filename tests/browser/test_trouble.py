"""What nobody thought of: the page says so calmly, the log has the rest, everything goes on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watch
from tests.browser.hands import Hands
from tests.servers import ROOT, Server, free_port

SABOTAGE = """
import asyncio, sys
from nicegui import background_tasks
from tensorrag.cli import main
from web.page import pages
from web.page.editor.editor import Editor
from web.page.editor.palette_part import Palette
from web.page.editor.run_actions import RunActions
from web.page.editor.turning import Turning

def search(self, data):
    raise RuntimeError("in a handler: token=abcdef123456")

async def run(self, node):
    raise RuntimeError("in an async handler")

def export(self, data=None):
    async def fail():
        raise RuntimeError("in a task that nobody waits for")
    asyncio.ensure_future(fail())

def tab(self, data):
    async def fail():
        raise RuntimeError("in a background task")
    background_tasks.create(fail())

class Broken:
    def __init__(self, sessions): raise RuntimeError("while building")

Palette._search, RunActions._run, Editor._export, Turning._tab = search, run, export, tab
pages.Home = Broken
sys.exit(main(["serve", "--no-open", *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def sabotaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in which some things fail that never should."""
    workspace = tmp_path_factory.mktemp("sabotaged") / "workspace"
    port, log = free_port(), workspace.with_name("output.log")
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    words = ["--port", str(port), "--workspace", str(workspace)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SABOTAGE, *words],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(workspace, port, process, log)
    server.wait()
    yield server
    family = psutil.Process(process.pid).children(recursive=True)
    server.stop()
    assert not [child for child in family if child.is_running()]


def reference(text: str | None) -> str:
    found = re.search(r"Something went wrong \(reference ([0-9a-f]{4})\)", text or "")
    assert found is not None, text
    return found[1]


def test_each_is_said_with_a_reference_that_the_log_has(
    sabotaged: Server, context: BrowserContext
) -> None:
    hands = Hands(context.new_page()).open(f"{sabotaged.url}/edit/new?sample=look_at_a_table")
    note = hands.page.get_by_role("alert").filter(has_text="Something went wrong")

    hands.cards("data_load").click(position={"x": 60, "y": 18})
    references = []
    provocations: tuple[Callable[[], object], ...] = (
        hands.test_id("run").click,
        hands.test_id("export").click,
        hands.test_id("inspector").get_by_role("tab", name="Columns").click,
        lambda: hands.test_id("palette").get_by_role("searchbox").fill("x"),
    )
    for provoke in provocations:
        before = note.text_content() if note.count() else None
        provoke()
        expect(note).not_to_have_text(before or "nothing")
        references.append(reference(note.text_content()))

    assert len(set(references)) == 4
    text = hands.page.request.get(f"{sabotaged.url}/api/log").text()
    for each in references:
        assert f"(reference {each})" in text
    assert "in a task that nobody waits for" in text
    assert "in a background task" in text
    assert "in a handler: token=•••" in text
    assert "abcdef123456" not in text
    assert sabotaged.output().splitlines() == [sabotaged.output().strip()]
    assert hands.page.request.get(f"{sabotaged.url}/healthz").ok


def test_a_page_that_cannot_be_built_is_one_sentence(
    sabotaged: Server, context: BrowserContext, watch: Watch
) -> None:
    page = context.new_page()
    page.goto(sabotaged.url)

    heading = page.get_by_role("heading", name="Something went wrong")
    expect(heading).to_be_visible()
    expect(page.get_by_text("while building")).to_have_count(0)
    log = (sabotaged.workspace / "logs" / "server.log").read_text()
    assert "RuntimeError: while building" in log
    assert f"(reference {reference(heading.text_content())})" in log
    assert any("500" in error for error in watch.errors)
    watch.errors.clear()


@pytest.mark.parametrize("path", ["/", "/edit/new"])
def test_a_front_end_that_is_not_all_there_is_a_sentence_and_no_blank_page(
    server: Server, page: Page, watch: Watch, path: str
) -> None:
    for missing in ("finder.js", "esm/*/index.js"):
        page.route(f"**/{missing}", lambda route: route.fulfill(status=404))
    page.goto(f"{server.url}{path}")
    expect(page.get_by_role("alert")).to_contain_text("run make frontend")
    page.unroute_all()
    watch.errors.clear()  # the browser's own word on the file that is not there
