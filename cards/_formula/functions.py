"""What formulas can call: what each takes and gives, and the Arrow kernels that compute it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

from cards._formula.integers import side_by_side

Kind = Literal["number", "integer", "flag", "text", "date"]
"""What a formula computes with."""
Takes = Literal["number", "flag", "text", "date", "any", "words", "digits"]
"""What an argument must be; ``words`` is a text and ``digits`` a whole number that stand there."""
Computed = Any
"""An Arrow array, or a scalar."""

MANY = 1_000_000


@dataclass(frozen=True)
class Function:
    """One function or operator."""

    takes: tuple[Takes, ...]
    """What its arguments must be; the last one holds for all further ones."""
    gives: Kind | None
    """What comes out; None: what its arguments have in common."""
    compute: Callable[..., Computed]
    """Takes the arguments, converted; literal ones as they are in Python."""
    most: int | None = None
    """How many arguments it takes; by default as many as ``takes`` names."""
    alike: int | None = None
    """From this argument on, all must be of one kind."""
    least: int | None = None

    def fits(self, count: int) -> bool:
        """Tell whether it can be called with so many arguments."""
        least = len(self.takes) if self.least is None else self.least
        return least <= count <= (self.most or len(self.takes))

    def taken(self, place: int) -> Takes:
        """Return what an argument must be."""
        return self.takes[min(place, len(self.takes) - 1)]


def _kernel(name: str) -> Callable[..., Computed]:
    """Call an Arrow kernel by its name, which is loaded when it is first needed."""

    def call(*arguments: Computed) -> Computed:
        import pyarrow.compute as pc

        return pc.call_function(name, list(arguments))

    return call


def _finite(compute: Callable[..., Computed]) -> Callable[..., Computed]:
    """Make what has no finite result missing."""

    def call(*arguments: Computed) -> Computed:
        import pyarrow as pa
        import pyarrow.compute as pc

        made = compute(*arguments)
        return pc.if_else(pc.is_finite(made), made, pa.scalar(None, made.type))

    return call


def _remainder(a: Computed, b: Computed) -> Computed:
    """Have the sign of the divisor, as in Python and R."""
    import pyarrow.compute as pc

    return pc.subtract(a, pc.multiply(b, pc.floor(pc.divide(a, b))))


def _round(value: Computed, digits: int = 0) -> Computed:
    import pyarrow.compute as pc

    return pc.round(value, ndigits=digits, round_mode="half_to_even")


def _is_in(value: Computed, *listed: Computed) -> Computed:
    import pyarrow as pa
    import pyarrow.compute as pc

    value, *others = side_by_side((value, *listed))
    found = pc.is_in(value, value_set=pa.array([one.as_py() for one in others], value.type))
    return pc.if_else(pc.is_null(value), pa.scalar(None, pa.bool_()), found)


def _matches(name: str) -> Callable[..., Computed]:
    def call(value: Computed, pattern: str) -> Computed:
        import pyarrow.compute as pc

        return getattr(pc, name)(value, pattern)

    return call


def _replace(value: Computed, old: str, new: str) -> Computed:
    import pyarrow.compute as pc

    return pc.replace_substring(value, old, new) if old else value


def _concatenated(*parts: Computed) -> Computed:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*parts, pa.scalar("", pa.string()))


def _element_wise(name: str) -> Callable[..., Computed]:
    def call(*arguments: Computed) -> Computed:
        import pyarrow.compute as pc

        return getattr(pc, name)(*arguments, skip_nulls=True)

    return call


def _weekday(value: Computed) -> Computed:
    import pyarrow.compute as pc

    return pc.day_of_week(value, count_from_zero=False, week_start=1)


def _days(start: Computed, end: Computed) -> Computed:
    import pyarrow.compute as pc

    return pc.days_between(start, end)


def _if(holds: Computed, *either: Computed) -> Computed:
    import pyarrow.compute as pc

    return pc.if_else(holds, *side_by_side(either))


def _coalesce(*values: Computed) -> Computed:
    import pyarrow.compute as pc

    return pc.coalesce(*side_by_side(values))


def _both(name: str) -> Callable[..., Computed]:
    kernel = _kernel(name)
    return lambda *arguments: reduce(kernel, arguments)


_NUMBER: tuple[Takes, ...] = ("number",)
_NUMBERS: tuple[Takes, ...] = ("number", "number")


def _compare(name: str) -> Function:
    kernel = _kernel(name)
    return Function(("any", "any"), "flag", lambda *pair: kernel(*side_by_side(pair)), alike=0)


OPERATORS: dict[str, Function] = {
    "+": Function(_NUMBERS, "number", _finite(_kernel("add"))),
    "-": Function(_NUMBERS, "number", _finite(_kernel("subtract"))),
    "*": Function(_NUMBERS, "number", _finite(_kernel("multiply"))),
    "/": Function(_NUMBERS, "number", _finite(_kernel("divide"))),
    "%": Function(_NUMBERS, "number", _finite(_remainder)),
    "^": Function(_NUMBERS, "number", _finite(_kernel("power"))),
    "negative": Function(_NUMBER, "number", _kernel("negate")),
    "==": _compare("equal"),
    "!=": _compare("not_equal"),
    "<": _compare("less"),
    "<=": _compare("less_equal"),
    ">": _compare("greater"),
    ">=": _compare("greater_equal"),
    "in": Function(("any", "any"), "flag", _is_in, most=MANY, alike=0),
    "is missing": Function(("any",), "flag", _kernel("is_null")),
    "and": Function(("flag", "flag"), "flag", _both("and_kleene"), most=MANY),
    "or": Function(("flag", "flag"), "flag", _both("or_kleene"), most=MANY),
    "not": Function(("flag",), "flag", _kernel("invert")),
}
"""What stands between, before or behind what it takes."""

FUNCTIONS: dict[str, Function] = {
    "abs": Function(_NUMBER, "number", _kernel("abs")),
    "sqrt": Function(_NUMBER, "number", _finite(_kernel("sqrt"))),
    "log": Function(_NUMBER, "number", _finite(_kernel("ln"))),
    "log10": Function(_NUMBER, "number", _finite(_kernel("log10"))),
    "exp": Function(_NUMBER, "number", _finite(_kernel("exp"))),
    "round": Function(("number", "digits"), "number", _round, least=1),
    "floor": Function(_NUMBER, "number", _kernel("floor")),
    "ceil": Function(_NUMBER, "number", _kernel("ceil")),
    "min": Function(_NUMBERS, "number", _element_wise("min_element_wise"), most=MANY),
    "max": Function(_NUMBERS, "number", _element_wise("max_element_wise"), most=MANY),
    "lower": Function(("text",), "text", _kernel("utf8_lower")),
    "upper": Function(("text",), "text", _kernel("utf8_upper")),
    "trim": Function(("text",), "text", _kernel("utf8_trim_whitespace")),
    "length": Function(("text",), "integer", _kernel("utf8_length")),
    "contains": Function(("text", "words"), "flag", _matches("match_substring")),
    "starts_with": Function(("text", "words"), "flag", _matches("starts_with")),
    "ends_with": Function(("text", "words"), "flag", _matches("ends_with")),
    "replace": Function(("text", "words", "words"), "text", _replace),
    "concat": Function(("text", "text"), "text", _concatenated, most=MANY),
    "text": Function(("any",), "text", lambda value: value),
    "year": Function(("date",), "integer", _kernel("year")),
    "month": Function(("date",), "integer", _kernel("month")),
    "day": Function(("date",), "integer", _kernel("day")),
    "weekday": Function(("date",), "integer", _weekday),
    "hour": Function(("date",), "integer", _kernel("hour")),
    "days_between": Function(("date", "date"), "integer", _days),
    "if": Function(("flag", "any", "any"), None, _if, alike=1),
    "coalesce": Function(("any", "any"), None, _coalesce, most=MANY, alike=0),
}
"""What is called by name, as in ``log(price)``."""
