"""A real Chromium in front of a real server, for the stories in this folder."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Request,
    expect,
    sync_playwright,
)

from scripts.get_chromium import on_this_machine
from tests.browser.hands import HINTS_SEEN, Desk, Hands
from tests.servers import Server, Serving, serving, start_server, workspace

__all__ = ["serving", "start_server", "workspace"]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.example 127.0.0.1",  # other sites, all of them ours
]
USUAL: dict[str, Any] = {
    "viewport": {"width": 1440, "height": 900},
    "locale": "en-GB",
    "reduced_motion": "reduce",  # what turns while a card runs would take a processor for itself
}
"""How a person's browser is set; some stories are told with all that moves: `MOVING`."""
MOVING: dict[str, Any] = {"reduced_motion": "no-preference"}
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = ROOT / "test-results"
PATIENCE = 60_000
"""ms to wait for what must come; what comes late on a busy machine is no failure."""
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder as `browser`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember on the test itself that it failed, for the picture that is taken then."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def server(serving: Serving) -> Server:
    """One server for all stories of a file, each with a pipeline of its own."""
    return serving()


@pytest.fixture
def own_server(start_server: Callable[..., Server]) -> Server:
    """A server with an empty workspace, for a story that leaves more behind than a pipeline."""
    return start_server()


@pytest.fixture
def desk(server: Server, page: Page) -> Desk:
    """Opens a pipeline: cards called by their kind, at these places, and wires as the page does."""

    def lay(cards: dict[str, tuple[float, float]], *wires: str) -> Hands:
        nodes = [
            {"id": id, "card": id.removesuffix("_2"), "position": {"x": x, "y": y}}
            for id, (x, y) in cards.items()
        ]
        names = ("source", "source_port", "target", "target_port")
        edges = [dict(zip(names, wire.replace("-", ".").split("."), strict=True)) for wire in wires]
        pipeline = {"format": "tensorrag.pipeline", "version": 1, "nodes": nodes, "edges": edges}
        made = page.request.post(f"{server.url}/api/pipelines", data=json.dumps(pipeline))
        hands = Hands(page).open(f"{server.url}/edit/{made.json()['id']}")
        for id in cards:
            expect(hands.card(id)).to_be_visible()
        plane = page.locator(".vue-flow__transformationpane")
        expect(plane).not_to_have_attribute("style", re.compile(r"translate\(0px, 0px\)"))
        return hands

    return lay


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this folder (and closed after them: it owns the event loop)."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=on_this_machine(), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What pages did that they should not."""

    errors: list[str] = field(default_factory=list)
    """Uncaught errors and errors on the console. A test that expects one takes it out."""
    elsewhere: list[str] = field(default_factory=list)
    """Addresses on other machines that were asked for."""

    def request(self, request: Request) -> None:
        """Note a request that leaves this machine."""
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.elsewhere.append(request.url)

    def page(self, page: Page) -> None:
        """Note the errors of a page."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.errors.append(f"{message.text} ({message.location.get('url')})")
                if message.type == "error"
                else None
            ),
        )


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Lets a test fail whose pages threw errors or asked other machines for something."""
    watched = Watch()
    yield watched
    assert watched.errors == []
    assert watched.elsewhere == []


@pytest.fixture(scope="module")
def profiles(chromium: Browser) -> Iterator[dict[str, BrowserContext]]:
    """Those of a file by their options: a page that a profile knows costs a third of the work."""
    begun: dict[str, BrowserContext] = {}
    yield begun
    for profile in begun.values():
        profile.close()


@pytest.fixture
def context(
    chromium: Browser,
    profiles: dict[str, BrowserContext],
    watch: Watch,
    request: pytest.FixtureRequest,
) -> Iterator[BrowserContext]:
    """A profile without tabs, 1440×900 in English, which remembers no other test but its cache.

    `@pytest.mark.parametrize("context", [{"viewport": …}], indirect=True)` changes its options;
    `context.new_page()` is one more tab.
    """
    options = USUAL | getattr(request, "param", {})
    name = json.dumps(options)
    if name not in profiles:
        profiles[name] = chromium.new_context(**options)
        profiles[name].set_default_timeout(PATIENCE)
        profiles[name].add_init_script(HINTS_SEEN)
    context = profiles[name]
    context.on("page", watch.page)
    context.on("request", watch.request)
    yield context
    if request.node.stash.get(FAILED, False):
        name = re.sub(r"[^\w.-]+", "_", request.node.name)
        RESULTS.mkdir(exist_ok=True)
        for number, page in enumerate(context.pages, start=1):
            page.screenshot(path=RESULTS / f"{name}-{number}.png")
    context.remove_listener("page", watch.page)
    context.remove_listener("request", watch.request)
    _forget(context)


def _forget(context: BrowserContext) -> None:
    """Leave nothing of what sites stored, and one empty tab of theirs.

    While that is there, the process that has read the page's scripts is kept, for the next test.
    """
    seen = [urlsplit(page.url) for page in context.pages]
    site = next((f"{url.scheme}://{url.netloc}" for url in seen if url.scheme == "http"), None)
    kept = context.new_page()
    stored = {"origin": "*", "storageTypes": "local_storage,indexeddb,service_workers"}
    context.new_cdp_session(kept).send("Storage.clearDataForOrigin", stored)
    for page in context.pages:
        if page is not kept:
            page.close()
    context.clear_cookies()
    context.clear_permissions()
    if site is not None:
        with contextlib.suppress(Error):  # the server may be no more
            kept.goto(f"{site}/healthz", timeout=5_000)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab."""
    return context.new_page()


@pytest.fixture
def hands(server: Server, page: Page) -> Hands:
    """One person before an empty canvas."""
    hands = Hands(page).open(f"{server.url}/edit/new")
    page.wait_for_url("**/edit/new_pipeline*")
    expect(page.get_by_text("An empty canvas")).to_be_visible()
    return hands
