"""What is seen of a sweep: its values, a chart and a table of what came of them, and the best."""

from __future__ import annotations

from tensorrag.run.comparison import MOST
from tensorrag.run.sweep import Tried
from tensorrag.types.metrics import METRICS
from web.page.closing import close_button
from web.page.compare.view import address
from web.page.icons import glyph, icon, state
from web.page.markup import (
    Element,
    Node,
    a,
    b,
    button,
    div,
    h3,
    input_,
    label,
    option,
    select,
    span,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.page.sweeps.shown import Shown
from web.page.wording import number, plural, seconds

MOST_METRICS = 4
"""Columns of figures beside one another."""


def heading(shown: Shown) -> Node:
    """Say which field of which card it is, and offer to stop it."""
    ended = sum(each.metrics != {} or bool(each.problem) for each in shown.found)
    return [
        close_button("sweep"),
        glyph(shown.kind),
        b(style="font-size:15px")[shown.title],
        span(".m2.cut")[f"{shown.spec.label}, tried with several values"],
        span(".sp"),
        shown.going_on and span(".m2.num")[f"{ended} of {shown.asked}"],
        shown.going_on
        and button(".btn.o.sml", type="button", data_act="sweep_stop")[icon("stop", ".s"), "Stop"],
    ]  # fmt: skip


def side(shown: Shown) -> Node:
    """Ask for values, and offer the best."""
    field = input_(
        type="text", id="sweep-values", data_sets="sweep_values", data_eager=True,
        data_local=True, value=shown.written, autocomplete="off", spellcheck="false",
        aria_describedby="sweep-values-help",
    )  # fmt: skip
    return [
        div(".sec")[
            div(".fl")[label(for_="sweep-values")["Values to try"]],
            div(".inp")[field],
            div(".cap", id="sweep-values-help")[
                "With commas, or as a range: 20..200 by 20. A run for each, one after the other, "
                "under the same limits and budgets as any run. What is the same in all of them "
                "runs once."
            ],
            shown.wrong and div(".msg.error", role="alert")[shown.wrong],
            button(
                ".btn.o", type="button", data_act="sweep_run", style="margin-top:12px",
                disabled=shown.going_on or not shown.written.strip(),
            )[icon("play", ".s"), _run_word(shown)],
        ],
        _best(shown),
    ]  # fmt: skip


def _run_word(shown: Shown) -> str:
    try:
        count = len(shown.values())
        return f"Run {plural(count, 'value')}" if count else "Run"
    except Exception:  # half a number is being typed: Run says what is wrong with it
        return "Run"


def _best(shown: Shown) -> Node:
    found = shown.best
    if found is None:
        return None
    options = [option(value=m, selected=m == shown.metric)[METRICS[m].label] for m in shown.metrics]
    chooser = select(data_sets="sweep_metric", id="sweep-metric", aria_label="Best by")[options]
    has_it = found.value == shown.value
    return div(".sec", data_testid="sweep-best")[
        h3["Best", span(".u")["so far" if shown.going_on else ""]],
        div(".row.s12")[
            b[shown.spec.shown(found.value)], span(".sp"),
            span(".m2")[METRICS[shown.metric].label, " "],
            b(".num")[number(found.metrics[shown.metric])],
        ],
        _dummy(shown, found),
        shown.spec.name == "seed"
        and div(".cap")["Seeds differ by chance alone: the best of them is luck, not better."],
        len(shown.metrics) > 1
        and div(".inp", style="margin-top:8px")[chooser, icon("chevron", ".s")],
        div(".row", style="margin-top:12px")[
            span(".m2.s12")["It is set to this."]
            if has_it
            else button(".btn.o.sml", type="button", data_act="sweep_apply", data_run=found.run)[
                "Apply best"
            ],
            span(".sp"),
            len(shown.found) > 1
            and a(".link.t11", href=address([each.run for each in shown.found[:MOST]]),
                  target="_blank")["Compare the runs"],
        ],
    ]  # fmt: skip


def _dummy(shown: Shown, found: Tried) -> Node:
    value = found.baseline.get(shown.metric)
    if value is None:
        return None
    return div(".cap")[f"The dummy has {number(0.0 if abs(value) < 0.005 else value)}."]


def results(shown: Shown) -> Node:
    """List what came of each value."""
    if not shown.found:
        return div(".sec.lead")[
            "Nothing was tried yet." if not shown.going_on else "The first run begins …"
        ]
    names = [shown.metric, *(each for each in shown.metrics if each != shown.metric)]
    names = [name for name in names if name][:MOST_METRICS]
    heads = [th(scope="col")[METRICS[name].label] for name in names]
    return table(".mt.tried")[
        thead[
            tr[th(scope="col")[shown.spec.label], th(scope="col")["State"], heads,
               th(scope="col")["Time"], th(scope="col")[span(".vh")["Take over"]]]
        ],
        tbody[[_row(shown, each, names) for each in shown.found]],
    ]  # fmt: skip


def _row(shown: Shown, each: Tried, names: list[str]) -> Element:
    is_best = each == shown.best
    return tr(data_value=str(each.value), data_best=is_best or None)[
        td[span(".num")[shown.spec.shown(each.value)], is_best and [" ", span(".tag")["best"]]],
        td[state(each.status), each.problem and div(".t11.m2")[each.problem]],
        [
            td(".v" if name == shown.metric else "", data_metric=name)[
                number(each.metrics.get(name))
            ]
            for name in names
        ],
        td[seconds(each.seconds)],
        td[
            "set now"
            if each.value == shown.value
            else button(".link", type="button", data_act="sweep_apply", data_run=each.run,
                        aria_label=f"Apply {shown.spec.shown(each.value)}")["Apply"]
        ],
    ]  # fmt: skip
