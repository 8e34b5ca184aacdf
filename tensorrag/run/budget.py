"""What a run, and a month, may cost: warned about on the way, and held where it is to hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Self

from tensorrag.plain import JsonObject
from tensorrag.rates import dollars
from tensorrag.store.setting_values import Values
from tensorrag.store.spending import Spending

MARKS = (50, 75, 90, 100)
"""Per cent of a budget at which something is said."""

SOONEST, LATEST = 0.2, 1.0
"""Seconds between two looks, at least and at most: cards begin, and others spend too."""

LIMITS = ("budget_run", "budget_month", "budget_hard")
"""The settings that say what may be spent."""

Period = Literal["run", "month"]
WORDS: dict[Period, str] = {"run": "this run", "month": "this month"}


@dataclass
class Budget:
    """One budget, and how much of it people were told of."""

    period: Period
    limit: float
    """US$."""
    by_file: bool = False
    """Whether the file of the pipeline sets it; else the settings do."""
    told: int = 0
    """The highest mark, in per cent, that was told."""

    def passed(self, spent: float) -> int | None:
        """Return the mark that was passed since the last one; None where none was."""
        passed = max((mark for mark in MARKS if spent >= self.limit * mark / 100), default=0)
        if passed <= self.told:
            return None
        self.told = passed
        return passed

    def left_to_next(self, spent: float) -> float:
        """Return how many US$ are left until the next mark."""
        ahead = [self.limit * mark / 100 - spent for mark in MARKS if mark > self.told]
        return min(ahead, default=float("inf"))

    def sentence(self, spent: float, mark: int) -> str:
        """Say how much of it is used."""
        limit = dollars(self.limit) + (" by its file" if self.by_file else "")
        whose = WORDS[self.period]
        if mark >= 100:
            return f"The budget of {whose}, {limit}, is used up: {dollars(spent)} are spent."
        return f"{mark} % of the budget of {whose} are used: {dollars(spent)} of {limit}."


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the spending has shown."""

    told: tuple[JsonObject, ...]
    """What is to be said, as the data of ``cost`` events."""
    stop: str
    """Why the run must end; empty where it may go on."""
    wait: float
    """Seconds until the next look."""


@dataclass
class Budgets:
    """The budgets that hold for one run.

    Args:
        spending: what was spent so far.
        budgets: those that are set.
        hard: whether the run is stopped where one is used up.
        own: what the file of the pipeline lets a run cost; None where it does not say.
        before: the runs that this one goes on with: what they have spent is spent.
    """

    spending: Spending
    budgets: list[Budget] = field(default_factory=list)
    hard: bool = False
    own: float | None = None
    before: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        spending: Spending,
        values: Values,
        own: float | None = None,
        before: tuple[str, ...] = (),
    ) -> Self:
        """Take those that the settings name, and the file of the pipeline where that is less."""
        budgets = []
        if (limit := lower(values.budget_run, own)) is not None:
            budgets.append(Budget("run", limit, by_file=limit != values.budget_run))
        if values.budget_month is not None:
            budgets.append(Budget("month", values.budget_month))
        # What may be rented unasked must not cost more than it may.
        hard = values.budget_hard or values.rents_automatically
        return cls(spending, budgets, hard, own, before)

    def renew(self, values: Values) -> None:
        """Take the settings as they are by now: whoever lowers a limit means what goes on, too."""
        told = {(budget.period, budget.limit): budget.told for budget in self.budgets}
        now = Budgets.of(self.spending, values, self.own, self.before)
        self.budgets, self.hard = now.budgets, now.hard
        for budget in self.budgets:
            budget.told = told.get((budget.period, budget.limit), 0)

    def refusal(self) -> str:
        """Say why no run that costs anything may begin; empty where it may. Reads a database."""
        spent = self._spent()
        for budget in self.budgets if self.hard else ():
            if spent[budget.period] >= budget.limit:
                return budget.sentence(spent[budget.period], 100)
        return ""

    def look(self, run: str) -> Look:
        """Compare what was spent with what may be. Reads a database."""
        if not self.budgets:
            return Look((), "", LATEST)
        spent = self._spent(run)
        told = [*self._news(spent)]
        over = [each for each in self.budgets if spent[each.period] >= each.limit]
        used_up = [each.sentence(spent[each.period], 100) for each in over]
        a_second = self.spending.running()
        left = [each.left_to_next(spent[each.period]) for each in self.budgets]
        soon = min(left, default=0.0) / a_second if a_second else LATEST
        wait = min(max(soon, SOONEST), LATEST)
        return Look(tuple(told), used_up[0] if used_up and self.hard else "", wait)

    def _spent(self, run: str | None = None) -> dict[Period, float]:
        """Add up what was spent so far, in US$; of cards of runs before that have ended."""
        now = self.spending.of_run(run) if run is not None else 0.0
        spent = now + self.spending.of_ended(self.before)
        return {"run": spent, "month": self.spending.this_month()}

    def _news(self, spent: dict[Period, float]) -> Iterator[JsonObject]:
        for budget in self.budgets:
            now = spent[budget.period]
            if (mark := budget.passed(now)) is not None:
                yield {
                    "budget": budget.period,
                    "share": mark,
                    "limit": budget.limit,
                    "spent": round(now, 6),
                    "message": budget.sentence(now, mark),
                    "hint": "The run is stopped." if mark >= 100 and self.hard else RAISE,
                }


def lower(limit: float | None, other: float | None) -> float | None:
    """Return the lower one of two limits, of which each may be none."""
    return min((each for each in (limit, other) if each is not None), default=None)


RAISE = "The settings say how much a run, and a month, may cost."
