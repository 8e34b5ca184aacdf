"""The start page: samples as pictures, and everyone's own pipelines with their last result."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sample_data.pipeline_files import PipelineFile
from tensorrag.catalog import Catalog
from tensorrag.pipeline import Pipeline
from web.page.bar_buttons import (
    finder_button,
    import_button,
    models_link,
    settings_link,
    theme_button,
)
from web.page.icons import MARK, icon
from web.page.lists import deleted_note, search_field
from web.page.logs.server_log import ADDRESS as SERVER_LOG
from web.page.markup import (
    Element,
    Node,
    a,
    b,
    button,
    div,
    h1,
    h2,
    header,
    li,
    ol,
    option,
    select,
    span,
)
from web.page.miniature import miniature
from web.page.runs.run_list import comparing
from web.page.start.own_list import own_list
from web.page.start.owned import SORT_WORDS, SORTS, Own, chosen
from web.page.wording import plural

ONE_ROW = 4
"""Samples beside one another on a wide screen."""


@dataclass(frozen=True)
class Sample:
    """A sample and its pipeline."""

    file: PipelineFile
    pipeline: Pipeline


@dataclass(frozen=True)
class Start:
    """What the start page shows."""

    catalog: Catalog
    samples: Sequence[Sample] = ()
    all_samples: bool = False
    """Whether all samples are drawn beside own pipelines, too."""
    own: Sequence[Own] = ()
    query: str = ""
    sort: str = SORTS[0]
    most: int = 25
    """How many own pipelines are drawn."""
    note: str = ""
    notices: Sequence[str] = ()
    """What was found damaged in the workspace."""
    found: Sequence[tuple[str, str]] = ()
    """What was found of rented cards whose pipelines are gone: how each is called, and said."""
    renaming: str = ""
    """The pipeline whose name is a field now."""
    compared: Collection[str] = ()
    """The pipelines whose last runs are to be compared."""
    deleted: Own | None = None
    """The pipeline whose deletion can be taken back."""


def start(shown: Start) -> Node:
    """Draw the whole page."""
    parts = _note(shown), _samples(shown), _own(shown), _foot()
    return [_bar(), div(".wrap", data_drops="import")[parts], _deleted(shown.deleted)]


def _bar() -> Element:
    return header(".top")[
        MARK,
        h1(style="font-weight:600")["TensorRag"],
        span(".sp"),
        models_link(),
        finder_button(),
        settings_link(),
        theme_button(),
        span(".vr"),
        import_button(".o", "Open a pipeline's file", "Open a file"),
        span(style="width:4px"),
        button(
            ".btn.p", type="button", data_act="new", data_testid="new", aria_label="New pipeline"
        )[icon("plus", ".s"), span(".word")["New pipeline"]],
    ]


def _note(shown: Start) -> Node:
    return [
        shown.note
        and div(".msg.error", role="alert", style="margin:0 0 20px")[
            span(".c-error")[icon("failed", ".s")], div(".sp")[shown.note]
        ],
        [notice_of_damage(notice) for notice in shown.notices],
        [_found(ticket, said) for ticket, said in shown.found],
    ]


def _found(ticket: str, said: str) -> Element:
    """Say what was found of a rented card that no page of a pipeline tells of."""
    return div(
        ".msg.stale", role="status", style="margin:0 0 20px; align-items:center",
        data_testid="found",
    )[
        span(".c-stale")[icon("warning", ".s")],
        div(".sp")[said],
        button(
            ".btn.i.sml", type="button", data_act="read_found", data_ticket=ticket,
            aria_label="Close this message", title="Close",
        )[icon("close", ".s")],
    ]  # fmt: skip


def notice_of_damage(text: str) -> Element:
    """Say what was found damaged, and what became of it."""
    return div(".msg.stale", role="status", style="margin:0 0 20px")[
        span(".c-stale")[icon("warning", ".s")], div(".sp")[text]
    ]


def _foot() -> Element:
    return div(".foot.s12.m3")[
        a(".link", href=SERVER_LOG, data_testid="server-log")["Server log"],
        a(".link", href="/docs", target="_blank")["HTTP interface"],
    ]


def _samples(shown: Start) -> Node:
    """Draw the samples; whoever has pipelines sees one row of them, and below it their own."""
    folded = bool(shown.own) and not shown.all_samples
    drawn = shown.samples[:ONE_ROW] if folded else shown.samples
    return [
        div(".wide-row")[
            h2["Start from a sample"],
            bool(shown.own) and len(shown.samples) > ONE_ROW and _fold(folded, len(shown.samples)),
        ],
        div("#samples.tps")[[_sample(sample, shown.catalog) for sample in drawn]],
    ]


def _fold(folded: bool, count: int) -> Element:
    return button(
        ".link", type="button", data_act="all_samples", data_all="yes" if folded else "",
        aria_expanded="false" if folded else "true", aria_controls="samples",
    )[f"All {count} samples" if folded else "Fewer samples"]  # fmt: skip


def _sample(sample: Sample, catalog: Catalog) -> Element:
    file = sample.file
    return a(".tp", href=f"/edit/new?sample={file.name}", data_sample=file.name)[
        span(".pic")[miniature(sample.pipeline, catalog, 248, 112)],
        span(".say")[
            b[file.title],
            span(".s12.m2")[file.summary],
            span(".t11.m3")[plural(file.cards, "card"), file.needs_file and " · needs a file"],
        ],
    ]


def _own(shown: Start) -> Node:
    found = chosen(shown.own, shown.query, shown.sort)
    rows = found[: shown.most]
    return [
        div(".wide-row")[
            h2["Your pipelines", span(".u", style="font-weight:400")[f"{len(shown.own):,}"]],
            [_sort(shown.sort), search_field("Search pipelines", shown.query, "search-own")]
            if shown.own
            else None,
        ],
        div(".own")[
            _comparing(shown),
            own_list(rows, shown.catalog, shown.renaming, shown.compared)
            if rows
            else _nothing(shown),
            len(rows) < len(found) and _more(len(rows), len(found)),
        ],
    ]


def _comparing(shown: Start) -> Node:
    """Lead to the comparison of the last runs of pipelines, the oldest run first."""
    chosen = [
        (own.name, own.last.entry) for own in shown.own if own.id in shown.compared and own.last
    ]
    chosen.sort(key=lambda each: each[1].created)
    if not chosen:
        return None
    return comparing([entry.id for _, entry in chosen], f"the last run of {chosen[0][0]}")


def _nothing(shown: Start) -> Element:
    if shown.own:
        return div(".blank")[f"None is called “{shown.query}”."]
    return div(".blank.teach", data_testid="no-pipelines")[
        b["Nothing here yet"],
        ol[
            li["Choose a sample above and press Run: it shows what comes out in half a minute."],
            li["Or press New pipeline, and drag cards onto the empty canvas."],
            li["Or drop a pipeline’s file anywhere on this page."],
        ],
    ]


def _more(shown: int, found: int) -> Element:
    return div(".blank")[
        button(".btn.o", type="button", data_act="more")[f"Show more of {found:,}"],
        span(".vh")[f"{shown} are shown"],
    ]


def _sort(sort: str) -> Element:
    options = [option(value=n, selected=n == sort)[word] for n, word in SORT_WORDS.items()]
    return div(".inp.flat.sort")[
        select(data_sets="sort", aria_label="Order of the pipelines")[options],
        icon("chevron", ".s"),
    ]


def _deleted(own: Own | None) -> Node:
    name = None if own is None else own.name
    return deleted_note(name, "Bring it back with its history and its runs")
