"""What a search varies: each hyperparameter over a range, or among choices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator

from tensorrag import ParameterError
from tensorrag.quoting import named, quoted
from tensorrag.types import Hyperparameter

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

FIELD = "hyperparameters"
"""The parameter of the cards that says what is varied."""
WIDE = 50
"""Times the low end that the high end may be before equal factors are equal steps."""
MOST_COMBINATIONS = 1000


class Searched(BaseModel):
    """A hyperparameter by name, and what is tried of it where that is not what usually works."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    low: float | None = None
    high: float | None = None
    log: bool | None = None
    choices: list[Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, said: Any) -> Any:
        """Take a name alone for its usual range."""
        return {"name": said} if isinstance(said, str) else said


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter as it is searched: from low to high, or among choices."""

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()

    def distribution(self) -> BaseDistribution:
        """Return it as Optuna knows it."""
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        if self.choices:
            return CategoricalDistribution(self.choices)
        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def holds(self, value: Any) -> bool:
        """Whether it can have this value."""
        if self.choices:
            return any(value == each and type(value) is type(each) for each in self.choices)
        return isinstance(value, int | float) and self.low <= value <= self.high

    def spread(self, count: int) -> list[Any]:
        """Return values that are evenly apart, ends included; all choices."""
        if self.choices:
            return list(self.choices)
        if count == 1 or self.low == self.high:
            return [self._value(0.0)]
        return list(dict.fromkeys(self._value(at / (count - 1)) for at in range(count)))

    def _value(self, share: float) -> float | int:
        low, high = self.low, self.high
        between = low * (high / low) ** share if self.log else low + share * (high - low)
        return round(between) if self.whole else float(f"{between:.6g}")


def dimensions(
    chosen: Sequence[Searched], tunable: Sequence[Hyperparameter] | None
) -> tuple[Dimension, ...] | None:
    """Return what is varied; None where it is not known yet what the model has.

    Raises:
        ParameterError: nothing is chosen, the model has no such hyperparameter, or it cannot have
            these values.
    """
    if tunable is not None and not tunable:
        raise ParameterError(
            "The model has no hyperparameter that can be varied.",
            field=FIELD,
            hint="Choose another model.",
        )
    if not chosen:
        raise _nothing_chosen(tunable)
    _refuse_twice(chosen)
    if tunable is None:
        return None
    known = {each.name: each for each in tunable}
    return tuple(_dimension(each, known) for each in chosen)


def grid(space: Sequence[Dimension], points: int) -> list[dict[str, Any]]:
    """Return every combination of values that are evenly apart.

    Raises:
        ParameterError: there are too many.
    """
    spreads = [each.spread(points) for each in space]
    count = math.prod(map(len, spreads))
    if count > MOST_COMBINATIONS:
        raise ParameterError(
            f"The grid has {count:,} combinations; at most {MOST_COMBINATIONS:,} are tried.",
            field="grid_points",
            hint="Take fewer points, fewer hyperparameters, or TPE, which need not try them all.",
        )
    names = [each.name for each in space]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*spreads)]


def holds(space: Sequence[Dimension], values: Mapping[str, Any]) -> bool:
    """Whether values lie within what is searched."""
    return all(each.holds(values.get(each.name)) for each in space)


def usual(tunable: Sequence[Hyperparameter]) -> list[str]:
    """Return what is usually searched: what has a range, else the choices."""
    ranged = [each.name for each in tunable if not each.choices]
    return ranged or [each.name for each in tunable]


def _nothing_chosen(tunable: Sequence[Hyperparameter] | None) -> ParameterError:
    names = usual(tunable or ())
    fix = (f"Search {_listed(names)}", [{"name": name} for name in names]) if names else None
    return ParameterError(
        "No hyperparameter is chosen.",
        field=FIELD,
        hint="Choose at least one that is to be varied.",
        fix=fix,
    )


def _refuse_twice(chosen: Sequence[Searched]) -> None:
    names = [each.name for each in chosen]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ParameterError(
            f"{named(twice)} is varied twice.", field=FIELD, hint="Take it out of the list once."
        )


def _dimension(said: Searched, known: Mapping[str, Hyperparameter]) -> Dimension:
    found = known.get(said.name)
    if found is None:
        raise ParameterError(
            f"The model has no hyperparameter {quoted(said.name)}.",
            field=FIELD,
            hint=f"It has {_listed(list(known))}.",
        )
    return _choices(said, found) if found.choices else _range(said, found)


def _choices(said: Searched, found: Hyperparameter) -> Dimension:
    chosen = found.choices if said.choices is None else tuple(said.choices)
    odd = next((each for each in chosen if each not in found.choices), None)
    if odd is not None or not chosen:
        what = "has nothing to choose from" if odd is None else f"cannot be {odd!r}"
        raise ParameterError(
            f"{named(said.name)} {what}.",
            field=FIELD,
            hint=f"It can be {_listed(found.choices)}.",
        )
    return Dimension(said.name, choices=chosen)


def _range(said: Searched, found: Hyperparameter) -> Dimension:
    low = said.low if said.low is not None else found.low
    high = said.high if said.high is not None else found.high
    if low is None or high is None:
        raise ParameterError(
            f"Nobody has said over which range {named(said.name)} is to be varied.",
            field=FIELD,
            hint="Give it a lowest and a highest value.",
        )
    if low > high:
        raise ParameterError(
            f"The range of {named(said.name)} is upside down: {low:g} is above {high:g}.",
            field=FIELD,
            hint="Put the smaller number first.",
        )
    _refuse_outside(said.name, low, high, found)
    if found.whole and (low != int(low) or high != int(high)):
        raise ParameterError(
            f"{named(said.name)} is a whole number, and its range {low:g} to {high:g} is not.",
            field=FIELD,
            hint="Give it whole ends.",
        )
    if said.log and low <= 0:
        raise ParameterError(
            f"{named(said.name)} cannot go by factors from {low:g}.",
            field=FIELD,
            hint="Begin above 0, or go by equal steps.",
        )
    by_factors = low > 0 and high / low >= WIDE if said.log is None else said.log
    return Dimension(said.name, low, high, log=by_factors, whole=found.whole)


def _refuse_outside(name: str, low: float, high: float, found: Hyperparameter) -> None:
    least, most = found.least, found.most
    if least is not None and (low < least or (found.above and low == least)):
        word = "above" if found.above else "at least"
        raise ParameterError(
            f"{named(name)} must be {word} {least:g}, and its range begins at {low:g}.",
            field=FIELD,
            hint="Begin it higher.",
        )
    if most is not None and (high > most or (found.below and high == most)):
        word = "below" if found.below else "at most"
        raise ParameterError(
            f"{named(name)} must be {word} {most:g}, and its range ends at {high:g}.",
            field=FIELD,
            hint="End it lower.",
        )


def _listed(names: Sequence[Any]) -> str:
    words = [str(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
