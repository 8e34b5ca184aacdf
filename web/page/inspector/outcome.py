"""What a card has to show while it runs, when it failed, and before it has run."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from tensorrag.placement import LOCAL
from tensorrag.preview import SplitFace
from web.page.icons import icon
from web.page.markup import (
    Element,
    Node,
    a,
    b,
    button,
    div,
    rect,
    span,
    svg,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.page.remedies import edit_source, remedy, with_commands
from web.page.scene.card import Card, Runtime
from web.page.wording import dollars, left, metric_words, number, percent, size, words


def progress_part(runtime: Runtime) -> Node:
    """Show how far a running card is, and the numbers it reports."""
    progress = runtime.get("progress") or {}
    if not progress:
        return div(".sec.s12.m2.live")["It has started, and has not reported yet."]
    done, total, unit = progress.get("done"), progress.get("total"), progress.get("unit") or "step"
    named = f"{words(str(unit))} {number(done)}" + (f" of {number(total)}" if total else "")
    share = min(1.0, done / total) if total and isinstance(done, int | float) else None
    return div(".sec.s12.live")[
        div(".row")[
            b[named],
            span(".sp"),
            not runtime.get("cancelling") and span(".num")[_left(progress.get("left"))],
        ],
        share is not None
        and div(
            ".bar6", role="progressbar", aria_valuenow=round(100 * share), aria_valuemin=0,
            aria_valuemax=100, aria_label=named,
        )[span(style=f"width:{100 * share:.1f}%")],
        _gpu(progress.get("gpu")),
        _continues(runtime),
    ]  # fmt: skip


def _continues(runtime: Runtime) -> Node:
    """Say that it did not begin from the beginning."""
    reason = str(runtime.get("reason") or "")
    return reason.startswith("continues after") and div(".cap")[f"It {reason}."]


def _gpu(use: Any) -> Node:
    """Say how busy the GPU is, and how much of its memory is taken."""
    if not isinstance(use, Mapping):
        return None
    told = {k: v for k, v in use.items() if isinstance(v, int | float) and math.isfinite(v)}
    busy = percent(round(told["busy"], 2)) if "busy" in told else ""
    both = {"used", "total"} <= told.keys()
    memory = f"{size(round(told['used']))} of {size(round(told['total']))}" if both else ""
    figures = " · ".join(filter(None, [busy, memory]))
    return (
        figures and div(".row.m2", data_testid="gpu-use")["GPU", span(".sp"), span(".num")[figures]]
    )


def _left(value: Any) -> Node:
    written = left(value) if isinstance(value, int | float) else ""
    return written and [written.removesuffix(" left"), span(".u")[" left"]]


def numbers_part(now: Mapping[str, float], best: Mapping[str, float]) -> Node:
    """Show what a running card reports: now, and the best so far."""
    if not now:
        return None
    return div(".sec")[
        table(".mt.metrics")[
            thead[
                tr[
                    th(scope="col")[span(".vh")["Figure"]],
                    th(scope="col")["Now"],
                    th(".w74", scope="col")["Best"],
                ]
            ],
            tbody[
                [
                    tr(data_metric=name, data_value=repr(value))[
                        td[metric_words(name)], td(".v")[number(value)], td[number(best.get(name))]
                    ]
                    for name, value in now.items()
                ]
            ],
        ]
    ]


def split_part(face: SplitFace) -> Element:
    """Show the parts of a split as one bar, each with its share and rows."""
    shades = (1.0, 0.65, 0.4)
    start, bars = 0.0, []
    for part, shade in zip(face.parts, shades[:1] + shades[-(len(face.parts) - 1) :], strict=False):
        width = 288 * part.share
        bars.append(
            rect(x=f"{start:.1f}", width=f"{max(1.0, width - 2):.1f}", height=10, rx="2",
                 fill="var(--table)", opacity=shade)
        )  # fmt: skip
        start += width
    rows = [
        tr[td[part.label], td(".m2")[percent(part.share)], td(".v")[f"{part.rows:,}"]]
        for part in face.parts
    ]
    return div(".sec")[
        svg(width="100%", height=10, viewBox="0 0 288 10", preserveAspectRatio="none",
            aria_hidden="true", style="margin-bottom:6px")[bars],
        table(".mt")[tbody[rows]],
    ]  # fmt: skip


def failure(
    error: Mapping[str, Any], node: str = "", place: str = LOCAL, *, own: bool = False
) -> Element:
    """Say what failed and what to do, with the way to its log; the traceback is folded away.

    ``own`` says that the source of the card lies in the workspace, and can be mended here.
    """
    trace = error.get("traceback")
    where = last_place(str(trace)) if trace else ""
    return div(".sec")[
        div(".msg.error", role="alert", style="margin-top:0")[
            span(".c-error")[icon("failed", ".s")],
            div(".sp")[
                span(".w5")[str(error.get("message", ""))],
                error.get("hint") and div(".m2")[with_commands(str(error["hint"]))],
                div(".fix.row")[
                    remedy(error, node, place),
                    edit_source(node) if own else None,
                    button(".link", type="button", data_act="tab", data_tab="log")["Log"],
                ],
            ],
        ],
        trace
        and details_of(
            ["Where it happened", where and span(".u")[f" · {where}"]], div(".log")[str(trace)]
        ),
    ]


_FRAME = re.compile(r'File "([^"\n]+\.py>?)", line (\d+)')
_NOT_ITS_OWN = re.compile(
    r"[/\\](?:site-packages|python3[^/\\]*|tensorrag|executors)[/\\]|^<frozen"
)


def last_place(trace: str) -> str:
    """Return the last line of a traceback that is in a card's own file: ``my_card.py, line 12``."""
    frames = [(path, line) for path, line in _FRAME.findall(trace) if not _NOT_ITS_OWN.search(path)]
    if not frames:
        return ""
    path, line = frames[-1]
    return f"{PurePath(path).name.strip('<>')}, line {line}"


