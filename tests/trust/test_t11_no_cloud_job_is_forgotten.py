"""T11: no cloud job is forgotten: what outlives the editor is taken up again, or ended.

The cloud is an executor whose tasks are processes of their own, which nobody takes along.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tensorrag.pipeline import Pipeline
from tests.browser.hands import HINTS_SEEN, Hands
from tests.clock import within
from tests.core.engine import chain, node
from tests.servers import ROOT, Server
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
from tests.trust.outliving import HOLD


class Cloud:
    """The tasks that were ever begun there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def let_end(self) -> None:
        """Have them end, once they have done their work."""
        (self.folder / HOLD).unlink()

    def begun(self) -> list[Path]:
        """All of them."""
        return [path.parent for path in self.folder.glob("*/pid")]

    def going_on(self) -> list[psutil.Process]:
        """Those whose process lives."""
        found = []
        for folder in self.begun():
            try:
                process = psutil.Process(int((folder / "pid").read_text()))
                if process.status() != psutil.STATUS_ZOMBIE and str(folder) in process.cmdline():
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An installed package with an executor, as the one of a cloud would be."""
    info = tmp_path / "packages" / "outliving-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outliving\nVersion: 1.0\n")
    point = "outliving = tests.trust.outliving:Outliving"
    (info / "entry_points.txt").write_text(f"[tensorrag.executors]\n{point}\n")
    cloud = Cloud(tmp_path / "cloud")
    cloud.folder.mkdir()
    (cloud.folder / HOLD).touch()
    yield cloud
    for process in cloud.going_on():
        process.kill()


@pytest.fixture
def start(
    cloud: Cloud, tmp_path: Path, start_server: Callable[..., Server]
) -> Callable[..., Server]:
    """Starts editors that know the cloud."""
    workspace = with_small_cards(tmp_path / "workspace")
    path = os.pathsep.join([str(ROOT), str(tmp_path / "packages")])

    def start(pause: float = 0) -> Server:
        environment = {"OUTLIVING": str(cloud.folder), "OUTLIVING_PAUSE": str(pause)}
        return start_server(workspace, PYTHONPATH=path, **environment)

    return start


def working(steps: int = 1) -> Pipeline:
    """A pipeline whose middle card runs in the cloud, for a tenth of a second each step at least.

    It ends no sooner than it is let.
    """
    pipeline = chain(node("number"), node("wait", steps=steps, pause=0.1), node("parity"))
    return pipeline.with_nodes(replace(pipeline.nodes["wait"], run_on="outliving"))


@pytest.mark.slow
def test_resume_takes_over_what_goes_on(start: Callable[..., Server], cloud: Cloud) -> None:
    server = start()
    with client(server) as http:
        run = begin(http, pipeline_id=create(http, working()))
        until(lambda: states(found(http, run)).get("wait") == "running")
    assert kill(server) == cloud.going_on() != [], "it alone outlives the editor"

    with client(start()) as http:
        assert found(http, run)["status"] == "interrupted"
        resumed = begin(http, resume=run)
        until(lambda: states(found(http, resumed)).get("wait") == "running")
        cloud.let_end()
        outcome = ended(http, resumed)

    assert outcome["status"] == "succeeded", outcome
    assert outcome["nodes"]["wait"]["executor"] == "outliving"
    assert len(cloud.begun()) == 1, "it was not begun a second time"


@pytest.mark.slow
def test_what_was_begun_but_not_heard_of_is_found_and_its_result_kept(
    start: Callable[..., Server], cloud: Cloud
) -> None:
    server = start(pause=60)  # the editor dies before it hears the handle
    with client(server) as http:
        run = begin(http, pipeline_id=create(http, working()))
        until(lambda: len(cloud.going_on()) == 1)
    assert kill(server) == cloud.going_on() != []

    with client(start()) as http:
        assert states(found(http, run))["wait"] != "done"
        cloud.let_end()
        cut = until(lambda: states(found(http, run))["wait"] == "done" and found(http, run))
        outcome = ended(http, begin(http, resume=run))

    assert cut["status"] == "interrupted"
    assert cut["nodes"]["wait"]["outputs"] == outcome["nodes"]["wait"]["outputs"]
    assert outcome["status"] == "succeeded"
    assert outcome["nodes"]["wait"]["cached"]
    assert len(cloud.begun()) == 1


@pytest.mark.slow
def test_what_goes_on_can_be_cancelled(start: Callable[..., Server], cloud: Cloud) -> None:
    server = start()
    with client(server) as http:
        run = begin(http, pipeline_id=create(http, working(3000)))
        until(lambda: states(found(http, run)).get("wait") == "running")
    assert kill(server) == cloud.going_on() != []

    with client(start()) as http:
        assert len(cloud.going_on()) == 1
        assert http.post(f"/api/runs/{run}/cancel").status_code == 202
        until(lambda: cloud.going_on() == [], within(6))
        assert found(http, run)["status"] == "interrupted"


@pytest.mark.slow
@pytest.mark.browser
def test_a_person_sees_what_goes_on_and_what_came_of_it_or_cancels_it(
    start: Callable[..., Server], cloud: Cloud, chromium: Browser
) -> None:
    server = start()
    with client(server) as http:
        short, endless = (create(http, working(steps)) for steps in (1, 3000))
        runs = [begin(http, pipeline_id=pipeline) for pipeline in (short, endless)]
        until(lambda: all(states(found(http, run)).get("wait") == "running" for run in runs))
    assert len(kill(server)) == 2

    again = start()
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.add_init_script(HINTS_SEEN)
    page.set_default_timeout(60_000)
    hands = Hands(page).open(f"{again.url}/edit/{short}")
    expect(hands.card("wait")).to_be_visible()
    cloud.let_end()
    expect(hands.card("wait")).to_have_attribute("data-state", "done", timeout=60_000)
    expect(hands.test_id("strays")).to_have_count(0)

    hands.open(f"{again.url}/edit/{endless}")
    expect(hands.test_id("strays")).to_contain_text("Wait still runs on outliving", timeout=60_000)
    hands.test_id("cancel-strays").click()
    expect(hands.test_id("strays")).to_have_count(0, timeout=60_000)
    until(lambda: cloud.going_on() == [], within(6))
    expect(hands.test_id("run-status")).to_have_attribute("data-state", "interrupted")
