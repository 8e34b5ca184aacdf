"""How a card says how far it is: ``report(done, total, unit, loss=…)``.

A report is also where a card can be stopped: once a stop was asked for, the next call raises
``RunCancelled``. Outside a run a report does nothing, so cards can be called from plain Python.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tensorrag import redaction
from tensorrag.errors import RunCancelled

INTERVAL = 0.25
"""Seconds between two reports that are passed on: at most four a second."""

MOST_METRICS = 32
"""Metrics of one report that are shown live."""

MOST_AGAIN, FEW_METRICS = 40, 4
"""Steps that are told again at most, and metrics of each: all of them fit into one report."""

LONGEST = 60
"""Characters of a unit, or of the name of a metric."""


@dataclass
class Reporter:
    """Passes on at most one report per interval, and the last one always."""

    emit: Callable[[dict[str, Any]], None]
    """Called with ``{"done", "total", "unit", "left", "metrics"}``, and ``gpu`` if one is used."""
    clock: Callable[[], float] = time.monotonic
    stopping: bool = False
    gauge: Callable[[], dict[str, Any] | None] = lambda: None
    """Tells how busy the GPU is, ``{"busy", "used", "total"}``: a share, and bytes."""
    _first: tuple[float, float] | None = None
    """Time and ``done`` of the first report: what the pace is measured from."""
    _sent: float = -math.inf
    _waiting: dict[str, Any] | None = None
    again: list[dict[str, Any]] = field(default_factory=list)
    """What the next report tells again of the steps before it, ``{"done", "metrics"}``."""

    def report(
        self, done: float, total: float | None, unit: str, metrics: dict[str, float | None]
    ) -> None:
        """Record a report; raises RunCancelled once a stop was asked for."""
        if self.stopping:
            raise RunCancelled("The card was cancelled.")
        now = self.clock()
        if self._first is None:
            self._first = (now, done)
        left = self._seconds_left(now, done, total)
        self._waiting = {
            "done": done,
            "total": total,
            "unit": unit,
            "left": left,
            "metrics": metrics,
        }
        if now - self._sent >= INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Pass on what is still waiting."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._sent = self.clock()
            gpu = self.gauge()
            if self.again:
                waiting["again"], self.again = self.again, []
            self.emit(waiting if gpu is None else {**waiting, "gpu": gpu})

    def _seconds_left(self, now: float, done: float, total: float | None) -> float | None:
        started, before = self._first or (now, done)
        if not total or done <= before:
            return None
        return (now - started) * max(total - done, 0) / (done - before)


def as_report(said: Any) -> dict[str, Any] | None:
    """Take of what a worker said what a report may hold; None where it says nothing.

    What comes from a container is written by whoever has taken it over, maybe a card.
    """
    said = said if isinstance(said, dict) else {}
    if (done := _finite(said.get("done"))) is None:
        return None
    gpu, again = said.get("gpu"), said.get("again")
    report: dict[str, Any] = {
        "done": done,
        "total": _finite(said.get("total")),
        "unit": str(said.get("unit") or "")[:200],
        "left": _finite(said.get("left")),
        "metrics": _figures(said.get("metrics")),
    }
    if isinstance(again, list):
        report["again"] = list(filter(None, map(_as_step, again[:MOST_AGAIN])))
    return {**report, "gpu": _figures(gpu)} if isinstance(gpu, dict) else report


def _as_step(said: Any) -> dict[str, Any] | None:
    done = _finite(said.get("done")) if isinstance(said, dict) else None
    return None if done is None else {"done": done, "metrics": _figures(said.get("metrics"))}


def _figures(said: Any) -> dict[str, float | None]:
    known = said if isinstance(said, dict) else {}
    return {str(name): _finite(value) for name, value in known.items()}


def _finite(value: Any) -> float | None:
    """Return a number that can be drawn; None for whatever else it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and abs(value) < _TOO_LARGE else None


_TOO_LARGE = 1e300
"""Nothing is counted so far, and what is larger does not fit into every number."""

_reporter: ContextVar[Reporter | None] = ContextVar("tensorrag_reporter", default=None)


@contextmanager
def reporting(reporter: Reporter) -> Iterator[Reporter]:
    """Let ``report`` speak to this reporter; what is still waiting is sent at the end."""
    token = _reporter.set(reporter)
    try:
        yield reporter
    finally:
        _reporter.reset(token)
        reporter.flush()


@dataclass
class _Within(Reporter):
    """Takes the reports of one step of something larger, and passes on how far that is."""

    outer: Reporter | None = None
    at: float = 0
    whole: float = 1
    called: str = ""

    def report(
        self, done: float, total: float | None, unit: str, metrics: dict[str, float | None]
    ) -> None:
        """Count the step as far as it is; raises RunCancelled once a stop was asked for."""
        part = min(max(done / total, 0.0), 1.0) if total else 0.0
        if self.outer is not None:
            self.outer.report(self.at + part, self.whole, self.called, {})


@contextmanager
def within(done: float, total: float, unit: str) -> Iterator[None]:
    """Let what is called report as one step of something larger.

    Args:
        done: steps that are done before it.
        total: steps in all.
        unit: what a step is called: ``fold``.
    """
    outer = _reporter.get()
    inner = _Within(lambda _: None, outer=outer, at=done, whole=total, called=unit)
    token = _reporter.set(inner if outer is not None else None)
    try:
        yield
    finally:
        _reporter.reset(token)


def is_stopping() -> bool:
    """Whether somebody asked the running card to stop: its next report will."""
    reporter = _reporter.get()
    return reporter is not None and reporter.stopping


def report(done: float, total: float | None = None, unit: str = "", **metrics: float) -> None:
    """Say how far the running card is.

    Without ``total`` no time left is claimed. ``metrics`` are shown live (``loss``,
    ``validation_loss``), the first 32 of them; what is not finite is passed on as None. Say it as
    often as you like: at most four reports a second are passed on.

    Raises:
        RunCancelled: somebody asked for a stop.

    Example:
        >>> report(3, 50, "epoch", loss=0.21)
    """
    reporter = _reporter.get()
    if reporter is None:
        return
    reporter.report(done, total, label(unit), _safe(metrics, MOST_METRICS))


def report_again(steps: Sequence[tuple[float, Mapping[str, float]]]) -> None:
    """Say what was reported before the card was stopped: its curves begin there, not here.

    It goes along with the next report: forty of the steps, and four metrics of each.

    Args:
        steps: how far the card was, and the metrics then, in order.
    """
    reporter = _reporter.get()
    if reporter is not None and steps:
        pace = -(-len(steps) // (MOST_AGAIN - 1))
        told = [*steps[:-1:pace], steps[-1]]
        reporter.again = [{"done": at, "metrics": _safe(m, FEW_METRICS)} for at, m in told]


def _safe(metrics: Mapping[str, float], most: int) -> dict[str, float | None]:
    return {
        label(name): float(value) if math.isfinite(value) else None
        for name, value in islice(metrics.items(), most)
    }


def label(text: str) -> str:
    """Return what is shown of a unit, or of the name of a metric."""
    # Before anything is cut off: half a secret would not be recognised.
    return redaction.here().text(text)[:LONGEST]
