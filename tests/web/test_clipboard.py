import pytest

from tensorrag.catalog import Catalog
from tensorrag.errors import FileFormatError
from tensorrag.pipeline import Node, Pipeline
from tensorrag.pipeline.files import dumps
from tests.core.small_catalog import CARDS, CATALOG
from web.page.board.clipboard import read_copied, sources_of


def test_the_text_of_a_file_can_be_pasted_however_it_was_saved() -> None:
    text = dumps(Pipeline("P").with_nodes(Node("a", "train")))
    for written in (text, "\ufeff" + text, "\r\n  " + text.replace("\n", "\r\n")):
        copied, lost = read_copied(written)
        assert [node["id"] for node in copied["nodes"]] == ["a"]
        assert lost == 0


def test_cards_come_out_of_a_mail_as_they_went_in() -> None:
    node = Node("a", "train", title="a\xa0>\xa0b")
    text = dumps(Pipeline("P", description="> so").with_nodes(node))
    quoted = "".join(f"> > {line}\r\n" for line in text.splitlines())
    for written in (
        f"Dear all,\n\nthis is it:\n\n{text}\n\nYours, Ann",
        f"On Monday Ann wrote:\n{quoted}",
        f"```json\n{text}\n```",
        text.replace("\n ", "\n\xa0"),
    ):
        copied, lost = read_copied(written)
        assert copied["nodes"][0]["title"] == node.title
        assert copied["description"] == "> so"
        assert lost == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "There are no cards in what was copied."),
        ("Dear reader {of this}", "There are no cards in what was copied."),
        ("[1, 2]", "There are no cards in what was copied."),
        (dumps(Pipeline()), "There are no cards in what was copied."),
        ("{", "What was copied cannot be pasted. This is not JSON"),
        ('{"format": "other"}', "What was copied cannot be pasted. This is JSON, but no pipeline"),
        ('{"a": 1, "a": 2}', 'What was copied cannot be pasted. The key "a" stands twice'),
        ("{" + " " * 9_000_000, "What was copied cannot be pasted. This is larger than 8 MB"),
    ],
)
def test_what_holds_no_cards_says_so(text: str, says: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_copied(text)
    assert caught.value.message.startswith(says)
    assert caught.value.hint


def test_a_copy_takes_the_sources_of_cards_of_ones_own_along_and_no_others() -> None:
    own = CARDS[3].model_copy(update={"source": "class Train: ..."})
    catalog = Catalog(cards=CATALOG.cards | {own.card: own}, types=CATALOG.types)
    pipeline = Pipeline().with_nodes(Node("a", "train"), Node("b", "data_load"))

    assert list(sources_of(["a", "b"], pipeline, catalog)) == ["train"]
    assert not sources_of(["b"], pipeline, catalog)
