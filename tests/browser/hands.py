"""What a person does in the editor, by mouse and keyboard alone, and where pictures are put."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FloatRect, Locator, Page, expect

ROOT = Path(__file__).parents[2]
WANTED = os.environ.get("PICTURES", "")
PICTURES = ROOT / ("docs/images" if WANTED == "1" else WANTED)
"""`PICTURES=1 make browser` renews those of the README; `PICTURES=folder` puts all of them there.
Else none is taken: nobody looks at them, and they take a minute."""
TRAINED = 240_000
"""Milliseconds within which the default network is trained, also on a busy machine."""

HINTS_SEEN = """try {
  localStorage.setItem("tensorrag-hints-seen", '["run", "look", "add"]');
} catch {}  // an empty page keeps nothing"""
"""Nobody here is a first visitor, but in the story of one."""

STILL = """() => {
  const plane = document.querySelector(".vue-flow__transformationpane");
  const drawn = plane ? plane.style.transform : "";
  window.still = drawn === window.drawn ? window.still + 1 : 0;
  window.drawn = drawn;
  return window.still > 30;
}"""

AT_REST = """element => new Promise((done) => {
  let before = "";
  const look = () => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const now = String([x, y, width, height]);
    if (now === before) return done({ x, y, width, height });
    before = now;
    requestAnimationFrame(look);
  };
  look();
})"""


def place_of(what: Locator) -> FloatRect:
    """Where something lies in the window, in pixels, once it stays there from frame to frame."""
    place: FloatRect = what.evaluate(AT_REST)
    return place


def middle(what: Locator) -> tuple[float, float]:
    """The middle of something in the window, in pixels."""
    place = place_of(what)
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


def photograph(page: Page, name: str) -> None:
    """Take one picture of a page as it is, if pictures are wanted."""
    if WANTED:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


