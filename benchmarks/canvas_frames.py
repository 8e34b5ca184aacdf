"""How much of a frame each gesture takes on the canvas.

    python -m benchmarks.canvas_frames [--count 100] [--rounds 3]

A frame at 60 Hz has 16.7 ms. What counts is the work of the page's main thread from one frame to
the next, in ms of its own clock: on a machine that does other things, frames come late whatever
the page does. How long they came after each other is printed beside it, for a quiet machine.
"""

import argparse
from functools import partial
from statistics import median

from playwright.sync_api import Page, sync_playwright

from benchmarks.canvas_page import FLAGS, act, open_ours, place, server
from benchmarks.main_thread import traced
from scripts.get_chromium import on_this_machine

GESTURES = ("pan", "zoom", "drag", "wire", "box")
PACE_S = 0.016
NOTE = """() => {
  const at = window.noted = []
  const note = (now) => {
    if (window.noted !== at) return
    at.push(now)
    requestAnimationFrame(note)
  }
  requestAnimationFrame(note)
}"""
NOTED = """() => {
  const at = window.noted
  window.noted = null
  return at.slice(1).map((now, index) => now - at[index])
}"""


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with server() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=on_this_machine(), args=FLAGS)
        page = open_ours(browser, address, options.count).page
        print(f"{options.count} cards; ms of the main thread per frame; between two frames")
        print(f"{'':>6} {'median':>7} {'p95':>7} {'longest':>8} {'between':>9} {'p95':>7}")
        for gesture in GESTURES:
            frames, longest, gaps = [], [], []
            act(page, gesture, place(page, gesture), PACE_S)
            for _ in range(options.rounds):
                at = place(page, gesture)
                done = traced(browser, page, partial(act, page, gesture, at, PACE_S))
                frames += done.frames
                longest.append(done.longest)
                gaps += between(page, gesture)
            print(
                f"{gesture:>6} {median(frames):>7.1f} {p95(frames):>7.1f} {max(longest):>8.1f}"
                f" {median(gaps):>9.1f} {p95(gaps):>7.1f}",
                flush=True,
            )
        browser.close()


def between(page: Page, gesture: str) -> list[float]:
    """Do it once more, untraced: ms from one frame to the next."""
    at = place(page, gesture)
    page.evaluate(NOTE)
    act(page, gesture, at, PACE_S)
    gaps: list[float] = page.evaluate(NOTED)
    return gaps


def p95(values: list[float]) -> float:
    """Return the value that 95 of 100 do not exceed."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


if __name__ == "__main__":
    main()
