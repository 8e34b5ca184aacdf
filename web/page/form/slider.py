"""A slider beside the field of a number whose range is known: by hand what the field takes typed.

It is no control of its own: it moves the value of the field, which has the keyboard and the name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from web.page.form.fields import VAST, FieldSpec
from web.page.markup import Node, div, span

WIDE = 50
"""Times the least value that the greatest may be before steps grow with the value."""
STEPS = 100


@dataclass(frozen=True)
class Slide:
    """From where to where a slider goes, and how."""

    low: float
    high: float
    step: float
    """Between two values; of a logarithmic one, between two powers of ten: 0 for two digits."""
    growing: bool = False
    """Whether equal ways are equal factors."""

    def share(self, value: object) -> float | None:
        """Return where a value is, 0 to 1; None where it is no number."""
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return None
        held = min(self.high, max(self.low, value))
        if self.growing:
            return math.log(held / self.low) / math.log(self.high / self.low)
        return (held - self.low) / (self.high - self.low)

    def spread(self, count: int) -> list[float]:
        """Return values that are evenly apart, ends included, as the slider would give them."""
        return list(dict.fromkeys(self._at(place / (count - 1)) for place in range(count)))

    def _at(self, share: float) -> float:
        if self.growing:
            value = float(f"{self.low * (self.high / self.low) ** share:.2g}")
            return round(value) if self.step else value
        value = self.low + round(share * (self.high - self.low) / self.step) * self.step
        whole = self.step.is_integer() and float(self.low).is_integer()
        return round(value) if whole else float(f"{min(self.high, value):.12g}")


def slide_of(spec: FieldSpec) -> Slide | None:
    """Return how a field slides: over what is recommended, else over all that fits; or not."""
    if spec.kind not in ("number", "integer"):
        return None
    low, high = spec.recommended or (spec.low, spec.high)
    if low is None or high is None or high >= VAST or not low < high:
        return None
    step = spec.step or (1.0 if spec.kind == "integer" else _nice((high - low) / STEPS))
    if spec.recommended is None:  # a bound that does not fit itself is no place to slide to
        low, high = low + step * spec.above, high - step * spec.below
    if low > 0 and high / low >= WIDE:
        return Slide(low, high, 1.0 if spec.kind == "integer" else 0.0, growing=True)
    return Slide(low, high, step)


def slider(spec: FieldSpec, control: str, value: object) -> Node:
    """Draw it, for the control with this id."""
    slide = slide_of(spec)
    share = slide.share(value) if slide is not None else None
    if slide is None:
        return None
    usual = slide.share(spec.default)
    return div(
        ".slide", aria_hidden="true", data_slides=control, data_low=slide.low, data_high=slide.high,
        data_by=slide.step, data_growing=slide.growing,
        style=f"--at:{100 * share:.2f}%" if share is not None else "--at:0%",
    )[
        span(".rail"),
        usual is not None and span(".usual", style=f"left:{100 * usual:.2f}%"),
        span(".knob") if share is not None else None,
    ]  # fmt: skip


def _nice(step: float) -> float:
    """Round a step down to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return float(f"{max(each for each in (1, 2, 5) if each * power <= step * 1.0001) * power:.12g}")
