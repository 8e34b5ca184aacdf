"""How much work a pan, a zoom and a drag are for the page's main thread, beside LiteGraph.

Both canvases show the same graph, whole, in the same window of the same browser: real cards with
results, three ports and about one and a half wires per card. The figure is the main thread's work
per input event, in ms of its own clock; what counts is the ratio of the two.

    python -m benchmarks.canvas [--counts 100,500,1000] [--rounds 3] [--json]

The two take turns, so that whatever else the machine does meets both; the table shows medians.
LiteGraph is fetched with npm into a scratch folder. A round takes some 15 s at 100 cards and 60 s
at 1000, most of it LiteGraph's; each is said on stderr as it is done.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.canvas_graph import graph
from benchmarks.canvas_page import (
    EVENTS,
    FEW,
    FLAGS,
    Opened,
    act,
    open_ours,
    open_page,
    place,
    server,
)
from benchmarks.main_thread import traced
from scripts.get_chromium import on_this_machine
from tensorrag.plain import JsonObject

LITEGRAPH = "litegraph.js@0.7.18"
LITEGRAPH_PAGE = Path(__file__).with_name("canvas_litegraph.html")
ACTIONS = ("pan", "zoom", "drag")
FIRST = ("first", "work")
TARGET = 1.2


def fetch_litegraph(folder: Path) -> Path:
    """Install LiteGraph into `folder`; gives its script."""
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", LITEGRAPH]
    (folder / "package.json").write_text("{}")
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "node_modules" / "litegraph.js" / "build" / "litegraph.min.js"


def open_litegraph(browser: Browser, script: Path, count: int) -> Opened:
    """Open the same graph in LiteGraph."""

    def show(page: Page) -> None:
        page.goto(LITEGRAPH_PAGE.as_uri())
        page.add_script_tag(path=script)
        page.evaluate("show", graph(count))

    return open_page(browser, show)


def measure(browser: Browser, opened: Opened) -> dict[str, float]:
    """Main-thread ms until the cards stood there, and per input event of each action."""
    page = opened.page
    figures = {"first": opened.first_ms, "work": opened.work_ms}
    for action in ACTIONS:
        act(page, action, place(page, action), events=FEW)
        at = place(page, action)
        done = traced(browser, page, partial(act, page, action, at))
        figures[action] = done.total / EVENTS
    return figures


def main() -> None:
    """Measure and print: a table, then the figures as JSON; `--json` for the JSON alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--counts", default="100,500,1000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the JSON alone")
    options = parser.parse_args()
    rows = compare([int(count) for count in options.counts.split(",")], options.rounds)
    if not options.json:
        show(rows)
    print(json.dumps({"machine": machine(), "figures": rows}))


def machine() -> JsonObject:
    """Name the machine that the figures are from."""
    return {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "litegraph": LITEGRAPH,
    }


def compare(counts: list[int], rounds: int) -> list[JsonObject]:
    """Both canvases in turns, for each number of cards."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        server() as address,
        sync_playwright() as playwright,
    ):
        script = fetch_litegraph(Path(scratch))
        chromium = on_this_machine()
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened: dict[str, Callable[[int], Opened]] = {
            "ours": lambda count: open_ours(browser, address, count),
            "litegraph": lambda count: open_litegraph(browser, script, count),
        }
        rows = [row(browser, opened, count, rounds) for count in counts]
        browser.close()
    return rows


def row(
    browser: Browser,
    opened: Mapping[str, Callable[[int], Opened]],
    count: int,
    rounds: int,
) -> JsonObject:
    """The medians of both canvases for one number of cards, and their ratios."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in opened}
    for turn in range(rounds):
        for name, show in opened.items():
            view = show(count)
            taken[name].append(measure(browser, view))
            view.page.close()
            say(f"{count} cards, round {turn + 1} of {rounds}: {name}", taken[name][-1])
    medians = {
        name: {action: median(turn[action] for turn in turns) for action in turns[0]}
        for name, turns in taken.items()
    }
    ratios = {action: medians["ours"][action] / medians["litegraph"][action] for action in ACTIONS}
    return {"cards": count, "ms": medians, "ratio": ratios}


def say(what: str, figures: Mapping[str, float]) -> None:
    """Tell who waits what has been done, and what came of it."""
    words = ", ".join(f"{name} {value:.1f}" for name, value in figures.items())
    print(f"{what}: {words}", file=sys.stderr, flush=True)


def show(rows: list[JsonObject]) -> None:
    """Print a table a person can read."""
    print("main-thread ms per input event; first: ms until all cards stand there, work: of it")
    print(f"{'cards':>6} {'action':>7} {'ours':>7} {'LiteGraph':>10} {'ratio':>6} {'at most':>8}")
    for figures in rows:
        ours, theirs = figures["ms"]["ours"], figures["ms"]["litegraph"]
        for action in (*ACTIONS, *FIRST):
            ratio = figures["ratio"].get(action)
            goal = TARGET if ratio else ""
            print(
                f"{figures['cards']:>6} {action:>7} {ours[action]:>7.1f} {theirs[action]:>10.1f}"
                f" {f'{ratio:.2f}' if ratio else '':>6} {goal:>8}"
            )


if __name__ == "__main__":
    main()
