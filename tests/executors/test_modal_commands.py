"""Modal from the command line: set up, looked at, and used where that was asked for alone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import pytest

from executors.local_process import LocalExecutor
from executors.modal_deploy import modal
from executors.modal_remote import ModalExecutor
from tensorrag.cli import executing, main
from tensorrag.errors import ExecutorError, NotSignedIn
from tests.executors.modal_plane.account import account
from tests.executors.modal_plane.plane import Plane

pytestmark = pytest.mark.modal

SAMPLE = Path(__file__).parents[2] / "sample_data" / "pipelines" / "diabetes.json"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with account(tmp_path_factory.mktemp("modal")) as plane:
        yield plane


@pytest.fixture(autouse=True)
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace of its own, and both executors."""
    monkeypatch.setenv("TENSORRAG_WORKSPACE", str(tmp_path / "workspace"))

    def executors(scratch: Path) -> dict[str, Any]:
        return {"local": LocalExecutor(scratch), "modal": ModalExecutor(scratch)}

    monkeypatch.setattr(executing, "open_executors", executors)


def say(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Call ``tensorrag modal``."""
    code = modal.main(words, standalone_mode=False)
    return code, capsys.readouterr().out


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Run the sample."""
    assert main(["run", str(SAMPLE), "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_deploy_and_status(plane: Plane, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = say(capsys, "status")
    assert code == 1
    assert "tensorrag modal deploy" in said
    code, said = say(capsys, "deploy")
    assert code == 0
    assert "Installing the packages" in said, "it says what Modal does"
    assert "Created Function run_card_gpu" in said
    assert set(plane.deployed) == {"run_card", "run_card_gpu"}
    code, said = say(capsys, "status")
    assert code == 0
    assert f"TensorRag {version('tensorrag')} is deployed." in said
    assert "again" not in said
    assert "T4" in said
    assert "$0.72 an hour" in said
    assert "Prices: Modal's price page, 1 Aug 2026." in said
    gpu = plane.functions[plane.deployed["run_card_gpu"]]
    assert (gpu.timeout_secs, gpu.resources.gpu_config.gpu_type) == (600, "T4")


def test_a_deployment_that_fails_says_why_and_to_deploy_again(
    plane: Plane, capsys: pytest.CaptureFixture[str]
) -> None:
    plane.image_fails = "No version of torch fits."
    try:
        with pytest.raises(ExecutorError) as refused:
            say(capsys, "deploy")
    finally:
        plane.image_fails = ""
    assert refused.value.message.endswith("with the exception: No version of torch fits.")
    assert refused.value.hint.endswith("then deploy again."), "no card is under way here"


def test_what_is_deployed_is_held_against_what_is_here(
    plane: Plane, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(capsys, "deploy")
    monkeypatch.setitem(plane.tags, "packages", "others")
    code, said = say(capsys, "status")
    assert code == 0, "it can be used all the same"
    assert "torch and pandas have other versions there" in said
    assert "tensorrag modal deploy" in said
    monkeypatch.setitem(plane.tags, "format", "1")
    code, said = say(capsys, "status")
    assert code == 1
    assert "another version of TensorRag" in said
    assert plane.calls == {}, "nothing runs, and nothing is paid, to know that"


def test_whoever_signs_in_while_it_runs_is_known(
    plane: Plane,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token, secret = os.environ["MODAL_TOKEN_ID"], os.environ["MODAL_TOKEN_SECRET"]
    monkeypatch.delenv("MODAL_TOKEN_ID")
    monkeypatch.delenv("MODAL_TOKEN_SECRET")
    monkeypatch.setattr("modal.config.user_config_path", str(tmp_path / "modal.toml"))
    asked = len(plane.asked)
    code, said = say(capsys, "status")
    assert (code, "modal token new" in said) == (1, True)
    with pytest.raises(NotSignedIn):
        say(capsys, "deploy")
    assert len(plane.asked) == asked, "nobody was asked"
    profile = f'[default]\ntoken_id = "{token}"\ntoken_secret = "{secret}"\n'
    (tmp_path / "modal.toml").write_text(profile.replace(secret, "as-wrong"))
    code, said = say(capsys, "status")
    assert (code, "does not know you" in said) == (1, True)
    (tmp_path / "modal.toml").write_text(profile)  # what `modal token new` does
    code, said = say(capsys, "status")
    assert code == 0


def test_clean_removes_what_nobody_has_used_for_long_and_nothing_else(
    plane: Plane, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = say(capsys, "clean")
    assert (code, "0 files" in said, "nothing was removed" in said) == (0, True, True)
    (volume,) = plane.volumes.values()
    blobs = plane.folder / "volumes" / volume / "blobs"
    old, new = blobs / "aa" / "aa1", blobs / "bb" / "bb2"
    for file, days in ((old, 31), (new, 29)):
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * 2_000_000)
        os.utime(file, (0, time.time() - days * 86400))

    with pytest.raises(click.BadParameter):
        say(capsys, "clean", "--days", "8")  # a result may still be on its way
    monkeypatch.setattr(click, "confirm", lambda text: False)
    code, said = say(capsys, "clean")
    assert (code, "has 2 files (4 MB)" in said, "1 file (2 MB)" in said) == (1, True, True)
    assert old.exists()

    code, said = say(capsys, "clean", "--yes")
    assert code == 0
    assert said.endswith("Freed 2 MB.\n")
    assert [file.exists() for file in (old, new)] == [False, True]


@pytest.mark.slow
def test_the_sample_gives_the_same_on_modal_as_here_and_rents_nothing_unasked(
    plane: Plane, capsys: pytest.CaptureFixture[str]
) -> None:
    say(capsys, "deploy")
    asked = len(plane.asked)
    here = run(capsys)
    assert len(plane.asked) == asked, "nobody asked for Modal"
    assert main(["run", str(SAMPLE), "--on", "modal", "--gpu", "V100"]) == 2
    assert "A100-40GB" in capsys.readouterr().err
    there = run(capsys, "--on", "modal", "--no-cache")
    assert {node["executor"] for node in there["nodes"].values()} == {"modal"}
    assert there["nodes"]["evaluate"]["outputs"] == here["nodes"]["evaluate"]["outputs"]
    assert all(node["cost"] > 0 for node in there["nodes"].values())
    again = run(capsys)
    assert all(node["cached"] for node in again["nodes"].values()), "one cache for both"
