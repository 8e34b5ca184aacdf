"""Logs for those who page and search: read once, then only what was added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import NodeNotFound, RunNotFound
from tensorrag.run.printed import Printed
from tensorrag.store.journal import Journal
from web.live.runs import logs as live_logs
from web.live.runs.logs import Logs

NODES = {name: ({"card": "train", "state": "running"}, None) for name in ("a", "b")}


class Counting(Journal):
    """Counts the events that were read."""

    read = 0

    def events(self, run: str, after: int = 0, *, kind: str | None = None) -> list[dict[str, Any]]:
        found = super().events(run, after, kind=kind)
        self.read += len(found)
        return found


@pytest.fixture
def journal(tmp_path: Path) -> Counting:
    return Counting(tmp_path / "journal.sqlite")


def prints(journal: Journal, run: str, printed: Printed, node: str, text: str) -> None:
    event = {"type": "log", "node": node, "data": printed.take({"text": text})}
    journal.append(run, [event], nodes=NODES)


def test_what_is_added_is_seen_and_nothing_is_read_twice(journal: Counting) -> None:
    logs, run, printed = Logs(journal), journal.create_run({}), Printed()
    prints(journal, run, printed, "a", "one\ntwo\n")
    assert [line.text for line in logs.lines(run)] == ["one", "two"]
    assert [line.text for line in logs.lines(run, "a", search="TWO")] == ["two"]
    prints(journal, run, printed, "a", "three\n")

    assert [line.text for line in logs.lines(run, "a")] == ["one", "two", "three"]
    assert logs.lines(run, "b") == []
    assert logs.lines(run, "a", stream="stderr") == []
    assert journal.read == 2


def test_only_the_logs_that_were_read_last_stay_in_memory(
    journal: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_logs, "KEPT", 2)
    logs, runs = Logs(journal), [journal.create_run({}) for _ in range(3)]
    for run in runs:
        prints(journal, run, Printed(), "a", f"{run}\n")
        logs.lines(run)

    logs.lines(runs[2])
    assert journal.read == 3
    assert [line.text for line in logs.lines(runs[0])] == [runs[0]]
    assert journal.read == 4


def test_a_run_or_a_card_that_is_not_there(journal: Counting) -> None:
    run = journal.create_run({})
    prints(journal, run, Printed(), "a", "one\n")

    with pytest.raises(NodeNotFound, match='no card "c"'):
        Logs(journal).lines(run, "c")
    with pytest.raises(RunNotFound):
        Logs(journal).lines("gone")
