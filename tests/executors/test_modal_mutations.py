"""Tests of the tests of Modal: what is easily forgotten turns a test red when it is forgotten."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import modal
import pytest
import pytest_asyncio

from executors.modal_deploy import deploy
from executors.modal_parcel import APP
from executors.modal_remote import ModalExecutor
from tensorrag.errors import TaskFailed, TensorRagError
from tensorrag.store.place import Place
from tests.executors import test_modal
from tests.executors.modal_plane.account import account
from tests.executors.modal_plane.plane import Plane

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.modal, pytest.mark.slow]

CONTAINER = "executors/modal_container.py"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with account(tmp_path_factory.mktemp("modal")) as plane:
        deploy()
        yield plane


@pytest.fixture(autouse=True)
def fresh(plane: Plane) -> Iterator[None]:
    """Whatever was mutated, the containers of it end with the test."""
    yield
    plane.mutations.clear()
    plane.stop_containers()


@pytest_asyncio.fixture(loop_scope="module")
async def executor(plane: Plane, tmp_path: Path) -> AsyncIterator[ModalExecutor]:
    executor = ModalExecutor(tmp_path)
    yield executor
    await executor.close()


def mutant(name: str, old: str, new: str) -> ModuleType:
    """Load a module anew, with one piece of its source replaced."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text("utf-8")
    assert text.count(old) == 1, f"{name} has no such line"
    module = ModuleType(name)
    module.__file__ = spec.origin
    exec(compile(text.replace(old, new), spec.origin, "exec"), module.__dict__)  # noqa: S102
    return module


async def test_no_reload_turns_it_red(executor: ModalExecutor, plane: Plane, place: Place) -> None:
    plane.mutations[CONTAINER] = ("            self.volume.reload()", "            pass")
    with pytest.raises(TaskFailed, match="No such file"):
        await test_modal.test_large_tables_go_by_the_volume_once_both_ways(executor, plane, place)


async def test_no_commit_turns_it_red(executor: ModalExecutor, plane: Plane, place: Place) -> None:
    plane.mutations[CONTAINER] = ("            self.volume.commit()", "            pass")
    with pytest.raises(TensorRagError):
        await test_modal.test_large_tables_go_by_the_volume_once_both_ways(executor, plane, place)


async def test_no_cancel_turns_it_red(plane: Plane, place: Place, tmp_path: Path) -> None:
    careless = mutant(
        "executors.modal_remote",
        "await call.cancel.aio(terminate_containers=True)",
        "pass",
    )
    executor = careless.ModalExecutor(tmp_path)
    with pytest.raises(AssertionError):
        await test_modal.test_cancel_ends_the_container(executor, plane, place)
    await executor.close()


async def test_no_sources_in_the_image_turn_it_red(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = '    .add_local_python_source(*SOURCES, ignore=["**/__pycache__", "**/*.pyc"])\n'
    bare = mutant("executors.modal_app", line, "")
    monkeypatch.setitem(sys.modules, "executors.modal_app", bare)
    await asyncio.to_thread(bare.app.deploy, name=APP)
    with pytest.raises(TensorRagError) as caught:
        await test_modal.TestModal().test_gives_the_result_that_perform_gives_here(executor, place)
    assert "executors" in str(getattr(caught.value, "cause", caught.value))


async def test_what_is_not_modelled_shows_itself(plane: Plane) -> None:
    with pytest.raises(modal.exception.Error):
        await modal.Dict.from_name("new", create_if_missing=True).hydrate.aio()
    assert plane.unknown == {"DictGetOrCreate"}
    plane.unknown.clear()
