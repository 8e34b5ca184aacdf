"""T7: a card that takes too long or too much is stopped, and told by which limit."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pandas as pd
import psutil
import pytest
import pytest_asyncio

from cards.model_define_gpu import ModelDefineGpu
from executors.limits import limits_for, seconds_for
from executors.local_process import LocalExecutor
from tensorrag.allowance import default_memory, machine_memory, memory_groups
from tensorrag.errors import TaskFailed
from tensorrag.pipeline.as_json import from_json
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.types import Table
from tests.clock import within
from tests.executors.card_texts import task
from tests.executors.contract import failure_of, first, value_of
from tests.trust.acts import Act, stage

EATER = "import sys; sys.stdin.read(); held = b'x' * 2**28"
"""What takes more memory than the small group has, once it is told to."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path_factory.mktemp("scratch"), cores=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENSORRAG_PRELOAD", "all")  # what is shared with it must not be charged
        yield executor
    await executor.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(store=tmp_path / "store", uploads=tmp_path / "uploads", base=tmp_path)


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A control group with little memory, such as a container is."""
    folder = Path(f"/sys/fs/cgroup/memory/tensorrag-test-{os.getpid()}")
    try:
        folder.mkdir()
        (folder / "memory.limit_in_bytes").write_text(str(64 << 20))
    except OSError:
        pytest.skip("this machine lets us make no control group with little memory")
    yield folder
    home, _ = next(memory_groups())
    until = time.monotonic() + within(10)
    while folder.exists():
        assert time.monotonic() < until, (folder / "cgroup.procs").read_text()
        with suppress(OSError):  # one may just end, and be busy with that
            for pid in (folder / "cgroup.procs").read_text().split():
                (home / "cgroup.procs").write_text(pid)
            folder.rmdir()


ENDS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("LoopInC", {"timeout": 0.3}, "CardTimeout",
     "The card loopinc took longer than 0.3 seconds, its time limit, and was stopped.",
     "raise the time limit in its settings"),
    ("Allocate", {"memory": 300}, "CardOutOfMemory",
     "The card used more than 300 MB of memory, the limit of this card",
     "raise the memory limit in its settings"),
    ("AllocateBelow", {"memory": 500}, "CardOutOfMemory",
     "The card used more than 500 MB of memory, the limit of this card",
     "fewer rows or smaller batches"),
    ("AskForTooMuch", {}, "CardOutOfMemory",
     "The card asked for more memory than this machine gives. Unable to allocate 32.0 PiB",
     "fewer rows or smaller batches"),
    ("KillItself", {}, "CardCrashed", "The card killitself was killed (signal 9).",
     "where memory runs out"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("card", "needs", "kind", "words", "hint"), ENDS, ids=[row[0] for row in ENDS]
)
async def test_the_limit_is_named_with_what_to_do(
    local: LocalExecutor, place: Place, card: str, needs: dict[str, Any], kind: str, words: str,
    hint: str,
) -> None:  # fmt: skip
    failed = await failure_of(local, task(card, **needs), place)

    assert failed.cause.type == kind
    assert failed.message.startswith(words)
    assert hint in failed.hint
    assert await value_of(local, task("Return", 2.0), place) == 2.0, "the next one runs"


async def test_a_network_that_cannot_fit_is_refused_before_it_takes_any_memory(
    local: LocalExecutor, place: Place
) -> None:
    store = Store(place.store)
    wide = ModelDefineGpu(hidden_layers=[16_384] * 3).run().model_spec
    rows = Table.from_pandas(pd.DataFrame({"x": [1.0, 2, 3], "y": [1.0, 2, 3]}))
    job = Task(
        kind="run",
        card="train_gpu",
        entry="cards.train_gpu:TrainGpu",
        params={"target_column": "y"},
        inputs={
            "train_dataset": (store.put(rows).digest,),
            "model_spec": (store.put(wide).digest,),
        },
        gpu=True,
        memory=1000,
    )

    failed = await failure_of(local, job, place)

    assert failed.cause.type == "OutOfRoom"  # the guard would say that it used too much
    assert failed.message == (
        "This network has 536,952,833 parameters: training it takes at least 8,193 MB of memory, "
        "and the card may use 1,000 MB."
    )
    assert "fewer or narrower hidden layers" in failed.hint


async def test_a_card_that_the_system_kills_for_want_of_memory_says_so(
    local: LocalExecutor, place: Place, small_memory: Path
) -> None:
    handle = await local.submit(task("AllocateLater", memory=8000), place)
    pid = (await first(local, handle, "log"))["text"].split()[1]

    for each in (psutil.Process(int(pid)).ppid(), pid):  # its supervisor lives in there, too
        (small_memory / "cgroup.procs").write_text(str(each))

    with pytest.raises(TaskFailed) as caught:
        await local.result(handle)
    assert caught.value.cause.type == "CardOutOfMemory"
    assert caught.value.message.startswith("The machine ran out of memory, and the system stopped")


async def test_a_card_that_is_killed_while_the_system_kills_another_process_is_told_as_that(
    local: LocalExecutor, place: Place, small_memory: Path
) -> None:
    handle = await local.submit(task("Learn"), place)
    pid = (await first(local, handle, "log"))["text"].split()[1]
    with subprocess.Popen([sys.executable, "-c", EATER], stdin=PIPE) as another:
        (small_memory / "cgroup.procs").write_text(str(another.pid))
        assert another.stdin is not None
        another.stdin.close()
        assert await asyncio.to_thread(another.wait) == -signal.SIGKILL

    os.kill(int(pid), signal.SIGKILL)

    with pytest.raises(TaskFailed) as caught:
        await local.result(handle)
    assert caught.value.message == "The card learn was killed (signal 9)."


async def test_what_processes_of_a_card_share_is_counted_once(
    local: LocalExecutor, place: Place
) -> None:
    assert await value_of(local, task("ShareMemory", 1.0, memory=250), place) == 100 << 20


async def test_libraries_that_are_shared_with_the_fork_server_are_not_charged(
    local: LocalExecutor, place: Place
) -> None:
    assert await value_of(local, task("Sleep", 0.5, memory=150), place) == 0


async def test_limits_that_nobody_set_are_those_of_the_kind() -> None:
    run, peek = (limits_for(kind, gpu=False, memory=None) for kind in ("run", "peek"))
    assert run.memory == default_memory() < machine_memory()
    assert peek.memory <= run.memory
    assert (run.processes, run.threads) == (peek.processes, peek.threads)
    assert limits_for("run", gpu=False, memory=300).memory == 300
    assert seconds_for("run", None) is None
    assert seconds_for("peek", None) == seconds_for("peek", 10_000) == 120
    assert seconds_for("peek", 10) == 10


async def test_the_settings_limit_all_cards_that_say_nothing_themselves(tmp_path: Path) -> None:
    def both() -> tuple[dict[str, Any], dict[str, Any]]:
        with stage(tmp_path / "workspace", {"card_memory": 300}) as editor:
            return editor.play(Act("Allocate")), editor.play(Act("Allocate", memory=400))

    by_settings, by_card = await asyncio.to_thread(both)

    assert "more than 300 MB" in by_settings["nodes"]["allocate"]["error"]["message"]
    assert "more than 400 MB" in by_card["nodes"]["allocate"]["error"]["message"]


BAD = ["soon", "", True, [600], {}, 0, -1, 1e308, 2**60]


@pytest.mark.parametrize("value", BAD, ids=map(str, BAD))
@pytest.mark.parametrize("name", ["timeout", "memory", "cpus"])
async def test_what_is_no_limit_gets_one_sentence_and_is_kept_in_the_file(
    name: str, value: object
) -> None:
    node = {"id": "load", "card": "data_load", "resources": {name: value}}
    file = {"format": "tensorrag.pipeline", "version": 1, "name": "P", "nodes": [node], "edges": []}

    pipeline, warnings = from_json(json.loads(json.dumps(file)))

    (warning,) = warnings
    assert warning.startswith('Card "load": "resources" must be an object with')
    assert f'"{name}" (' in warning
    assert pipeline.nodes["load"].resources == {}
    assert pipeline.nodes["load"].extra == {"resources": {name: value}}
