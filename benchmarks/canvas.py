"""How much work a pan, a zoom and a drag are for the page's main thread, beside LiteGraph.

Both canvases show the same graph, whole, in the same window of the same browser: real cards with
results, three ports and about one and a half wires per card. The figure is the main thread's busy
time per input event, from a trace; what counts is the ratio of the two.

    python -m benchmarks.canvas [--counts 100,500,1000] [--rounds 3] [--json]

The two take turns, so that whatever else the machine does meets both; the table shows medians.
LiteGraph is fetched with npm into a scratch folder.
"""

import argparse
import json
import os
import platform
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.get_chromium import on_this_machine
from tensorrag.plain import JsonObject

LITEGRAPH = "litegraph.js@0.7.18"
LITEGRAPH_PAGE = Path(__file__).with_name("canvas_litegraph.html")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WINDOW = {"width": 1440, "height": 900}
EVENTS = 40
PACE_S = 0.03
ACTIONS = ("pan", "zoom", "drag")
TARGETS = {100: 1.2, 500: 1.7, 1000: 2.5}

TYPES = {"Table": {"shape": "square", "light": "#0a7686", "dark": "#3fb6c6"}}
CARD_HEIGHT = 148
COLUMN = 232
ROW = 190


def faces() -> list[JsonObject]:
    """One result of each common kind."""
    chance = random.Random(1)
    bars = [[chance.random() for _ in range(6)] for _ in range(14)]
    losses = [0.1 + 0.5 / (1 + step) for step in range(50)]
    parts = [
        {"label": "Train", "share": 0.8, "rows": 40_000},
        {"label": "Test", "share": 0.2, "rows": 10_000},
    ]
    return [
        {"kind": "table", "rows": 50_000, "columns": 14, "bars": bars, "highlight": 13},
        {"kind": "split", "parts": parts},
        {"kind": "network", "layers": [13, 128, 64, 32, 1], "parameters": 12_161},
        {
            "kind": "curve",
            "values": losses,
            "validation": None,
            "left": {"label": "loss", "value": 0.11},
            "right": {"label": "R²", "value": 0.89},
        },
        {"kind": "score", "label": "R²", "value": 0.87, "baseline": 0.0, "best": 1.0},
    ]


def graph(count: int) -> JsonObject:
    """A grid of `count` finished cards, as the canvas takes it."""
    chance = random.Random(2)
    pictures = faces()
    rows = max(1, round((count * COLUMN / ROW * WINDOW["height"] / WINDOW["width"]) ** 0.5))
    nodes = [card(index, rows) for index in range(count)]
    wires = {}
    for index in range(count):
        for port, odds in (("left", 1.0), ("right", 0.5)):
            target = index + rows + (chance.choice([-1, 0, 1]) if port == "right" else 0)
            if index < target < count and chance.random() < odds:
                wire = edge(index, target, port)
                wires[wire["id"]] = wire
    runtime = {
        node["id"]: {"state": "done", "seconds": 0.6, "face": pictures[index % len(pictures)]}
        for index, node in enumerate(nodes)
    }
    return {
        "revision": 1,
        "types": TYPES,
        "nodes": nodes,
        "edges": list(wires.values()),
        "runtime": runtime,
        "fit": True,
    }


def card(index: int, rows: int) -> JsonObject:
    """One card of the grid."""
    column, row = divmod(index, rows)
    inputs = [
        {"name": name, "type": "Table", "accepts": ["Table"], "optional": False, "many": False}
        for name in ("left", "right")
    ]
    return {
        "id": f"n{index}",
        "card": "card",
        "title": f"Card {index}",
        "type": "Table",
        "summary": "shuffled · seed 42",
        "tag": None,
        "x": column * COLUMN,
        "y": row * ROW,
        "inputs": inputs,
        "outputs": [{"name": "out", "type": "Table"}],
        "problems": [],
        "placeholder": [],
        "enabled": True,
        "unknown": False,
    }


