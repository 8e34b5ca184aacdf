"""Any table they throw at it: what was detected is shown, and can be said better by hand."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.hands import Hands
from tests.servers import Server
from tests.workbooks import workbook

EXPORT = "Größe;Preis;Ort\n" + "".join(
    f"{size},5;{price:.2f};{place}\n".replace(".", ",")
    for size, price, place in ((3, 412.5, "Zürich"), (4, 388.25, "Köln"), (2, 1204.75, "Graz"))
)
FLATS: list[Sequence[object]] = [
    ["rooms", "price"],
    *([rooms, 100 * rooms + 50] for rooms in range(2, 8)),
]
LOOKED = 30_000
"""Milliseconds within which a worker has looked at a file, also on a busy machine."""
BOOK = workbook({"Flats": FLATS, "Notes": [["who", "said"], ["Ann", "fine"], ["Ben", "dear"]]})


@pytest.fixture
def hands(server: Server, page: Page) -> Hands:
    """One person before the sample pipeline, about to load another table."""
    hands = Hands(page).open(f"{server.url}/edit/new?sample=boston_housing")
    expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(5)
    hands.settings("load")
    hands.field("source").select_option("upload")
    return hands


def upload(hands: Hands, name: str, content: bytes) -> None:
    file: FilePayload = {"name": name, "mimeType": "", "buffer": content}
    hands.test_id("upload-input").set_input_files(file)


def test_how_a_csv_file_was_read_is_shown_and_can_be_changed(hands: Hands) -> None:
    upload(hands, "export.csv", EXPORT.encode("latin-1"))
    read_as = hands.test_id("read-as")

    expect(read_as).to_have_text("Read as CSV: semicolon · Latin-1 · decimal comma", timeout=LOOKED)
    expect(hands.card("load")).to_contain_text("export.csv · semicolon · Latin-1")
    expect(hands.field("separator").locator("option:checked")).to_have_text("Auto: semicolon")
    expect(hands.field("sheet")).to_have_count(0)
    hands.picture("detected")

    hands.field("decimal_mark").select_option("point")
    expect(read_as).to_have_text("Read as CSV: semicolon · Latin-1 · decimal point", timeout=LOOKED)
    hands.tab("Columns")
    expect(hands.test_id("inspector")).to_contain_text("Größe")


def test_a_column_that_is_the_target_in_another_unit_is_taken_out_by_one_click(
    hands: Hands,
) -> None:
    """Nothing has run: a look at the file was enough to know."""
    prices = [20 + (7.3 * at) % 30 for at in range(60)]
    lines = [f"{3 + at % 4},{price:.2f},{price * 1000:.0f}" for at, price in enumerate(prices)]
    upload(hands, "houses.csv", "\n".join(["RM,MEDV,dollars", *lines]).encode())
    expect(hands.test_id("read-as")).to_contain_text("Read as CSV: comma", timeout=LOOKED)

    hands.settings("train")
    told = hands.problem("feature_columns")
    expect(told).to_contain_text("dollars tells MEDV exactly in every row")
    expect(hands.card("train").get_by_test_id("problem")).to_be_visible()
    hands.picture("told")
    told.get_by_role("button", name="Take dollars out of the features").click()
    expect(told).to_have_count(0)
    expect(hands.card("train").get_by_test_id("problem")).to_have_count(0)

    hands.test_id("undo").click()
    expect(told).to_contain_text("dollars tells MEDV exactly in every row")


def test_one_of_a_thousand_columns_is_found_before_and_after_a_run(hands: Hands) -> None:
    """The pictures are of the first 200; a search finds the others by name and kind, too."""
    lines = [",".join(f"gene_{at}" for at in range(1_000)), *[",".join(["1.5"] * 1_000)] * 3]
    upload(hands, "genes.csv", "\n".join(lines).encode())
    expect(hands.test_id("read-as")).to_be_visible(timeout=LOOKED)
    inspector, search = hands.test_id("inspector"), hands.test_id("search-columns")
    hands.tab("Columns")
    expect(inspector).to_contain_text("1,000 columns that it makes")
    search.fill("Gene_98")
    expect(inspector.locator(".colrow")).to_have_count(11)  # gene_98 and gene_980 to 989
    search.fill("protein")
    expect(inspector).to_contain_text("No column has “protein” in its name.")

    search.fill("gene_98")
    inspector.get_by_role("button", name="Run", exact=True).click()
    hands.expect_states("done", "load")
    expect(inspector.locator(".colrow.bare")).to_have_count(10)
    expect(inspector.locator(".colrow:not(.bare)")).to_have_count(1)  # it has a picture
    hands.picture("columns found")


def test_a_workbook_offers_its_sheets(hands: Hands) -> None:
    upload(hands, "flats.xlsx", BOOK)

    expect(hands.test_id("read-as")).to_have_text('Read as Excel: sheet "Flats"', timeout=LOOKED)
    expect(hands.field("separator")).to_have_count(0)
    expect(hands.field("sheet").locator("option")).to_have_text(["Auto: Flats", "Flats", "Notes"])
    hands.field("sheet").select_option("Notes")
    expect(hands.test_id("read-as")).to_have_text('Read as Excel: sheet "Notes"', timeout=LOOKED)
    hands.picture("sheets")
    hands.tab("Columns")
    expect(hands.test_id("inspector")).to_contain_text("said")


def test_a_replaced_file_shows_its_columns_and_is_why_the_card_runs_again(hands: Hands) -> None:
    upload(hands, "export.csv", EXPORT.encode("latin-1"))
    expect(hands.test_id("read-as")).to_be_visible(timeout=LOOKED)
    hands.test_id("inspector").get_by_role("button", name="Run", exact=True).click()
    hands.expect_states("done", "load")
    hands.tab("Result")
    expect(hands.test_id("inspector")).to_contain_text("no value missing")
    hands.tab("Columns")
    expect(hands.test_id("inspector")).not_to_contain_text("that it makes")
    expect(hands.test_id("inspector")).to_contain_text("Größe")

    hands.tab("Settings")
    upload(hands, "flats.xlsx", BOOK)
    expect(hands.test_id("read-as")).to_have_text('Read as Excel: sheet "Flats"', timeout=LOOKED)
    expect(hands.test_id("inspector")).to_contain_text("Upload export.csv → flats.xlsx")
    hands.tab("Columns")
    expect(hands.test_id("inspector")).to_contain_text("2 columns that it makes")
    expect(hands.test_id("inspector")).not_to_contain_text("Größe")


def test_another_workbook_without_the_sheet_says_so_and_names_its_own(hands: Hands) -> None:
    upload(hands, "flats.xlsx", BOOK)
    hands.field("sheet").select_option("Notes")
    upload(hands, "houses.xlsx", workbook({"Houses": FLATS, "Gardens": FLATS}))

    expect(hands.problem("sheet")).to_contain_text(
        'houses.xlsx has no sheet "Notes".', timeout=LOOKED
    )
    hands.field("sheet").select_option("Gardens")
    expect(hands.problem("sheet")).to_have_count(0, timeout=LOOKED)


def test_a_broken_line_is_named_under_the_file(hands: Hands) -> None:
    upload(hands, "rooms.csv", b"rooms,price\n3,1\n4\n")

    expect(hands.problem("upload")).to_contain_text(
        "line 3 has 1 value where 2 were expected", timeout=LOOKED
    )
    expect(hands.field("encoding")).to_be_visible()


def test_a_kind_is_corrected_where_the_columns_are_looked_at(hands: Hands) -> None:
    """By keyboard; nothing is lost unasked."""
    prices = ["abc", *map(str, range(100, 130))]
    lines = [f"{at % 4},{price}" for at, price in enumerate(prices)]
    upload(hands, "flats.csv", "\n".join(["rooms,price", *lines]).encode())
    expect(hands.test_id("read-as")).to_contain_text("Read as CSV: comma", timeout=LOOKED)
    hands.tab("Columns")
    kind = hands.page.get_by_label("Kind of rooms")
    kind.focus()
    hands.page.keyboard.press("c")

    expect(hands.cards("change_kinds")).to_contain_text("rooms")
    expect(kind).to_have_value("category")
    expect(kind).to_be_focused()
    hands.test_id("undo").click()
    expect(hands.cards("change_kinds")).to_have_count(0)

    hands.turn("load", "Columns")
    hands.test_id("inspector").get_by_role("button", name="Run", exact=True).click()
    hands.expect_states("done", "load")
    hands.page.get_by_label("Kind of price").select_option("number")
    doubt = hands.test_id("kind-doubt")
    expect(doubt).to_contain_text('1 of 31 rows holds no number, such as "abc"')
    expect(hands.cards("change_kinds")).to_have_count(0)
    hands.picture("kinds")
    doubt.get_by_role("button", name="Make them missing").click()
    expect(hands.cards("change_kinds")).to_contain_text("price")
    expect(hands.page.get_by_label("Kind of price")).to_have_value("number")
