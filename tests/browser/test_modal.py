"""A card on a rented GPU, as a person sees it: through the real SDK against a stand-in of Modal."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tensorrag.pipeline import Pipeline
from tensorrag.store.settings import Settings
from tensorrag.store.workspace import Workspace
from tests.browser.hands import TRAINED, WANTED, Hands, photograph
from tests.core.engine import chain, node
from tests.executors.modal_plane.account import account
from tests.executors.modal_plane.plane import Plane
from tests.servers import Server
from tests.trust.crashing import (
    begin,
    client,
    create,
    ended,
    found,
    kill,
    states,
    until,
    with_small_cards,
)

pytestmark = pytest.mark.modal


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    """An account in which nothing is deployed; the servers of a test are signed in to it."""
    with account(tmp_path / "modal") as plane:
        yield plane


def set_up(page: Page, plane: Plane) -> None:
    """Press the button that is offered where Modal is chosen, and see Modal build."""
    plane.is_building = True
    page.get_by_test_id("place-trouble").get_by_role("button", name="Deploy to Modal").click()
    said = page.get_by_test_id("deployment")
    expect(said).to_contain_text("Installing the packages", timeout=TRAINED)
    expect(said).to_have_attribute("data-state", "running")
    expect(page.get_by_role("button", name="Deploying …")).to_be_disabled()
    steps = page.get_by_test_id("modal-steps")
    expect(steps.locator("[data-step=done]")).to_have_count(2)
    pictures(page, "modal-deploying")
    plane.is_building = False
    expect(said).to_contain_text("TensorRag is deployed.", timeout=TRAINED)
    expect(steps.locator("[data-step=done]")).to_have_count(3)
    expect(page.get_by_test_id("modal-use")).to_contain_text("$0.72 an hour")
    pictures(page, "modal-set-up")
    assert plane.calls == {}, "nothing has run there"
    page.go_back()
    expect(page.locator("[data-node]")).to_have_count(5)


def pictures(page: Page, name: str) -> None:
    """Take pictures of the page that sets Modal up, wide and narrow, in light and dark."""
    if not WANTED:
        return
    for width, height in ((1280, 720), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            photograph(page, f"{name}-{width}-{theme}")
            page.get_by_test_id("theme").click()
    page.set_viewport_size({"width": 1440, "height": 900})


def busy(plane: Plane) -> list[int]:
    """The processes of the containers that do something."""
    return [c.process.pid for c in plane.containers.values() if c.call is not None]


@pytest.mark.timeout(600)
def test_the_sample_on_a_rented_gpu(
    plane: Plane, start_server: Callable[..., Server], page: Page
) -> None:
    server = start_server(TENSORRAG_GPU_PATIENCE="0.5")
    hands = Hands(page).open(f"{server.url}/edit/new?sample=boston_housing")
    expect(page.locator("[data-node]")).to_have_count(5)
    pipeline = page.url.rpartition("/")[2]
    run_on, inspector = hands.test_id("run-on"), hands.test_id("inspector")
    expect(run_on).to_contain_text("This machine")
    assert plane.asked == [], "to look at a page asks no cloud"

    hands.settings("train")  # whoever asks for what is not set up is told so, and may run it here
    place = hands.test_id("card-place")
    place.get_by_label("Run on").select_option("modal")
    expect(place).to_contain_text("tensorrag modal deploy")
    hands.run()
    hands.expect_states("failed", "train")
    hands.tab("Result")
    expect(inspector).to_contain_text("TensorRag is not deployed to your Modal account.")
    expect(inspector.get_by_role("button", name="Deploy to Modal")).to_be_visible()
    inspector.get_by_role("button", name="Run it here").click()
    hands.tab("Settings")
    expect(place).to_contain_text("It runs on this machine: this card asks for it.")
    place.get_by_label("Run on").select_option("")
    expect(run_on).to_contain_text("This machine")

    run_on.click()  # nothing is deployed yet: it says what to do, and offers nothing
    expect(page.get_by_test_id("place-trouble")).to_contain_text("tensorrag modal deploy")
    expect(page.get_by_role("radio", name="Modal L4 24 GB")).to_be_disabled()
    set_up(page, plane)
    run_on.click()
    row = page.get_by_role("radio", name="Modal T4")
    expect(row).to_contain_text("16 GB")
    expect(row).to_contain_text("$0.72 an hour")
    expect(page.locator(".runon")).to_contain_text("Nothing is rented until you press Run.")
    page.keyboard.press("Escape")

    hands.settings("train")  # one card alone, by its own settings
    expect(place).to_contain_text("It runs on this machine: nothing is rented unasked.")
    place.get_by_label("Run on").select_option("modal")
    expect(place).to_contain_text("It runs on Modal T4: this card asks for it.")
    expect(run_on).to_contain_text("Modal T4 + this machine")
    # 600 s, 10 of grace and 60 of an idle container: 670 × $0.000199 for GPU, cores and memory.
    expect(place).to_contain_text("The first time on this GPU")
    expect(place).to_contain_text("at most $0.13: 610 s")
    expect(place).to_contain_text("at $0.72 an hour (Modal's price page, 1 Aug 2026)")
    expect(hands.card("train")).to_contain_text("≤$0.13")
    expect(page.get_by_test_id("run")).to_contain_text("at most $0.13")
    place.get_by_label("GPU").select_option("L4")
    expect(place).to_contain_text("It runs on Modal L4")
    expect(hands.test_id("fits")).to_contain_text("of 22.5 GB (L4)")
    expect(hands.test_id("fits")).to_contain_text("12,161")
    expect(page.get_by_test_id("run")).to_contain_text("at most $0.17")  # 670 × $0.000257
    hands.picture("card-place", fit=False)
    place.get_by_label("GPU").select_option("T4")
    assert plane.calls == {}, "nothing was rented until Run"

    hands.settings("model")
    hands.type_into("epochs", "20000")  # it ends when it is told to, however slow this page is
    hands.run()
    hands.select("train")
    hands.expect_states("running", "train")
    expect(hands.card("train")).to_contain_text("Epoch", timeout=TRAINED)
    hands.tab("Result")
    expect(inspector).to_contain_text("Learning curve", timeout=TRAINED)
    expect(inspector.locator(".ihs")).to_contain_text("Modal T4")
    expect(inspector.get_by_test_id("cost-so-far")).to_contain_text("$0.72 an hour, by the second")
    expect(inspector.get_by_test_id("cost-so-far")).to_contain_text("at most $0.13")
    expect(hands.card("train").locator(".tr-price")).to_contain_text("$0.0")
    expect(page.get_by_test_id("places")).to_contain_text("of at most $0.13, Modal T4")
    hands.picture("cost-so-far", fit=False)
    assert len(plane.calls) == 1, "the other cards ran here"

    page.goto("about:blank")  # the editor dies in the middle; what is rented goes on
    kill(server)
    server = start_server(server.workspace, TENSORRAG_GPU_PATIENCE="0.5")
    hands.open(f"{server.url}/edit/{pipeline}")
    expect(hands.test_id("strays")).to_contain_text("Train (GPU) still runs on Modal")
    hands.test_id("resume").click()
    hands.select("train")
    hands.expect_states("running", "train")
    expect(inspector).to_contain_text("Learning curve", timeout=TRAINED)
    assert len(plane.calls) == 1, "it was taken up, not begun a second time"
    page.get_by_test_id("cancel").click()
    hands.expect_states("cancelled", "train")
    assert busy(plane) == []

    hands.settings("model")
    hands.type_into("epochs", "2")
    plane.scarce.add("T4")
    hands.run()
    hands.select("train")
    waiting = hands.test_id("waiting")
    expect(waiting).to_contain_text("No T4 has come", timeout=TRAINED)
    expect(hands.card("train")).to_contain_text("No T4 has come yet.")
    hands.picture("no-gpu", fit=False)
    waiting.get_by_role("button", name="Run it on L4 · $0.93 an hour").click()
    expect(hands.card("train")).to_contain_text("L4 ·", timeout=TRAINED)
    hands.expect_status("succeeded")
    hands.settings("train")
    expect(place).to_contain_text("It runs on Modal L4: this card asks for it.")
    expect(place).to_contain_text("Its result was made on Modal L4.")
    expect(page.get_by_test_id("places")).to_contain_text("Modal L4 + this machine")
    expect(page.get_by_test_id("places")).to_contain_text("$")
    expect(place).to_contain_text(re.compile(r"It cost \$0\.0\d+; at most \$0\.17 was expected"))
    price = hands.card("train").locator(".tr-price")
    expect(price).to_have_text(re.compile(r"^\$0\.0\d+$"))
    run_on.click()
    expect(page.get_by_role("radio", name="Modal T4")).to_be_visible()
    hands.picture("run-on", fit=False, opener="run-on")
    page.keyboard.press("Escape")
    hands.settings("model")
    hands.type_into("epochs", "3")  # from now on it is told from the run before
    expect(price).to_have_text(re.compile(r"^≈\$0\.0\d+$"))
    expect(page.get_by_test_id("run")).to_contain_text("est. $0.0")
    hands.settings("train")
    expect(place).to_contain_text("told from one run before")
    hands.picture("estimate", fit=False)
    page.get_by_role("tab", name="Runs").click()
    expect(page.locator("[data-run]").first).to_contain_text("Modal L4")
    expect(page.locator("[data-run]").filter(has_text="Modal T4").first).to_be_visible()

    Settings(server.workspace / "settings.json").set("budget_run", 0.001)  # 3.9 s of an L4
    hands.settings("model")
    hands.type_into("epochs", "1000")
    hands.run()
    hands.expect_states("cancelled", "train")
    hands.select("train")
    expect(inspector.locator(".lead")).to_contain_text("It was stopped: The budget of this run")
    expect(inspector.locator(".ihs")).to_contain_text("The budget of this run, $0.001, is used up")
    expect(page.get_by_text("The run is stopped.")).to_be_visible()
    assert busy(plane) == []
    hands.picture("budget", fit=False)


def endless(name: str) -> Pipeline:
    """A pipeline whose second card waits at Modal until it is stopped."""
    made = replace(chain(node("number"), node("wait", steps=10**6, pause=0.1)), name=name)
    return made.with_nodes(replace(made.nodes["wait"], run_on="modal"))


def goes_on(http: Any, run: str) -> bool:
    return states(found(http, run)).get("wait") == "running"


def test_what_no_run_waits_for_is_stopped_and_told_until_somebody_has_read_it(
    plane: Plane,
    tmp_path: Path,
    start_server: Callable[..., Server],
    page: Page,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One pipeline was deleted beside a dead editor; of the other, Modal took a card unheard."""
    subprocess.run([sys.executable, "-m", "tensorrag", "modal", "deploy"], check=True)
    workspace, takes_on = with_small_cards(tmp_path / "workspace"), plane.FunctionMap

    async def unheard(request: Any, metadata: Any) -> Any:
        if len(plane.calls) < 2:
            await takes_on(request, metadata)
        while len(plane.items) < 2:  # both containers have said that they begin
            await asyncio.sleep(0.05)
        plane.gone.set()

    server = start_server(workspace)
    with client(server) as http:
        gone, kept = create(http, endless("Gone")), create(http, endless("Kept"))
        run = begin(http, pipeline_id=gone)
        until(lambda: goes_on(http, run))
        monkeypatch.setattr(plane, "FunctionMap", unheard)
        assert ended(http, begin(http, pipeline_id=kept))["status"] == "failed"
    kill(server)
    Workspace.open(workspace).pipelines.delete(gone)
    plane.call_soon(plane.gone.clear)

    server = start_server(workspace)
    page.goto(server.url)
    told = page.get_by_test_id("found")
    still_ran = re.compile("still ran on Modal though no run waited for it. It was stopped, and co")
    expect(told).to_contain_text(re.compile("Gone: .* of run 1 " + still_ran.pattern))
    until(lambda: all(call.output is not None for call in plane.calls.values()))
    page.reload()
    told.get_by_role("button", name="Close this message").click()
    expect(told).to_have_count(0)

    note = page.get_by_test_id("note")
    for _ in range(2):  # a page that is loaded anew says it again
        page.goto(f"{server.url}/edit/{kept}")
        expect(note).to_contain_text(still_ran)
    note.get_by_role("button", name="Close this message").click()
    expect(note).to_have_count(0)
    assert until(lambda: not Workspace.open(workspace).journal.findings.unread())
    page.reload()
    expect(page.locator("[data-node]")).to_have_count(2)
    expect(note).to_have_count(0)
