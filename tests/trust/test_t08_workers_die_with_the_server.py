"""T8: nothing outlives the server, however it ends; and it gets over the loss of its helpers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.executors.processes import below, below_named, seconds_until_gone
from tests.trust.acts import Act, Stage, stage
from tests.trust.crashing import until

pytestmark = pytest.mark.clock

PROMISED_SECONDS = 1.0


def test_a_killed_server_takes_all_processes_with_it_and_the_next_one_sweeps(
    tmp_path: Path,
) -> None:
    workspace = tmp_path / "workspace"
    with stage(workspace) as editor:
        run = editor.start(Act("Family", number=600), Act("Joblib"))
        trees = editor.trees(run, {"family": "children", "joblib": "starting"})
        wait_for_pool(editor)
        everything = below(editor.server.process.pid)
        assert set.union(*trees.values()) < everything
        assert len(everything) >= 10, "helpers, two workers, and what these have started"

        editor.server.process.kill()

        seconds_until_gone(everything, limit=PROMISED_SECONDS)
        editor.server.process.wait()

    with stage(workspace) as editor:
        assert len(list((workspace / "scratch").glob("tensorrag-scratch-*"))) == 1
        assert editor.look(run)["status"] == "interrupted"
        assert editor.play(Act("Return"))["status"] == "succeeded"


def wait_for_pool(editor: Stage) -> None:
    """Wait until joblib has started its processes."""
    until(lambda: len([one for one in editor.left() if "LokyProcess" in " ".join(words(one))]) >= 2)


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An editor whose helpers are killed, one kind after the other."""
    with stage(tmp_path_factory.mktemp("workspace")) as editor:
        yield editor


def helpers(editor: Stage, name: str) -> list[psutil.Process]:
    """Return the helpers of this name."""
    return below_named(name, psutil.Process(editor.server.process.pid))


def test_the_card_of_a_supervisor_that_is_killed_ends_and_the_run_says_so(editor: Stage) -> None:
    run = editor.start(Act("Family", number=600), Act("Return"))
    tree = editor.trees(run, {"family": "children"})["family"]
    worker = next(psutil.Process(pid) for pid in tree if psutil.Process(pid).name() == "tr-worker")
    supervisor = worker.parent()
    assert supervisor is not None

    supervisor.kill()

    seconds_until_gone(tree, limit=PROMISED_SECONDS)
    outcome = editor.end(run)
    assert outcome["nodes"]["family"]["state"] == "failed"
    assert outcome["nodes"]["family"]["error"]["message"] == "The worker process vanished."
    assert outcome["nodes"]["return"]["state"] == "done"
    assert editor.play(Act("Return", number=2))["status"] == "succeeded"


# The fork server comes last: what it had forked is not below the server any more.
@pytest.mark.parametrize("name", ["tr-cardhost", "tr-supervisor", "tr-forkserver"])
def test_the_next_run_works_where_helpers_were_killed(editor: Stage, name: str) -> None:
    killed = helpers(editor, name)
    assert killed
    for process in killed:
        with suppress(psutil.NoSuchProcess):  # one that nobody needs may have ended meanwhile
            process.kill()
    psutil.wait_procs(killed, timeout=5)

    assert editor.play(Act("Pid"))["status"] == "succeeded"
