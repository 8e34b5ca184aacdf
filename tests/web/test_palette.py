from tensorrag.catalog import CardInfo, Catalog, Notice, PortInfo, TypeInfo
from web.page.editor.palette import OWN, first_found, grouped, palette
from web.page.icons import type_colours
from web.page.markup import html

TABLE = TypeInfo(name="Table", label="Table", shape="square", light="#0a7686", dark="#3fb6c6")


def card(name: str, title: str, category: str, source: str | None = None) -> CardInfo:
    return CardInfo(
        card=name, title=title, category=category, summary=f"{title} does it.", params={},
        outputs=(PortInfo(name="out", type="Table"),), source=source,
    )  # fmt: skip


CATALOG = Catalog(
    cards={
        info.card: info
        for info in (
            card("evaluate", "Evaluate", "Evaluation"),
            card("mine", "My <Card>", "Other", source="class …"),
            card("train", "Train", "Training"),
            card("data_load", "Data Load", "Data"),
        )
    },
    types={"Table": TABLE},
    notices=(Notice(file="broken.py", message="Line 3: <oops>.", hint="Mend it."),),
)


def test_cards_are_grouped_in_the_order_of_work_own_ones_last() -> None:
    assert list(grouped(CATALOG)) == ["Data", "Training", "Evaluation", OWN]


def test_a_search_looks_at_names_and_what_cards_do() -> None:
    assert list(grouped(CATALOG, "LOAD data")) == ["Data"]
    assert grouped(CATALOG, "nothing like it") == {}
    assert "No card is called" in html(palette(CATALOG, "nothing like it"))


def test_enter_takes_the_card_that_is_shown_first() -> None:
    assert first_found(CATALOG, "load") == CATALOG.cards["data_load"]
    assert first_found(CATALOG, "nothing like it") is None


def test_a_card_can_be_dragged_and_pressed() -> None:
    page = html(palette(CATALOG))

    assert 'draggable="true" data-card="data_load" data-act="add_card"' in page
    assert "My &lt;Card&gt;" in page


def test_a_broken_file_says_why() -> None:
    page = html(palette(CATALOG))

    assert "broken.py" in page
    assert "Line 3: &lt;oops&gt;." in page
    assert "Mend it." in page


def test_a_colour_that_is_none_is_not_written_into_a_style() -> None:
    forged = TABLE.model_copy(update={"light": "red;background:url(//x)"})

    assert type_colours(TABLE) == "--l:#0a7686;--d:#3fb6c6"
    assert "url" not in type_colours(forged)


def test_where_a_pipeline_begins_comes_first() -> None:
    needy = card("assert_table", "Assert Table", "Data").model_copy(
        update={"inputs": (PortInfo(name="dataset", type="Table"),)}
    )
    catalog = CATALOG.model_copy(update={"cards": {"assert_table": needy, **CATALOG.cards}})

    assert [info.title for info in grouped(catalog)["Data"]] == ["Data Load", "Assert Table"]


def test_a_card_that_is_called_so_comes_before_one_whose_category_is() -> None:
    search = card("search", "A Search", "Training")
    catalog = CATALOG.model_copy(update={"cards": {"search": search, **CATALOG.cards}})

    assert [info.title for info in grouped(catalog, "train")["Training"]] == ["Train", "A Search"]
