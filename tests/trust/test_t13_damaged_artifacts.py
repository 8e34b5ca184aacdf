"""T13: a damaged result is recomputed, never used; a stranger's model is never even opened."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import joblib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from sample_data.pipeline_files import pipeline_path
from tensorrag import Model
from tensorrag.errors import ArtifactError, ArtifactForeign, WorkspaceError
from tensorrag.pipeline import Pipeline
from tensorrag.store.artifacts import Store
from tensorrag.store.manifest import PLAIN, Artifact, FileEntry
from tensorrag.store.workspace import Workspace
from tensorrag.types import TrainingReport
from tests.core.engine import Engine, chain, node
from tests.servers import ROOT, Server


def model(slope: float = 2.0) -> Model:
    x = np.array([[0.0], [1.0]])
    return Model(
        framework="sklearn",
        name="linear",
        task="regression",
        features=["size"],
        target="price",
        content={"estimator": LinearRegression().fit(x, slope * x[:, 0])},
        report=TrainingReport(device="cpu", seconds=0.1, train={"r2": 1.0}),
    )


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path]]:
        return Path.touch, (self.file,)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def blob(store: Store, artifact: Artifact, name: str = "model.joblib") -> Path:
    [file] = [file for file in artifact.files if file.name == name]
    path = store.blob(file.sha256)
    path.chmod(0o644)
    return path


def plant(store: Store, artifact: Artifact) -> str:
    """Write a manifest of one's own making into a store."""
    path = store.root / "manifests" / artifact.digest[:2] / f"{artifact.digest}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(artifact.manifest)
    return artifact.digest


def forged(store: Store, trap: Path) -> Artifact:
    """Put a model with a trap in it into a store, as a stranger would who may write there."""
    honest = store.put(model())
    joblib.dump(Trap(trap), store.root / "trap")
    entry = FileEntry(name="model.joblib", sha256=_sha256(store.root / "trap"),
                      size=(store.root / "trap").stat().st_size)  # fmt: skip
    store.blob(entry.sha256).parent.mkdir(parents=True, exist_ok=True)
    shutil.move(store.root / "trap", store.blob(entry.sha256))
    others = tuple(file for file in honest.files if file.name != "model.joblib")
    return changed(honest, files=(*others, entry))


def changed(artifact: Artifact, **parts: object) -> Artifact:
    """The manifest with other parts in it; its digest is another one."""
    return Artifact.model_validate({**artifact.model_dump(), **parts})


def _sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- models of strangers --------------------------------------------------------------------


def test_a_model_comes_back_where_it_was_written(store: Store) -> None:
    digest = store.put(model(3.0)).digest

    loaded = Store(store.root).load(digest)

    assert isinstance(loaded, Model)
    assert loaded.content["estimator"].predict([[2.0]]) == pytest.approx([6.0])
    assert store.signatures.key_file.stat().st_mode & 0o077 == 0


def test_another_process_knows_the_signature(store: Store) -> None:
    digest = store.put(model()).digest
    program = (
        "import sys; from pathlib import Path; from tensorrag.store.artifacts import Store; "
        "sys.stdout.write(Store(Path(sys.argv[1])).load(sys.argv[2]).name)"
    )
    command = [sys.executable, "-c", program, str(store.root), digest]

    assert subprocess.check_output(command, text=True) == "linear"


@pytest.mark.parametrize("claimed", ["unsigned", "plain", "signed here", "signed elsewhere"])
def test_a_trap_in_a_foreign_model_never_springs(
    store: Store, tmp_path: Path, claimed: str
) -> None:
    sprung = tmp_path / "sprung"
    artifact = forged(store, sprung)
    if claimed == "plain":
        artifact = changed(artifact, format=PLAIN)
    digest = plant(store, artifact)
    if claimed == "signed here":  # with the signature of an honest model
        shutil.copy(store.signatures.path(store.put(model()).digest), _signature(store, digest))
    if claimed == "signed elsewhere":
        elsewhere = Store(tmp_path / "elsewhere")
        elsewhere.signatures.sign(digest, artifact.manifest)
        shutil.copy(elsewhere.signatures.path(digest), _signature(store, digest))

    assert not store.holds(digest)
    with pytest.raises(ArtifactForeign, match="not written by this workspace") as refused:
        store.load(digest)

    assert "Run the card" in refused.value.hint
    assert not sprung.exists()
    joblib.load(blob(store, artifact))
    assert sprung.exists()  # it was a real one


def _signature(store: Store, digest: str) -> Path:
    path = store.signatures.path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_a_copied_model_is_refused_in_another_workspace(store: Store, tmp_path: Path) -> None:
    digest = store.put(model()).digest
    other = Store(tmp_path / "other")
    other.put(model(5.0))
    shutil.copytree(
        store.root, other.root, dirs_exist_ok=True
    )  # no key comes along: it lies beside

    assert not other.holds(digest)
    with pytest.raises(ArtifactForeign):
        other.load(digest)
    assert other.put(model()).digest == digest  # made again here, it is this workspace's own
    assert other.holds(digest)


