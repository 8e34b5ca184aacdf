"""The store of values by content."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tensorrag import EstimatorSpec, Table
from tensorrag.errors import ArtifactDamaged, ArtifactNotFound
from tensorrag.store import unfinished
from tensorrag.store.artifacts import Store
from tensorrag.store.manifest import Artifact


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def table(*numbers: float) -> Table:
    return Table.from_pandas(pd.DataFrame({"x": numbers}))


def only_blob(store: Store, artifact: Artifact) -> Path:
    (file,) = artifact.files
    return store.blob(file.sha256)


def test_what_was_put_comes_back(store: Store) -> None:
    digest = store.put(table(1.0, 2.0)).digest

    loaded = store.load(digest)

    assert isinstance(loaded, Table)
    assert loaded.to_pandas()["x"].tolist() == [1.0, 2.0]


def test_a_value_without_files_is_kept_too(store: Store) -> None:
    spec = EstimatorSpec(model_type="ridge", params={"alpha": 2.0})

    loaded = store.load(store.put(spec).digest)

    assert isinstance(loaded, EstimatorSpec)
    assert loaded.schema == spec.schema


def test_equal_values_are_kept_once(store: Store) -> None:
    first = store.put(table(1.0, 2.0))
    size = store.size()

    assert store.put(table(1.0, 2.0)) == first
    assert store.size() == size == first.size
    assert store.put(table(1.0, 3.0)).digest != first.digest


def test_another_process_finds_it(store: Store) -> None:
    digest = store.put(table(1.0)).digest
    program = (
        "import sys; from pathlib import Path; from tensorrag.store.artifacts import Store; "
        "sys.stdout.write(repr(Store(Path(sys.argv[1])).load(sys.argv[2])))"
    )

    shown = subprocess.check_output(
        [sys.executable, "-c", program, str(store.root), digest], text=True
    )

    assert shown == "Table(1 rows × 1 columns)"


def test_what_was_never_put_is_not_there(store: Store) -> None:
    with pytest.raises(ArtifactNotFound):
        store.load("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_a_name_that_is_no_digest_reaches_no_file(store: Store, name: str) -> None:
    with pytest.raises(ArtifactNotFound):
        store.get(name)


def test_a_flipped_bit_is_found_and_the_file_set_aside(store: Store) -> None:
    artifact = store.put(table(1.0, 2.0))
    blob = only_blob(store, artifact)
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.chmod(0o644)
    blob.write_bytes(content)

    with pytest.raises(ArtifactDamaged):
        store.load(artifact.digest)

    assert not blob.exists()
    assert len(list((store.root / "damaged").iterdir())) == 1
    assert store.put(table(1.0, 2.0)) == artifact
    assert store.holds(artifact.digest)


def test_a_truncated_file_is_found(store: Store) -> None:
    artifact = store.put(table(1.0, 2.0))
    os.truncate(only_blob(store, artifact), 10)

    assert not store.holds(artifact.digest)


def test_a_damaged_manifest_is_found(store: Store) -> None:
    digest = store.put(table(1.0)).digest
    manifest = store.root / "manifests" / digest[:2] / f"{digest}.json"
    manifest.chmod(0o644)
    manifest.write_text("{}")

    with pytest.raises(ArtifactDamaged):
        store.get(digest)


def test_a_file_is_read_once_and_again_when_it_was_touched(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = store.put(table(1.0))  # which reads it
    read: list[Path] = []

    def reads(path: Path) -> str:
        read.append(path)
        return "something else"

    monkeypatch.setattr("tensorrag.store.blobs.sha256_of", reads)

    store.verify(artifact)
    assert read == []

    os.utime(only_blob(store, artifact))
    with pytest.raises(ArtifactDamaged):
        store.verify(artifact)
    assert len(read) == 1


def test_stored_files_cannot_be_written_by_accident(store: Store) -> None:
    artifact = store.put(table(1.0))

    assert only_blob(store, artifact).stat().st_mode & 0o222 == 0


def test_the_key_of_models_is_for_its_owner_alone_though_somebody_opened_it(store: Store) -> None:
    signatures = store.signatures
    signatures.sign("digest", b"what was written")
    assert signatures.key_file.stat().st_mode & 0o077 == 0
    signatures.key_file.chmod(0o644)

    later = Store(store.root).signatures

    assert later.holds("digest", b"what was written")
    assert later.key_file.stat().st_mode & 0o077 == 0


def test_nothing_half_written_is_left(store: Store) -> None:
    store.put(table(1.0))

    assert list((store.root / "tmp").iterdir()) == []


def test_what_a_killed_process_left_half_written_is_swept_at_once(store: Store) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from tensorrag.store.unfinished import folder;"
        "own = folder(Path(sys.argv[1])); (own.__enter__() / 'half').touch();"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(store.root)], check=False)
    [left] = (store.root / "tmp").iterdir()
    assert (left / "half").exists()

    with unfinished.folder(store.root) as ours:
        store.sweep()
        assert list((store.root / "tmp").iterdir()) == [ours]


def test_what_a_crash_left_half_written_is_swept(store: Store) -> None:
    left = store.root / "tmp" / "left"
    left.mkdir(parents=True)
    store.sweep()
    assert left.exists()  # it may belong to a process that still writes

    os.utime(left, (0, 0))
    store.sweep()
    assert not left.exists()
