"""T13: a damaged result is recomputed, never used; a stranger's model is never even opened."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from tensorrag import Model
from tensorrag.errors import ArtifactError, ArtifactForeign, WorkspaceError
from tensorrag.store.artifacts import PLAIN, Artifact, FileEntry, Store
from tensorrag.types import TrainingReport


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
    shutil.copytree(store.root / "blobs", other.root / "blobs", dirs_exist_ok=True)
    shutil.copytree(store.root / "manifests", other.root / "manifests", dirs_exist_ok=True)

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
