"""Two or more runs side by side: what is not the same, and what came of it. From the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tensorrag.errors import PipelineError
from tensorrag.plain import JsonObject
from tensorrag.run.courses import Curve, Duration, curves_of, durations_of
from tensorrag.run.differences import Difference, differences_of, same_in
from tensorrag.run.measures import Measure, measures_of
from tensorrag.run.told import EMPTY, Told, read
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import swept, timestamp

LEAST, MOST = 2, 6
"""How many runs may be compared."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the runs."""

    run: str
    number: int
    pipeline: str | None
    name: str
    status: str
    started: str
    """UTC, ISO 8601."""
    seconds: float | None
    cost: float | None
    """US$; None where nothing was rented."""
    places: tuple[tuple[str, str | None], ...]
    """Executors and devices of its cards, each pair once."""

    @property
    def home(self) -> str | None:
        """The pipeline where people find it: of a run of a sweep, the one that is swept."""
        return swept(self.pipeline)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side; the first is what the others are compared with."""

    runs: tuple[Side, ...]
    differences: tuple[Difference, ...]
    same: int
    """How many parameters are the same in all."""
    measures: tuple[Measure, ...]
    curves: tuple[Curve, ...]
    durations: tuple[Duration, ...]
    pipelines: tuple[JsonObject, ...]
    """Each as its file would be."""

    def to_json(self) -> JsonObject:
        """Return it as ``GET /api/runs/compare`` does."""
        measures = [
            {**asdict(each), "changes": each.changes(), "verdicts": each.verdicts()}
            for each in self.measures
        ]
        return {**asdict(self), "measures": measures}


def compare(journal: Journal, runs: Sequence[str]) -> Comparison:
    """Put runs side by side. Reads files: for a thread.

    Raises:
        PipelineError: there are fewer than two runs, or more than six.
        RunNotFound: there is none of an id.
    """
    wanted = list(dict.fromkeys(runs))
    if not LEAST <= len(wanted) <= MOST:
        raise PipelineError(
            f"{len(wanted)} runs cannot be compared.", hint=f"Choose {LEAST} to {MOST} of them."
        )
    told = [read(journal, run) for run in wanted]
    return Comparison(
        runs=tuple(_side(each) for each in told),
        differences=tuple(differences_of(told)),
        same=same_in(told),
        measures=tuple(measures_of(journal, told)),
        curves=tuple(curves_of(told)),
        durations=tuple(durations_of(told)),
        pipelines=tuple(each.record.get("pipeline", EMPTY) for each in told),
    )


def _side(told: Told) -> Side:
    entry, ran = told.entry, [n for n in told.nodes.values() if n["state"] == "done"]
    places = [(str(node["executor"]), node["device"]) for node in ran if node["executor"]]
    return Side(
        run=entry.id,
        number=entry.number,
        pipeline=entry.pipeline,
        name=entry.name,
        status=entry.status,
        started=timestamp(entry.created),
        seconds=entry.seconds,
        cost=told.cost,
        places=tuple(dict.fromkeys(places)),
    )
