"""T1 in a real browser: other sites, a name that is pointed here, the printed link, the policy."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watch
from tests.browser.hands import Hands, photograph
from tests.servers import Server, launch
from tests.trust.test_t01_only_you_get_in import content, token_of

ATTACKS = """async target => {
  const got = {};
  const attempt = async (name, work) => {
    try { got[name] = String(await work()) } catch { got[name] = "refused" }
  };
  const load = (tag, fields) => new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement(tag), fields);
    element.onload = () => resolve("loaded");
    element.onerror = () => reject();
    document.body.append(element);
  });
  const opens = (source, failed) => new Promise((resolve, reject) => {
    source.onopen = () => resolve("opened");
    source[failed] = () => reject();
  });
  const pipeline = '{"format": "tensorrag.pipeline", "version": 1, "name": "evil"}';
  const text = async options => (await fetch(target + "/api/pipelines", options)).text();
  const quietly = {mode: "no-cors", credentials: "include"};

  await attempt("read", () => text({}));
  await attempt("read with cookies", () => text({credentials: "include"}));
  await attempt("read quietly", async () => await text(quietly) || "refused");
  await attempt("write", () => text({method: "POST", body: pipeline}));
  await attempt("delete", () => text({method: "DELETE"}));
  await attempt("script", () => load("script", {src: target + "/api/pipelines"}));
  await attempt("picture", () => load("img", {src: target + "/favicon.ico"}));
  const socket = "/_nicegui_ws/socket.io/?EIO=4&transport=";
  await attempt("socket", () => opens(
    new WebSocket(target.replace("http", "ws") + socket + "websocket"), "onerror"));
  await attempt("polling", async () => (await fetch(target + socket + "polling")).text());
  await attempt("events", () => opens(new EventSource(target + "/api/runs/x/events"), "onerror"));

  // What cannot be heard may still have been done: the server is asked about that.
  const writes = {...quietly, method: "POST", body: pipeline};
  await attempt("write quietly", async () => await text(writes) || "refused");
  navigator.sendBeacon(target + "/api/pipelines", pipeline);
  for (const [path, enctype] of [
    ["/api/pipelines", "text/plain"], ["/api/uploads", "multipart/form-data"],
    ["/api/runs", "application/x-www-form-urlencoded"],
  ]) {
    const frame = Object.assign(document.createElement("iframe"), {name: path});
    const form = Object.assign(document.createElement("form"), {
      action: target + path, method: "post", enctype, target: path,
    });
    const name = '{"format": "tensorrag.pipeline", "version": 1, "name": "';
    form.append(Object.assign(document.createElement("input"), {name, value: '"}'}));
    document.body.append(frame, form);
    form.submit();
    await new Promise(resolve => { frame.onload = resolve });
  }
  return got;
}"""


class Blank(BaseHTTPRequestHandler):
    """Another site: a page with a link to wherever its address says."""

    def do_GET(self) -> None:
        """Answer with the page."""
        link = self.path.partition("?")[2]
        page = f'<!doctype html><body><a href="{link}">the editor</a>'.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[int]:
    """The port of a site that is not ours; `*.example` leads to this machine as well."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site.server_port
    site.shutdown()
    site.server_close()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks for its token."""
    folder = tmp_path_factory.mktemp("locked")
    server = launch(folder / "workspace", folder / "server.log", "--token")
    server.wait()
    yield server
    server.stop()


def content_of(server: Server) -> dict[str, str]:
    """What a workspace holds once the server has begun, and writes nothing more by itself."""
    server.announced()
    before, now = None, content(server)
    while now != before:
        time.sleep(1)
        before, now = now, content(server)
    return now


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1"])
def test_another_site_gets_nothing_and_does_nothing(
    server: Server, page: Page, watch: Watch, elsewhere: int, host: str
) -> None:
    before = content_of(server)
    page.goto(f"http://{host}:{elsewhere}/")

    got = page.evaluate(ATTACKS, server.url)

    assert len(got) == 11
    assert set(got.values()) == {"refused"}, got
    assert content(server) == before
    page.goto("about:blank")
    page.wait_for_timeout(500)
    watch.errors.clear()  # the browser says of each attack that it was refused, some of it late
    watch.elsewhere.clear()


def test_a_name_that_is_pointed_here_leads_nowhere(
    server: Server, page: Page, watch: Watch
) -> None:
    """DNS rebinding: the site's own name has become the address of this machine."""
    before = content_of(server)

    answer = page.goto(f"http://evil.example:{server.port}/")

    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_role("heading")).to_have_text("This did not come from the editor")
    tries = """async () => Promise.all(["GET", "POST", "DELETE"].map(async method =>
        (await fetch("/api/pipelines", {method})).status))"""
    assert page.evaluate(tries) == [403, 403, 403]
    assert content(server) == before
    watch.errors.clear()
    watch.elsewhere.clear()


