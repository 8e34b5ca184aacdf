"""The pipelines of a workspace: what is known of each, and which a search finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tensorrag.run import Run
from tensorrag.store.last_runs import LastRun
from tensorrag.store.shelf import Entry
from web.page.wording import number, plural, words

SORTS = ("used", "name", "result")
SORT_WORDS = {"used": "Last used", "name": "Name", "result": "Best result"}


@dataclass(frozen=True)
class Progress:
    """How far a card of a run is."""

    said: str
    share: float | None = None
    """From 0 to 1, where that is known."""


@dataclass(frozen=True)
class Own:
    """A pipeline of the workspace."""

    entry: Entry
    last: LastRun | None = None
    progress: Progress | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return self.entry.id

    @property
    def name(self) -> str:
        """What people call it."""
        return self.entry.name or self.entry.id

    @property
    def running(self) -> bool:
        """Whether a run of it goes on."""
        return self.last is not None and self.last.entry.status == "running"

    @property
    def cut_off(self) -> bool:
        """Whether its last run was cut off by the end of the editor."""
        return self.last is not None and self.last.entry.status == "interrupted"

    @property
    def changed(self) -> bool:
        """Whether it is no longer what ran last, so that its result is of before."""
        ran = self.last.ran if self.last is not None and not self.running else None
        return ran is not None and not self.entry.error and ran.differs(self.entry.essence)

    @property
    def used(self) -> float:
        """When it was changed or run last, in seconds since 1970."""
        return max(self.entry.modified, self.last.entry.created if self.last else 0.0)


def owned(
    entries: Sequence[Entry],
    runs: Mapping[str, LastRun],
    going_on: Callable[[str], Run | None] = lambda pipeline: None,
) -> list[Own]:
    """Put together what is known of each pipeline; ``going_on`` finds the run of one."""
    return [
        Own(entry, runs.get(entry.id), _progress(going_on(entry.id)) if entry.id in runs else None)
        for entry in entries
    ]


def chosen(own: Sequence[Own], query: str, sort: str) -> list[Own]:
    """Return those in whose name or description all words of a search occur, in order."""
    wanted = query.lower().split()
    found = [
        each
        for each in own
        if all(word in f"{each.name} {each.entry.description}".lower() for word in wanted)
    ]
    if sort == "name":
        return sorted(found, key=lambda each: each.name.lower())
    found.sort(key=lambda each: -each.used)
    return sorted(found, key=_rank) if sort == "result" else found


def _rank(own: Own) -> float:
    score = own.last.score if own.last is not None else None
    return -score.value if score is not None and not score.learnt else float("inf")


def _progress(run: Run | None) -> Progress | None:
    """Say how far the card is that reported last of all."""
    if run is None:
        return None
    reports = [node.progress for node in run.nodes.values() if node.state == "running"]
    report = next((each for each in reversed(reports) if each), None)
    if report is None:
        ended = sum(node.ended for node in run.nodes.values())
        return Progress(f"{ended} of {plural(len(run.nodes), 'card')}") if run.nodes else None
    done, total = report.get("done"), report.get("total")
    unit = words(str(report.get("unit") or "step"))
    if not isinstance(done, int | float):
        return None
    if not isinstance(total, int | float) or total <= 0:
        return Progress(f"{unit} {number(done)}")
    return Progress(f"{unit} {number(done)}/{number(total)}", min(1.0, max(0.0, done / total)))
