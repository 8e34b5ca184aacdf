"""With fingers on a tablet: all that a mouse does, and neither the page scrolls nor zooms."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.browser.conftest import MOVING
from tests.browser.hands import Desk, Hands, place_of

Place = tuple[float, float]

SMALL = """() => [...document.querySelectorAll(".top button, .top a, .tr-ctl button, .pcard")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 40)
  .map((each) => each.outerHTML.slice(0, 90))"""
TABLET = MOVING | {"viewport": {"width": 1180, "height": 820}, "has_touch": True}
pytestmark = pytest.mark.parametrize("context", [TABLET], indirect=True)


class Fingers:
    """Real touches, as a screen would send them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        self._menu = page.locator(".tr-context")

    def put(self, kind: str, *places: Place) -> None:
        """All fingers that are on the screen now: "Start", "Move" or "End" with what is left."""
        points = [{"x": x, "y": y, "id": id} for id, (x, y) in enumerate(places)]
        self._devtools.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points}
        )

    def tap(self, place: Place) -> None:
        self.page.touchscreen.tap(*place)

    def double_tap(self, place: Place, then: Locator) -> None:
        """Tap twice; on a machine too slow for that once more, until this is seen."""
        for _ in range(5):
            self.tap(place)
            self.tap(place)
            try:
                then.wait_for(timeout=2000)
            except TimeoutError:
                continue
            return
        expect(then).to_be_visible()

    def drag(self, start: Place, end: Place) -> None:
        """Draw one finger over the screen; where it rested too long and a menu came, again."""
        for _ in range(5):
            self.put("Start", start)
            for share in (0.1, 0.4, 0.7, 1.0):
                x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
                self.put("Move", (x, y))
            self.put("End")
            if not self._menu.is_visible():
                return
            self.page.keyboard.press("Escape")

    def spread(self, a: Place, b: Place, by: float) -> None:
        """Move two fingers apart, each so far to its side."""
        self.put("Start", a)
        self.put("Start", a, b)
        for share in (0.5, 1.0):
            self.put("Move", (a[0] - by * share, a[1]), (b[0] + by * share, b[1]))
        self.put("End", (a[0] - by, a[1]))
        self.put("Move", (a[0], a[1] + 90))  # the finger that is left does nothing
        self.put("End")


@pytest.fixture
def fingers(page: Page) -> Fingers:
    return Fingers(page)


def at(what: Locator, x: float = 0.5, y: float = 0.5) -> Place:
    """A place in it, as shares of its width and height."""
    box = place_of(what)
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def stays(hands: Hands) -> bool:
    """Whether the page itself was neither zoomed nor scrolled."""
    return bool(hands.page.evaluate("visualViewport.scale === 1 && scrollX === 0 && scrollY === 0"))


def test_cards_are_taken_from_the_palette_wired_moved_and_deleted_with_a_finger(
    desk: Desk, fingers: Fingers
) -> None:
    hands = desk({"train": (300, 60)})
    page, palette = hands.page, hands.test_id("palette")
    load = palette.locator('[data-card="data_load"]')
    search, menu = page.get_by_role("listbox", name="Add a card"), page.locator(".tr-context")

    fingers.tap(at(load, x=0.1))  # the rail opens, and nothing else
    expect(palette.get_by_text("Data Load")).to_be_visible()
    expect(hands.cards("data_load")).to_have_count(0)
    canvas = hands.test_id("canvas")
    fingers.drag(at(load, x=0.1), at(canvas, x=0.18, y=0.2))
    expect(hands.cards("data_load")).to_have_count(1)
    expect(palette.get_by_text("Data Load")).to_be_hidden()  # it folds by itself
    fingers.tap(at(load, x=0.1))
    expect(palette.get_by_text("Data Load")).to_be_visible()
    fingers.tap(at(load, x=0.1))
    expect(hands.cards("data_load")).to_have_count(2)
    fingers.tap(at(canvas, x=0.7, y=0.9))
    expect(palette.get_by_text("Data Load")).to_be_hidden()
    hands.test_id("undo").tap()
    expect(hands.cards("data_load")).to_have_count(1)

    x, y = at(hands.port("data_load", "dataset", "out"))
    fingers.drag((x + 14, y - 12), at(hands.card("train"), x=0.6, y=0.2))
    wires = page.locator("[data-testid=canvas] [data-edge]")
    expect(wires).to_have_attribute("data-edge", "data_load.dataset-train.train_dataset")

    was = at(hands.card("data_load"))
    x, y = at(hands.card("data_load"), x=0.3, y=0.1)
    fingers.drag((x, y), (x + 60, y + 40))
    expect(hands.test_id("undo")).to_have_attribute("title", re.compile("Move Data Load"))
    now = at(hands.card("data_load"))
    assert now[0] > was[0] + 20
    assert now[1] > was[1] + 12

    fingers.tap(at(hands.card("train"), x=0.3, y=0.1))
    expect(hands.card("train")).to_have_class(re.compile("tr-selected"))
    fingers.put("Start", at(hands.card("train"), x=0.3, y=0.1))
    expect(menu).to_be_visible()
    fingers.put("Move", at(hands.card("train"), x=0.3, y=0.5))
    fingers.put("End")
    menu.get_by_role("menuitem", name="Delete").tap()
    expect(hands.cards("train")).to_have_count(0)
    expect(menu).to_have_count(0)

    fingers.double_tap(at(canvas, x=0.7, y=0.3), search)
    search.get_by_role("option", name="Evaluate").tap()
    expect(hands.cards("evaluate")).to_have_count(1)
    assert stays(hands)


def test_one_finger_pans_two_zoom_and_a_box_selects(desk: Desk, fingers: Fingers) -> None:
    hands = desk({"data_load": (0, 0), "train": (300, 60)})
    page, canvas = hands.page, hands.test_id("canvas")
    load, percent = hands.card("data_load"), page.locator(".tr-percent")
    expect(percent).to_have_text(re.compile("100"))

    was, start = at(load), at(canvas, x=0.4, y=0.8)
    fingers.drag(start, (start[0] + 50, start[1] - 70))
    expect(percent).to_have_text(re.compile("100"))
    assert at(load) == pytest.approx((was[0] + 50, was[1] - 70), abs=12)

    fingers.spread(at(load, x=0.3, y=0.3), at(hands.card("train")), by=60)
    expect(percent).to_have_text(re.compile("1[2-9][0-9]"))
    hands.expect_answered()
    expect(hands.test_id("undo")).to_be_disabled()  # no card was dragged
    hands.wait_for_rest()
    hands.test_id("fit").tap()
    expect(percent).to_have_text(re.compile("100"))

    page.get_by_role("button", name="Select with a box").tap()
    fingers.drag(at(canvas, x=0.06, y=0.1), at(hands.card("train"), x=0.2))
    expect(page.locator("[data-node].tr-selected")).to_have_count(2)
    expect(page.get_by_role("button", name="Select with a box")).to_have_attribute(
        "aria-pressed", "false"
    )
    assert stays(hands)

    small = page.evaluate(SMALL)
    assert small == [], "what is pressed is at least 40 px high"
