"""The timeline of a run: a bar per card, from its start to its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tensorrag.catalog import TypeInfo
from web.page.icons import glyph
from web.page.markup import Element, Node, button, div, i_, span
from web.page.wording import brief, left, seconds


@dataclass(frozen=True)
class Bar:
    """One card in a run; times are seconds since the run began."""

    node: str
    title: str
    kind: TypeInfo | None
    state: str
    start: float | None = None
    end: float | None = None
    """None while it runs."""
    seconds: float | None = None
    cached: bool = False
    device: str = ""
    left: float | None = None
    stopping: bool = False
    """Whether it is being stopped."""


def timeline(bars: Sequence[Bar], elapsed: float, *, running: bool) -> Node:
    """Draw the bars over a common axis."""
    if not bars:
        return div(".quiet")["The next run is drawn here: each card as a bar, from start to end."]
    latest = max([bar.end or bar.start or 0 for bar in bars] + [elapsed if running else 0])
    span_of = max(latest * (1.25 if running else 1.02), 0.5)
    step = tick_step(span_of)
    ticks = [at * step for at in range(math.floor(span_of / step) + 1)]
    return div(".tl", role="group", aria_label="Timeline of the run")[
        div(".grid", aria_hidden="true")[
            [i_(style=f"left:{_share(tick, span_of)}") for tick in ticks],
            running and i_(".now", style=f"left:{_share(elapsed, span_of)}"),
        ],
        [_row(bar, elapsed, span_of) for bar in bars],
        div(".axis", aria_hidden="true")[
            [
                span(style=f"left:{_share(tick, span_of)}")[brief(tick), " s" if at == 0 else ""]
                for at, tick in enumerate(ticks)
            ]
        ],
    ]


def tick_step(longest: float) -> float:
    """Choose a round step that gives three to six ticks."""
    rough = longest / 4
    size: float = 10.0 ** math.floor(math.log10(rough))
    return next(size * times for times in (1, 2, 5, 10) if size * times >= rough)


def _share(at: float, whole: float) -> str:
    return f"{min(100.0, 100 * at / whole):.2f}%"


def _row(bar: Bar, elapsed: float, whole: float) -> Node:
    end = bar.end if bar.end is not None else elapsed
    drawn: Element | None = None
    if bar.start is not None:
        look = {"running": ".run", "failed": ".failed", "queued": ".wait"}.get(bar.state, "")
        width = _share(max(0.0, end - bar.start), whole)
        drawn = i_(look, style=f"left:{_share(bar.start, whole)};width:{width}")
    at_work = bar.node if bar.state == "running" else None
    who = button(".who", type="button", data_act="focus", data_of=bar.node, data_at_work=at_work)
    return [
        who(title=bar.title)[glyph(bar.kind), span(".cut")[bar.title]],
        div(".lane", aria_hidden="true")[drawn],
        div(".took.live" if bar.state in ("running", "queued") else ".took")[_took(bar)],
    ]


def _took(bar: Bar) -> str:
    match bar.state:
        case "running" | "queued" if bar.stopping:
            return " · ".join(filter(None, [bar.device, "stopping…"]))
        case "running":
            return " · ".join(filter(None, [bar.device, left(bar.left) or "running"]))
        case "done" if bar.cached:
            return "reused"
        case "done":
            device = bar.device if bar.seconds is not None and bar.seconds >= 1 else ""
            return " · ".join(filter(None, [device, seconds(bar.seconds)]))
        case state:
            return " · ".join(filter(None, [state, seconds(bar.seconds)]))