def edge(source: int, target: int, port: str) -> JsonObject:
    """A wire of the grid."""
    return {
        "id": f"n{source}.out-n{target}.{port}",
        "source": f"n{source}",
        "source_port": "out",
        "target": f"n{target}",
        "target_port": port,
        "type": "Table",
        "problem": None,
    }


def serve(port: int) -> None:
    """Run a server whose page is nothing but the canvas."""
    from nicegui import ui

    from web.canvas import PipelineCanvas

    tokens = ":root{" + "".join(f"--{name}:{value};" for name, value in COLOURS.items()) + "}"

    @ui.page("/")
    def page(count: int = 100) -> None:
        ui.add_css(tokens)
        with ui.element("div").style("position:fixed;inset:0"):
            canvas = PipelineCanvas(on_ready=lambda _: canvas.load(graph(count)))

    ui.run(host="127.0.0.1", port=port, show=False, reload=False, tailwind=False)


COLOURS = {
    "canvas": "#f5f5f6",
    "dot": "#d9d9de",
    "surface": "#ffffff",
    "hover": "#efeff1",
    "line": "#e5e5e9",
    "line-2": "#cfcfd6",
    "control": "#85858f",
    "ink": "#18181b",
    "ink-2": "#52525b",
    "ink-3": "#696973",
    "on-ink": "#ffffff",
    "done": "#177a43",
    "run": "#2360dc",
    "error": "#c3272b",
    "stale": "#8a6100",
    "idle": "#696973",
    "idle-bg": "#efeff1",
    "ser-a": "#18181b",
    "ser-b": "#2360dc",
    "fill": "#d6d6dc",
    "fill-2": "#8e8e99",
    "shadow-1": "0 1px 2px rgb(24 24 27/.05)",
    "shadow-2": "0 2px 8px rgb(24 24 27/.08), 0 1px 2px rgb(24 24 27/.06)",
    "f-ui": "system-ui, sans-serif",
}


@contextmanager
def server() -> Iterator[str]:
    """Start `serve` in a process of its own; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.canvas", "--serve", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port: int, seconds: float = 30) -> None:
    """Wait until something listens."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"Nothing listens on port {port}.")


def fetch_litegraph(folder: Path) -> Path:
    """Install LiteGraph into `folder`; gives its script."""
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", LITEGRAPH]
    (folder / "package.json").write_text("{}")
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "node_modules" / "litegraph.js" / "build" / "litegraph.min.js"


def open_ours(browser: Browser, address: str, count: int) -> tuple[Page, float]:
    """Open the editor's canvas; gives the seconds until all cards stood there."""
    page = browser.new_page(viewport={"width": WINDOW["width"], "height": WINDOW["height"]})
    start = time.monotonic()
    page.goto(f"{address}/?count={count}")
    page.wait_for_function(
        f"document.querySelectorAll('[data-node]').length === {count}", timeout=60_000
    )
    return page, time.monotonic() - start


def open_litegraph(browser: Browser, script: Path, count: int) -> tuple[Page, float]:
    """Open the same graph in LiteGraph."""
    page = browser.new_page(viewport={"width": WINDOW["width"], "height": WINDOW["height"]})
    start = time.monotonic()
    page.goto(LITEGRAPH_PAGE.as_uri())
    page.add_script_tag(path=script)
    page.evaluate("show", graph(count))
    return page, time.monotonic() - start


def act(page: Page, action: str, handle: tuple[float, float], empty: tuple[float, float]) -> None:
    """Do one action as a hand would: `EVENTS` input events, evenly paced."""
    x, y = handle if action == "drag" else empty
    page.mouse.move(x, y)
    if action != "zoom":
        page.mouse.down()
    for step in range(EVENTS):
        if action == "zoom":
            page.mouse.wheel(0, 20 if step % 2 else -20)
        else:
            page.mouse.move(x + 3 * (step % 20), y + 2 * (step % 20))
        time.sleep(PACE_S)
    if action != "zoom":
        page.mouse.up()


