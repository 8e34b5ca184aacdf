"""From an empty canvas to a trained network, by mouse and keyboard alone."""

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import TRAINED, Hands

WARM = True  # it trains

WIRES = (
    ("data_load", "dataset", "data_split", "dataset"),
    ("data_split", "train_dataset", "train_gpu", "train_dataset"),
    ("model_define_gpu", "model_spec", "train_gpu", "model_spec"),
    ("data_split", "test_dataset", "evaluate", "test_dataset"),
    ("train_gpu", "trained_model", "evaluate", "trained_model"),
)
CHOSEN = re.compile(r"\btr-selected\b")
PLACES = {
    "data_load": (110, 230),
    "data_split": (330, 230),
    "model_define_gpu": (330, 500),
    "train_gpu": (560, 380),
    "evaluate": (790, 260),
}


def edges(page: Page) -> Locator:
    return page.locator("[data-testid=canvas] [data-edge]")


def drag_all(hands: Hands) -> None:
    for kind, (x, y) in PLACES.items():
        hands.drag_card(kind, x, y)
        expect(hands.cards(kind)).to_have_count(1)


def wire_all(hands: Hands) -> None:
    for source, output, target, input in WIRES:
        hands.wire(source, output, target, input)
        edge = f'[data-edge="{source}.{output}-{target}.{input}"]'
        expect(hands.page.locator(edge)).to_have_count(1)


def test_five_cards_by_mouse(hands: Hands, page: Page) -> None:
    drag_all(hands)
    hands.picture("building")
    wire_all(hands)

    hands.settings("model_define_gpu")
    hands.type_into("hidden_layers", "16, 8")
    hands.type_into("epochs", "3")
    hands.type_into("batch_size", "256")
    hands.settings("train_gpu")
    hands.field("target_column").click()
    offered = page.get_by_role("listbox", name="Target column").get_by_role("option")
    expect(offered).to_have_count(14)
    offered.filter(has_text="MEDV").click()
    expect(hands.field("target_column")).to_have_value("MEDV")

    hands.run()
    hands.expect_status("succeeded")
    hands.expect_states("done", *PLACES)
    hands.select("evaluate")
    expect(hands.test_id("inspector").locator("[data-metric=r2]")).to_be_visible()

    page.reload()
    hands.expect_states("done", *PLACES)
    expect(edges(page)).to_have_count(5)


def test_five_cards_by_keyboard(hands: Hands, page: Page) -> None:
    for words, kind in (
        ("data load", "data_load"),
        ("split", "data_split"),
        ("define gpu", "model_define_gpu"),
        ("train gpu", "train_gpu"),
        ("evaluate", "evaluate"),
    ):
        page.get_by_label("Search cards").focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(words)
        page.keyboard.press("Enter")  # at once, before the list has caught up
        expect(hands.cards(kind)).to_have_count(1)
    inspector = hands.test_id("inspector")
    for source, output, target, input in WIRES:
        hands.card(target).focus()
        page.keyboard.press("Enter")
        chooser = inspector.get_by_label(f"Input {input}")
        chooser.focus()
        chooser.select_option(f"{source}.{output}")
        expect(page.locator(f'[data-edge="{source}.{output}-{target}.{input}"]')).to_have_count(1)

    page.locator("body").press("ControlOrMeta+z")
    expect(edges(page)).to_have_count(4)
    # A quick hand is there before the top bar, and the list of inputs still has the focus.
    inspector.get_by_label(f"Input {WIRES[-1][3]}").focus()
    page.evaluate("document.querySelector('[data-testid=redo]').disabled = true")
    page.keyboard.press("ControlOrMeta+Shift+z")
    expect(edges(page)).to_have_count(5)


class Gestures:
    """Counts what one hand does: a drag, a click, or a text with the Enter that ends it."""

    def __init__(self, hands: Hands) -> None:
        self.hands, self.count = hands, 0

    def click(self, what: Locator) -> None:
        self.count += 1
        what.click()

    def type(self, text: str) -> None:
        self.count += 1
        self.hands.page.keyboard.type(text)
        self.hands.page.keyboard.press("Enter")

    def wire(self, source: str, output: str, target: str, input: str) -> None:
        self.count += 1
        self.hands.wire(source, output, target, input)

    def drag_out(self, card: str, port: str, side: str, by: tuple[int, int]) -> None:
        """Drag a wire to where nothing is: the cards that fit are offered there."""
        self.count += 1
        self.hands.drag_port(card, port, side, by)
        expect(self.hands.page.get_by_role("combobox", name="Cards that")).to_be_focused()


