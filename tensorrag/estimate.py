"""What a card at a paid place will take and cost: from how long it took there before.

Times of before are scaled by rows, epochs and parameters, as far as both are known. Where a card
never ran on this GPU, nothing is guessed: only what it can cost at most is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tensorrag.check import NodeFacts
from tensorrag.plain import JsonObject
from tensorrag.rates import Rates, dollars
from tensorrag.store.spending import Past, Work
from tensorrag.types.schema import ModelSchema, NetworkSpecSchema, TableSchema

NEAREST = 5
"""How many times of before are used: those with about as much to do."""

SPREAD, FAR_SPREAD = 0.2, 0.5
"""How far off an estimate is taken to be at least: beside much the same, and beside other work."""

FAR = 2.0
"""How many times more, or less, is other work."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long something will take, in seconds, and between what that may be."""

    seconds: float
    low: float
    high: float
    runs: int
    """From how many times of before."""
    needed: float | None = None
    """How long it would take without its limit, where that is longer."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one card will take and cost."""

    gpu: str | None
    """The GPU that is rented for it."""
    rate: float
    """US$ per second."""
    limit: float
    """Seconds after which it is ended."""
    idle: float
    """Seconds that its container stays, and is paid for, afterwards."""
    source: str
    """Where the prices are from, and from when."""
    span: Span | None = None
    """None where it never ran there."""
    tries: int = 1
    """How often it may be tried; each try is paid for."""
    start: float | None = None
    """Seconds that its container takes to start, where one was measured before."""

    @property
    def cost(self) -> float | None:
        """What its own seconds and the start of its container will cost, in US$."""
        if self.span is None:
            return None
        return (self.span.seconds + (self.start or 0.0)) * self.rate

    @property
    def most(self) -> float:
        """What it can cost at most, with all its tries and its waiting container; US$."""
        return self.tries * ((self.start or 0.0) + self.limit + self.idle) * self.rate

    @property
    def words(self) -> str:
        """Say it in a line: ``about $0.0025, 11 s (8.8 to 14 s)``."""
        if self.span is None or self.cost is None:
            return f"first time: unknown; at most {dollars(self.most)}"
        span = self.span
        if span.needed is not None:
            return (
                f"{dollars(self.cost)}, stopped after {self.limit:g} s of about {span.needed:,.0f}"
            )
        between = f"({span.low:.3g} to {span.high:.3g} s)"
        start = f" and {self.start:.2g} s to start" if self.start else ""
        return f"about {dollars(self.cost)}, {span.seconds:.3g} s {between}{start}"

    def to_json(self) -> JsonObject:
        """Return it as ``run --json`` prints it; costs in US$."""
        span = self.span
        return {
            "seconds": round(span.seconds, 3) if span is not None else None,
            "low": round(span.low, 3) if span is not None else None,
            "high": round(span.high, 3) if span is not None else None,
            "runs": span.runs if span is not None else 0,
            "start": round(self.start, 3) if self.start is not None else None,
            "cost": round(self.cost, 6) if self.cost is not None else None,
            "most": round(self.most, 6),
            "gpu": self.gpu,
            "rate": self.rate,
            "limit": self.limit,
            "source": self.source,
            "words": self.words,
        }


@dataclass(frozen=True, slots=True)
class Total:
    """What several cards will cost together, in US$."""

    cost: float
    """What is expected; those that never ran count at the most that they can cost."""
    is_most: bool
    """Whether any of them never ran there: `cost` is an upper bound then, and no estimate."""
    cards: int

    @property
    def words(self) -> str:
        """Say it in two words: ``about $0.03``, ``at most $0.13``."""
        return f"{'at most' if self.is_most else 'about'} {dollars(self.cost)}"


NOTHING = Total(0.0, False, 0)


def total(estimates: Iterable[Estimate]) -> Total:
    """Add up estimates."""
    known = list(estimates)
    costs = [each.most if each.cost is None else each.cost for each in known]
    return Total(sum(costs), any(each.cost is None for each in known), len(known))


def estimate(
    history: Sequence[Past],
    work: Work,
    rates: Rates,
    *,
    gpu: str | None,
    memory: float | None,
    timeout: float,
    tries: int = 1,
    starts: Sequence[float] = (),
) -> Estimate:
    """Estimate a card.

    Args:
        history: how long it took on this GPU, the latest first.
        work: how much it has to do now.
        rates: what the place asks.
        gpu: that is rented for it.
        memory: MiB that it asks for.
        timeout: seconds that it may take.
        tries: how often it may be tried.
        starts: seconds that containers took to start there, the latest first.
    """
    limit = min(timeout + rates.grace, rates.longest or math.inf)
    return Estimate(
        gpu,
        rates.per_second(gpu, memory),
        limit,
        rates.idle,
        rates.words,
        span(history, work, limit),
        tries,
        median(starts[:NEAREST]) if starts else None,
    )


def span(history: Sequence[Past], work: Work, limit: float = math.inf) -> Span | None:
    """Tell from times of before how long it will take; at most ``limit`` seconds."""
    ratios = [(_ratio(work, past.work), past.seconds) for past in history]
    nearest = sorted(ratios, key=lambda each: abs(math.log(each[0])))[:NEAREST]
    if not nearest:
        return None
    times = [seconds * ratio for ratio, seconds in nearest]
    middle, far = median(times), max(nearest[0][0], 1 / nearest[0][0]) > FAR
    spread = FAR_SPREAD if far else SPREAD
    low, high = min(*times, middle * (1 - spread)), max(*times, middle * (1 + spread))
    needed = middle if middle > limit else None
    return Span(min(middle, limit), min(low, limit), min(high, limit), len(nearest), needed)


def _ratio(now: Work, before: Work) -> float:
    """How many times more there is to do now, by what is known of both."""
    known = [(n, b) for n, b in zip(now, before, strict=True) if n and b]
    return math.prod(n / b for n, b in known)


def work_of(facts: NodeFacts) -> Work:
    """Say how much a card has to do: rows that it gets, epochs, and parameters that it fits."""
    gets, makes = facts.inputs.values(), facts.schemas.values()
    rows = (schema.rows for schema in gets if isinstance(schema, TableSchema))
    told = (schema.epochs for schema in gets if isinstance(schema, NetworkSpecSchema))
    own = facts.params.get("epochs")
    epochs = own if isinstance(own, int) else next((n for n in told if n is not None), None)
    fitted = (schema.parameters for schema in makes if isinstance(schema, ModelSchema))
    return Work(
        rows=next((n for n in rows if n is not None), None),
        epochs=epochs,
        parameters=next((n for n in fitted if n is not None), None),
    )
