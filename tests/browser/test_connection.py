"""A server that is away for a while: nothing that was typed, chosen or looked at is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.hands import Hands, middle
from tests.servers import Server

VIEW = "document.querySelector('.vue-flow__transformationpane').style.transform"
CUT_WHILE_TYPING = "addEventListener('input', () => window.socket.disconnect(), true)"
RELOADED = "() => !window.before && document.getElementById('popup')?.ariaHidden === 'true'"


@pytest.fixture
def hands(server: Server, context: BrowserContext, watch: Watch) -> Iterator[Hands]:
    """One tab on the sample pipeline."""
    hands = Hands(context.new_page()).open(f"{server.url}/edit/new?sample=boston_housing")
    hands.page.wait_for_url("**/edit/boston*")
    expect(hands.card("train")).to_be_visible()
    yield hands
    hands.page.close()
    watch.errors.clear()  # of a page whose server was gone


def pan(hands: Hands) -> Any:
    """Move what is seen, by the wheel; return where it is."""
    hands.page.mouse.move(1000, 650)
    before = hands.page.evaluate(VIEW)
    hands.page.mouse.wheel(40, 60)
    hands.page.wait_for_function(f"before => {VIEW} !== before", arg=before)
    hands.wait_for_rest()
    return hands.page.evaluate(VIEW)


def expect_view(hands: Hands, view: Any) -> None:
    """Wait until this is what is seen: the canvas learns its size, and then goes there."""
    hands.page.wait_for_function(f"view => {VIEW} === view", arg=view)


def half_type(hands: Hands, param: str, text: str) -> None:
    """Type what is no value yet, so that nothing is sent."""
    hands.field(param).click()
    hands.page.keyboard.press("ControlOrMeta+a")
    hands.page.keyboard.type(text)


def killed(server: Server, start_server: Callable[..., Server], hands: Hands) -> Server:
    """Kill the server, start another at its address, and wait until the page is back."""
    hands.page.evaluate("window.before = true")
    server.process.kill()
    server.process.wait()
    expect(hands.page.locator("#popup")).to_be_visible()
    again = start_server(server.workspace, port=server.port)
    hands.page.wait_for_function(RELOADED)
    return again


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """Have the server hear and say nothing, its connections open."""
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def test_a_page_is_as_it_was_after_a_reload_and_after_a_restart(
    hands: Hands, server: Server, start_server: Callable[..., Server]
) -> None:
    hands.select("train")
    hands.tab("Log")
    view = pan(hands)

    hands.page.reload()
    expect(hands.test_id("inspector").get_by_role("tab", name="Log", selected=True)).to_be_visible()
    expect_view(hands, view)

    hands.settings("model")
    half_type(hands, "learning_rate", "0.02e-")
    killed(server, start_server, hands)
    field = hands.field("learning_rate")
    expect(field).to_have_value("0.02e-")
    expect(field).to_be_focused()
    expect_view(hands, view)
    hands.page.keyboard.type("1")
    hands.page.keyboard.press("Enter")
    hands.expect_answered()
    hands.page.reload()
    expect(hands.field("learning_rate")).to_have_value("0.002")


def test_what_is_typed_while_the_connection_breaks_is_sent_afterwards(hands: Hands) -> None:
    hands.settings("model")
    half_type(hands, "learning_rate", "0.02e-")
    hands.expect_answered()
    hands.page.evaluate(CUT_WHILE_TYPING)
    hands.page.keyboard.type("1")
    expect(hands.page.locator(".nicegui-content")).to_have_js_property("inert", True)
    hands.page.evaluate("window.socket.connect()")
    expect(hands.page.locator(".nicegui-content")).to_have_js_property("inert", False)
    expect(hands.field("learning_rate")).to_be_focused()
    hands.page.keyboard.press("Tab")
    expect(hands.field("learning_rate")).to_have_value("0.002")


def test_a_server_that_falls_silent_is_noticed_and_gets_what_was_done(
    hands: Hands, server: Server
) -> None:
    app = hands.page.locator(".nicegui-content")
    with stopped(server):
        hands.drag_card("data_load", 120, 590)
        hands.page.get_by_label("Name of the pipeline").fill("Meanwhile")
        hands.page.keyboard.press("Enter")
        expect(app).to_have_js_property("inert", True)
        expect(hands.page.locator("#popup")).to_be_visible()
    expect(app).to_have_js_property("inert", False)
    expect(hands.cards("data_load")).to_have_count(2)
    hands.page.reload()
    expect(hands.cards("data_load")).to_have_count(2)
    expect(hands.page.get_by_label("Name of the pipeline")).to_have_value("Meanwhile")


def test_what_may_have_been_lost_with_the_connection_is_said(
    hands: Hands, server: Server, start_server: Callable[..., Server]
) -> None:
    with stopped(server):
        hands.page.get_by_label("Name of the pipeline").fill("Never heard")
        hands.page.keyboard.press("Enter")
        server.process.kill()
    server.process.wait()
    hands.page.evaluate("window.before = true")
    start_server(server.workspace, port=server.port)
    hands.page.wait_for_function(RELOADED)
    expect(hands.test_id("note")).to_contain_text("What was done last may be missing")
    expect(hands.page.get_by_label("Name of the pipeline")).not_to_have_value("Never heard")


def press(page: Page, what: Locator) -> None:
    """Press a place, whether or not anything there takes it."""
    page.mouse.click(*middle(what))


@contextmanager
def without_connection(page: Page) -> Iterator[None]:
    """Cut the connection of a page, and mend it."""
    page.wait_for_function("window.did_handshake && window.socket.connected")
    Hands(page).cut()
    expect(page.locator("#popup")).to_be_visible()
    yield
    page.evaluate("window.socket.connect()")
    expect(page.locator("#popup")).to_be_hidden()


def test_no_page_takes_what_would_be_lost_nor_does_a_dialog(
    server: Server, context: BrowserContext, watch: Watch
) -> None:
    page = context.new_page()
    pipelines = f"{server.url}/api/pipelines"
    before = len(page.request.get(pipelines).json())
    page.goto(server.url)
    new = page.get_by_role("button", name="New pipeline")
    with without_connection(page):
        grey = "getComputedStyle(document.querySelector('.start')).filter"
        assert "grayscale" in page.evaluate(grey)
        press(page, new)
    new.click()
    page.wait_for_url("**/edit/*")
    assert len(page.request.get(pipelines).json()) == before + 1, "one press was in vain"

    page.goto(f"{server.url}/settings")
    part = page.get_by_test_id("settings-secrets")
    part.get_by_label("Name of the secret").fill("hub")
    part.get_by_label("Value of the secret").fill("not to be lost")
    part.get_by_role("button", name="Keep").click()
    part.get_by_label("Delete hub").click()
    dialog = page.get_by_role("dialog")
    delete = dialog.get_by_role("button", name="Delete")
    expect(delete).to_be_visible()
    place = page.locator("dialog[open]")
    with without_connection(page):
        press(page, place.locator(".row button").last)
        page.keyboard.press("Escape")
    expect(delete).to_be_visible()
    expect(part.locator("[data-secret=hub]")).to_be_attached()
    delete.click()
    expect(part.locator("[data-secret=hub]")).to_have_count(0)
    watch.errors.clear()  # of a page whose server was gone
