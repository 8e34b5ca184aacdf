"""A card is written in the browser, from the template to a run, and what goes wrong meanwhile."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.hands import Desk
from tests.servers import Server
from web.live.cards.template import card_template

RUN = "def run(self, table: Table) -> Out:"
MISTAKE = "def run(self, table: Tabel) -> Out:"
NEVER_PAUSES = """() => {
    const later = window.setTimeout;
    window.setTimeout = (done, ms, ...more) => (ms === 150 ? 0 : later(done, ms, ...more));
}"""
"""Has what is typed stay in the browser until somebody clicks."""
TRIED = 120_000
"""ms to wait for what a worker finds: it gives way to all else on a busy machine."""


def text(page: Page) -> Locator:
    """The text of the card."""
    return page.get_by_test_id("source")


def type_over(page: Page, old: str, new: str) -> None:
    """Go to the line that has this in it, and type another one over it."""
    page.locator(".cm-line", has_text=old).click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    page.keyboard.insert_text(new)


def save(page: Page, says: str) -> None:
    """Save by key, and wait for what is said."""
    page.keyboard.press("ControlOrMeta+s")
    expect(page.get_by_test_id("source-status")).to_have_text(says, timeout=TRIED)


def test_a_card_is_written_mended_run_and_changed(desk: Desk, page: Page, server: Server) -> None:
    hands = desk({"data_load": (60, 120)})
    pipeline = page.url
    hands.test_id("new-card").click()
    expect(hands.test_id("would-be")).to_contain_text("My Card", timeout=TRIED)

    # a mistake is said with its line, and saving it changes nothing
    type_over(page, RUN, MISTAKE)
    fault = hands.test_id("fault")
    expect(fault).to_have_text(re.compile(r"Line 22\b.*'Tabel'"), timeout=TRIED)
    expect(page.locator(".cm-line.wrong")).to_contain_text(MISTAKE)
    save(page, "Not saved, draft kept")
    expect(hands.test_id("not-saved")).to_contain_text("Not saved, line 22")
    assert not list((server.workspace / "cards").glob("*.py"))
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(text(page)).not_to_be_focused()
    for theme in ("dark", "light"):
        assert violations(page, theme) == []

    # what was typed outlives a reload; mended, it is saved
    page.reload()
    expect(fault).to_be_visible(timeout=TRIED)
    expect(text(page)).to_contain_text(MISTAKE)
    type_over(page, MISTAKE, RUN)
    expect(hands.test_id("source-verdict")).to_contain_text(
        "Nothing is wrong with it", timeout=TRIED
    )
    save(page, "Saved")
    assert (server.workspace / "cards" / "my_card.py").is_file()

    # it is in the palette, and runs
    hands.test_id("back").click()
    page.wait_for_url(pipeline)
    hands.drag_card("my_card", 720, 340)
    expect(hands.card("my_card")).to_be_visible()
    hands.wire("data_load", "dataset", "my_card", "table")
    expect(page.locator("[data-testid=canvas] [data-edge]")).to_have_count(1)
    hands.run()
    hands.expect_states("done", "my_card")

    # its source leads back; a change makes it stale where it is used
    hands.card("my_card").click(button="right", position={"x": 60, "y": 18})
    page.get_by_role("menuitem", name="Edit the source of the card").click()
    page.wait_for_url("**/cards/my_card?*")
    type_over(page, "head(self.rows)", "kept = table.to_pandas().tail(self.rows)")
    save(page, "Saved, in use by 1 card")
    hands.test_id("back").click()
    page.wait_for_url(pipeline)
    hands.expect_states("stale", "my_card")
    kept = {draft.name for draft in (server.workspace / "drafts").iterdir()}
    assert not kept & {"new.json", "my_card.py.json"}


def test_two_tabs_and_another_program_write_one_card(page: Page, server: Server) -> None:
    name = "shared.py"
    file = server.workspace / "cards" / name
    file.write_text(card_template(()).replace("MyCard", "Shared"))
    page.goto(f"{server.url}/cards/{name}")
    expect(text(page)).to_contain_text("class Shared")
    other = page.context.new_page()
    other.goto(page.url)
    for tab, written in ((page, "# mine\n"), (other, "# theirs\n")):
        text(tab).click()
        tab.keyboard.press("ControlOrMeta+End")
        tab.keyboard.insert_text(written)
        expect(tab.get_by_test_id("source-status")).to_have_text("Not saved, draft kept")

    save(other, "Saved")
    expect(page.get_by_test_id("theirs")).to_contain_text(f"{name} was changed meanwhile")
    page.bring_to_front()
    page.reload()  # which loses nothing
    expect(text(page)).to_contain_text("# mine")
    text(page).click()
    save(page, "Not done: it was changed meanwhile")
    assert file.read_text().endswith("# theirs\n")
    page.get_by_test_id("keep-source").click()
    expect(page.get_by_test_id("theirs")).to_have_count(0)
    text(page).click()
    save(page, "Saved")
    assert file.read_text().endswith("# mine\n")

    # what nobody has typed over is taken up
    expect(text(other)).to_contain_text("# mine")
    file.write_text(file.read_text() + "# by another program\n")
    expect(text(page)).to_contain_text("# by another program")
    assert not (server.workspace / "drafts" / f"{name}.json").exists()

    # nor is what somebody was typing just then lost, or saved unseen
    text(page).click()
    page.evaluate(NEVER_PAUSES)
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type("# in the middle of")
    file.write_text(file.read_text() + "# by yet another\n")
    expect(page.get_by_test_id("not-saved")).to_contain_text("replaced while you typed")
    expect(text(page)).to_contain_text("# by yet another")
    page.keyboard.press("ControlOrMeta+z")
    expect(text(page)).to_contain_text("# in the middle of")
    text(page).click()
    expect(page.get_by_test_id("source-status")).to_have_text("Not saved, draft kept")
    page.get_by_test_id("revert-source").click()
    expect(page.get_by_test_id("source-status")).to_have_text("Saved")

    # a file can be called like its card, and the other tab goes along
    page.reload()
    type_over(page, "class Shared", "class Common(Card):")
    expect(page.get_by_text("shared will be gone once this is saved.")).to_be_visible(timeout=TRIED)
    save(page, "Saved")
    page.get_by_test_id("rename-source").click(timeout=TRIED)
    for tab in (page, other):
        expect(tab.get_by_role("heading", level=1)).to_have_text("common.py", timeout=TRIED)
        expect(tab).to_have_url(f"{server.url}/cards/common.py")
    assert not file.exists()
    page.reload()
    expect(text(page)).to_contain_text("class Common")
    page.get_by_test_id("delete-source").click()
    expect(page.get_by_test_id("source-status")).to_have_text(
        "Deleted. Save puts it back.", timeout=TRIED
    )
    assert not file.with_name("common.py").exists()
