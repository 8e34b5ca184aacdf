"""A page that is nothing but the canvas, and a hand on it.

    python -m benchmarks.canvas_page PORT

`/?count=1000` shows a thousand cards.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from benchmarks.canvas_graph import graph

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTH, HEIGHT = 1440, 900
EVENTS = 40
FEW = 8
"""Events that warm a page up."""
PACE_S = 0.03


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

    ui.run(
        host="127.0.0.1", port=port, show=False, reload=False, tailwind=False, reconnect_timeout=60
    )


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
    command = [sys.executable, "-m", "benchmarks.canvas_page", str(port)]
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


@dataclass(frozen=True)
class Opened:
    """A page that shows all its cards."""

    page: Page
    first_ms: float
    """From the start of the visit until all cards stood there."""
    work_ms: float
    """What of it the main thread was at work for, as the processor's clock counts."""


def open_page(browser: Browser, show: Callable[[Page], object]) -> Opened:
    """Open a page and let `show` bring the cards into it."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    start = time.monotonic()
    show(page)
    first = time.monotonic() - start
    page.wait_for_timeout(1500)  # until it is drawn, and at rest
    metrics = {
        each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]
    }
    return Opened(page, first * 1000, metrics["TaskDuration"] * 1000)


def open_ours(browser: Browser, address: str, count: int) -> Opened:
    """Open the editor's canvas with so many cards."""
    all_there = f"document.querySelectorAll('[data-node]').length === {count}"

    def show(page: Page) -> None:
        page.goto(f"{address}/?count={count}")
        page.wait_for_function(all_there, timeout=60_000)

    return open_page(browser, show)


def place(page: Page, action: str) -> tuple[float, float]:
    """Find where an action begins."""
    page.wait_for_timeout(300)  # the wheel lays a sheet over the page, which goes by itself
    places = page.evaluate(PLACES)
    x, y = places.get(action) or places["pan"]
    return x, y


def act(
    page: Page, action: str, at: tuple[float, float], pace: float = PACE_S, events: int = EVENTS
) -> None:
    """Do one action as a hand would: so many input events, `pace` seconds apart."""
    x, y = at
    page.mouse.move(x, y)
    if action == "box":
        page.keyboard.down("Shift")
    if action != "zoom":
        page.mouse.down()
    for step in range(events):
        if action == "zoom":
            page.mouse.wheel(0, 20 if step % 2 else -20)
        else:
            page.mouse.move(x + 3 * (step % 20), y + 2 * (step % 20))
        time.sleep(pace)
    if action != "zoom":
        page.mouse.up()
    if action == "box":
        page.keyboard.up("Shift")
    page.keyboard.press("Escape")


# Near the middle of the window: a card's head to drag, a port, and a place where there is nothing.
PLACES = """() => {
  if (window.places) return window.places()
  const near = (a) => Math.hypot(a.x - innerWidth / 2, a.y - innerHeight / 2)
  const boxes = (what) => [...document.querySelectorAll(what)].map((c) => c.getBoundingClientRect())
  const nearest = (what) => boxes(what).sort((a, b) => near(a) - near(b))[0]
  const box = nearest('[data-node]')
  const port = nearest('[data-side=out] .tr-hit')
  const isEmpty = ([x, y]) => document.elementFromPoint(x, y).matches('.vue-flow__pane')
  const around = [...Array(900).keys()].map((i) => [box.x + (i % 30) * 6, box.y + (i / 30) * 6])
  return {
    drag: [box.x + box.width / 2, box.y + box.height / 4],
    wire: port && [port.x + port.width / 2, port.y + port.height / 2],
    pan: around.find(isEmpty),
  }
}"""


if __name__ in {"__main__", "__mp_main__"}:
    serve(int(sys.argv[1]))
