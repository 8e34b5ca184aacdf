"""`tensorrag doctor`: what is set up, what is missing, what to do."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tensorrag import Table
from tensorrag.cli import machine_findings, main
from tensorrag.executor import Offer, Offers
from tensorrag.store.latest import latest
from tensorrag.store.made_anew import LOST
from tensorrag.types import picked
from tests.core.engine import Engine, chain, node

Captured = pytest.CaptureFixture[str]


class Offering:
    """An executor that has something, or says what is missing."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers

    async def offers(self) -> Offers:
        if self._offers.executor == "silent":
            await asyncio.sleep(3600)
        return self._offers

    async def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def executors(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Offers(executor="local", available=True, offers=(Offer(device="cpu", label="2 cores"),))
    far = Offers(executor="far", available=False, reason="Nobody is signed in.", hint="far login")
    found = {"local": Offering(here), "far": Offering(far)}
    monkeypatch.setattr(machine_findings, "open_executors", lambda folder: found)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


def examined(capsys: Captured, engine: Engine, *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["doctor", "--json", "--workspace", str(engine.root), *words])
    return code, json.loads(capsys.readouterr().out)


def said(report: dict[str, Any], about: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [one for one in report["findings"] if one["about"] == about]
    assert found, about
    return found[0]


async def test_a_fresh_workspace_is_well(capsys: Captured, engine: Engine) -> None:
    engine.workspace.settings.set_secret("hub", "canary-value")
    engine.workspace.settings.set("store_cap", 5 * 10**9)

    code, report = await _thread(examined, capsys, engine)

    assert code == 0
    assert report["well"]
    assert said(report, "Runs on local")["message"] == "2 cores"
    assert said(report, "Runs on far")["hint"] == "far login"
    assert said(report, "Secrets")["message"] == "hub"
    assert "5 GB" in said(report, "Store")["message"]
    assert said(report, "Server")["message"] == "none runs on this workspace"
    assert "canary-value" not in json.dumps(report)
    for about in ("Python", "Libraries", "Memory", "Workspace", "Allowed folders"):
        assert said(report, about)["message"]


async def test_it_names_the_server_that_runs(capsys: Captured, engine: Engine) -> None:
    with engine.workspace.lock("http://127.0.0.1:1234"):
        _, report = await _thread(examined, capsys, engine)
        code = await _thread(main, ["doctor", "--mend", "--workspace", str(engine.root)])

    assert "http://127.0.0.1:1234" in said(report, "Server")["message"]
    assert code == 2  # a database in use is not mended


async def test_it_says_what_is_pinned_and_why(capsys: Captured, engine: Engine) -> None:
    await engine.run(chain(node("number", value=1), node("add")), pipeline_id="one")
    last = await engine.run(chain(node("number", value=2), node("add")), pipeline_id="one")

    _, report = await _thread(examined, capsys, engine)

    [pin] = report["pinned"]
    assert pin["pipeline"] == "Numbers"
    assert pin["run"] == last.id
    assert pin["values"] == 2
    assert pin["size"] > 0


def test_verify_reads_a_file_once_that_two_values_share(
    engine: Engine, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picked, "LARGE", 0)
    store = engine.workspace.store
    artifact = store.put(Table(pa.table({"x": [1, 2, 3]})))
    whole = store.load(artifact.digest)
    assert isinstance(whole, Table)
    store.put(whole.take(np.array([2, 0])))

    _, report = examined(capsys, engine, "--verify")

    assert report["verified"]["values"] == 2
    assert report["verified"]["size"] == store.size()

    store.blob(artifact.files[0].sha256).unlink()
    _, report = examined(capsys, engine, "--verify")
    assert len(report["verified"]["damaged"]) == 2, "neither is whole"


async def test_verify_reads_every_value_and_finds_the_damaged_one(
    capsys: Captured, engine: Engine
) -> None:
    run = await engine.run(chain(node("number"), node("add"), node("parity")))  # 1, 2, 0
    _, report = await _thread(examined, capsys, engine, "--verify")
    assert report["verified"]["values"] == 3
    assert report["verified"]["size"] == engine.workspace.store.size()
    assert report["verified"]["damaged"] == []

    store = engine.workspace.store
    [file] = store.get(run.nodes["add"].outputs["number"]["sha256"]).files
    blob = store.blob(file.sha256)
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.chmod(0o644)
    blob.write_bytes(content)

    code, report = await _thread(examined, capsys, engine, "--verify")

    assert code == 1
    assert not report["well"]
    [sentence] = report["verified"]["damaged"]
    assert "set aside" in sentence
    assert any(one["hint"].startswith("Run the card again") for one in report["findings"])


async def test_mend_mends_and_the_damage_stays_said(capsys: Captured, engine: Engine) -> None:
    await engine.run(chain(node("number")))
    engine.workspace.close()
    (engine.root / "journal.sqlite").write_bytes(b"no database")

    code, report = await _thread(examined, capsys, engine, "--verify")
    assert code == 1
    assert said(report, "Damage")["message"] == "journal.sqlite is damaged."
    assert "--mend" in said(report, "Damage")["hint"]

    code, report = await _thread(examined, capsys, engine, "--mend")

    assert code == 1
    assert "history of runs was damaged" in said(report, "Damage")["message"]
    [aside] = engine.root.glob("journal.damaged-*.sqlite")
    aside.unlink()
    assert (await _thread(examined, capsys, engine))[0] == 0


async def test_tables_that_somebody_dropped_are_made_anew_and_the_others_stay(
    capsys: Captured, engine: Engine
) -> None:
    calls = chain(node("number"), node("add"))
    engine.workspace.journal.create_run({})  # the first number is that of another one
    run = await engine.run(calls, pipeline_id="calls")
    engine.workspace.back_up()
    engine.workspace.close()
    drop(engine.root / "journal.sqlite", "runs", "spending")
    drop(engine.root / "store" / "index.sqlite", "results")

    code, report = await _thread(examined, capsys, engine)
    assert code == 1
    assert said(report, "Damage")["message"] == (
        "journal.sqlite lacks tables that somebody has dropped: runs, spending."
    )
    assert "--mend" in said(report, "Damage")["hint"]

    code, report = await _thread(examined, capsys, engine, "--mend")

    assert code == 0
    mended = [one for one in report["findings"] if one["about"] == "Mended"]
    assert "Budgets no longer know what removed runs have cost" in mended[1]["hint"]
    assert [one["message"] for one in mended] == [
        "journal.sqlite lacked the table runs: it is made anew.",
        "journal.sqlite lacked the table spending: it is made anew.",
        "index.sqlite lacked the table results: it is made anew.",
    ]
    journal = engine.workspace.journal
    assert journal.to_json(run.id)["nodes"] == run.to_json()["nodes"]
    assert [(it.id, it.pipeline, it.status) for it in journal.runs()] == [
        (run.id, "calls", "succeeded")
    ]
    again = await engine.run(calls, pipeline_id="calls")
    assert again.nodes["add"].cached, "the list of results came back from its copy"
    assert [it.number for it in journal.runs(pipeline_id="calls")] == [2, 1]
    assert [run for run, *_ in latest(journal)] == [again.id]


def test_of_every_table_it_is_known_what_is_lost_with_it(engine: Engine) -> None:
    databases = (engine.workspace.journal.database, engine.workspace.store.index)
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"

    assert {name for each in databases for (name,) in each.read(tables)} == LOST.keys()


def drop(database: Path, *tables: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for table in tables:
            connection.execute(f"DROP TABLE {table}")


@pytest.mark.parametrize("file", ["journal.sqlite", "store/index.sqlite"])
async def test_a_database_of_a_newer_version_is_a_finding(
    capsys: Captured, engine: Engine, file: str
) -> None:
    with closing(sqlite3.connect(engine.root / file)) as database:
        database.execute("PRAGMA user_version=99")

    code, report = await _thread(examined, capsys, engine, "--verify")

    assert code == 1
    assert said(report, "Database")["message"].endswith(f"{file} was written by a newer version "
                                                        "of TensorRag.")  # fmt: skip
    assert said(report, "Database")["hint"].startswith("Update TensorRag")


async def test_people_read_lines(capsys: Captured, engine: Engine) -> None:
    code = await _thread(main, ["doctor", "--workspace", str(engine.root)])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert any(line.startswith("✓ Python") for line in lines)
    assert any("Nobody is signed in." in line for line in lines)
    assert any(line.strip() == "→ far login" for line in lines)


async def test_a_place_that_does_not_answer_keeps_nobody_waiting(
    capsys: Captured, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Offering(Offers(executor="silent", available=False))
    old = Offering(
        Offers(
            executor="far",
            available=True,
            outdated="It is an old one.",
            hint="Bring it up to date.",
        )
    )
    monkeypatch.setattr(
        machine_findings, "open_executors", lambda folder: {"silent": silent, "far": old}
    )
    monkeypatch.setattr(machine_findings, "PATIENCE", 0.1)

    _, report = await _thread(examined, capsys, engine)

    assert "did not answer within 0.1 seconds" in said(report, "Runs on silent")["message"]
    outdated = said(report, "Runs on far")
    assert (outdated["level"], outdated["hint"]) == ("note", "Bring it up to date.")


async def _thread(act: Any, *arguments: Any) -> Any:
    """The command starts a loop of its own, which this one must not be in the way of."""
    return await asyncio.to_thread(act, *arguments)
