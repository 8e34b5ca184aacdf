"""What a long card has done is kept when it is stopped, and it goes on from there."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorrag import redaction
from tensorrag.checkpoint import INTERVAL, Keeper, keep, keeping, kept
from tensorrag.errors import ErrorInfo, TaskFailed
from tensorrag.pipeline import Pipeline
from tensorrag.progress import Reporter, report, reporting
from tensorrag.run import Run
from tensorrag.run.node_run import NodeRun
from tensorrag.run.reported import reports
from tensorrag.store.artifacts import Store
from tensorrag.store.checkpoints import Checkpoints
from tensorrag.store.thinning import forget, thin
from tensorrag.store.tidy import tidy
from tests.core.engine import Engine, chain, node

COUNT = '''
import time
from pathlib import Path
from typing import NamedTuple
import numpy as np
import pandas as pd
import tensorrag.checkpoint
from tensorrag import Card, Table, TableSchema, keep, kept, report
from tensorrag.progress import report_again

class Count(Card):
    """Count to 50, slowly where a file says so, and tell with which number it began."""
    slow: str = ""
    raises: bool = False

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        before = kept()
        first = at = 0 if before is None else int(before["at"])
        report_again([(step, {"loss": 1 / step}) for step in range(1, at + 1)])
        while at < 50:
            at += 1
            self.tell(at)
            while at == 20 and Path(self.slow).is_file():
                time.sleep(0.005)
                self.tell(at)
        return self.Out(Table.from_pandas(pd.DataFrame({"number": [first]})))

    def tell(self, at):
        keep(lambda: {"at": np.array(at)}, at, 50, "step")
        report(at, 50, "step", loss=1 / at)

    def propagate(self) -> TableSchema:
        return TableSchema()
'''


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "count.py").write_text(COUNT)
    return Engine(tmp_path)


@pytest.fixture
def counting(engine: Engine) -> Pipeline:
    return chain(node("count", slow=str(engine.root / "slow")))


async def stopped(engine: Engine, pipeline: Pipeline) -> Run:
    """Stop a run while its card is at step 20."""
    (engine.root / "slow").touch()
    run = engine.new(pipeline)
    await run.start()
    while (run.nodes["count"].progress or {}).get("done") != 20:
        await asyncio.sleep(0.01)
    await run.cancel()
    await run.wait()
    (engine.root / "slow").unlink()
    return run


async def test_a_card_that_was_cancelled_goes_on_where_it_was(
    engine: Engine, counting: Pipeline
) -> None:
    run = await stopped(engine, counting)
    assert run.nodes["count"].reason == "cancelled: step 20 of 50 is kept"

    again = await engine.run(counting)

    assert engine.number(again, "count") == 20
    assert again.nodes["count"].reason == "continues after step 20 of 50"
    assert engine.workspace.store.checkpoints.digests() == set()  # it is done


@pytest.mark.parametrize("anew", [False, True])
async def test_resume_goes_on_too(engine: Engine, counting: Pipeline, anew: bool) -> None:
    run = await stopped(engine, counting)
    resumed = await engine.run(counting, parent=run.id, no_cache=anew)
    assert engine.number(resumed, "count") == 20


async def test_its_curve_begins_where_it_began_and_not_where_it_went_on(
    engine: Engine, counting: Pipeline
) -> None:
    await stopped(engine, counting)
    again = await engine.run(counting)

    course = [(step, 1 / step) for step in range(1, 21)]
    drawn = [(told["done"], told["metrics"]["loss"]) for told in again.nodes["count"].history]
    stored = reports(engine.workspace.journal.events(again.id), "count")["loss"]
    assert drawn[:20] == stored[:20] == course
    assert drawn[-1][0] == stored[-1][0] == 50


async def test_whoever_asks_for_a_new_result_gets_one(engine: Engine, counting: Pipeline) -> None:
    await stopped(engine, counting)
    anew = await engine.run(counting, no_cache=True)
    assert engine.number(anew, "count") == 0


async def test_other_parameters_begin_from_the_beginning(
    engine: Engine, counting: Pipeline
) -> None:
    await stopped(engine, counting)
    other = chain(node("count", slow=str(engine.root / "slow"), raises=True))
    assert engine.number(await engine.run(other), "count") == 0


async def test_it_is_pinned_and_goes_when_no_run_remembers_the_card(
    engine: Engine, counting: Pipeline
) -> None:
    run = await stopped(engine, counting)
    store, journal = engine.workspace.store, engine.workspace.journal
    (digest,) = store.checkpoints.digests()
    for path in store.root.glob("*/*/*"):
        os.utime(path, (0, 0))

    tidy(store, journal, cap=0)
    assert store.holds(digest)

    thin(journal, now=time.time() + 400 * 86400)
    store.checkpoints.thin(journal)
    assert store.holds(digest)  # the run was not resumed, so it stays
    forget(journal, [run.id])
    store.checkpoints.thin(journal)
    assert store.checkpoints.digests() == set()
    assert not store.holds(digest)
    assert not list(store.root.glob("blobs/*/*"))


def age(engine: Engine, days: float) -> None:
    """Let what is kept have been kept longer ago."""
    for path in engine.workspace.store.root.glob("checkpoints/*"):
        os.utime(path, (time.time() - days * 86400,) * 2)


async def test_it_goes_after_a_month_and_after_a_week_where_room_is_short(
    engine: Engine, counting: Pipeline
) -> None:
    await stopped(engine, counting)
    store, journal = engine.workspace.store, engine.workspace.journal

    age(engine, 29)
    engine.workspace.sweep()
    assert store.checkpoints.digests()
    tidy(store, journal, cap=10**9)
    assert store.checkpoints.digests()
    tidy(store, journal, cap=0)
    assert not store.checkpoints.digests()

    await stopped(engine, counting)
    age(engine, 31)
    engine.workspace.sweep()
    assert not store.checkpoints.digests()


KEY = "ab" * 32


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Store(tmp_path / "store").checkpoints


def test_it_is_kept_every_few_seconds_and_only_the_last_one(
    checkpoints: Checkpoints, tmp_path: Path
) -> None:
    now = 0.0
    with keeping(Keeper(checkpoints, KEY, "one", clock=lambda: now)):
        for step in range(1, 31):
            now += 1
            keep(lambda at=step: {"at": np.array(at)}, step, None, "step")  # type: ignore[misc]
            note = checkpoints.get(KEY)
            seen = 0 if note is None else note.done
            assert step - seen <= INTERVAL
        before = kept()
    assert before is not None
    assert before["at"] == 30
    assert len(checkpoints.digests()) == 1
    assert len(list((tmp_path / "store" / "blobs").glob("*/*"))) == 1


def test_what_was_tampered_with_is_not_gone_on_from(
    checkpoints: Checkpoints, tmp_path: Path
) -> None:
    with keeping(Keeper(checkpoints, KEY, clock=iter((0.0, 9.0, 9.0)).__next__)):
        keep(lambda: {"at": np.array(1)}, 1)
    keeper = Keeper(Store(tmp_path / "store").checkpoints, KEY)
    assert keeper.kept() is not None
    for blob in (tmp_path / "store" / "blobs").glob("*/*"):
        blob.chmod(0o600)
        blob.write_bytes(blob.read_bytes()[::-1])

    assert Keeper(Store(tmp_path / "store").checkpoints, KEY).kept() is None


def test_what_another_workspace_signed_is_not_gone_on_from(
    checkpoints: Checkpoints, tmp_path: Path
) -> None:
    with keeping(Keeper(checkpoints, KEY, clock=iter((0.0, 9.0, 9.0)).__next__)):
        keep(lambda: {"at": np.array(1)}, 1)
    (tmp_path / "store.key").unlink()
    assert Keeper(Store(tmp_path / "store").checkpoints, KEY).kept() is None


def test_a_disk_that_takes_no_more_does_not_end_the_card(
    checkpoints: Checkpoints, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "tmp").write_text("a file in the way")
    with keeping(Keeper(checkpoints, KEY, clock=iter((0.0, 9.0, 9.0)).__next__)):
        keep(lambda: {"at": np.array(1)}, 1)
        assert kept() is None
    assert "could not be kept" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["file", "allow_pickle", "a/b", "../up", "with spaces", "Größe"])
def test_arrays_are_called_as_their_card_likes(checkpoints: Checkpoints, name: str) -> None:
    with keeping(Keeper(checkpoints, KEY, clock=iter((0.0, 9.0, 9.0)).__next__)):
        keep(lambda: {name: np.arange(3)}, 1)
        before = kept()
    assert before is not None
    assert before[name].tolist() == [0, 1, 2]


NO_ARRAYS = {
    "a list": [1, 2],
    "nothing": None,
    "a number as name": {1: np.array(1)},
    "half a letter as name": {"\ud800": np.array(1)},
    "a name that ends early": {"a\x00b": np.array(1)},
    "objects": {"a": np.array([object()])},
}


@pytest.mark.parametrize("made", NO_ARRAYS.values(), ids=NO_ARRAYS)
def test_what_cannot_be_kept_does_not_end_the_card(
    checkpoints: Checkpoints, capsys: pytest.CaptureFixture[str], made: Any
) -> None:
    with keeping(Keeper(checkpoints, KEY, clock=iter((0.0, 9.0, 9.0)).__next__)):
        keep(lambda: made, 1)
        assert kept() is None
    said = capsys.readouterr().err
    assert said.startswith("How far this card is could not be kept: ")
    assert "Keep NumPy arrays" in said


@pytest.mark.parametrize(("done", "total"), [(float("nan"), 5), (1, float("inf")), ("five", 5)])
def test_how_far_a_card_is_is_a_number(checkpoints: Checkpoints, done: Any, total: Any) -> None:
    with keeping(Keeper(checkpoints, KEY, clock=iter((0.0, 9.0, 9.0)).__next__)):
        keep(lambda: {"at": np.array(1)}, done, total)
    assert checkpoints.get(KEY) is None
    assert not list(checkpoints.digests())


def test_cards_that_keep_the_same_numbers_do_not_share_them(checkpoints: Checkpoints) -> None:
    other = "cd" * 32
    for key in (KEY, other):
        with keeping(Keeper(checkpoints, key, clock=iter((0.0, 9.0, 9.0)).__next__)):
            keep(lambda: {"at": np.array(3)}, 3)
    checkpoints.forget(other)
    assert Keeper(checkpoints, KEY).kept() is not None


def test_a_secret_is_no_unit(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    token = "a-token-" * 10  # longer than a unit may be
    monkeypatch.setattr(redaction, "_here", redaction.Blackout([token]))
    told: list[dict[str, Any]] = []
    keeper = Keeper(checkpoints, KEY, clock=iter((0.0, 9.0, 9.0)).__next__)
    with reporting(Reporter(told.append)), keeping(keeper):
        keep(lambda: {"at": np.array(1)}, 1, 2, token)
        report(1, 2, token, **{token: 0.5})
    note = checkpoints.get(KEY)
    assert note is not None
    assert "token" not in note.words
    assert "token" not in str(told)


def test_outside_a_run_nothing_is_kept() -> None:
    keep(lambda: {}, 1)
    assert kept() is None


async def test_out_of_time_it_says_what_is_kept_and_after_its_own_mistake_nothing(
    engine: Engine, counting: Pipeline
) -> None:
    run = await stopped(engine, counting)
    kept = engine.workspace.store.checkpoints.get(run.nodes["count"].key)
    late = NodeRun("count", "count", "Count", "local")
    late.fail(TaskFailed(ErrorInfo(type="CardTimeout", message="Too slow.", hint="Wait.")), kept)
    assert late.error is not None
    assert late.error.hint == (
        "Wait. What it learnt until step 20 of 50 is kept: Resume goes on from there."
    )
    late.fail(TaskFailed(ErrorInfo(type="NonFiniteLossError", message="NaN.", hint="Wait.")), kept)
    assert late.error.hint == "Wait."
