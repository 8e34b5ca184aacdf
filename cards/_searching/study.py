"""Which values are tried next, several at a time, and when a trial is given up.

Trials go in rounds: values of a round are chosen before any of it is run, and what came of them
is told in their order. So the same seed gives the same trials, however fast the machine is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from cards._searching.space import Dimension, grid, holds
from tensorrag import TensorRagError

if TYPE_CHECKING:
    import optuna

Sampler = Literal["TPE", "random", "grid"]
State = Literal["complete", "pruned", "failed"]
Values = dict[str, Any]
Watch = Callable[[float], None]
"""Takes how good a trial is so far; raises `GivenUp` where others were better by then."""
Judge = Callable[[Values, Watch], float]
"""Tells how good a model with these values is."""

REST = 0.25
"""Seconds between two looks at trials that are running."""
LONGEST_REASON = 300


class GivenUp(Exception):
    """A trial is worse than half of the others were by then."""


@dataclass(frozen=True)
class Trial:
    """Values that were tried, and what came of them."""

    number: int
    values: Values
    state: State
    metric: float | None = None
    seconds: float = 0.0
    steps: tuple[float, ...] = ()
    """How good it was on the way."""
    reason: str = ""
    """Why it failed."""

    def to_json(self) -> dict[str, Any]:
        """Return it as builtins."""
        return asdict(self)


@dataclass
class Study:
    """A search of one space."""

    space: Sequence[Dimension]
    own: Values
    """The settings as they are: the first trial."""
    higher: bool
    """Whether more of the metric is better."""
    sampler: Sampler = "TPE"
    trials: int = 30
    points: int = 5
    """Values of each hyperparameter in a grid."""
    parallel: int = 1
    prune: bool = True
    seed: int = 0
    done: list[Trial] = field(default_factory=list)
    before: Mapping[int, Trial] = field(default_factory=dict)
    """What came of trials before this search was stopped."""

    def __post_init__(self) -> None:
        self._grid = grid(self.space, self.points) if self.sampler == "grid" else []
        self.total = 1 + (len(self._grid) or self.trials - 1)

    def run(
        self,
        judge: Judge,
        *,
        workers: int,
        ready: Callable[[], None],
        tell: Callable[[], None],
        look: Callable[[], None],
    ) -> list[Trial]:
        """Try values until enough were tried.

        Args:
            judge: tells how good a model is; called in threads.
            workers: threads.
            ready: called in each thread at first.
            tell: called after each trial.
            look: called while trials run.
        """
        pool = ThreadPoolExecutor(workers, initializer=ready)
        try:
            self._run(judge, pool, tell, look)
        finally:  # who cancels does not wait for what still runs: the process ends
            pool.shutdown(wait=False, cancel_futures=True)
        return self.done

    def _run(self, judge: Judge, pool: ThreadPoolExecutor, tell: Callable[[], None],
             look: Callable[[], None]) -> None:  # fmt: skip
        study = _study(self)
        first = self._finished([pool.submit(self._try, 0, self.own, judge, None)], look)[0]
        self.done.append(first)
        self._add_own(study, first)
        tell()
        distributions = {each.name: each.distribution() for each in self.space}
        for values in self._grid:
            study.enqueue_trial(values)
        while len(self.done) < self.total:
            count = min(self.parallel, self.total - len(self.done))
            asked = [study.ask(distributions) for _ in range(count)]
            running = [
                pool.submit(self._try, len(self.done) + at, dict(each.params), judge, each)
                for at, each in enumerate(asked)
            ]
            for trial, found in zip(asked, self._finished(running, look), strict=True):
                self.done.append(found)
                _tell(study, trial, found)
                tell()

    def _finished(self, running: list[Future[Trial]], look: Callable[[], None]) -> list[Trial]:
        while wait(running, timeout=REST).not_done:
            look()
        return [each.result() for each in running]

    def _add_own(self, study: optuna.Study, first: Trial) -> None:
        """Let the sampler learn of the settings as they are, where they lie within the space."""
        from optuna.trial import create_trial

        if first.state != "complete" or not holds(self.space, first.values):
            return
        study.add_trial(
            create_trial(
                params=first.values,
                distributions={each.name: each.distribution() for each in self.space},
                value=first.metric,
                intermediate_values=dict(enumerate(first.steps)),
            )
        )

    def _try(self, number: int, values: Values, judge: Judge, trial: optuna.Trial | None) -> Trial:
        if number in self.before:
            return self._as_before(number, trial)
        same = next((t for t in self.done if t.values == values and t.state == "complete"), None)
        if same is not None:
            return Trial(number, values, "complete", same.metric, 0.0, same.steps)
        steps: list[float] = []
        began = time.perf_counter()

        def watch(value: float) -> None:
            if trial is not None:
                trial.report(value, len(steps))
            steps.append(value)
            if trial is not None and self.prune and trial.should_prune():
                raise GivenUp

        def ended(state: State, metric: float | None = None, reason: str = "") -> Trial:
            took = time.perf_counter() - began
            return Trial(number, values, state, metric, took, tuple(steps), reason)

        try:
            return ended("complete", judge(values, watch))
        except GivenUp:
            return ended("pruned")
        except Exception as error:  # one that fails is a trial, too: others may do better
            return ended("failed", reason=reason_of(error))

    def _as_before(self, number: int, trial: optuna.Trial | None) -> Trial:
        found = self.before[number]
        for at, value in enumerate(found.steps if trial is not None else ()):
            trial.report(value, at)  # type: ignore[union-attr]
        return found


def _study(search: Study) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    samplers = optuna.samplers
    sampler: optuna.samplers.BaseSampler = samplers.RandomSampler(seed=search.seed)
    if search.sampler == "TPE":
        several = search.parallel > 1
        sampler = samplers.TPESampler(seed=search.seed, constant_liar=several)
    return optuna.create_study(
        direction="maximize" if search.higher else "minimize",
        sampler=sampler,
        pruner=optuna.pruners.MedianPruner() if search.prune else optuna.pruners.NopPruner(),
    )


def _tell(study: optuna.Study, trial: optuna.Trial, found: Trial) -> None:
    from optuna.trial import TrialState

    states = {"pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
    if found.state == "complete":
        study.tell(trial, found.metric)
    else:
        study.tell(trial, state=states[found.state])


def reason_of(error: Exception) -> str:
    """Say in a line why a trial failed."""
    said = (
        error.message if isinstance(error, TensorRagError) else f"{type(error).__name__}: {error}"
    )
    return " ".join(said.split())[:LONGEST_REASON]
