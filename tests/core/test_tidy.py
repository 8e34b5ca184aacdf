"""The store stays below its cap."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tensorrag import Table
from tensorrag.store import tidy
from tensorrag.store.setting_values import Values
from tensorrag.store.settings import Settings
from tensorrag.types import picked
from tests.core.engine import Engine, chain, node


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


def age(engine: Engine, hours: float = 2) -> None:
    """Let everything that is stored be older."""
    past = hours * 3600
    with engine.workspace.store.index.write() as connection:
        connection.execute("UPDATE results SET used = used - ?", (past,))
    for path in (engine.workspace.root / "store").glob("*/*/*"):
        seen = path.stat()
        os.utime(path, (seen.st_atime, seen.st_mtime - past))


async def made(engine: Engine, value: int, pipeline_id: str) -> str:
    """Make a number and return its digest."""
    run = await engine.run(chain(node("number", value=value)), pipeline_id=pipeline_id)
    digest: str = run.nodes["number"].outputs["number"]["sha256"]
    return digest


async def test_what_was_used_longest_ago_goes_first(engine: Engine) -> None:
    first, second, third = [await made(engine, value, "numbers") for value in (1, 2, 3)]
    await made(engine, 1, "numbers")  # the first was of use again
    await made(engine, 4, "numbers")
    age(engine)
    store, journal = engine.workspace.store, engine.workspace.journal
    one = store.get(first).size
    (store.root / "arranged").mkdir()
    rows = store.root / "arranged" / "known.rows"
    rows.write_bytes(b"can be worked out again")

    freed = tidy.tidy(store, journal, cap=int(3.4 * one))

    assert not rows.exists()

    assert freed == one
    assert store.holds(first)
    assert not store.holds(second)
    assert store.holds(third)
    assert (await engine.run(chain(node("number", value=2)))).status == "succeeded"


async def test_the_latest_run_of_each_pipeline_stays(engine: Engine) -> None:
    latest = [await made(engine, 1, "one"), await made(engine, 2, "other")]
    old = await made(engine, 3, "third")
    latest.append(await made(engine, 4, "third"))
    age(engine)

    tidy.tidy(engine.workspace.store, engine.workspace.journal, cap=0)

    assert all(engine.workspace.store.holds(digest) for digest in latest)
    assert not engine.workspace.store.holds(old)
    again = await engine.run(chain(node("number", value=1)), pipeline_id="one")
    assert again.nodes["number"].cached


async def test_what_a_run_may_be_using_stays(engine: Engine) -> None:
    old = await made(engine, 1, "numbers")
    engine.workspace.journal.create_run({}, name="goes on")
    young = await made(engine, 2, "numbers")
    await made(engine, 3, "numbers")
    store, journal = engine.workspace.store, engine.workspace.journal

    assert tidy.tidy(store, journal, cap=0) > 0
    assert not store.holds(old)
    assert store.holds(young)


def test_what_was_written_a_moment_ago_may_be_recorded_yet(engine: Engine) -> None:
    store, journal = engine.workspace.store, engine.workspace.journal
    digest = store.put(Table.from_pandas(pd.DataFrame({"x": [1]}))).digest

    assert tidy.tidy(store, journal, cap=0) == 0
    assert store.holds(digest)

    age(engine)
    assert tidy.tidy(store, journal, cap=0) > 0
    assert not store.holds(digest)


def test_a_file_stays_while_rows_of_it_are_needed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picked, "LARGE", 0)
    store, journal = engine.workspace.store, engine.workspace.journal
    whole = store.put(Table.from_pandas(pd.DataFrame({"x": [1, 2, 3]}))).digest
    part = store.put(table(engine, whole).take(np.array([2, 0]))).digest
    age(engine)

    tidy.tidy(store, journal, cap=0, named=lambda: [part])

    assert not store.holds(whole)
    assert table(engine, part).column("x").to_pylist() == [3, 1]


def table(engine: Engine, digest: str) -> Table:
    loaded = engine.workspace.store.load(digest)
    assert isinstance(loaded, Table)
    return loaded


async def test_after_every_run_the_store_is_below_its_cap(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = engine.workspace.store.get(await made(engine, 1, "numbers")).size
    cap = int(3.5 * one)
    monkeypatch.setattr(
        Settings, "values", lambda self: Values.model_construct(store_cap=cap, card_memory=None)
    )

    digests = [await made(engine, value, "numbers") for value in range(2, 12)]

    assert engine.workspace.store.size() <= cap
    assert engine.workspace.store.holds(digests[-1])
    assert not engine.workspace.store.holds(digests[0])
    again = await engine.run(chain(node("number", value=11)))
    assert again.nodes["number"].cached


async def test_below_the_cap_nothing_goes(engine: Engine) -> None:
    await made(engine, 1, "numbers")
    age(engine)

    engine.workspace.sweep()

    assert len(list((engine.workspace.root / "store" / "blobs").glob("*/*"))) == 1


def test_the_cap_is_that_of_the_settings(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    caps = []
    monkeypatch.setattr(tidy, "tidy", lambda store, journal, *, cap, named: caps.append(cap))
    engine.workspace.settings.set("store_cap", 5 * 10**9)

    engine.workspace.sweep()

    assert caps == [5 * 10**9]
