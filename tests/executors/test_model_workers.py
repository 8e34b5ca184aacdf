"""Workers that stay and answer with a model: real processes, and what becomes of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import pytest_asyncio

from cards.train import Train
from executors import model_workers
from executors.local_process import LocalExecutor
from tensorrag import EstimatorSpec, Table
from tensorrag.errors import ExecutorError, TaskFailed
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tests.executors.processes import below_named

pytestmark = pytest.mark.asyncio(loop_scope="module")

COLUMNS = [{"name": "size", "kind": "number"}, {"name": "age", "kind": "number"}]
ROW = {"size": 50.0, "age": 10.0}

ODD = """
import os, time
from typing import NamedTuple
from tensorrag import Card, Model, Table

class Odd(Card):
    prediction_column: str = ""

    class Out(NamedTuple):
        predictions: Table

    def run(self, dataset: Table, trained_model: Model) -> Out:
        ACT
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path_factory.mktemp("scratch"), cores=2)
    yield executor
    await executor.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    root = tmp_path_factory.mktemp("place")
    return Place(store=root / "store", uploads=root, base=root)


@pytest.fixture(scope="module")
def digest(place: Place) -> str:
    """A model of what rooms cost."""
    return stored(place, 3)


def stored(place: Place, seed: int) -> str:
    draw = np.random.default_rng(seed)
    size, age = draw.uniform(20, 90, 100), draw.uniform(0, 60, 100)
    table = Table.from_pandas(pd.DataFrame({"size": size, "age": age, "rent": 12 * size - age}))
    model = Train(target_column="rent").run(table, None, EstimatorSpec("linear")).trained_model
    return Store(place.store).put(model).digest


def asking(digest: str, rows: Any, act: str | None = None, **more: Any) -> Task:
    """A question; ``act`` is what a card does instead of predicting."""
    odd = {"source": ODD.replace("ACT", act), "entry": "tensorrag_drop_in_odd_1:Odd"} if act else {}
    return Task(
        kind="predict",
        inputs={"trained_model": (digest,)},
        params={"rows": rows, "columns": COLUMNS},
        **{"entry": "cards.predict:Predict", **odd, **more},
    )


async def answer(local: LocalExecutor, place: Place, task: Task) -> dict[str, Any]:
    return await local.result(await local.submit(task, place))


def workers() -> set[int]:
    """The workers that there are, with or without an order."""
    return {worker.pid for worker in below_named("tr-worker", psutil.Process())}


async def test_one_process_answers_one_question_after_the_other(
    local: LocalExecutor, place: Place, digest: str
) -> None:
    pid = "raise __import__('tensorrag').ParameterError(str(os.getpid()))"
    seen = set()
    for _ in range(2):
        told = await answer(local, place, asking(digest, [ROW, ROW]))
        assert told["predictions"] == pytest.approx([590, 590])
        assert told["probabilities"] is None
        with pytest.raises(TaskFailed) as said:
            await answer(local, place, asking(digest, [ROW], pid))
        seen.add(said.value.cause.message)

    assert len(seen) == 1
    assert seen != {str(os.getpid())}


async def test_questions_that_come_at_once_get_each_their_own_answer(
    local: LocalExecutor, place: Place, digest: str
) -> None:
    rows = [[{"size": float(size), "age": 0.0}] for size in range(30, 50)]

    told = await asyncio.gather(*(answer(local, place, asking(digest, each)) for each in rows))

    assert [each["predictions"][0] for each in told] == pytest.approx(
        [12 * size for size in range(30, 50)]
    )


async def test_more_models_than_may_stay_open_are_asked_at_once(
    local: LocalExecutor, place: Place
) -> None:
    models = [stored(place, seed) for seed in range(model_workers.MOST + 2)]

    told = await asyncio.gather(*(answer(local, place, asking(each, [ROW])) for each in models))

    assert [round(each["predictions"][0]) for each in told] == [590] * len(models)


@pytest.mark.parametrize("act", ["os._exit(3)", "os.kill(os.getpid(), 11)"])
async def test_after_a_crash_the_next_question_is_answered(
    local: LocalExecutor, place: Place, digest: str, act: str
) -> None:
    with pytest.raises(ExecutorError, match="The process that answers with this model ended"):
        await answer(local, place, asking(digest, [ROW], act))

    assert (await answer(local, place, asking(digest, [ROW])))["predictions"] == [
        pytest.approx(590)
    ]


async def test_one_that_was_killed_while_nobody_asked_is_replaced(
    local: LocalExecutor, place: Place, digest: str
) -> None:
    await answer(local, place, asking(digest, [ROW]))
    killed = workers()
    for pid in killed:
        with suppress(ProcessLookupError):  # one that nobody needs may have ended meanwhile
            os.kill(pid, signal.SIGKILL)
    while any(map(psutil.pid_exists, killed)):  # until its supervisor has noticed
        await asyncio.sleep(0.01)

    assert (await answer(local, place, asking(digest, [ROW])))["predictions"] == [
        pytest.approx(590)
    ]


async def test_one_that_hangs_is_ended_when_its_time_is_up(
    local: LocalExecutor, place: Place, digest: str
) -> None:
    await answer(local, place, asking(digest, [ROW]))  # the first may take longer

    with pytest.raises(ExecutorError, match="took too long to answer"):
        await answer(local, place, asking(digest, [ROW], "time.sleep(600)", timeout=0.5))

    assert (await answer(local, place, asking(digest, [ROW])))["predictions"] == [
        pytest.approx(590)
    ]


async def test_a_model_that_this_workspace_did_not_sign_is_not_opened(
    local: LocalExecutor, place: Place, digest: str, tmp_path: Path
) -> None:
    theirs = tmp_path / "store"
    shutil.copytree(place.store, theirs)
    elsewhere = place.model_copy(update={"store": theirs})
    Store(theirs).signatures.path(digest).unlink()

    with pytest.raises(TaskFailed, match="was not written by this workspace") as refused:
        await answer(local, elsewhere, asking(digest, [ROW]))

    assert refused.value.cause.type == "ArtifactForeign"


async def test_those_that_nobody_asks_end(
    place: Place, digest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = LocalExecutor(tmp_path, cores=2)
    try:
        models = executor._models
        monkeypatch.setattr(models, "_idle_seconds", 0.0)
        await answer(executor, place, asking(digest, [ROW]))
        await asyncio.sleep(0)
        while models._answerers:
            await asyncio.sleep(0.01)
        await models._errands.finish()
        assert (await answer(executor, place, asking(digest, [ROW])))["predictions"]
    finally:
        await executor.close()
    assert models._answerers == {}
