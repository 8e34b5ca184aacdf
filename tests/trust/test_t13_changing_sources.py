"""T13: what was read is kept as what it is, also where the file changes under the run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import cards.data_load
from cards._tables.reading import read_table
from executors.local_process import LocalExecutor
from tensorrag.pipeline import Pipeline
from tensorrag.run import Run
from tensorrag.run.plan import plan
from tensorrag.sources import stamp_of
from tensorrag.store.place import Place
from tensorrag.task import Task
from tests.core.engine import Engine, InProcess, chain, node

OLD, NEW = "rooms,price\n1,2\n3,4\n", "rooms,price,garden\n5,6,7\n"


class Meddling(LocalExecutor):
    """Real workers; and somebody who writes a file between the look at it and the run."""

    meddle: Callable[[], object] | None = None

    async def submit(self, task: Task, place: Place) -> str:
        meddle = self.meddle
        if task.kind == "run" and meddle is not None:
            self.meddle = None
            meddle()
        return await super().submit(task, place)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "workspace" / "rooms.csv"
    path.parent.mkdir()
    path.write_text(OLD)
    return path


@pytest.fixture
def engine(file: Path) -> Engine:
    return Engine(file.parent)


@pytest_asyncio.fixture
async def executor(engine: Engine, tmp_path: Path) -> AsyncIterator[Meddling]:
    engine.executor = executor = Meddling(tmp_path / "scratch", cores=1)
    yield executor
    await executor.close()


def loading(file: Path) -> Pipeline:
    return chain(node("data_load", source="path", path=str(file)))


def replaced(file: Path, text: str) -> None:
    """Put another file in its place, as careful programs do."""
    file.with_suffix(".new").write_text(text)
    os.replace(file.with_suffix(".new"), file)


def columns(run: Run) -> list[Any]:
    schema = run.nodes["data_load"].outputs["dataset"]["schema"]
    return [column["name"] for column in schema["columns"]]


async def test_a_file_that_is_replaced_before_it_is_read_is_kept_as_what_was_read(
    engine: Engine, executor: Meddling, file: Path
) -> None:
    executor.meddle = lambda: replaced(file, NEW)
    first = await engine.run(loading(file))
    assert columns(first) == ["rooms", "price", "garden"]

    checked = await engine.check(loading(file), engine.workspace.store.peeks)
    previous = engine.workspace.journal.previous("numbers")
    expected = plan(
        loading(file), checked, engine.workspace.store, previous, catalog=engine.catalog
    )
    assert expected["data_load"].state == "done", "what the page shows is what was read"
    again = await engine.run(loading(file))
    replaced(file, OLD)
    before = await engine.run(loading(file))

    assert (again.nodes["data_load"].cached, columns(again)) == (True, columns(first))
    assert (before.nodes["data_load"].cached, columns(before)) == (False, ["rooms", "price"])
    assert before.nodes["data_load"].reason == "its data changed"


async def test_a_file_that_changes_while_it_is_read_fails_and_is_kept_as_nothing(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_slowly(*of: Any) -> Any:
        reading = read_table(*of)
        file.write_text(NEW)
        return reading

    monkeypatch.setattr(cards.data_load, "read_table", read_slowly)
    torn = await engine.run(loading(file))
    monkeypatch.undo()
    now = await engine.run(loading(file))
    file.write_text(OLD)
    before = await engine.run(loading(file))

    error = torn.nodes["data_load"].error
    assert error is not None
    assert (error.message, error.hint) == ("rooms.csv changed while it was read.", "Run again.")
    assert (now.nodes["data_load"].cached, columns(now)) == (False, ["rooms", "price", "garden"])
    assert (before.nodes["data_load"].cached, columns(before)) == (False, ["rooms", "price"])


async def test_only_a_file_that_looks_as_it_did_is_not_read_again_for_its_fingerprint(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.executor = InProcess()
    monkeypatch.setattr("tensorrag.sources.SETTLED_SECONDS", 0)
    await engine.run(loading(file))
    peeks = engine.workspace.store.peeks
    [(key, peek)] = peeks.items()
    peeks.put(key, peek.model_copy(update={"fingerprint": "as it was"}))

    same = await engine.run(loading(file), no_cache=True)
    replaced(file, OLD.replace("4", "5"))
    other = await engine.run(loading(file))

    def read(run: Run) -> Any:
        return engine.workspace.journal.record(run.id)["fingerprints"]["data_load"]

    assert peek.stamp is not None
    assert read(same) == "as it was"
    assert read(other) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert other.nodes["data_load"].reason == "its data changed"


def test_the_times_of_a_file_that_was_just_written_tell_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorrag.sources.SETTLED_SECONDS", 3600)
    with file.open("rb") as stream:
        assert stamp_of(stream) is None


async def test_a_card_that_does_not_say_what_it_read_is_held_against_another_look(
    engine: Engine, tmp_path: Path
) -> None:
    number = tmp_path / "number.txt"
    number.write_text("4")
    pipeline = chain(node("read_number", path=str(number)))

    class Late(InProcess):
        async def submit(self, task: Task, place: Place) -> str:
            if task.kind == "run":
                number.write_text("5")
            return await super().submit(task, place)

    engine.executor = Late()
    run = await engine.run(pipeline)
    engine.executor = InProcess()
    number.write_text("4")
    again = await engine.run(pipeline)

    error = run.nodes["read_number"].error
    assert error is not None
    assert error.message == "What Read Number reads changed while it was read."
    assert again.nodes["read_number"].cached is False