class Hands:
    """One person in one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # --- finding ----------------------------------------------------------------------------

    def card(self, name: str) -> Locator:
        """A card on the canvas, by the id of its node."""
        return self.page.locator(f'[data-testid=canvas] [data-node="{name}"]')

    def cards(self, kind: str) -> Locator:
        """The cards of a kind on the canvas."""
        return self.page.locator(f'[data-testid=canvas] [data-node][data-card="{kind}"]')

    def port(self, card: str, name: str, side: str) -> Locator:
        """A port of a card."""
        return self.card(card).locator(f'[data-port="{name}"][data-side={side}]')

    def field(self, param: str) -> Locator:
        """The control of a parameter in the inspector."""
        field = self.page.locator(f'[data-testid=inspector] [data-field="{param}"]')
        return field.locator("input, select, textarea")

    def problem(self, param: str) -> Locator:
        """What is said under a field."""
        return self.page.locator(f'[data-testid=inspector] [data-field="{param}"] .msg')

    def test_id(self, name: str) -> Locator:
        """An element by its test id."""
        return self.page.get_by_test_id(name)

    # --- doing ------------------------------------------------------------------------------

    def open(self, url: str) -> Hands:
        """Open an address and wait until the canvas is there."""
        self.page.goto(url)
        expect(self.test_id("canvas")).to_be_visible()
        return self

    def drag_card(self, kind: str, x: float, y: float) -> None:
        """Drag a card from the palette; its middle comes to lie at this place of the canvas."""
        source = self.page.locator(f'[data-testid=palette] [data-card="{kind}"]')
        source.drag_to(self.test_id("canvas"), target_position={"x": x, "y": y})

    def wire(self, source: str, output: str, target: str, input: str) -> None:
        """Drag a wire from an output to an input."""
        self.drag(self.port(source, output, "out"), self.port(target, input, "in"))

    def drag_port(self, card: str, port: str, side: str, by: tuple[int, int]) -> None:
        """Drag a wire from a port to a place so far from there."""
        x, y = middle(self.port(card, port, side))
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + by[0] / 2, y + by[1] / 2, steps=4)
        mouse.move(x + by[0], y + by[1], steps=4)
        mouse.up()

    def drag(self, start: Locator, end: Locator) -> None:
        (x1, y1), (x2, y2) = middle(start), middle(end)
        mouse = self.page.mouse
        mouse.move(x1, y1)
        mouse.down()
        mouse.move((x1 + x2) / 2, (y1 + y2) / 2, steps=4)
        mouse.move(x2, y2, steps=4)
        mouse.up()

    def select(self, card: str) -> None:
        """Click on a card's head."""
        self.card(card).click(position={"x": 60, "y": 18})

    def tab(self, name: str) -> None:
        """Turn to a tab of the inspector."""
        self.test_id("inspector").get_by_role("tab", name=name).click()

    def settings(self, card: str) -> None:
        """Turn to the settings of a card."""
        self.turn(card, "Settings")

    def turn(self, card: str, name: str) -> None:
        """Turn to a tab of a card, and wait for it: before, that of another card is there."""
        self.select(card)
        its = self.test_id("inspector").locator(f'[role=tab][data-of="{card}"]')
        tab = its.filter(has_text=name)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")

    def type_into(self, param: str, text: str) -> None:
        """Type a value over the old one, and press Enter."""
        control = self.field(param)
        control.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def drop_file(self, name: str, content: str) -> None:
        """Drop a file from the computer onto the middle of the canvas."""
        handed = self.page.evaluate_handle(
            """([name, content]) => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([content], name));
                return transfer;
            }""",
            [name, content],
        )
        x, y = middle(self.test_id("canvas"))
        place = {"clientX": x, "clientY": y}
        for kind in ("dragenter", "dragover", "drop"):
            self.test_id("canvas").dispatch_event(kind, {"dataTransfer": handed, **place})

    def drop_card(self, name: str, source: str) -> None:
        """Drop a file with cards onto the canvas, and say yes to it."""
        self.drop_file(name, source)
        self.test_id("add-dropped").click()

    def run(self) -> None:
        """Press Run."""
        self.test_id("run").click()

    def cut(self) -> None:
        """Cut the connection, once the server has answered all that was done: else what was on
        its way may be lost, and the page is loaded anew when it is back."""
        self.expect_answered()
        self.page.evaluate("window.socket.disconnect()")

    # --- seeing -----------------------------------------------------------------------------

    def expect_status(self, status: str, timeout: float = TRAINED) -> None:
        """Wait until the run has this status."""
        shown = self.test_id("run-status")
        expect(shown).to_have_attribute("data-state", status, timeout=timeout)

    def expect_answered(self) -> None:
        """Wait until the server has answered to every gesture."""
        expect(self.page.locator("html:not([data-unanswered])")).to_be_attached()

    def expect_states(self, state: str, *cards: str, timeout: float = TRAINED) -> None:
        """Wait until these cards have this state."""
        for card in cards:
            expect(self.card(card)).to_have_attribute("data-state", state, timeout=timeout)

    def picture(self, name: str, *, fit: bool = True, opener: str = "") -> None:
        """Take a picture at both screen sizes, in light and dark, if pictures are wanted.

        Args:
            name: of the file.
            fit: whether all cards are brought into view first.
            opener: test id of the button whose list is open; a click elsewhere closes that.
        """
        if not WANTED:
            return
        for width, height in ((1280, 720), (1440, 900)):
            self.page.set_viewport_size({"width": width, "height": height})
            if fit:
                self.test_id("fit").click()
            self.page.mouse.move(700, 60)
            for theme in ("light", "dark"):
                self.wait_for_rest()
                size = "" if width == 1440 else f"-{width}"
                shade = "" if theme == "light" else "-dark"
                photograph(self.page, f"{name}{size}{shade}")
                self.test_id("theme").click()
                if opener:
                    self.test_id(opener).click()
                self.page.mouse.move(700, 60)

    def wait_for_rest(self) -> None:
        """Wait until the canvas has been drawn alike for half a second of frames."""
        self.page.evaluate("window.still = 0; window.drawn = ''")
        self.page.wait_for_function(STILL)


Desk = Callable[..., Hands]
"""Opens a pipeline of cards at places: ``desk({"train": (0, 0)}, *wires)``."""
