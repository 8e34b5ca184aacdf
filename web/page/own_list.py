"""Everyone's own pipelines: each with its picture, its last run and what that measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tensorrag.catalog import Catalog
from tensorrag.pipeline import Pipeline
from tensorrag.run import Run
from tensorrag.store.last_runs import LastRun, Score
from tensorrag.store.shelf import Entry
from web.page.icons import icon, state
from web.page.lists import list_head
from web.page.markup import (
    Element,
    Markup,
    Node,
    a,
    b,
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
from web.page.standing import in_words, places_of
from web.page.wording import dollars, number, plural, rounded, seconds, when, words

KEPT_PICTURES = 1000
_pictures: dict[str, tuple[Pipeline, Catalog, Markup]] = {}
"""By pipeline: what was drawn with what, and the picture."""
SORTS = ("used", "name", "result")
SORT_WORDS = {"used": "Last used", "name": "Name", "result": "Best result"}


@dataclass(frozen=True)
class Progress:
    """How far a card of a run is."""

    said: str
    share: float | None = None
    """From 0 to 1, where that is known."""


@dataclass(frozen=True)
class Own:
    """A pipeline of the workspace."""

    entry: Entry
    last: LastRun | None = None
    progress: Progress | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return self.entry.id

    @property
    def name(self) -> str:
        """What people call it."""
        return self.entry.name or self.entry.id

    @property
    def running(self) -> bool:
        """Whether a run of it goes on."""
        return self.last is not None and self.last.entry.status == "running"

    @property
    def cut_off(self) -> bool:
        """Whether its last run was cut off by the end of the editor."""
        return self.last is not None and self.last.entry.status == "interrupted"

    @property
    def changed(self) -> bool:
        """Whether it is no longer what ran last, so that its result is of before."""
        ran = self.last.ran if self.last is not None and not self.running else None
        return ran is not None and not self.entry.error and ran.differs(self.entry.essence)

    @property
    def used(self) -> float:
        """When it was changed or run last, in seconds since 1970."""
        return max(self.entry.modified, self.last.entry.created if self.last else 0.0)


def owned(
    entries: Sequence[Entry],
    runs: Mapping[str, LastRun],
    going_on: Callable[[str], Run | None] = lambda pipeline: None,
) -> list[Own]:
    """Put together what is known of each pipeline; ``going_on`` finds the run of one."""
    return [
        Own(entry, runs.get(entry.id), _progress(going_on(entry.id)) if entry.id in runs else None)
        for entry in entries
    ]


def chosen(own: Sequence[Own], query: str, sort: str) -> list[Own]:
    """Return those in whose name or description all words of a search occur, in order."""
    wanted = query.lower().split()
    found = [
        each
        for each in own
        if all(word in f"{each.name} {each.entry.description}".lower() for word in wanted)
    ]
    if sort == "name":
        return sorted(found, key=lambda each: each.name.lower())
    found.sort(key=lambda each: -each.used)
    return sorted(found, key=_rank) if sort == "result" else found


def _rank(own: Own) -> float:
    score = own.last.score if own.last is not None else None
    return -score.value if score is not None and not score.learnt else float("inf")


def _progress(run: Run | None) -> Progress | None:
    """Say how far the card is that reported last of all."""
    if run is None:
        return None
    reports = [node.progress for node in run.nodes.values() if node.state == "running"]
    report = next((each for each in reversed(reports) if each), None)
    if report is None:
        ended = sum(node.ended for node in run.nodes.values())
        return Progress(f"{ended} of {plural(len(run.nodes), 'card')}") if run.nodes else None
    done, total = report.get("done"), report.get("total")
    unit = words(str(report.get("unit") or "step"))
    if not isinstance(done, int | float):
        return None
    if not isinstance(total, int | float) or total <= 0:
        return Progress(f"{unit} {number(done)}")
    return Progress(f"{unit} {number(done)}/{number(total)}", min(1.0, max(0.0, done / total)))


# --- what is drawn --------------------------------------------------------------------------


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
    return tr(data_key=f"own-{own.id}", data_pipeline=own.id)[
        td(".c-who")[
            div(".who")[
                last is not None and last.entry.begun and _choice(own, compared),
                span(".thumb")[_picture(entry, catalog)],
                div[
                    _name_field(own)
                    if renaming
                    else a(".open.cut", href=f"/edit/{own.id}")[own.name],
                    div(".s12.m2.cut")[
                        entry.error or entry.description or plural(len(entry.cards), "card")
                    ],
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


def scored(
    said: str,
    beside: str,
    share: float,
    *,
    look: str = "",
    at: float | None = None,
    metric: str | None = None,
    value: float | None = None,
) -> Element:
    """Draw a word over a bar; a tick where the baseline is."""
    written = repr(value) if value is not None else None
    return div(".score", data_metric=metric, data_value=written)[
        div(".row")[b[said], span(".sp"), beside and span(".m3", title="Baseline")[beside]],
        div(f".bar{look}", aria_hidden="true")[
            span(style=f"width:{100 * min(1.0, max(0.0, share)):.1f}%"),
            at is not None and 0 < at < 1 and span(".at", style=f"left:{100 * at:.1f}%"),
        ],
    ]


def _menu(own: Own) -> Node:
    name, menu = own.name, f"menu-{own.id}"
    return [
        button(
            ".btn.i.over", type="button", popovertarget=menu, aria_haspopup="menu",
            title=f"More about {name}", aria_label=f"More about {name}",
        )[icon("dots")],
        div(
            ".menu.rowmenu", id=menu, popover="auto", role="menu", aria_label=name,
            data_own=True, data_at=True,
        )[
            _item(own, "rename_here", "pen", "Rename", first=True),
            _item(own, "duplicate", "copy", "Duplicate"),
            a(".mi", role="menuitem", href=f"/edit/{own.id}", target="_blank", tabindex="-1")[
                icon("tab", ".s"), "Open in a new tab"
            ],
            _item(own, "delete", "trash", "Delete"),
        ],
    ]  # fmt: skip


def _item(own: Own, act: str, drawing: str, word: str, *, first: bool = False) -> Element:
    return button(
        ".mi", type="button", role="menuitem", data_act=act, data_pipeline=own.id,
        tabindex=None if first else "-1", autofocus=first or None,
    )[icon(drawing, ".s"), word]  # fmt: skip
