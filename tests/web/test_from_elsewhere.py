"""A pipeline from elsewhere: its data is not looked at and its cards are off until they are let."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from nicegui.testing import User

from tensorrag.errors import CardError
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.came_along import came_along
from tensorrag.pipeline.files import loads
from tests.core.engine import chain, node
from tests.web.desk import Desk
from tests.web.test_pages import written
from web.live.cards.trusting import differs, waiting_cards
from web.live.session import Session
from web.page.board.waiting import waiting
from web.page.inspector.settings import settings
from web.page.markup import html
from web.page.pages import add_pages
from web.page.scene.scene import card_of

HALF = '''from typing import NamedTuple

from tensorrag import Card, Table


class Half(Card):
    """Halve a number."""

    times: int = 1

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        return self.Out(number)

    def propagate(self, number):
        return number
'''


def bringing(source: str = HALF, card: str = "half") -> Pipeline:
    return replace(chain(node("number"), node(card)), cards={card: {"source": source}})


def digest(session: Session, card: str = "half") -> str:
    return waiting_cards(session.pipeline, session.catalog)[card].sha256


def files(desk: Desk) -> set[str]:
    return {path.name for path in desk.workspace.cards.glob("*")}


async def test_the_page_of_a_card_that_came_along_is_to_be_read_and_trusted(
    desk: Desk, user: User
) -> None:
    add_pages(desk.sessions)
    session = await desk.open(bringing())

    await user.open(f"/cards/half?pipeline={session.id}")
    page = written(user)
    assert "It came along with this pipeline, and has never run here." in page
    assert "save-source" not in page
    assert desk.tasks("draft") == []

    await desk.sessions.trust(session, "half", digest(session))
    await user.open(f"/cards/half?pipeline={session.id}")
    assert "save-source" in written(user)
    for name in ("data_split", "not_here"):
        await user.open(f"/cards/{name}")
        assert "save-source" not in written(user)


# --- cards ----------------------------------------------------------------------------------


async def test_a_card_that_came_along_is_off_until_it_is_trusted(desk: Desk) -> None:
    session = await desk.open(bringing())
    assert [problem.code for problem in session.problems] == ["card_untrusted"]
    assert files(desk) == {"numbers.py"}
    assert "1 card came along and is off." in html(waiting(session))

    await desk.sessions.trust(session, "half", digest(session))
    await session.settled()

    assert files(desk) == {"numbers.py", "half.py"}
    assert (desk.workspace.cards / "half.py").read_text() == HALF
    assert session.problems == ()
    assert waiting(session) is None
    assert await desk.run(session) == "succeeded"


async def test_only_the_source_that_was_shown_is_trusted(desk: Desk) -> None:
    session = await desk.open(bringing())
    seen = digest(session)
    session.replacing.by(bringing(HALF + "# and more\n"), "Change in another tab")

    with pytest.raises(CardError, match="not the source that was shown"):
        await desk.sessions.trust(session, "half", seen)
    with pytest.raises(CardError, match="not the source that was shown"):
        await desk.sessions.trust(session, "number", "")

    assert files(desk) == {"numbers.py"}


async def test_another_source_of_a_trusted_card_is_not_trusted_again(desk: Desk) -> None:
    first = await desk.open(bringing())
    await desk.sessions.trust(first, "half", digest(first))

    second = await desk.open(bringing(HALF.replace("return self.Out", "raise SystemExit")))

    assert waiting_cards(second.pipeline, second.catalog) == {}  # the one that is here is used
    shown = html(settings(card_of(second, "half", None, None, desk.sessions.offered)))
    assert "Another version came along; the one here is used." in shown
    assert not differs(first.pipeline, first.catalog, "half")
    assert (desk.workspace.cards / "half.py").read_text() == HALF
    assert await desk.run(second) == "succeeded"


async def test_a_card_that_was_taken_away_has_to_be_trusted_again(desk: Desk) -> None:
    session = await desk.open(bringing())
    await desk.sessions.trust(session, "half", digest(session))
    (desk.workspace.cards / "half.py").unlink()

    later = await desk.restarted()
    again = await later.sessions.open(session.id)

    assert set(waiting_cards(again.pipeline, again.catalog)) == {"half"}
    await later.sessions.close()


async def test_no_file_of_another_card_is_written_over(desk: Desk) -> None:
    session = await desk.open(bringing(HALF.replace("Half", "Numbers"), "numbers"))
    before = (desk.workspace.cards / "numbers.py").read_text()

    await desk.sessions.trust(session, "numbers", digest(session, "numbers"))

    assert (desk.workspace.cards / "numbers.py").read_text() == before
    assert "numbers" in desk.sessions.catalog.cards


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("class Half(:", "cannot be used. Line 1"),
        ("x = 1", "contains no card"),
        (HALF.replace("Half", "Third"), 'has no card "half"'),
        ("raise SystemExit", "cannot be used"),
    ],
)
async def test_a_source_that_makes_no_card_says_so(desk: Desk, source: str, says: str) -> None:
    session = await desk.open(bringing(source))

    with pytest.raises(CardError, match=says):
        await desk.sessions.trust(session, "half", digest(session))

    assert "half" not in desk.sessions.catalog.cards


async def test_a_source_that_was_tampered_with_cannot_be_trusted(desk: Desk) -> None:
    entry = {"source": HALF, "sha256": "0" * 64}
    session = await desk.open(replace(bringing(), cards={"half": entry}))

    with pytest.raises(CardError, match="was changed after its sha256"):
        await desk.sessions.trust(session, "half", digest(session))

    assert files(desk) == {"numbers.py"}


async def test_the_source_is_shown_as_text_with_what_hides_in_it(desk: Desk) -> None:
    session = await desk.open(bringing("x = '</pre><script>'\t# \u202e }{ \u200b\n"))

    shown = html(settings(card_of(session, "half", None, None, desk.sessions.offered)))

    assert "x = &#x27;&lt;/pre&gt;&lt;script&gt;&#x27;\t# \ufffd }{ \ufffd" in shown
    assert 'data-testid="trust-card"' in shown


async def test_a_placeholder_keeps_settings_wires_and_source(desk: Desk) -> None:
    text = json.dumps(
        {
            "format": "tensorrag.pipeline",
            "version": 1,
            "name": "Kept",
            "description": "",
            "nodes": [
                {"id": "a", "card": "number", "params": {}, "position": {"x": 0, "y": 0}},
                {"id": "b", "card": "magic/wand", "params": {"é": [1, {"n": None}], "x": 1e-9},
                 "position": {"x": 240, "y": 0}, "card_version": 7, "aura": "blue"},
            ],
            "edges": [
                {"source": "a", "source_port": "number", "target": "b", "target_port": "any"}
            ],
            "requires": ["magic>=3"],
            "cards": {"magic/wand": {"source": "wand()", "note": "kept"}},
            "stars": 5,
        },
        indent=2, ensure_ascii=False,
    ) + "\n"  # fmt: skip
    session, _ = await desk.sessions.create_from_text(text)
    session.edit([{"op": "move", "positions": {"b": {"x": 10, "y": 10}}}])
    session.undo()
    await session.settled()

    assert desk.workspace.pipelines.path(session.id).read_text() == text


async def test_an_export_takes_one_s_own_cards_along(desk: Desk) -> None:
    session = await desk.open(chain(node("number"), node("add")))

    came = came_along(loads(session.export()[1]).pipeline)

    assert set(came) == {"number", "add"}
    assert {each.trouble for each in came.values()} == {""}
    assert session.pipeline.cards == {}


# --- data -----------------------------------------------------------------------------------


async def test_data_is_looked_at_when_somebody_says_so(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "number.txt").write_text("7")
    session = await desk.open(chain(node("read_number", path=str(tmp_path / "number.txt"))))
    assert session.checking.unread()
    assert "not read yet" in html(waiting(session))
    assert desk.tasks("peek") == []

    session.checking.look_at_unread()
    await session.settled()

    assert desk.tasks("peek") == ["read_number"]
    assert session.checking.unread() == {}
    assert waiting(session) is None
