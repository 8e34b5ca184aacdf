"""How much room a card will need, said before it runs: parameters, what is sent, GPU memory."""

from __future__ import annotations

from dataclasses import dataclass

from tensorrag.footprint import GB, Footprint, usable
from tensorrag.gpus import GPUS
from web.page.markup import Node, div, h3, span, table, tbody, td, tr
from web.page.wording import brief, number, size


@dataclass(frozen=True)
class Fits:
    """What is known of it."""

    footprint: Footprint
    gpu: str = ""
    """The GPU that would be rented; empty where none is."""


def fits(shown: Fits | None) -> Node:
    """Draw what is to be expected, the figures, and how they were made."""
    if shown is None:
        return None
    told = shown.footprint
    rows = [
        ("Parameters", number(told.parameters) if told.parameters is not None else None),
        ("GPU memory", _memory(shown)),
        ("To send", f"at most about {size(told.sent)}" if told.sent and shown.gpu else None),
    ]
    known = [_row(name, value) for name, value in rows if value is not None]
    how = told.how and div(".cap")[told.how]
    advice = [div(".cap")[sentence] for sentence in told.advice]
    return [
        advice and div(".sec.wide", data_testid="expected")[h3["What to expect"], advice],
        known and div(".sec.wide", data_testid="fits")[
            h3["Does it fit"], table(".mt")[tbody[known]], how
        ],
    ]  # fmt: skip


def _row(name: str, value: str) -> Node:
    return tr[td[name], td(".num")[span[value]]]


def _memory(shown: Fits) -> str | None:
    """Say how much of a GPU it takes: ``about 0.6 of 15 GB (T4)``."""
    memory = shown.footprint.memory
    if memory is None:
        return None
    if shown.gpu not in GPUS:
        return f"about {brief(round(memory / GB, 1))} GB"
    room = brief(usable(shown.gpu) / GB)
    verdict = "" if shown.footprint.fits(shown.gpu) else ", too much"
    return f"about {brief(round(memory / GB, 1))} of {room} GB ({shown.gpu}){verdict}"