def test_swapped_facts_and_swapped_kinds_are_refused(store: Store) -> None:
    artifact = store.put(model())
    changes: list[dict[str, object]] = [
        {"meta": {"x": 1}}, {"type": "Table"}, {"files": artifact.files[:1]},
    ]  # fmt: skip
    for change in changes:
        swapped = changed(artifact, **change)
        digest = plant(store, swapped)
        shutil.copy(store.signatures.path(artifact.digest), _signature(store, digest))

        assert not store.holds(digest)


@pytest.mark.parametrize("key", [b"", b"short", None], ids=["empty", "cut", "gone"])
def test_models_of_a_lost_key_are_made_again(store: Store, key: bytes | None) -> None:
    artifact = store.put(model())
    if key is None:
        store.signatures.key_file.unlink()
    else:
        store.signatures.key_file.write_bytes(key)
    later = Store(store.root)

    assert not later.holds(artifact.digest)
    assert later.put(model()) == artifact
    assert later.holds(artifact.digest)


def test_a_key_that_cannot_be_read_is_said(store: Store) -> None:
    store.signatures.key_file.mkdir(parents=True)

    with pytest.raises(WorkspaceError, match="cannot be read"):
        store.put(model())


# --- damage ---------------------------------------------------------------------------------


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


HARM: dict[str, Callable[[Path], object]] = {
    "flipped": flip,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "deleted": Path.unlink,
    "replaced": lambda path: path.write_bytes(os.urandom(path.stat().st_size)),
}


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("part", ["model.joblib", "model.json", "manifest", "signature"])
def test_a_damaged_model_is_found_and_can_be_made_again(store: Store, part: str, harm: str) -> None:
    artifact = store.put(model())
    path = {
        "manifest": store.root / "manifests" / artifact.digest[:2] / f"{artifact.digest}.json",
        "signature": store.signatures.path(artifact.digest),
    }.get(part) or blob(store, artifact, part)
    path.chmod(0o644)
    HARM[harm](path)

    with pytest.raises(ArtifactError) as said:
        store.load(artifact.digest)
    assert not store.holds(artifact.digest)
    assert said.value.hint.startswith("Run the card")

    assert store.put(model()) == artifact
    assert store.holds(artifact.digest)
    assert isinstance(store.load(artifact.digest), Model)


# --- a run over damage ----------------------------------------------------------------------


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path / "workspace")


def numbers(length: int = 4) -> Pipeline:
    """A chain that counts: 1, 2, 3, 4."""
    return chain(node("number"), *(node(f"add{i}", "add") for i in range(1, length)))


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("part", ["blob", "manifest"])
async def test_what_was_damaged_is_computed_again_and_nothing_else(
    engine: Engine, part: str, harm: str
) -> None:
    first = await engine.run(numbers())
    digest = first.nodes["add2"].outputs["number"]["sha256"]
    store = engine.workspace.store
    [file] = store.get(digest).files
    manifest = store.root / "manifests" / digest[:2] / f"{digest}.json"
    path = manifest if part == "manifest" else store.blob(file.sha256)
    path.chmod(0o644)
    HARM[harm](path)

    again = await engine.run(numbers())

    assert again.status == "succeeded"
    assert {name for name, one in again.nodes.items() if not one.cached} == {"add2"}
    assert engine.number(again, "add3") == 4
    assert store.holds(digest)
    if harm != "deleted":
        assert list((store.root / "damaged").iterdir())