def test_the_sample_is_built_in_twelve_gestures_at_most(hands: Hands, page: Page) -> None:
    gestures = Gestures(hands)
    gestures.click(page.locator("[data-testid=palette] [data-card=data_load]"))
    expect(hands.card("data_load")).to_have_class(CHOSEN)
    for card, port, side, by, words, made in (
        ("data_load", "dataset", "out", (60, 0), "split", "data_split"),
        ("data_split", "train_dataset", "out", (60, 180), "train gpu", "train_gpu"),
        ("train_gpu", "trained_model", "out", (60, -120), "evaluate", "evaluate"),
        ("train_gpu", "model_spec", "in", (-60, 60), "define gpu", "model_define_gpu"),
    ):
        if made == "evaluate":  # at the border, the canvas would move as long as it is held there
            gestures.click(hands.test_id("fit"))
            hands.wait_for_rest()
        gestures.drag_out(card, port, side, by)
        gestures.type(words)
        expect(hands.card(made)).to_have_class(CHOSEN)

    for source, output, target, input in WIRES:
        edge = f'[data-edge="{source}.{output}-{target}.{input}"]'
        expect(page.locator(edge)).to_have_count(1)
    expect(edges(page)).to_have_count(5)
    assert gestures.count == 10
    gestures.click(hands.test_id("run"))
    assert gestures.count <= 12
    hands.expect_states("done", "data_load", "data_split", "model_define_gpu")
    expect(hands.card("train_gpu")).to_contain_text("Epoch", timeout=TRAINED)
    hands.test_id("cancel").click()  # what comes of it is told in the first minute
    hands.expect_status("cancelled")


def test_cards_that_are_added_one_after_the_other_are_wired_and_hide_no_wire(
    hands: Hands, page: Page
) -> None:
    hands.test_id("canvas").press("1")  # the pointer is nowhere: cards go to where there is room
    for words, made, chosen in (
        ("data load", "data_load", ""),
        ("split", "data_split", ""),
        ("train", "train", ""),
        ("random forest", "model_define", ""),
        ("evaluate", "evaluate", ""),
        ("predict", "predict", "train"),
    ):
        if chosen:
            hands.select(chosen)
            expect(hands.card(chosen)).to_have_class(CHOSEN)
        page.keyboard.press("/")
        expect(page.get_by_role("combobox", name="Add a card")).to_be_focused()
        page.keyboard.type(words)
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("Enter")
        expect(hands.card(made)).to_have_class(CHOSEN)
    expect(hands.card("model_define")).to_contain_text("random forest")
    for wire in (
        "data_load.dataset-data_split.dataset",
        "data_split.train_dataset-train.train_dataset",
        "model_define.model_spec-train.model_spec",
        "data_split.test_dataset-evaluate.test_dataset",
        "train.trained_model-evaluate.trained_model",
        "data_split.test_dataset-predict.dataset",
        "train.trained_model-predict.trained_model",
    ):
        expect(page.locator(f'[data-edge="{wire}"]')).to_have_count(1)
    assert page.evaluate(HIDDEN) == []
    hands.test_id("undo").click()
    expect(hands.card("predict")).to_have_count(0)
    expect(edges(page)).to_have_count(5)


HIDDEN = """() => [...document.querySelectorAll(".tr-canvas [data-edge]")].flatMap((wire) => {
  const line = wire.querySelector("path.tr-line"), matrix = line.getScreenCTM();
  const ends = wire.dataset.edge.split("-").map((end) => end.split(".")[0]);
  const cards = [...document.querySelectorAll(".tr-canvas [data-node]")]
    .filter(({dataset}) => !ends.includes(dataset.node));
  const points = Array.from({length: 41}, (_, step) =>
    line.getPointAtLength(line.getTotalLength() * step / 40).matrixTransform(matrix));
  return cards.filter((card) => {
    const {left, right, top, bottom} = card.getBoundingClientRect();
    return points.some(({x, y}) => x > left && x < right && y > top && y < bottom);
  }).map(({dataset}) => `${wire.dataset.edge} behind ${dataset.node}`);
})"""
"""Which wires run behind which cards."""


def test_what_does_not_fit_is_refused_with_the_reason(hands: Hands, page: Page) -> None:
    hands.drag_card("model_define", 150, 200)
    hands.drag_card("data_split", 500, 200)
    expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(2)
    hands.wire("model_define", "model_spec", "data_split", "dataset")

    expect(page.locator(".note")).to_contain_text("Table")
    expect(edges(page)).to_have_count(0)


def test_layers_are_added_moved_and_removed_as_a_list(hands: Hands, page: Page) -> None:
    hands.drag_card("model_define_gpu", 200, 200)
    field = hands.field("hidden_layers")
    expect(field).to_have_value("128, 64, 32")

    inspector = hands.test_id("inspector")
    inspector.get_by_role("button", name="Add", exact=True).click()
    expect(field).to_have_value("128, 64, 32, 16")
    inspector.get_by_role("button", name="Move up entry 4").click()
    expect(field).to_have_value("128, 64, 16, 32")
    inspector.get_by_role("button", name="Remove entry 1").click()
    expect(field).to_have_value("64, 16, 32")
    inspector.get_by_role("button", name="reset").click()
    expect(field).to_have_value("128, 64, 32")


