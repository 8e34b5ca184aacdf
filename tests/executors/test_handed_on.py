"""What large outputs look like is drawn while the cards that wait for them go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from executors import local_process
from executors.local_process import LocalExecutor
from tensorrag.pipeline import Pipeline
from tests.core.engine import Engine, chain, node

CARDS = '''
import gc
import os
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from executors.protocol import message
from executors.worker import Channel
from tensorrag import Card, Table, TableSchema


class Large(Card):
    """Make 17 MB; drawing them waits until the card below has run."""

    mark: str = ""
    crashes: bool = False
    first: int = 0
    lies: bool = False

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        if self.lies:
            line = next(each for each in gc.get_objects() if isinstance(each, Channel))
            for _ in range(9):
                line.send(message("made", {"outputs": {}}))
        first = self.first if Path(self.mark).exists() else 0
        return self.Out(Table(pa.table({"x": np.arange(first, 2_200_000)})))

    def propagate(self) -> TableSchema:
        return TableSchema()

    def face(self, outputs):
        late = time.monotonic() + 60
        while not Path(self.mark).exists() and not self.lies and time.monotonic() < late:
            time.sleep(0.01)
        if Path(self.mark).exists():
            Path(self.mark + ".drawn").touch()
        if self.crashes and outputs.number.column("x")[0].as_py() == 0:
            os._exit(3)
        return super().face(outputs)


class Draw(Card):
    """Make 17 MB, and tell how many draw at a time."""

    at: int = 0
    folder: str = ""

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        return self.Out(Table(pa.table({"x": np.arange(self.at, 2_200_000)})))

    def propagate(self) -> TableSchema:
        return TableSchema()

    def face(self, outputs):
        mine, over = Path(self.folder) / f"drawing-{self.at}", Path(self.folder) / "over"
        mine.touch()
        late = time.monotonic() + 4
        while time.monotonic() < late and not over.exists():
            if len(list(Path(self.folder).glob("drawing-*"))) > 2:
                os._exit(3)
            time.sleep(0.02)
        over.touch()
        mine.unlink()
        return super().face(outputs)


class Mark(Card):
    """Leave a file."""

    mark: str = ""

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        Path(self.mark).touch()
        return self.Out(Table(pa.table({"rows": [number.num_rows]})))

    def propagate(self, number: TableSchema) -> TableSchema:
        return TableSchema()
'''


@pytest_asyncio.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """Runs one card at a time."""
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "large.py").write_text(CARDS)
    engine = Engine(tmp_path)
    engine.executor = LocalExecutor(tmp_path / "scratch", cores=1)
    yield engine
    await engine.executor.close()


def pipeline(mark: Path, *, retries: int = 0, **params: Any) -> Pipeline:
    large = replace(node("large", mark=str(mark), **params), retries=retries)
    return chain(large, node("mark", mark=str(mark)))


@pytest.mark.asyncio
async def test_a_card_begins_while_what_it_takes_is_drawn(engine: Engine, tmp_path: Path) -> None:
    run = await engine.run(pipeline(tmp_path / "mark"))

    assert run.status == "succeeded"
    assert (tmp_path / "mark.drawn").exists(), "on one core, the card below had begun by then"
    assert run.nodes["large"].face is not None
    again = await engine.run(pipeline(tmp_path / "mark"))
    assert all(each.cached for each in again.nodes.values())


@pytest.mark.asyncio
async def test_one_that_crashes_while_it_draws_has_failed_and_what_is_below_it_goes_on(
    engine: Engine, tmp_path: Path
) -> None:
    run = await engine.run(pipeline(tmp_path / "mark", crashes=True))

    assert run.status == "failed"
    assert {each.id: each.state for each in run.nodes.values()} == {
        "large": "failed",
        "mark": "done",
    }


@pytest.mark.asyncio
async def test_what_a_second_try_makes_anew_is_no_result_of_what_is_below(
    engine: Engine, tmp_path: Path
) -> None:
    run = await engine.run(pipeline(tmp_path / "mark", retries=1, crashes=True, first=7))

    error = run.nodes["large"].error
    assert error is not None
    assert error.message == "Large made something else than the cards below it had begun with."
    assert run.nodes["mark"].state == "done"
    again = await engine.run(pipeline(tmp_path / "mark", retries=1, crashes=True, first=7))
    assert again.status == "succeeded"
    assert not again.nodes["mark"].cached, "it is of other rows now"


@pytest.mark.asyncio
async def test_what_a_card_claims_to_have_made_is_held_against_its_outputs(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = await engine.run(pipeline(tmp_path / "mark", lies=True))

    assert run.status == "succeeded"
    assert caplog.text.count("What Large made cannot be used yet") == 1


@pytest.mark.asyncio
async def test_those_that_draw_beside_the_others_are_counted(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder := tmp_path / "drawing").mkdir()
    monkeypatch.setattr(local_process, "_DRAWERS", 1)
    engine.executor = LocalExecutor(tmp_path / "drawers", cores=1)
    cards = [node(f"draw_{at}", "draw", at=at, folder=str(folder)) for at in range(3)]

    run = await engine.run(Pipeline(name="Drawing").with_nodes(*cards))
    await engine.executor.close()

    assert run.status == "succeeded", "one draws, and another one in the place of a card"
