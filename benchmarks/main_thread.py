"""What the main thread of a page was at work for, read from a trace of Chromium.

Times are those of the processor's clock for this thread: what else the machine does is not in them.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page

CATEGORIES = [
    "toplevel",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
]


class Work(NamedTuple):
    """What the main thread did while something was done to the page, in ms of its clock."""

    total: float
    frames: list[float]
    """From the start of each frame to the start of the next."""
    longest: float
    """The longest task since the first frame."""


def traced(browser: Browser, page: Page, do: Callable[[], object]) -> Work:
    """Trace a page while something is done to it."""
    browser.start_tracing(page=page, categories=CATEGORIES)
    do()
    return work(json.loads(browser.stop_tracing())["traceEvents"])


def work(events: list[dict[str, Any]]) -> Work:
    """Read a trace: the main thread of a page is the one that was busiest."""
    tasks: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    main = {_thread(each) for each in events if _is_main(each)}
    for each in events:
        if each.get("name") == "RunTask" and each.get("ph") == "X" and _thread(each) in main:
            tasks[_thread(each)].append((each["ts"], each.get("tdur", 0) / 1000))
    if not tasks:
        return Work(0, [], 0)
    thread = max(tasks, key=lambda each: sum(took for _, took in tasks[each]))
    starts = sorted(
        each["ts"]
        for each in events
        if each.get("name") == "BeginMainThreadFrame" and each["pid"] == thread[0]
    )
    done = tasks[thread]
    frames = [sum(took for at, took in done if a <= at < b) for a, b in pairwise(starts)]
    since = starts[0] if starts else 0
    longest = max((took for at, took in done if at >= since), default=0.0)
    return Work(sum(took for _, took in done), frames, longest)


def _thread(event: dict[str, Any]) -> tuple[int, int]:
    return event.get("pid", 0), event.get("tid", 0)


def _is_main(event: dict[str, Any]) -> bool:
    return event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