def test_everything_can_be_taken_back_and_made_again(hands: Hands, page: Page) -> None:
    hands.drag_card("data_load", 150, 200)
    hands.drag_card("data_split", 500, 200)
    hands.wire("data_load", "dataset", "data_split", "dataset")
    expect(edges(page)).to_have_count(1)
    hands.select("data_split")
    page.keyboard.press("Delete")
    expect(hands.cards("data_split")).to_have_count(0)
    expect(edges(page)).to_have_count(0)

    for cards, wires in ((2, 1), (2, 0), (1, 0), (0, 0)):
        hands.test_id("undo").click()
        expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(cards)
        expect(edges(page)).to_have_count(wires)
    expect(hands.test_id("undo")).to_be_disabled()
    for _ in range(4):
        hands.test_id("redo").click()
    expect(hands.test_id("redo")).to_be_disabled()
    expect(hands.cards("data_load")).to_have_count(1)


def test_what_is_typed_stays_while_the_server_answers(hands: Hands, page: Page) -> None:
    hands.drag_card("data_split", 200, 200)
    seed = hands.field("seed")
    seed.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("123456", delay=250)

    expect(seed).to_be_focused()
    expect(seed).to_have_value("123456")
    expect(hands.test_id("inspector").get_by_role("button", name="Seed: reset")).to_be_visible()
    expect(seed).to_be_focused()
    expect(seed).to_have_value("123456")
    assert page.evaluate(COMES_AND_GOES) == [True, "came"]  # whatever changes beside it


COMES_AND_GOES = """async () => {
    const { morph } = await import("tensorrag-page/morph.js");
    const root = document.body.appendChild(document.createElement("div"));
    root.innerHTML = "<b>goes</b><p data-key=field><input></p>";
    root.querySelector("input").focus();
    morph(root, "<p data-key=field><input></p><b>came</b>");
    const kept = document.activeElement === root.querySelector("input");
    root.remove();
    return [kept, root.textContent];
}"""


def test_a_pipeline_goes_out_as_a_file_and_comes_back(
    hands: Hands, page: Page, tmp_path: Path
) -> None:
    drag_all(hands)
    wire_all(hands)
    with page.expect_download() as download:
        hands.test_id("export").click()
    file = tmp_path / "pipeline.json"
    download.value.save_as(file)
    content = json.loads(file.read_text(encoding="utf-8"))
    assert (content["format"], len(content["nodes"])) == ("tensorrag.pipeline", 5)

    before = page.url
    hands.test_id("import-input").set_input_files(file)
    page.wait_for_url(lambda url: url != before)
    expect(page.locator("[data-testid=canvas] [data-node]")).to_have_count(5)
    expect(edges(page)).to_have_count(5)


def test_a_table_of_ones_own(hands: Hands, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "flats.csv"
    rows = [
        f"{size},{size % 7},{'old' if size % 2 else 'new'},{3 * size + 5}" for size in range(90)
    ]
    file.write_text("size,rooms,<b>state</b>,price\n" + "\n".join(rows), encoding="utf-8")
    hands.drag_card("data_load", 150, 200)
    hands.field("source").select_option("upload")
    hands.test_id("upload-input").set_input_files(file)
    expect(hands.test_id("inspector")).to_contain_text("flats.csv")
    hands.drag_card("data_split", 450, 200)
    hands.wire("data_load", "dataset", "data_split", "dataset")
    hands.tab("Columns")

    expect(hands.test_id("inspector")).to_contain_text("<b>state</b>")
    expect(hands.test_id("inspector")).to_contain_text("4 columns")
    page.get_by_role("button", name="Run", exact=True).last.click()
    hands.expect_states("done", "data_load", "data_split")


def test_a_wire_dropped_on_nothing_offers_the_cards_that_fit(hands: Hands, page: Page) -> None:
    hands.drag_card("data_load", 150, 200)
    hands.drag_port("data_load", "dataset", "out", (140, 110))
    menu = page.get_by_role("dialog", name="Cards that take a Table")
    expect(menu).not_to_contain_text("Model Define")
    page.keyboard.type("split")
    page.keyboard.press("Enter")

    expect(hands.card("data_split")).to_be_visible()
    edge = page.locator('[data-edge="data_load.dataset-data_split.dataset"]')
    expect(edge).to_have_count(1)
    hands.test_id("undo").click()
    expect(hands.card("data_split")).to_have_count(0)
    expect(edge).to_have_count(0)
