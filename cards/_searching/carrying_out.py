"""Carries out a search: threads and cores for its trials, what is told of them, and kept."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cards._searching import findings
from cards._searching.study import Study, Trial, Watch
from tensorrag import keep, kept, report
from tensorrag.progress import is_stopping, report_again


class Judge(Protocol):
    """Tells how good a model with other values is, by one metric."""

    metric: str

    def __call__(self, values: Mapping[str, Any], watch: Watch) -> float:
        """Tell it."""


def tried(study: Study, judge: Judge, beside: int) -> list[Trial]:
    """Try values until enough were tried, as many beside one another as there are cores for."""
    cores = _cores()
    workers = min(beside, cores)

    again = sorted(study.before.values(), key=lambda trial: trial.number)
    report_again([(n, _told(again[:n], judge.metric)) for n in range(1, len(again) + 1)])

    def progress() -> None:
        if len(study.done) < len(again):  # they are told again
            return
        keep(lambda: _as_arrays(study.done), len(study.done), study.total, "trial")
        report(len(study.done), study.total, "trial", **_told(study.done, judge.metric))

    def look() -> None:
        if is_stopping():
            progress()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return study.run(
            judge,
            workers=workers,
            ready=lambda: _share_cores(workers, cores),
            tell=progress,
            look=look,
        )


def _told(done: Sequence[Trial], metric: str) -> dict[str, float]:
    """Return what is drawn while it runs: the last trial, and the best so far."""
    best, last = findings.best_of(done, metric), done[-1].metric
    if best is None or best.metric is None:
        return {}
    return ({metric: last} if last is not None else {}) | {"best": best.metric}


def _cores() -> int:
    """Return how many cores this card has: what its place told the libraries, else all."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdigit() and int(told) > 0:
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _share_cores(workers: int, cores: int) -> None:
    """Keep trials that run at the same time from using all cores each."""
    if workers > 1:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        threadpool_limits(max(1, cores // workers))


def _as_arrays(done: Sequence[Trial]) -> dict[str, Any]:
    import numpy as np

    written = json.dumps([each.to_json() for each in done]).encode()
    return {"trials": np.frombuffer(written, dtype=np.uint8)}


def before() -> dict[int, Trial]:
    """Return what came of trials before the search was stopped, by number."""
    saved = kept()
    if saved is None or "trials" not in saved:
        return {}
    found = json.loads(saved["trials"].tobytes())
    trials = [Trial(**{**each, "steps": tuple(each["steps"])}) for each in found]
    return {each.number: each for each in trials}
