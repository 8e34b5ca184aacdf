"""A sweep: one field of a card tried with several values, a run for each.

The sweeps of a pipeline are runs of their own, beside those of the pipeline: they follow one
another, share what is the same in all of them, and leave alone what its own runs say.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from tensorrag.errors import FileFormatError, PipelineError, RunNotFound
from tensorrag.pipeline import Pipeline, files, strict_json
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted
from tensorrag.run.measures import Key, measured
from tensorrag.run.prepare import with_params
from tensorrag.run.request import Request
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import runs_of
from tensorrag.types.metrics import METRICS

MOST = 100
"""Values that one sweep may try."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One field, and the values that are tried in it."""

    id: str
    of: str
    """The pipeline that is swept."""
    node: str
    param: str
    values: tuple[Any, ...]

    @classmethod
    def new(cls, of: str, node: str, param: str, values: Iterable[Any]) -> Self:
        """Plan a sweep; a value that is named twice is tried once.

        Raises:
            PipelineError: there are no values, or too many.
        """
        listed = [_plain(value) for value in values]
        # 1 and true are equal, but two values: as JSON they differ.
        different = tuple({json.dumps(value, default=repr): value for value in listed}.values())
        if not 0 < len(different) <= MOST:
            raise PipelineError(
                f"A sweep tries 1 to {MOST} values, not {len(different)}.",
                hint="Write them with commas, or as a range: 20..200 by 20.",
            )
        return cls(secrets.token_hex(6), of, node, param, different)

    @classmethod
    def of_field(cls, of: str, field: str, values: Iterable[Any] | str) -> Self:
        """Plan a sweep of ``node.param``; values that are text are read as somebody wrote them.

        Raises:
            PipelineError: it names no field, or there are no values, or too many.
        """
        node, dot, param = field.partition(".")
        if not dot:
            raise PipelineError(
                f"{quoted(field)} names no field.", hint="Write NODE.PARAM, as train.seed."
            )
        if isinstance(values, str):
            values = map(value_of, values_of(values))
        return cls.new(of, node, param, values)

    @property
    def target(self) -> str:
        """``node.param``."""
        return f"{self.node}.{self.param}"

    def requests(
        self, pipeline: Pipeline, settings: Mapping[str, Any] | None = None, **how: Any
    ) -> list[Request]:
        """Return a run for each value.

        Args:
            pipeline: what is run, with one field set anew each time.
            settings: parameters that are set in all of the runs, by ``node.parameter``.
            how: the rest of each `Request`.

        Raises:
            PipelineError: there is no such card or field.
        """
        others = {name: value for name, value in (settings or {}).items() if name != self.target}
        return [
            Request(
                with_params(pipeline, values),
                runs_of(self.of),
                source=self.of,
                values=values,
                sweep=self.id,
                **how,
            )
            for value in self.values
            for values in [{**others, self.target: value}]  # what is tried is the last: `field_of`
        ]


def values_of(written: str) -> list[str]:
    """Read what somebody wrote: ``0.1, 0.2`` is a list, ``20..200 by 20`` a range.

    Only a number begins a range: ``../a.csv, ../b.csv`` is a list, too.

    Returns:
        Each value as text; a range without a step has five.

    Raises:
        PipelineError: it is a range that nobody can go through.
    """
    low, dots, rest = written.partition("..")
    if not dots or not _is_number(low):
        return [part.strip() for part in written.split(",") if part.strip()]
    high, _, by = rest.partition("by")
    try:
        start, end = float(low), float(high)
        step = float(by) if by.strip() else (end - start) / 4
        count = math.floor((end - start) / step + 1e-9) + 1
    except (ValueError, ZeroDivisionError, OverflowError):
        start, step, count = 0.0, 0.0, 0
    if not 0 < count <= MOST:
        raise PipelineError(
            f"{quoted(written)} is no range of 1 to {MOST} values.",
            hint="Write it as 20..200 by 20.",
        )
    return [f"{start + at * step:.12g}" for at in range(count)]


def value_of(text: str) -> Any:
    """Read one value: JSON; what is none is text."""
    try:
        return strict_json.loads(text, max_bytes=files.MAX_BYTES)
    except FileFormatError:
        return text