def scribble(path: Path) -> None:
    """Write over a page in the middle of the file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(os.urandom(4096))


def rot(path: Path) -> None:
    """Change single bytes all over the file."""
    content = bytearray(path.read_bytes())
    for place in range(1000, len(content), 2503):
        content[place] ^= 0x55
    path.write_bytes(content)


def settled(workspace: Workspace, name: str) -> Path:
    """Have everything in the file itself, as after an orderly end."""
    workspace.close()
    gc.collect()  # closes what the tasks had open that were performed in this process
    with closing(sqlite3.connect(workspace.root / name)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return workspace.root / name


DATABASE_HARM: dict[str, Callable[[Path], object]] = {
    "a page": scribble,
    "single bytes": rot,
    "its head": lambda path: path.write_bytes(b"x" * 100 + path.read_bytes()[100:]),
    "its second half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "all of it": lambda path: os.truncate(path, 0),
    "another file": lambda path: path.write_bytes(b"\x89PNG" + os.urandom(9000)),
}


@pytest.mark.parametrize("harm", DATABASE_HARM)
@pytest.mark.parametrize("name", ["store/index.sqlite", "journal.sqlite"])
async def test_a_damaged_database_is_mended_and_the_next_run_succeeds(
    engine: Engine, name: str, harm: str
) -> None:
    await engine.run(numbers(12))
    file = settled(engine.workspace, name)
    assert file.stat().st_size > 5 * 4096
    DATABASE_HARM[harm](file)

    later = Engine(engine.root)
    later.workspace.mend()
    run = await later.run(numbers(12))

    assert run.status == "succeeded"
    assert later.number(run, "add11") == 12
    assert later.workspace.journal.runs()[0].id == run.id
    if harm != "all of it":  # an empty file is an empty database, not a damaged one
        [notice] = later.workspace.notices()
        assert "was damaged" in notice
        assert f"{file.stem}.damaged-" in notice
        later.workspace.mend()
        assert len(later.workspace.notices()) == 1  # the new one is whole


async def test_what_can_be_read_of_a_damaged_database_is_kept(engine: Engine) -> None:
    for value in range(60):
        await engine.run(chain(node("number", value=value)), pipeline_id=f"number-{value}")
    scribble(settled(engine.workspace, "store/index.sqlite"))
    scribble(settled(engine.workspace, "journal.sqlite"))

    later = Engine(engine.root)
    later.workspace.mend()

    results = later.workspace.store.index.read("SELECT count(*) FROM results")[0][0]
    runs = later.workspace.journal.runs(limit=100)
    assert 30 <= results <= 60
    assert len(runs) >= 30
    assert len(later.workspace.notices()) == 2
    assert (await later.run(chain(node("number", value=59)))).status == "succeeded"


@pytest.mark.parametrize("harm", [*DATABASE_HARM, "deleted"])
async def test_results_are_found_again_from_the_copy_of_their_list(
    engine: Engine, harm: str
) -> None:
    await engine.run(numbers())
    engine.workspace.back_up()
    (DATABASE_HARM | HARM)[harm](settled(engine.workspace, "store/index.sqlite"))

    later = Engine(engine.root)
    later.workspace.mend()
    run = await later.run(numbers())

    assert all(one.cached for one in run.nodes.values())
    assert later.number(run, "add3") == 4


def test_a_whole_database_is_left_alone(engine: Engine) -> None:
    engine.workspace.journal.create_run({}, name="kept")
    engine.workspace.close()
    file = engine.workspace.root / "journal.sqlite"
    before = file.stat().st_ino

    engine.workspace.mend()

    assert file.stat().st_ino == before
    assert engine.workspace.journal.runs()[0].name == "kept"
    assert engine.workspace.notices() == ()


# --- an editor over damage ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_editor_starts_over_every_kind_of_damage_and_unpickles_nothing(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    """Everything at once, in a real editor; its process itself never reads a pickle."""
    spied = {"PYTHONPATH": f"{_spy(tmp_path)}:{ROOT}", "TENSORRAG_SPIED": str(tmp_path / "spied")}
    server = start_server(tmp_path / "workspace", **spied)
    pipeline = json.loads(pipeline_path("diabetes").read_text())
    first = _run(server, pipeline)
    server.stop()
    workspace = Workspace.open(server.workspace)
    for digest in {o["sha256"] for n in first["nodes"].values() for o in n["outputs"].values()}:
        for file in workspace.store.get(digest).files:
            if file.size:
                workspace.store.blob(file.sha256).chmod(0o644)
                flip(workspace.store.blob(file.sha256))
    DATABASE_HARM["its head"](settled(workspace, "journal.sqlite"))
    DATABASE_HARM["another file"](settled(workspace, "store/index.sqlite"))
    workspace.store.signatures.key_file.write_bytes(b"x")
    workspace.settings.path.write_text("{")

    server = start_server(server.workspace, **spied)
    again = _run(server, pipeline)

    assert not any(one["cached"] for one in again["nodes"].values())
    metrics = [run["nodes"]["evaluate"]["outputs"]["metrics"]["value"] for run in (first, again)]
    assert metrics[0]["r2"] == pytest.approx(metrics[1]["r2"], abs=0.05)
    notices = " ".join(workspace.notices())
    for sentence in ("The settings were damaged", "history of runs", "list of results"):
        assert sentence in notices
    # The spy was awake in the editor, and saw nothing there but its own trial.
    assert (tmp_path / "spied").read_text().split() == ["serve", "serve"]


def _spy(folder: Path) -> Path:
    """Have each editor note when its own process finds a class for a pickle, and try it once."""
    (folder / "spy").mkdir()
    (folder / "spy" / "sitecustomize.py").write_text("""
import os, pickle, sys
if sys.argv[1:2] == ["serve"] or "serve" in sys.orig_argv:
    def note(event, arguments, me=os.getpid(), file=os.environ["TENSORRAG_SPIED"]):
        if event == "pickle.find_class" and os.getpid() == me:
            with open(file, "a") as out:
                out.write("serve\\n")
    sys.addaudithook(note)
    pickle.loads(pickle.dumps(os.getcwd, protocol=0))
""")
    return folder / "spy"


def _run(server: Server, pipeline: dict[str, Any]) -> dict[str, Any]:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        started = client.post("/api/runs", json={"pipeline": pipeline})
        assert started.status_code == 201, started.text
        until = time.monotonic() + 90
        while True:
            found: dict[str, Any] = client.get(f"/api/runs/{started.json()['run']}").json()
            if found["status"] not in ("queued", "running"):
                assert found["status"] == "succeeded", found
                return found
            assert time.monotonic() < until
            time.sleep(0.2)
