"""What is seen of one sweep: its values, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tensorrag.catalog import TypeInfo
from tensorrag.errors import PipelineError
from tensorrag.run.sweep import Tried, best, metrics_of, values_of
from tensorrag.store.run_entry import ONGOING
from web.live.sweeps_here import Planned
from web.page.form.fields import FieldSpec


@dataclass
class Shown:
    """What is seen of one sweep."""

    node: str
    title: str
    """What people call the card."""
    kind: TypeInfo | None
    spec: FieldSpec
    value: Any
    """What the field is set to."""
    written: str
    """The values to try, as somebody wrote them."""
    sweep: str = ""
    """The sweep that was begun last; empty before the first."""
    found: list[Tried] = field(default_factory=list)
    metric: str = ""
    wrong: str = ""
    beginning: bool = False
    """Whether its first run is being looked into."""
    left: int = 0
    """How many values were still to be asked for when its runs were read."""
    planned: Planned | None = None
    """What is still to be tried of a sweep that was asked for here."""

    @property
    def target(self) -> str:
        """``node.param``."""
        return f"{self.node}.{self.spec.name}"

    @property
    def going_on(self) -> bool:
        """Whether any of its runs has not ended."""
        return self.beginning or self.left > 0 or any(each.status in ONGOING for each in self.found)

    @property
    def asked(self) -> int:
        """How many values are tried in all, as far as is known."""
        return max(self.planned.asked if self.planned is not None else 0, len(self.found))

    @property
    def metrics(self) -> list[str]:
        """What was measured, what matters most first."""
        return metrics_of(self.found)

    @property
    def best(self) -> Tried | None:
        """The value with the best figure so far."""
        return best(self.found, self.metric) if self.metric else None

    def values(self) -> list[Any]:
        """Return the values to try.

        Raises:
            PipelineError: nobody can tell what they are.
        """
        values = [self.spec.parse(each) for each in values_of(self.written)]
        if self.spec.kind == "switch":
            return list(dict.fromkeys(values))
        odd = [each for each in values if _odd(each, self.spec)]
        if odd:
            raise PipelineError(
                f"{self.spec.label} cannot be {odd[0]!r}.",
                hint="Write values with commas, or a range: 20..200 by 20.",
            )
        return values


def _odd(value: Any, spec: FieldSpec) -> bool:
    if spec.kind in ("number", "integer"):
        return isinstance(value, bool) or not isinstance(value, int | float)
    return spec.kind == "choice" and value not in spec.choices
