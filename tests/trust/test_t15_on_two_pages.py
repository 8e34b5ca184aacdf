"""T15, by hand: what two pages showed as saved is there after the server was killed.

``TENSORRAG_STRESS=full`` makes it 200 gestures and 10 kills.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.files import load
from tests.browser.hands import HINTS_SEEN, Hands, place_of
from tests.clock import FULL
from tests.servers import Server

GESTURES, KILLS = (200, 10) if FULL else (6, 1)
SLOTS = {"evaluate": (100, 590), "data_split": (650, 600)}
"""Where cards are added, by kind: places where nothing lies."""
KINDS = ("name", "field", "title", "move", "card", "wire")
CARDS = ("load", "evaluate", "train")
"""What is dragged."""
SAVED = """before => {
  const shown = document.querySelector(".saved");
  return Number(shown.dataset.revision) > before && shown.textContent.trim() === "Saved";
}"""
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
BACK = """() => !window.beforeTheKill && document.querySelector("#popup")?.ariaHidden === "true"
  && document.querySelector("[data-testid=canvas] [data-node=train]")"""


@dataclass
class Person:
    """Somebody who edits on one page, and remembers what it showed as saved."""

    name: str
    hands: Hands
    shared: dict[str, Any]
    """What must be found, by what it is of: of both people."""
    doubtful: dict[str, Any]
    """What was done, and the server was killed before the page said that it is saved."""
    saved: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def does(self, random: Random, number: int, *, waits: bool) -> None:
        """Make one gesture, and unless it is cut off, wait until the page says it is saved."""
        self.hands.test_id("fit").click()  # a new card moves the view, and others out of it
        self.hands.page.evaluate(DRAWN)
        before = self.revision
        kind = KINDS[number % len(KINDS)]
        what, value = getattr(self, f"_{kind}")(random, number)
        if not waits:
            self.doubtful[what] = value
            return
        self.hands.page.wait_for_function(SAVED, arg=before)
        if what.startswith("place "):
            value = self._place(what.removeprefix("place "))
        self.shared[what] = value
        self.saved += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    @property
    def revision(self) -> int:
        """The latest revision that the page says is saved."""
        return int(self.hands.page.locator(".saved").get_attribute("data-revision") or 0)

    def _name(self, _: Random, number: int) -> tuple[str, Any]:
        name = f"{self.name} {number}"
        self.hands.page.get_by_label("Name of the pipeline").fill(name)
        self.hands.page.keyboard.press("Enter")
        return "name", name

    def _field(self, _: Random, number: int) -> tuple[str, Any]:
        self.hands.settings("model")
        self.hands.type_into("epochs", str(100 + number))
        return "epochs", 100 + number

    def _title(self, _: Random, number: int) -> tuple[str, Any]:
        self.hands.settings("train")
        title = f"By {self.name}, {number}"
        self.hands.page.get_by_label("Title").fill(title)
        self.hands.page.keyboard.press("Enter")
        return "title", title

    def _move(self, random: Random, number: int) -> tuple[str, Any]:
        card = random.choice(CARDS)
        box = place_of(self.hands.card(card))
        x, y, mouse = box["x"] + 60, box["y"] + 18, self.hands.page.mouse
        by = 30 if self._place(card)[1] < 200 else -30
        mouse.move(x, y)
        mouse.down()
        mouse.move(x, y + by / 2)
        mouse.move(x, y + by + number % 7, steps=3)
        mouse.up()
        return f"place {card}", self._place(card)

    def _place(self, card: str) -> tuple[float, float]:
        style = "e => [parseFloat(e.style.left), parseFloat(e.style.top)]"
        node = self.hands.page.locator(f'[data-testid=canvas] .vue-flow__node[data-id="{card}"]')
        x, y = node.evaluate(style)
        return x, y

    def _card(self, random: Random, _: int) -> tuple[str, Any]:
        """Add a card, or take it away again: each is in its slot or is not."""
        kind = random.choice(list(SLOTS))
        more = self.hands.cards(kind).count() == 1
        if more:
            self.hands.drag_card(kind, *SLOTS[kind])
            expect(self.hands.cards(kind)).to_have_count(2)
        else:
            self._take_away(kind)
        return f"cards {kind}", 2 if more else 1

    def _take_away(self, kind: str) -> None:
        added = f'[data-card="{kind}"]:not([data-node=evaluate], [data-node=split])'
        card = self.hands.page.locator(f"[data-testid=canvas] {added}")
        card.click(position={"x": 60, "y": 18})
        self.hands.page.keyboard.press("Delete")
        expect(card).to_have_count(0)

    def _wire(self, _: Random, number: int) -> tuple[str, Any]:
        """Take the wire of the data away by keyboard, or draw it."""
        wire = self.hands.page.locator('[data-edge="load.dataset-split.dataset"]')
        there = wire.count() == 1
        if there:
            wire.locator(".tr-grab").click(force=True)
            self.hands.page.keyboard.press("Delete")
            expect(wire).to_have_count(0)
        else:
            self.hands.wire("load", "dataset", "split", "dataset")
            expect(wire).to_have_count(1)
        return "wire", not there

    def check(self, pipeline: Pipeline) -> None:
        """Everything that a page showed as saved is in the file, and is what this page shows."""
        found, shown = facts(pipeline), self.shown()
        for what, saved in self.shared.items():
            allowed = [saved, self.doubtful.get(what, saved)]
            assert found[what] in allowed, (what, found[what], allowed)
            assert shown.get(what, found[what]) == found[what], (what, shown[what])

    def shown(self) -> dict[str, Any]:
        """What this page shows of what was done."""
        cards = {f"cards {kind}": self.hands.cards(kind).count() for kind in SLOTS}
        places = {f"place {card}": self._place(card) for card in CARDS}
        name = self.hands.page.get_by_label("Name of the pipeline").input_value()
        wire = self.hands.page.locator('[data-edge="load.dataset-split.dataset"]').count() == 1
        return cards | places | {"name": name, "wire": wire}


def facts(pipeline: Pipeline) -> dict[str, Any]:
    """What is in the file of what was done."""
    nodes = pipeline.nodes
    kinds = [node.card for node in nodes.values()]
    places = {f"place {card}": (nodes[card].position.x, nodes[card].position.y) for card in CARDS}
    return {
        "name": pipeline.name,
        "epochs": nodes["model"].params.get("epochs"),
        "title": nodes["train"].title,
        "wire": any(edge.id == "load.dataset-split.dataset" for edge in pipeline.edges),
        **{f"cards {kind}": kinds.count(kind) for kind in SLOTS},
        **places,
    }


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_two_pages_and_a_server_that_is_killed(
    start_server: Callable[..., Server], chromium: Browser
) -> None:
    server = start_server()
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    context.add_init_script(HINTS_SEEN)
    shared: dict[str, Any] = {}
    doubtful: dict[str, Any] = {}
    people = [Person(name, Hands(context.new_page()), shared, doubtful) for name in ("one", "two")]
    address = f"{server.url}/edit/new?sample=boston_housing"
    for person in people:
        person.hands.open(address)
        person.hands.page.wait_for_url("**/edit/boston*")
        expect(person.hands.card("train")).to_be_visible()
        address = person.hands.page.url
    file = server.workspace / "pipelines" / f"{address.rpartition('/')[2]}.json"

    random, kills = Random(15), 0
    for number in range(GESTURES + KILLS):
        person = people[(number + number // len(KINDS)) % 2]
        cut_off = (number + 1) % (GESTURES // KILLS + 1) == 0
        person.does(random, number, waits=not cut_off)
        if cut_off:
            server = killed(server, start_server, people)
            kills += 1
            settle(file, people)

    saved = sum(person.saved for person in people)
    assert (saved, kills) == (GESTURES, KILLS)
    kinds = {kind: sum(person.kinds.get(kind, 0) for person in people) for kind in KINDS}
    print(f"\n{saved} gestures saved on two pages {kinds}, {kills} kills, none lost.")  # noqa: T201


def killed(server: Server, start_server: Callable[..., Server], people: list[Person]) -> Server:
    """Kill the server, start another at the same address, and wait until both pages are back."""
    for person in people:
        person.hands.page.evaluate("window.beforeTheKill = true")
    server.process.kill()
    server.process.wait()
    for person in people:  # they know that it is gone, and say of nothing that it is saved
        expect(person.hands.page.locator("#popup")).to_be_visible()
        expect(person.hands.page.get_by_text("Saved", exact=True)).to_be_hidden()
    again = start_server(server.workspace, port=server.port)
    for person in people:
        person.hands.page.wait_for_function(BACK, timeout=60_000)
    return again


def settle(file: Path, people: list[Person]) -> None:
    """Check everything; from now on, what was found is what must stay."""
    pipeline = load(file).pipeline
    for person in people:
        person.check(pipeline)
    found = facts(pipeline)
    shared, doubtful = people[0].shared, people[0].doubtful
    shared.update({what: found[what] for what in doubtful})
    doubtful.clear()
