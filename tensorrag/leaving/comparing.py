"""Holds what a script gave back against the last run, and says it in a sentence: the badge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import isclose

from pydantic import BaseModel, ConfigDict

from tensorrag.leaving.written import Outcome
from tensorrag.plain import JsonObject

EXACT = 1e-9
"""Relative difference up to which metrics of scikit-learn are the same."""
NETWORK = 1e-6
"""That of networks. The script trains the very same weights, to the last bit, on the same
processor; what torch then predicts and what NumPy does differ in single precision, by some 1e-7."""
ELSEWHERE = 1e-2
"""That of networks which a GPU or another machine trained: sums are rounded in another order there,
and over 50 epochs of 40,000 rows that grows to some thousandths."""
RANKED = ("roc_auc", "average_precision")
"""What depends on the order of rows alone. Rows that are alike get answers from a network that may
differ in the last bit, by where they stand: which comes first is chance, and these may differ as
much as `ELSEWHERE` allows."""
SHOWN = 3
_BUT_FOR_TIES = ", and the ranks of rows that are alike to 1e-2"
_WHY_SO_ROUGH = ", as another processor rounds otherwise"


class Verdict(BaseModel):
    """What came of running a script in a process of its own."""

    model_config = ConfigDict(frozen=True)

    digest: str
    """Of what was verified."""
    day: str
    same: int = 0
    """How many figures were the same."""
    differences: tuple[str, ...] = ()
    tolerance: float = EXACT
    ranked: bool = False
    """Whether figures of how rows are ranked are only the same to within `ELSEWHERE`."""

    @property
    def verified(self) -> bool:
        """Whether all that there was to compare is the same, and there was something."""
        return not self.differences and self.same > 0

    @property
    def badge(self) -> str:
        """Say it in a sentence."""
        if self.verified:
            figures = "figure" if self.same == 1 else "figures"
            return (
                f"Verified {self.day}: a process without TensorRag gave the same {self.same} "
                f"{figures} as the last run, to a relative {_power(self.tolerance)}"
                f"{_WHY_SO_ROUGH if self.tolerance == ELSEWHERE else ''}"
                f"{_BUT_FOR_TIES if self.ranked else ''}."
            )
        if not self.differences:
            return f"Tried {self.day}: it runs; there are no figures to compare."
        some = "; ".join(self.differences[:SHOWN])
        more = len(self.differences) - SHOWN
        return f"Not verified {self.day}: {some}{f'; and {more} more' if more > 0 else ''}."


def compare(
    outcomes: Sequence[Outcome],
    expected: Mapping[str, Mapping[str, JsonObject]],
    answer: JsonObject,
    *,
    digest: str,
    network: bool,
    elsewhere: bool = False,
    today: date | None = None,
) -> Verdict:
    """Compare.

    Args:
        outcomes: what the script gives back.
        expected: outputs of the last run by node and port, as a run stores them.
        answer: what `tried` returned.
        digest: of what was verified.
        network: whether a network was trained.
        elsewhere: whether something ran on a GPU or on another machine.
        today: the day that the verdict is of.
    """
    tolerance = (ELSEWHERE if elsewhere else NETWORK) if network else EXACT
    same, ranked = 0, False
    differences = [f"it loaded {name}" for name in answer["ours"]]
    for outcome in (each for each in outcomes if each.compared):
        made = expected.get(outcome.node, {}).get(outcome.port)
        found = answer["results"].get(outcome.label, {})
        if made is None:
            differences.append(f"{outcome.label} has not run")
            continue
        columns = answer.get("made", {}).get(outcome.label, {})
        for name, before, after, scale in _figures(outcome, made, found, columns):
            if _alike(before, after, tolerance, scale):
                same += 1
            elif network and name in RANKED and _alike(before, after, ELSEWHERE, scale):
                same, ranked = same + 1, True
            else:
                differences.append(
                    f"{outcome.label}: {name} was {_shown(before)}, is {_shown(after)}"
                )
    return Verdict(
        digest=digest,
        day=(today or date.today()).isoformat(),
        same=same,
        differences=tuple(differences),
        tolerance=tolerance,
        ranked=ranked,
    )


def _power(tolerance: float) -> str:
    return f"{tolerance:.0e}".replace("e-0", "e-")


Figure = float | int | str | None


Compared = tuple[str, Figure, Figure, float]
"""What it is, what it was, what it is now, and the size of what it was reckoned from."""


def _figures(
    outcome: Outcome, made: JsonObject, found: JsonObject, columns: JsonObject
) -> Iterator[Compared]:
    if not outcome.metrics:
        schema, there = made["schema"], found.get("columns", {})
        names = [column["name"] for column in schema["columns"]]
        yield "rows", schema["rows"], found.get("rows"), 0.0
        yield "columns", ", ".join(names), ", ".join(there), 0.0
        for name in names:
            if name not in outcome.timed:
                yield from _of_column(name, columns.get(name, {}), there.get(name, {}))
        return
    metrics = found.get("metrics", {})
    for name, value in made["value"].items():
        if name != "baseline":
            yield name, value, metrics.get(name), 0.0
    for name, value in made["value"].get("baseline", {}).items():
        yield f"baseline_{name}", value, metrics.get(f"baseline_{name}"), 0.0


def _of_column(name: str, before: JsonObject, after: JsonObject) -> Iterator[Compared]:
    """Numbers that nearly cancel out are as exact as they are large: that is their scale."""
    for figure in {**before, **after}:
        yield (
            f"{figure} of {name}",
            before.get(figure),
            after.get(figure),
            before.get("size", 0.0),
        )


def _alike(before: Figure, after: Figure, tolerance: float, scale: float) -> bool:
    """Whether two figures are the same: counts exactly, measures but for how they were rounded."""
    if isinstance(before, int) and isinstance(after, int):
        return before == after
    if isinstance(before, float | int) and isinstance(after, float | int):
        return isclose(before, after, rel_tol=tolerance, abs_tol=tolerance * max(1e-3, scale))
    return before == after


def _shown(figure: Figure) -> str:
    return f"{figure:.10g}" if isinstance(figure, float) else str(figure)[:80]