def details_of(word: Node, content: Node) -> Element:
    """Fold something away under a word."""
    return Element("details")(".fold")[Element("summary")[word], content]


def _cancelled(runtime: Runtime) -> Node:
    """Say why it was stopped, how far it is kept, what that cost, and how it goes on."""
    why, _, kept = str(runtime.get("reason") or "cancelled").partition(": ")
    if why == "interrupted":
        return "It was interrupted: TensorRag ended while it ran. Resume goes on with it."
    if why != "cancelled":
        said = f"It was stopped: {runtime['reason']}"
    else:
        said = f"It was cancelled: {kept}." if kept else "It was cancelled before it had a result."
    cost = runtime.get("cost")
    spent = f" {dollars(cost)} was spent." if cost and "spent" not in said else ""
    goes_on = " Resume goes on from there." if "is kept" in said else ""
    if "budget" not in why or "by its file" in why:
        return f"{said}{spent}{goes_on}"
    return [f"{said}{spent}{goes_on} ", a(".link", href="/settings")["Change the budget"]]


def nothing_yet(card: Card) -> Element:
    """Say what a result will be, and how to get it."""
    if card.errors:
        return div(".sec.lead")["It has no result: solve its problems first, under Settings."]
    if card.state == "blocked":
        reason = (card.runtime or {}).get("reason")
        return div(".sec.lead")[f"It did not run: {reason}." if reason else "It did not run."]
    if card.stopping:
        return div(".sec.lead")["It is being stopped."]
    if card.state == "queued" and (card.runtime or {}).get("waiting"):
        return div(".sec.lead")["It begins when there is room for it."]
    if card.state == "queued":
        first = "the cards before it, then for " if card.wires else ""
        return div(".sec.lead")[f"It waits for {first}its turn.", _continues(card.runtime or {})]
    if card.state == "cancelled":
        return div(".sec.lead")[_cancelled(card.runtime or {})]
    return div(".sec.lead")[
        "No result yet. ",
        button(".link", type="button", data_act="run_node", data_of=card.node)["Run to here"],
        " shows it.",
    ]
