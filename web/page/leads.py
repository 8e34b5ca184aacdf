"""Where the command palette can lead that only the server knows: settings, pages and pipelines.

A lead is what the browser lists, ``{"heading", "title", "note"?, "about"?}``, and where it leads:
to an address of this server (``href``), or to a control in the settings (``control``), of a card
(``node``) or else of the pipeline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sample_data.pipeline_files import sample_pipelines
from tensorrag.pipeline import JsonObject
from tensorrag.store.shelf import Entry
from web.live.cards.sources import own_cards
from web.live.sessions import Sessions
from web.page.form.fields import FieldSpec, choice_words
from web.page.form.text_control import field_id
from web.page.logs.server_log import ADDRESS as SERVER_LOG
from web.page.models.view import ADDRESS as MODELS
from web.page.remedies import SET_UP
from web.page.scene.card import Card
from web.page.sources.view import address, new_address

MOST = 200
"""Own pipelines that are listed."""
PAGES = (
    ("All pipelines", "/"),
    ("Trained models", MODELS),
    ("Settings", "/settings"),
    ("Settings: folders that may be read", "/settings#folders"),
    ("Settings: hosts that may be read from", "/settings#hosts"),
    ("Settings: stored results", "/settings#results"),
    ("Settings: memory of a card", "/settings#memory"),
    ("Settings: secrets", "/settings#secrets"),
    ("Settings: rented GPUs", "/settings#renting"),
    ("Settings: tell me when a run has ended", "/settings#notifying"),
    ("Set up Modal", SET_UP),
    ("Server log", SERVER_LOG),
    ("HTTP interface", "/docs"),
)
OF_PIPELINE: Sequence[JsonObject] = [
    {"heading": "Settings of the pipeline", "title": title, "control": control}
    for title, control in (
        ("Description", "description"),
        ("Time limit of each card", "time-limit"),
    )
]
"""What leads to its own settings, which are seen while no card is selected."""
_LIMITS = {"timeout": "Time limit", "memory": "Memory limit"}


def of_card(card: Card | None) -> list[JsonObject]:
    """Lead to every setting of a card that its form shows."""
    if card is None:
        return []
    fields = [
        (spec.label, field_id(spec), _about(spec), card.settings.value(spec))
        for spec in card.settings.visible()
    ]
    limits = [
        (_LIMITS.get(limit.name, limit.name), f"limit-{limit.name}", limit.help, limit.value)
        for limit in card.limits
    ]
    own = [("Title of this card", "card-title", "", card.own_title)]
    place = [("Where it runs", "card-run_on", "", None)] if card.place is not None else []
    heading = f"Settings of {card.title}"
    return [
        {"heading": heading, "title": title, "about": about, "note": _noted(value)}
        | {"node": card.node, "control": control}
        for title, control, about, value in fields + place + limits + own
    ]


def _about(spec: FieldSpec) -> str:
    """Say what a setting is for, and what it can be: by that it is found, too."""
    return " ".join([spec.help, *map(choice_words, spec.choices)])


async def elsewhere(sessions: Sessions, here: str) -> list[JsonObject]:
    """Lead to the pages, the samples, and the pipelines of the workspace but this one."""
    entries = await sessions.entries()
    samples = await asyncio.to_thread(sample_pipelines)
    return [
        *_to("Pipelines", _own(entries, here)),
        *_to("A new pipeline", [("New pipeline", "/edit/new")]),
        *[
            {"heading": "A new pipeline", "title": sample.title, "note": "sample"}
            | {"about": sample.summary, "href": f"/edit/new?sample={sample.name}"}
            for sample in samples.values()
        ],
        *_to("Cards of your own", _sources(sessions, here)),
        *_to("Pages", PAGES),
    ]


def _sources(sessions: Sessions, here: str) -> list[tuple[str, str]]:
    """Lead to where a card is written; they lead back to the pipeline."""
    own = own_cards(sessions.catalog)
    edit = [(f"Edit the source of {info.title}", address(info.card, here)) for info in own[:MOST]]
    return [("Write a new card", new_address(here)), *edit]


def _own(entries: Sequence[Entry], here: str) -> list[tuple[str, str]]:
    return [
        (entry.name or entry.id, f"/edit/{entry.id}")
        for entry in entries[:MOST]
        if not entry.error and entry.id != here
    ]


def _to(heading: str, places: Sequence[tuple[str, str]]) -> list[JsonObject]:
    return [{"heading": heading, "title": title, "href": href} for title, href in places]


def _noted(value: Any) -> str:
    """Write a value beside its setting, where it is short."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)[:40] if isinstance(value, str | int | float) else ""
