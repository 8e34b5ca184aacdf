"""A card that costs money is tried here first: what would fail there fails here, for free."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tensorrag.pipeline import Node, Pipeline
from tensorrag.run import Request, Run
from tensorrag.run.rehearsal import TRIED
from tensorrag.types import NetworkSpec, Table
from tests.core.engine import Engine, InProcess, chain, node

ROWS = '''
from typing import NamedTuple
import numpy as np
import pandas as pd
from tensorrag import Card, CardError, Table, TableSchema

class Many(Card):
    """Make many rows."""
    rows: int = 500_000

    class Out(NamedTuple):
        number: Table

    def run(self) -> Out:
        return self.Out(Table.from_pandas(pd.DataFrame({"number": np.arange(self.rows)})))

    def propagate(self) -> TableSchema:
        return TableSchema()


class Rows(Card):
    """Count the rows."""
    column: str = "number"
    huge: bool = False
    tell: bool = False

    class Out(NamedTuple):
        number: Table

    def run(self, number: Table) -> Out:
        if self.huge and number.num_rows < 100_000:
            raise MemoryError("only a GPU has so much")
        if self.tell:
            raise CardError(f"{number.num_rows} rows")
        column = number.to_pandas()[self.column]
        return self.Out(Table.from_pandas(pd.DataFrame({"number": [len(column)]})))

    def propagate(self, number: TableSchema) -> TableSchema:
        return TableSchema()
'''


class Two(Engine):
    """A workspace with this machine and a place that costs money."""

    def __post_init__(self) -> None:
        cards = self.root / "cards"
        cards.mkdir(parents=True)
        (cards / "rows.py").write_text(ROWS)
        super().__post_init__()
        self.here, self.there = InProcess(), InProcess(name="modal")

    def new(self, pipeline: Pipeline, **options: object) -> Run:
        request = Request(pipeline, pipeline_id="rows", **options)  # type: ignore[arg-type]
        executors = {"local": self.here, "modal": self.there}
        return Run(request, self.workspace, executors, self.catalog, self.check)


@pytest.fixture
def engine(tmp_path: Path) -> Two:
    return Two(tmp_path)


def rented(each: Node) -> Node:
    return replace(each, run_on="modal")


async def test_a_wrong_column_costs_nothing(engine: Two) -> None:
    run = await engine.run(chain(node("many"), rented(node("rows", column="none"))))

    assert run.nodes["rows"].state == "failed"
    error = run.nodes["rows"].error
    assert error is not None
    assert error.type == "KeyError"
    assert error.hint.endswith(TRIED)
    assert engine.there.ran == []


async def test_it_is_tried_on_one_row_in_a_hundred(engine: Two) -> None:
    run = await engine.run(chain(node("many"), rented(node("rows", tell=True))))
    error = run.nodes["rows"].error
    assert error is not None
    assert error.message == "5000 rows"


async def test_what_would_fail_after_it_costs_nothing_either(engine: Two) -> None:
    run = await engine.run(chain(node("many"), rented(node("rows")), node("add"), node("fail")))

    assert engine.there.ran == []
    error = run.nodes["rows"].error
    assert error is not None
    assert error.message == "Fail, after this card, fails: The number is no good."
    assert error.hint == f"Take another. {TRIED}"
    assert run.nodes["fail"].state == "blocked"


async def test_what_is_bypassed_after_it_is_not_tried(engine: Two) -> None:
    off = replace(node("fail"), enabled=False)

    run = await engine.run(chain(node("many"), rented(node("rows")), off))

    assert run.nodes["rows"].state == "done"
    assert engine.there.ran == ["rows"]


async def test_what_was_cancelled_after_it_is_not_tried(engine: Two) -> None:
    run = engine.new(chain(node("number"), rented(node("add")), node("parity")))
    await run.start()

    await run.cancel("parity")  # before the first card has begun
    await run.wait()

    assert run.nodes["add"].state == "done"
    assert engine.here.ran == ["number", "add"], "the second one is the trial"


async def test_the_result_is_that_of_all_rows(engine: Two) -> None:
    patient = replace(rented(node("rows")), resources={"timeout": 600})
    run = await engine.run(chain(node("many"), patient, node("parity")))

    assert {job.task.timeout for job in engine.here._jobs.values() if job.task.rehearsal} == {60}
    assert (engine.here.ran, engine.there.ran) == (["many", "rows", "parity", "parity"], ["rows"])
    assert engine.number(run, "rows") == 500_000
    assert run.nodes["rows"].reason == "first run"


async def test_it_is_tried_again_only_when_something_has_changed(engine: Two) -> None:
    pipeline = chain(node("many"), rented(node("rows")), node("parity"))
    await engine.run(pipeline)
    before = list(engine.here.ran)
    await engine.run(pipeline, no_cache=True)
    assert engine.here.ran == [*before, "many", "parity"], "it runs there at once"
    changed = chain(node("many"), rented(node("rows")), node("add"))
    await engine.run(changed, no_cache=True)
    assert engine.here.ran[len(before) + 2 :] == ["many", "rows", "add", "add"]
    fewer = chain(node("many", rows=400_000), rented(node("rows")), node("add"))
    await engine.run(fewer, no_cache=True)
    assert engine.here.ran[len(before) + 6 :] == ["many", "rows", "add", "add"]


async def test_what_only_this_machine_cannot_do_is_no_verdict(engine: Two) -> None:
    run = await engine.run(chain(node("many"), rented(node("rows", huge=True))))
    assert run.status == "succeeded"
    assert engine.there.ran == ["rows"]


async def test_it_can_be_switched_off(engine: Two) -> None:
    engine.workspace.settings.set("rehearse", False)
    await engine.run(chain(node("many"), rented(node("rows", column="none"))))
    assert (engine.here.ran, engine.there.ran) == (["many"], ["rows"])


async def test_what_runs_here_is_not_tried(engine: Two) -> None:
    await engine.run(chain(node("many"), node("rows")))
    assert engine.here.ran == ["many", "rows"]


@pytest.mark.parametrize(("rows", "kept"), [(1500, 1500), (5000, 2000), (300_000, 3000)])
def test_an_excerpt_comes_from_all_over_the_table(rows: int, kept: int) -> None:
    excerpt = Table.from_pandas(pd.DataFrame({"x": np.arange(rows)})).excerpt()
    numbers = excerpt.to_pandas()["x"]
    assert excerpt.num_rows == kept
    assert numbers.is_unique
    assert numbers.mean() == pytest.approx(rows / 2, rel=0.01)


def test_a_network_is_tried_for_one_epoch() -> None:
    network = NetworkSpec([{"id": "a", "type": "linear", "params": {"units": 3}}])
    assert network.trainer.epochs == 50
    assert network.excerpt().trainer.epochs == 1
    assert network.excerpt().layers == network.layers


class Talking(InProcess):
    """Its cards print."""

    async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        yield {"type": "log", "data": {"stream": "stdout", "text": "2,000 rows\n", "cut": False}}
        async for event in super().events(handle):
            yield event


async def test_what_it_printed_is_shown_where_it_fails(engine: Two) -> None:
    engine.here = Talking()
    for column, times in (("none", 1), ("number", 0)):
        run = await engine.run(chain(node("many"), rented(node("rows", column=column))))
        logs = [e for e in run.events if e["type"] == "log" and e["node"] == "rows"]
        assert [each["data"]["text"] for each in logs] == ["2,000 rows\n"] * times