def test_the_printed_link_leads_in_and_nothing_else(
    locked: Server, context: BrowserContext, watch: Watch, elsewhere: int
) -> None:
    server = locked
    page = context.new_page()
    page.goto(server.url)
    expect(page.get_by_role("heading")).to_have_text("This editor asks for its token")
    page.get_by_label("Token").fill("a wrong one")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("This is not the token of this server")).to_be_visible()
    watch.errors.clear()  # the browser notes each answer of 401

    token = token_of(server)
    page.goto(f"http://mail.example:{elsewhere}/?{server.url}/?token={token}")
    page.get_by_role("link").click()  # as from a terminal, or a mail

    expect(page.get_by_test_id("new")).to_be_visible()
    assert page.url == f"{server.url}/"
    assert token not in page.content()
    assert token not in page.evaluate("document.cookie + JSON.stringify({...localStorage})")
    other = context.new_page()
    Hands(other).open(f"{server.url}/edit/new")
    # A link without the token, from elsewhere: the cookie is not sent along, at first.
    other.goto(f"http://mail.example:{elsewhere}/?{server.url}/")
    other.get_by_role("link").click()
    expect(other.get_by_test_id("new")).to_be_visible()
    watch.errors.clear()
    watch.elsewhere.clear()


def test_the_token_can_be_pasted(locked: Server, context: BrowserContext, watch: Watch) -> None:
    page = context.new_page()
    page.goto(f"{locked.url}/edit/new")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.reload()
        photograph(page, f"login-{scheme}")
    page.set_viewport_size({"width": 390, "height": 844})
    photograph(page, "login-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})

    page.get_by_label("Token").fill(token_of(locked))
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/edit/[a-z_]+$"))
    expect(page.get_by_test_id("canvas")).to_be_visible()
    watch.errors.clear()


def test_no_page_needs_what_the_policy_forbids(server: Server, page: Page, watch: Watch) -> None:
    pages = [
        "/",
        "/edit/new?sample=diabetes",
        "/settings",
        "/log",
        "/docs",
        "/nothing/here",
        "/edit/nothing_here",
    ]
    for path in pages:
        page.goto(f"{server.url}{path}")
        if path.startswith("/edit/new"):
            page.wait_for_url("**/edit/diabetes*")
        page.wait_for_load_state("networkidle")
        handlers = """() => [...document.querySelectorAll("*")].flatMap(element =>
            element.getAttributeNames().filter(name => name.startsWith("on")))"""
        assert page.evaluate(handlers) == [], path
    expected = [error for error in watch.errors if "status of 404" in error]
    assert watch.errors == expected
    watch.errors.clear()
    # The policy is there: what it forbids does not happen.
    page.goto(server.url)
    loads = """() => new Promise(resolve => {
        document.addEventListener("securitypolicyviolation", event => resolve(event.blockedURI));
        document.body.append(Object.assign(new Image(), {src: "http://evil.example/x.png"}));
    })"""
    assert page.evaluate(loads) == "http://evil.example/x.png"
    watch.errors.clear()
    watch.elsewhere.clear()