def busy_ms(trace: bytes) -> float:
    """The busy time of the page's main thread in a trace."""
    events = json.loads(trace)["traceEvents"]
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    busy: dict[tuple[int, int], float] = defaultdict(float)
    for event in events:
        thread = (event.get("pid"), event.get("tid"))
        if event.get("name") == "RunTask" and event.get("ph") == "X" and thread in main:
            busy[thread] += event["dur"] / 1000
    return max(busy.values(), default=0.0)


def measure(browser: Browser, page: Page) -> dict[str, float]:
    """Main-thread ms per input event of each action."""
    page.wait_for_timeout(1500)
    figures = {}
    for action in ACTIONS:
        act(page, action, *page.evaluate(HANDLES))
        page.wait_for_timeout(300)
        handles = page.evaluate(HANDLES)
        browser.start_tracing(
            page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"]
        )
        act(page, action, *handles)
        figures[action] = busy_ms(browser.stop_tracing()) / EVENTS
        page.wait_for_timeout(300)
    return figures


# Where to grab a card (its head), and where there is nothing, near the middle of the window.
HANDLES = """() => {
  if (window.handles) return window.handles()
  const near = (a) => Math.hypot(a.x - innerWidth / 2, a.y - innerHeight / 2)
  const boxes = [...document.querySelectorAll('[data-node]')].map((c) => c.getBoundingClientRect())
  const box = boxes.sort((a, b) => near(a) - near(b))[0]
  const isEmpty = ([x, y]) => document.elementFromPoint(x, y).matches('.vue-flow__pane')
  const places = [...Array(400).keys()].map((i) => [box.x + (i % 20) * 4, box.y + (i / 20) * 4])
  return [[box.x + box.width / 2, box.y + box.height / 4], places.find(isEmpty)]
}"""


def main() -> None:
    """Measure and print: a table, then the figures as JSON; `--json` for the JSON alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--counts", default="100,500,1000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the JSON alone")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
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
        opened: dict[str, Callable[[int], tuple[Page, float]]] = {
            "ours": lambda count: open_ours(browser, address, count),
            "litegraph": lambda count: open_litegraph(browser, script, count),
        }
        rows = [row(browser, opened, count, rounds) for count in counts]
        browser.close()
    return rows


def row(
    browser: Browser,
    opened: Mapping[str, Callable[[int], tuple[Page, float]]],
    count: int,
    rounds: int,
) -> JsonObject:
    """The medians of both canvases for one number of cards, and their ratios."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in opened}
    for _ in range(rounds):
        for name, open_page in opened.items():
            page, first = open_page(count)
            taken[name].append(measure(browser, page) | {"first": first * 1000})
            page.close()
    medians = {
        name: {action: median(turn[action] for turn in turns) for action in turns[0]}
        for name, turns in taken.items()
    }
    ratios = {action: medians["ours"][action] / medians["litegraph"][action] for action in ACTIONS}
    return {"cards": count, "ms": medians, "ratio": ratios}


def show(rows: list[JsonObject]) -> None:
    """Print a table a person can read."""
    print("main-thread ms per input event; first: ms until the page shows all cards")
    print(f"{'cards':>6} {'action':>7} {'ours':>7} {'LiteGraph':>10} {'ratio':>6} {'at most':>8}")
    for figures in rows:
        ours, theirs = figures["ms"]["ours"], figures["ms"]["litegraph"]
        for action in (*ACTIONS, "first"):
            ratio = figures["ratio"].get(action)
            goal = TARGETS.get(figures["cards"]) if ratio else None
            print(
                f"{figures['cards']:>6} {action:>7} {ours[action]:>7.1f} {theirs[action]:>10.1f}"
                f" {f'{ratio:.2f}' if ratio else '':>6} {goal or '':>8}"
            )


if __name__ in {"__main__", "__mp_main__"}:
    main()
