"""Where the command palette can lead."""

import re

from nicegui.testing import User

from tensorrag.pipeline import Pipeline
from tests.core.engine import node
from tests.web.desk import Desk
from tests.web.test_pages import written
from web.page import leads
from web.page.pages import add_pages
from web.page.scene.scene import card_of

SPLIT = Pipeline("Split").with_nodes(node("data_split"))


async def test_every_setting_of_a_card_is_found_by_its_label(desk: Desk) -> None:
    session = await desk.open(SPLIT)
    found = leads.of_card(card_of(session, "data_split", None, None, desk.sessions.offered))

    assert {"Train ratio", "Seed", "Time limit", "Title of this card"} <= {
        lead["title"] for lead in found
    }
    assert {lead["heading"] for lead in found} == {"Settings of Data Split"}
    assert next(lead for lead in found if lead["title"] == "Seed")["control"] == "f-seed"
    assert leads.of_card(None) == []


async def test_pages_samples_and_other_pipelines_are_found(desk: Desk) -> None:
    one, other = await desk.open(SPLIT), await desk.open(Pipeline("<b>Other</b>"))
    found = await leads.elsewhere(desk.sessions, one.id)
    places = {lead["href"]: lead["title"] for lead in found}

    assert places[f"/edit/{other.id}"] == "<b>Other</b>"
    assert f"/edit/{one.id}" not in places
    assert "/edit/new?sample=boston_housing" in places
    assert places["/models"] == "Trained models"
    assert all(href.startswith("/") for href in places)


async def test_parts_of_the_settings_are_where_they_are_said_to_be(desk: Desk, user: User) -> None:
    add_pages(desk.sessions)
    await user.open("/settings")
    page = written(user)

    assert {href.partition("#")[2] for _, href in leads.PAGES if "#" in href} == {
        *re.findall(r'class="part[^"]*" id="(\w+)"', page)
    }
