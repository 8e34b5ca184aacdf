"""How every pipeline ran last, and what came out: for a list of many, from the journal alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tensorrag.errors import FileFormatError
from tensorrag.pipeline.as_json import from_json
from tensorrag.pipeline.essence import Ran, essence
from tensorrag.plain import JsonObject
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import COLUMNS, RunEntry, entry_of

LATEST = (
    "SELECT max(number) FROM runs WHERE pipeline IS NOT NULL AND status != 'queued'"
    " GROUP BY pipeline"
)
"""In SQL: the numbers of the runs that began last, one of each pipeline."""
IDS = f"SELECT id FROM runs WHERE number IN ({LATEST})"  # noqa: S608
MAIN = ("r2", "accuracy")
"""The metric that stands for a run: the first that it has."""
KEPT = 5000
AT_ONCE = 100
"""Records that are read in one go."""
_ran: dict[str, Ran | None] = {}
"""By run: what it was of, which never changes; a list of many is drawn often."""


@dataclass(frozen=True, slots=True)
class Score:
    """The main metric of a run, and that of the dummy beside it."""

    metric: str
    value: float
    baseline: float | None = None
    learnt: bool = False
    """Whether it was measured on train rows: then it tells nothing of new ones."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The run of a pipeline that began last."""

    entry: RunEntry
    score: Score | None = None
    """The best one, where several cards measured; on train rows only where none did on others."""
    cost: float | None = None
    """US$; None where nothing was rented."""
    ran: Ran | None = None
    """What it was of, where that is known."""


def last_runs(journal: Journal) -> dict[str, LastRun]:
    """Return the last run of each pipeline, by the pipeline's id. Reads files: for a thread."""
    rows = journal.database.read(f"SELECT {COLUMNS} FROM runs WHERE number IN ({LATEST})")  # noqa: S608
    entries = [entry_of(row) for row in rows]
    scores, rented = _scores(journal, IDS), _rented(journal)
    _remember(journal, [entry.id for entry in entries])
    return {
        entry.pipeline: LastRun(
            replace(entry, rented=rented.get(entry.id, ())),
            scores.get(entry.id),
            journal.spending.of_run(entry.id) if entry.id in rented else None,
            _ran.get(entry.id),
        )
        for entry in entries
        if entry.pipeline is not None
    }


def _remember(journal: Journal, runs: Sequence[str]) -> None:
    """Read what these runs were of, where that is not known yet."""
    if len(_ran) > KEPT:
        _ran.clear()
    unknown = [run for run in runs if run not in _ran]
    for at in range(0, len(unknown), AT_ONCE):
        _ran.update(_read(journal, unknown[at : at + AT_ONCE]))


def _read(journal: Journal, runs: Sequence[str]) -> Iterator[tuple[str, Ran | None]]:
    asked = ", ".join("?" * len(runs))
    rows = journal.database.read(
        "SELECT id, json_extract(record, '$.pipeline'),"  # noqa: S608
        " coalesce(json_extract(record, '$.until'), json_extract(record, '$.branch')) IS NULL"
        f" FROM runs WHERE id IN ({asked})",
        runs,
    )
    for run, pipeline, whole in rows:
        yield run, _of(json.loads(pipeline or "{}"), whole=bool(whole))


def _of(pipeline: JsonObject, *, whole: bool) -> Ran | None:
    try:
        return Ran(essence(from_json(pipeline)[0]), whole) if pipeline else None
    except FileFormatError:
        return None


def scores_of(journal: Journal, pipeline_id: str, limit: int) -> dict[str, Score]:
    """Return the best score of each of the latest runs of a pipeline, by run. For a thread."""
    latest = "SELECT id FROM runs WHERE pipeline = ? ORDER BY number DESC LIMIT ?"
    return _scores(journal, latest, pipeline_id, limit)


def _scores(journal: Journal, runs: str, *values: str | int) -> dict[str, Score]:
    rows = journal.database.read(
        # Only the cards that measured are read: what others made may be long.
        f"SELECT run, shown FROM nodes WHERE run IN ({runs})"  # noqa: S608
        """ AND instr(shown, '"type":"Metrics"')""",
        values,
    )
    found: dict[str, Score] = {}
    for run, shown in rows:
        for score in filter(None, map(_score, json.loads(shown)["outputs"].values())):
            if run not in found or _rank(score) > _rank(found[run]):
                found[run] = score
    return found


def _rank(score: Score) -> tuple[bool, float]:
    return not score.learnt, score.value


def _score(output: JsonObject) -> Score | None:
    """Return the main metric of an output, if it has one."""
    value = output.get("value")
    if not isinstance(value, Mapping):
        return None
    metric = next((name for name in MAIN if _is_number(value.get(name))), None)
    if metric is None:
        return None
    dummy = value.get("baseline")
    beside = dummy.get(metric) if isinstance(dummy, Mapping) else None
    schema = output.get("schema")
    learnt = isinstance(schema, Mapping) and schema.get("part") == "train"
    return Score(metric, value[metric], beside if _is_number(beside) else None, learnt)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rented(journal: Journal) -> dict[str, tuple[tuple[str, str | None], ...]]:
    rows = journal.database.read(
        "SELECT DISTINCT run, place, gpu FROM spending"  # noqa: S608
        f" WHERE began NOT NULL AND run IN ({IDS}) ORDER BY asked"
    )
    found: dict[str, tuple[tuple[str, str | None], ...]] = {}
    for run, place, gpu in rows:
        found[run] = (*found.get(run, ()), (place, gpu))
    return found
