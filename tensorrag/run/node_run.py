"""One node of a run: its state, why, and what came of it."""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass, field
from typing import Literal, Self

from tensorrag.check import NodeFacts
from tensorrag.errors import ErrorInfo
from tensorrag.placement import Placement
from tensorrag.plain import JsonObject
from tensorrag.store.checkpoints import Kept
from tensorrag.store.results import Result

NodeState = Literal["queued", "running", "done", "failed", "cancelled", "blocked", "bypassed"]

HISTORY = 5_000
"""Most reports of progress that are remembered for the live curve."""


CUT_OFF = frozenset({"CardCrashed", "CardOutOfMemory", "CardTimeout", "ExecutorUnavailable"})
"""Errors after which the card may well go on: it did nothing wrong itself."""


def new_ticket() -> str:
    """Draw a name for a task that is about to be submitted."""
    return secrets.token_hex(16)


@dataclass(eq=False)
class NodeRun:
    """What is known of a node in one run; changed by its Run alone."""

    id: str
    card: str
    title: str
    executor: str
    placed: str | None = None
    """Why it runs there; None where an earlier result is used."""
    state: NodeState = "queued"
    reason: str | None = None
    """Why it runs (again), or why it does not."""
    cached: bool = False
    """Whether an earlier result is used."""
    blocked_by: str | None = None
    """The node that is in the way."""
    seconds: float | None = None
    """How long the card took; for a cached result, when it was made."""
    device: str | None = None
    cost: float | None = None
    """US$, once it has ended."""
    estimate: JsonObject | None = None
    """What it was to take and cost, where it is paid for: `Estimate.to_json`."""
    error: ErrorInfo | None = None
    outputs: JsonObject = field(default_factory=dict)
    """``{port: {"type", "sha256", "schema", "value"}}``"""
    face: JsonObject | None = None
    waiting: JsonObject | None = None
    """What does not come where it is to run: ``{"gpu", "seconds", "next", "price"}``; or, once it
    runs, how many bytes of room its result waits for: ``{"needed"}``."""
    progress: JsonObject | None = None
    """The last report: ``{"done", "total", "unit", "left", "metrics"}``."""
    history: list[JsonObject] = field(default_factory=list)
    """All reports so far."""
    key: str | None = None
    """The cache key that its result is stored under."""
    handle: str | None = None
    """How its executor calls the task."""
    ticket: str = ""
    """How the task is called before its executor has said so."""
    pid: int | None = None
    """The process that it runs in, where that is on this machine."""
    made: JsonObject = field(default_factory=dict)
    """What the result is made of."""
    made_by: JsonObject | None = None
    """The run and the node that made the result, where an earlier one is used."""
    launched: bool = False
    """Whether it was, or is about to be, given to its executor."""
    cancelling: bool = False
    """Whether a stop was asked for: it is not tried again."""
    unreached: bool = False
    """Whether its executor did not answer when it was to be stopped; it can be asked again."""
    stopped: str = ""
    """Why it was stopped, where nobody asked for that."""
    began: float | None = None
    """Monotonic time when its executor began."""

    @classmethod
    def of(cls, node: str, facts: NodeFacts, placement: Placement) -> Self:
        """Begin with what is known before the run."""
        return cls(node, facts.card, facts.title, placement.executor, placement.why)

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in ("queued", "running")

    @property
    def stopping(self) -> bool:
        """Whether it is being stopped just now."""
        return self.cancelling and not self.unreached and not self.ended

    def begin(self, device: str | None = None, pid: int | None = None) -> None:
        """The executor has begun."""
        self.state, self.began = "running", time.monotonic()
        self.device, self.pid, self.waiting = device or self.device, pid, None

    def again(self, reason: str) -> None:
        """It failed, and is tried once more."""
        self.state, self.reason, self.began = "queued", reason, None
        self.progress, self.history, self.handle, self.waiting = None, [], None, None
        self.ticket = new_ticket()

    def finish(self, result: Result, *, cached: bool) -> None:
        """A result is there, and on disk."""
        self.state, self.cached = "done", cached
        self.seconds, self.device = round(result.seconds, 3), result.device
        self.executor = result.executor or self.executor
        self.outputs, self.face = result.summary["outputs"], result.summary["face"]
        self.made_by = result.made_by if cached else None
        self.placed = None if cached else self.placed
        self.reason = None if cached else self.reason

    def fail(self, error: BaseException, kept: Kept | None = None) -> None:
        """The card, or the place where it ran, has failed; how far it was may be kept."""
        self.state, self.error = "failed", ErrorInfo.of(error)
        if kept is not None and self.error.type in CUT_OFF:
            hint = f"{self.error.hint} What it learnt until {kept.words} is kept: Resume goes on "
            self.error = self.error.model_copy(update={"hint": f"{hint}from there.".strip()})
        self.seconds = self.elapsed()

    def cancel(self, reason: str = "cancelled") -> None:
        """It was stopped, or will not be started."""
        kept = reason.partition(": ")[2]
        stopped = f"{self.stopped} {kept.capitalize()}." if kept else self.stopped
        self.state, self.reason = "cancelled", stopped if self.stopped else reason
        self.seconds = self.elapsed()

    def block(self, by: str, reason: str) -> None:
        """Something above it has no result."""
        self.state, self.blocked_by, self.reason = "blocked", by, reason

    def elapsed(self) -> float | None:
        """Seconds since the executor began; None before."""
        return None if self.began is None else round(time.monotonic() - self.began, 3)

    @property
    def cost_so_far(self) -> float | None:
        """US$ until now; None where nothing is paid."""
        if self.cost is not None or self.estimate is None:
            return self.cost
        return round((self.elapsed() or 0.0) * float(self.estimate["rate"]), 6)

    def report(self, data: JsonObject) -> None:
        """Remember how far the card is, and forget what lies beyond: it may have gone back.

        What it tells again of the steps before is taken as far as it is new.
        """
        told = data.get("again", ())
        self.progress = {name: value for name, value in data.items() if name != "again"}
        known = _done(self.history[-1]) if self.history else float("-inf")
        self.history += [each for each in told if _done(each) > known]
        while self.history and _done(self.history[-1]) > _done(data):
            self.history.pop()
        if len(self.history) < HISTORY:
            self.history.append(self.progress)

    def to_json(self) -> JsonObject:
        """Return the node as ``tensorrag run --json`` shows it."""
        return {
            "card": self.card,
            "state": self.state,
            "cached": self.cached,
            "cancelling": self.stopping,
            "reason": self.reason,
            "blocked_by": self.blocked_by,
            "seconds": self.seconds,
            "executor": self.executor,
            "device": self.device,
            "placed": self.placed,
            "waiting": None if self.ended else self.waiting,
            "cost": self.cost,
            "estimate": self.estimate,
            "error": self.error.model_dump(mode="json") if self.error is not None else None,
            "outputs": self.outputs,
        }

    def to_event(self) -> JsonObject:
        """Return what an event says of the node: its outputs by digest alone."""
        outputs = {
            port: {"type": output["type"], "sha256": output["sha256"]}
            for port, output in self.outputs.items()
        }
        return {**self.to_json(), "outputs": outputs}

    def to_made(self) -> JsonObject | None:
        """Return what the next run is compared with; None for a node that was not even tried."""
        if not self.made or not (self.launched or self.state == "done"):
            return None
        task = {"handle": self.handle, "ticket": self.ticket, "pid": self.pid}
        how = {"key": self.key, "state": self.state, "made_by": self.made_by}
        return {**self.made, **task, **how}


def _done(report: JsonObject) -> float:
    """How far a card was; a container may say anything."""
    done = report.get("done")
    return done if isinstance(done, int | float) else math.inf