@dataclass(frozen=True, slots=True)
class Tried:
    """One value of a sweep, and what came of it."""

    run: str
    value: Any
    status: str
    seconds: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What the last card that measures has measured, by name."""
    baseline: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""
    """Why it failed."""

    def to_json(self) -> JsonObject:
        """Return it as builtins."""
        return asdict(self)


def tried(journal: Journal, of: str, field: str, sweep: str) -> list[Tried]:
    """Return the runs of a sweep so far, in the order of their values. In a thread.

    A run that was resumed is told as the one that resumed it last.

    Args:
        journal: where runs are noted.
        of: the pipeline that is swept.
        field: ``node.param``.
        sweep: the id of the sweep.
    """
    first: dict[str, str] = {}
    last: dict[str, tuple[str, Any]] = {}
    for row in reversed([row for row in _rows(journal, of) if row.sweep == sweep]):
        if field in row.values:
            first[row.run] = begun = first.get(row.parent, row.parent) or row.run
            last[begun] = (row.run, row.values[field])
    return [_tried(journal, run, value) for run, value in list(last.values())[-MOST:]]


def last_of(journal: Journal, of: str, field: str) -> str:
    """Return the last sweep of a field of a pipeline; empty where there is none. In a thread."""
    return next((row.sweep for row in _rows(journal, of) if field in row.values), "")


def field_of(journal: Journal, of: str, sweep: str) -> str:
    """Return what a sweep of a pipeline has tried, as ``node.param``. In a thread.

    Raises:
        RunNotFound: the pipeline has no such sweep.
    """
    for row in _rows(journal, of):
        if row.sweep == sweep and row.values:
            return list(row.values)[-1]
    raise RunNotFound(
        f"The pipeline has no sweep {quoted(sweep)}.",
        hint="It was forgotten, or the address is wrong.",
    )


def table(sweep: str, field: str, found: Sequence[Tried]) -> JsonObject:
    """Return a sweep as ``tensorrag run --sweep --json`` prints it.

    Returns:
        ``{"sweep", "field", "runs": [{"value", "run", "status", "seconds", "metrics",
        "baseline", "problem"}], "best": {metric: value}}``.
    """
    winners = {name: winner.value for name in metrics_of(found) if (winner := best(found, name))}
    runs = [each.to_json() for each in found]
    return {"sweep": sweep, "field": field, "runs": runs, "best": winners}


def metrics_of(found: Sequence[Tried]) -> list[str]:
    """Return what was measured, in the order of `METRICS`."""
    return [name for name in METRICS if any(name in each.metrics for each in found)]


def best(found: Sequence[Tried], metric: str) -> Tried | None:
    """Return the run with the best figure; of equal ones the first."""
    known = [each for each in found if metric in each.metrics]
    if not known:
        return None
    sign = 1 if METRICS[metric].higher_is_better else -1
    return max(known, key=lambda each: sign * each.metrics[metric])


class _Row(NamedTuple):
    run: str
    parent: str
    """The run that it resumes, if any."""
    sweep: str
    values: dict[str, Any]


def _rows(journal: Journal, of: str) -> Iterator[_Row]:
    """Yield the latest runs of the sweeps of a pipeline, newest first."""
    rows = journal.database.read(
        "SELECT id, parent, json_extract(request, '$.sweep'), json_extract(request, '$.values')"
        " FROM runs WHERE pipeline = ? AND request IS NOT NULL ORDER BY number DESC LIMIT ?",
        (runs_of(of), 10 * MOST),
    )
    for run, parent, sweep, values in rows:
        if sweep:
            yield _Row(run, parent or "", sweep, json.loads(values or "{}"))


def _tried(journal: Journal, run: str, value: Any) -> Tried:
    entry, nodes = journal.run(run), journal.to_json(run)["nodes"]
    failed = [node["error"]["message"] for node in nodes.values() if node.get("error")]
    metrics, baseline = _figures(measured(nodes))
    problem = next(iter(failed), "")
    return Tried(run, value, entry.status, entry.seconds, metrics, baseline, problem)


def _figures(
    numbers: Mapping[Key, tuple[float, float | None]],
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures of the last card that measures on new rows, else of one that learnt."""
    new = [key for key in numbers if not key.trained] or list(numbers)
    last = [key for key in new if key.node == new[-1].node]
    values = {key.metric: numbers[key][0] for key in last}
    dummies = {key.metric: numbers[key][1] for key in last}
    return values, {name: value for name, value in dummies.items() if value is not None}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _plain(value: Any) -> Any:
    """Make one value of 20 and 20.0, but not of 1 and true."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
