"""What large outputs look like is drawn while the cards that wait for them go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from executors.local_process import LocalExecutor
from tensorrag.pipeline import Pipeline
from tests.core.engine import Engine, chain, node

CARDS = '''
import os
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tensorrag import Card, Table, TableSchema


class Large(Card):
    """Make 17 MB; drawing them waits until the card below has run."""

    mark: str = ""
    crashes: bool = False

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        return self.Out(Table(pa.table({"x": np.arange(2_200_000)})))

    def propagate(self) -> TableSchema:
        return TableSchema()

    def face(self, outputs):
        late = time.monotonic() + 60
        while not Path(self.mark).exists() and time.monotonic() < late:
            time.sleep(0.01)
        if self.crashes:
            os._exit(3)
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


def pipeline(mark: Path, *, crashes: bool = False) -> Pipeline:
    large = node("large", mark=str(mark), crashes=crashes)
    return chain(large, node("mark", mark=str(mark)))


@pytest.mark.asyncio
async def test_a_card_begins_while_what_it_takes_is_drawn(engine: Engine, tmp_path: Path) -> None:
    run = await engine.run(pipeline(tmp_path / "mark"))

    ends = [e["node"] for e in run.events if e["type"] == "node" and e["data"]["state"] == "done"]
    assert run.status == "succeeded"
    assert ends == ["mark", "large"], "on one core"
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
