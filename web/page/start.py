"""The start page: samples as pictures, and everyone's own pipelines with their last result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sample_data.pipeline_files import PipelineFile
from tensorrag.catalog import Catalog
from tensorrag.pipeline import Pipeline
from tensorrag.store.run_entry import RunEntry
from tensorrag.store.shelf import Entry
from web.page.icons import MARK, icon, state
from web.page.markup import (
    Element,
    Node,
    a,
    b,
    button,
    dialog,
    div,
    h1,
    h2,
    header,
    input_,
    kbd,
    p,
    span,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.page.miniature import miniature
from web.page.topbar import import_button, settings_link, theme_button
from web.page.wording import plural, seconds, when


@dataclass(frozen=True)
class Sample:
    """A sample and its pipeline."""

    file: PipelineFile
    pipeline: Pipeline


@dataclass(frozen=True)
class Own:
    """A pipeline of the workspace; its picture once it was read."""

    entry: Entry
    pipeline: Pipeline | None = None
    run: RunEntry | None = None

    @property
    def cut_off(self) -> bool:
        """Whether its last run was cut off by the end of the editor."""
        return self.run is not None and self.run.status == "interrupted"


@dataclass(frozen=True)
class Start:
    """What the start page shows."""

    catalog: Catalog
    samples: Sequence[Sample] = ()
    own: Sequence[Own] = ()
    query: str = ""
    note: str = ""
    notices: Sequence[str] = ()
    """What was found damaged in the workspace."""
    asked: Own | None = None
    """The pipeline that is about to be deleted."""


def start(shown: Start) -> Node:
    """Draw the whole page."""
    parts = _note(shown), _samples(shown), _own(shown), _foot()
    return [_bar(), div(".wrap")[parts], _confirm(shown.asked)]


def _bar() -> Element:
    return header(".top")[
        MARK,
        h1(style="font-weight:600")["TensorRag"],
        span(".sp"),
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
    ]


def notice_of_damage(text: str) -> Element:
    """Say what was found damaged, and what became of it."""
    return div(".msg.stale", role="status", style="margin:0 0 20px")[
        span(".c-stale")[icon("warning", ".s")], div(".sp")[text]
    ]


def _foot() -> Element:
    return div(".foot.s12.m3")[
        a(".link", href="/api/log", target="_blank", data_testid="server-log")["Server log"],
        a(".link", href="/docs", target="_blank")["HTTP interface"],
    ]


def _samples(shown: Start) -> Node:
    return [
        h2["Start from a sample"],
        div(".tps")[[_sample(sample, shown.catalog) for sample in shown.samples]],
    ]


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
    wanted = shown.query.lower()
    found = [own for own in shown.own if wanted in own.entry.name.lower()]
    return [
        div(".wide-row")[
            h2["Your pipelines", span(".u", style="font-weight:400")[str(len(shown.own))]],
            _search(shown.query) if shown.own else None,
        ],
        div(".own")[
            _table(found, shown.catalog)
            if found
            else div(".blank")[
                f"None is called “{shown.query}”."
                if shown.own
                else "None yet: start from a sample above, or with an empty canvas."
            ]
        ],
    ]


def _search(query: str) -> Element:
    field = input_(
        type="search", placeholder="Search pipelines", aria_label="Search pipelines", value=query,
        data_sets="search", data_eager=True, data_local=True, data_keys="/", autocomplete="off",
        spellcheck="false",
    )  # fmt: skip
    return div(".search", role="search")[icon("search", ".s"), field, kbd["/"]]


def _table(found: Sequence[Own], catalog: Catalog) -> Element:
    return table[
        thead[
            tr[
                th(scope="col")["Pipeline"],
                th(scope="col", style="width:170px")["Last run"],
                th(".num", scope="col", style="width:110px")["Time"],
                th(scope="col", style="width:150px")["Changed"],
                th(scope="col", style="width:36px;padding:0")[span(".vh")["Delete"]],
            ]
        ],
        tbody[[_row(own, catalog) for own in found]],
    ]


def _row(own: Own, catalog: Catalog) -> Element:
    entry = own.entry
    name = entry.name or entry.id
    return tr(data_key=f"own-{entry.id}", data_pipeline=entry.id)[
        td[
            div(".who")[
                span(".thumb")[miniature(own.pipeline, catalog, 210, 98) if own.pipeline else None],
                div[
                    a(".open.cut", href=f"/edit/{entry.id}")[name],
                    div(".s12.m2.cut")[
                        entry.error or entry.description or plural(len(entry.cards), "card")
                    ],
                ],
            ]
        ],
        td(".s12")[_last(own)],
        td(".num.s12")[seconds(own.run.seconds) if own.run else "–"],
        td(".s12.m2")[when(datetime.fromtimestamp(entry.modified, UTC))],
        td(".more")[
            button(
                ".btn.i", type="button", data_act="ask_delete", data_pipeline=entry.id,
                title=f"Delete {name}", aria_label=f"Delete {name}",
            )[icon("close", ".s")]
        ],
    ]  # fmt: skip


def _last(own: Own) -> Node:
    run = own.run
    if run is None:
        return state("idle")
    return [
        div(".row")[state(run.status), own.cut_off and _resume(own)],
        div(".m2", style="padding-left:20px")[when(datetime.fromtimestamp(run.created, UTC))],
    ]


def _resume(own: Own) -> Element:
    return button(
        ".link.over", type="button", data_act="resume", data_pipeline=own.entry.id,
        title="Go on with the pipeline as it is now; what was finished is not done again",
        aria_label=f"Resume {own.entry.name or own.entry.id}",
    )["Resume"]  # fmt: skip


def _confirm(asked: Own | None) -> Element:
    name = (asked.entry.name or asked.entry.id) if asked else ""
    return dialog(id="confirm", aria_labelledby="confirm-title")[
        h2(id="confirm-title")[f"Delete {name}?"],
        p["Its file moves to the folder “deleted” of the workspace. Its results stay stored."],
        div(".row")[
            button(".btn.o", type="button", data_act="keep")["Keep it"],
            button(
                ".btn.p", type="button", data_act="delete",
                data_pipeline=asked.entry.id if asked else "",
            )["Delete"],
        ],
    ]  # fmt: skip


def owned(
    entries: Sequence[Entry],
    pipelines: Mapping[str, Pipeline],
    runs: Mapping[str, RunEntry],
) -> list[Own]:
    """Put together what is known of each pipeline."""
    return [Own(entry, pipelines.get(entry.id), runs.get(entry.id)) for entry in entries]
