"""Everyone's own pipelines: each with its picture, its last run and what that measured."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from tensorrag.catalog import Catalog
from tensorrag.pipeline import Pipeline
from tensorrag.store.last_runs import LastRun, Score
from tensorrag.store.shelf import Entry
from web.page.icons import icon, state
from web.page.lists import list_head, row_action, row_menu, scored
from web.page.markup import (
    Element,
    Markup,
    Node,
    a,
    button,
    div,
    html,
    input_,
    span,
    table,
    tbody,
    td,
    tr,
)
from web.page.miniature import miniature
from web.page.runs.recorded import in_words, places_of
from web.page.start.owned import Own, Progress
from web.page.wording import dollars, plural, rounded, seconds, when

KEPT_PICTURES = 1000
_pictures: dict[str, tuple[Pipeline, Catalog, Markup]] = {}
"""By pipeline: what was drawn with what, and the picture."""


def own_list(
    found: Sequence[Own], catalog: Catalog, renaming: str = "", compared: Collection[str] = ()
) -> Element:
    """Draw the list.

    Args:
        found: the pipelines.
        catalog: what the cards look like.
        renaming: the one whose name is a field now.
        compared: those whose last runs are to be compared.
    """
    return table[
        list_head("Pipeline", "Last run", "Ran on", "Time", "Cost", "Result, and its baseline"),
        tbody[
            [
                _row(own, catalog, renaming=own.id == renaming, compared=own.id in compared)
                for own in found
            ]
        ],
    ]


def _row(own: Own, catalog: Catalog, *, renaming: bool, compared: bool) -> Element:
    entry, last = own.entry, own.last
    about = entry.error or entry.description or plural(len(entry.cards), "card")
    return tr(data_key=f"own-{own.id}", data_pipeline=own.id)[
        td(".c-who")[
            div(".who")[
                last is not None and last.entry.begun and _choice(own, compared),
                span(".thumb")[_picture(entry, catalog)],
                div[
                    _name_field(own)
                    if renaming
                    else a(".open.cut", href=f"/edit/{own.id}", title=own.name)[own.name],
                    div(".s12.m2.cut", title=about)[about],
                ],
            ]
        ],
        td(".s12.c-last")[_last(own)],
        td(".s12.m2.c-where")[places_of(last.entry) if last and last.entry.begun else ""],
        td(".num.s12.c-time")[seconds(last.entry.seconds) if last and not own.running else ""],
        td(".num.s12.c-cost")[_cost(last) if last else None],
        td(".c-result")[_result(own)],
        td(".more.c-more")[_menu(own)],
    ]


def _picture(entry: Entry, catalog: Catalog) -> Node:
    """Draw a pipeline once: the list is drawn often, and a picture is most of it."""
    if entry.sketch is None:
        return None
    known = _pictures.get(entry.id)
    if known is None or known[0] is not entry.sketch or known[1] is not catalog:
        if len(_pictures) >= KEPT_PICTURES:
            _pictures.clear()
        drawn = html(miniature(entry.sketch, catalog, 210, 98))
        known = _pictures[entry.id] = (entry.sketch, catalog, drawn)
    return known[2]


def _choice(own: Own, compared: bool) -> Element:
    return input_(
        ".over.choice", type="checkbox", checked=compared, data_sets="choose_run",
        data_pipeline=own.id, title="Compare its last run",
        aria_label=f"Compare the last run of {own.name}",
    )  # fmt: skip


def _name_field(own: Own) -> Element:
    return input_(
        ".name.over", type="text", id=f"name-{own.id}", value=own.entry.name, maxlength="200",
        aria_label=f"New name of {own.name}", data_sets="rename", data_leaves="rename",
        data_pipeline=own.id, data_blurs=True, autocomplete="off", spellcheck="false",
    )  # fmt: skip


def _last(own: Own) -> Node:
    if own.last is None:
        return state("idle")
    run = own.last.entry
    moment = "now" if own.running else when(datetime.fromtimestamp(run.created, UTC))
    return [
        div(".row")[state(run.status), own.cut_off and _resume(own)],
        div(".m2.under")[span[moment], own.changed and _CHANGED],
    ]


_CHANGED = span(".c-stale", title="Cards, settings or wires are not as they were in that run")[
    "changed since"
]


def _cost(last: LastRun) -> str:
    return "–" if last.cost is None else dollars(last.cost)


def _resume(own: Own) -> Element:
    return button(
        ".link.over", type="button", data_act="resume", data_pipeline=own.id,
        title="Go on with the pipeline as it is now; what was finished is not done again",
        aria_label=f"Resume {own.name}",
    )["Resume"]  # fmt: skip


def _result(own: Own) -> Node:
    if own.last is None:
        return None
    if own.running:
        shown = own.progress or Progress("Running")
        return scored(shown.said, "", shown.share or 0.0, look=".run")
    if own.last.score is None:
        ended_well = own.last.entry.status == "succeeded"
        return scored("No metric" if ended_well else "No result", "", 0.0)
    return _score(own.last.score)


def _score(score: Score) -> Element:
    dummy = score.baseline
    return scored(
        in_words(score),
        rounded(dummy, 2) if dummy is not None else "",
        score.value,
        at=dummy,
        metric=score.metric,
        value=score.value,
    )


def _menu(own: Own) -> Node:
    of = {"data_pipeline": own.id}
    return row_menu(own.id, own.name, own.name, [
        row_action(of, "rename_here", "pen", "Rename", first=True),
        row_action(of, "duplicate", "copy", "Duplicate"),
        a(".mi", role="menuitem", href=f"/edit/{own.id}", target="_blank", tabindex="-1")[
            icon("tab", ".s"), "Open in a new tab"
        ],
        row_action(of, "delete", "trash", "Delete"),
    ])  # fmt: skip
