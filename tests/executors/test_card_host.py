"""The card host: describes and checks, follows the drop-in folder, and survives bad cards."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from executors import card_host, host_client, patience, usage
from executors.crew import Crew
from executors.local_process import LocalExecutor
from executors.protocol import decode
from executors.worker import Channel
from tensorrag.catalog import Catalog
from tensorrag.check import Checked
from tensorrag.check.packing import unpacked
from tensorrag.errors import TaskFailed
from tensorrag.registry import catalog_cache
from tensorrag.registry.draft import Draft
from tensorrag.registry.finding import Registry
from tensorrag.store.place import Place
from tensorrag.task import Task
from tests.executors.processes import below, below_named, gone

pytestmark = pytest.mark.asyncio(loop_scope="module")

CARD = '''
"""A card."""
import os, signal, sys, time
from typing import NamedTuple
from tensorrag import Card, Metrics, MetricsSchema

print("hello from the import")


class {name}(Card):
    """One card."""

    class Out(NamedTuple):
        metrics: Metrics

    def propagate(self) -> tuple[MetricsSchema]:
        {propagate}
        return (MetricsSchema(),)

    def run(self) -> Out:
        raise NotImplementedError
'''


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path_factory.mktemp("scratch"))
    yield executor
    await executor.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cards"
    folder.mkdir()
    return folder


@pytest.fixture
def place(tmp_path: Path, folder: Path) -> Place:
    return Place(
        store=tmp_path / "store", uploads=tmp_path / "uploads", base=tmp_path, cards=folder
    )


def write(folder: Path, name: str, propagate: str = "pass") -> None:
    (folder / f"{name}.py").write_text(CARD.format(name=name.title(), propagate=propagate))


async def describe(local: LocalExecutor, place: Place) -> Catalog:
    handle = await local.submit(Task(kind="describe"), place)
    return Catalog.model_validate(await local.result(handle))


async def check(local: LocalExecutor, place: Place, *cards: str) -> Checked:
    nodes = [
        {"id": card, "card": card, "params": {}, "position": {"x": 0, "y": 0}} for card in cards
    ]
    pipeline: dict[str, Any] = {
        "format": "tensorrag.pipeline",
        "version": 1,
        "name": "",
        "nodes": nodes,
        "edges": [],
    }
    task = Task(kind="propagate", params={"pipeline": pipeline, "peeks": {}})
    return unpacked(await local.result(await local.submit(task, place)))


async def test_describes_built_in_and_dropped_in_cards(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    write(folder, "mine")
    catalog = await describe(local, place)
    assert {"data_load", "mine"} <= set(catalog.cards)
    assert catalog.notices == ()


async def test_checks_a_pipeline(local: LocalExecutor, place: Place, folder: Path) -> None:
    write(folder, "mine")
    checked = await check(local, place, "mine", "theirs")
    assert [problem.code for problem in checked.problems] == ["card_unknown"]
    assert checked.nodes["mine"].schemas["metrics"] is not None


async def test_a_long_pipeline_of_our_own_cards_is_no_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[bytes] = []
    monkeypatch.setattr(Channel, "__init__", lambda self: None)
    monkeypatch.setattr(Channel, "send", lambda self, line: said.append(line))
    asking, ours = card_host.Asking(Channel(), {}), Registry.load().get("data_load")

    monkeypatch.setattr(card_host, "SIGN_OF_LIFE", 600.0)
    with asking(ours):
        pass
    assert said == []  # a short one costs nothing

    monkeypatch.setattr(card_host, "SIGN_OF_LIFE", 0.0)
    with asking(ours):
        pass
    assert [decode(line)["type"] for line in said] == ["asking"]


async def test_before_all_cards_are_wanted_those_of_the_pipeline_alone_are_imported(
    tmp_path: Path, folder: Path
) -> None:
    told: list[str] = []
    cards = card_host.Cards(tmp_path / "accepted", tmp_path / "trials.json", told.append)
    catalog_cache.keep(folder, Registry.load().catalog())

    few = cards.registry(folder, {"sort_rows", "unheard_of"})
    assert told == ["loading", "loaded"]  # on a busy machine it may take long
    imported = {card_id for card_id, found in few.found.items() if "card" in vars(found)}
    assert imported == {"sort_rows"}
    assert few.catalog() == Registry.load().catalog()

    write(folder, "mine")  # nobody described that one
    assert "mine" in cards.registry(folder, {"sort_rows"}).found


async def test_files_that_no_pipeline_asks_for_are_not_tried_out_for_it(
    tmp_path: Path, folder: Path
) -> None:
    write(folder, "mine")
    catalog_cache.keep(folder, Registry.load(folder).catalog())
    trials = tmp_path / "trials.json"
    cards = card_host.Cards(tmp_path / "accepted", trials)

    few = cards.registry(folder, {"sort_rows"})
    assert "mine" in few.found
    assert not trials.exists()

    assert "mine" in cards.registry(folder, {"mine"}).found
    assert trials.exists()


async def test_a_kept_card_that_cannot_be_imported_any_more_has_all_of_them_loaded(
    tmp_path: Path, folder: Path
) -> None:
    catalog = Registry.load().catalog()
    gone = catalog.cards["sort_rows"].model_copy(update={"entry": "cards.sort_rows:Gone"})
    changed = catalog.model_copy(update={"cards": {**catalog.cards, "sort_rows": gone}})
    catalog_cache.keep(folder, changed)

    cards = card_host.Cards(tmp_path / "accepted", tmp_path / "trials.json")
    found = cards.registry(folder, {"sort_rows"}).get("sort_rows")
    assert found.info.entry == "cards.sort_rows:SortRows"


async def test_the_trial_of_a_file_may_take_longer_than_the_host_may_be_silent(
    local: LocalExecutor, place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await describe(local, place)  # all others are imported now
    monkeypatch.setattr(host_client, "LOAD_SECONDS", 2.0)
    write(folder, "slow")
    waits = "if os.getsid(0) == os.getpid(): time.sleep(4)  # only where it is tried"
    with (folder / "slow.py").open("a") as file:
        file.write(waits)

    assert "slow" in (await describe(local, place)).cards


async def test_follows_the_folder(local: LocalExecutor, place: Place, folder: Path) -> None:
    assert "late" not in (await describe(local, place)).cards
    write(folder, "late")
    assert "late" in (await describe(local, place)).cards
    (folder / "late.py").unlink()
    assert "late" not in (await describe(local, place)).cards


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def broken(:", "Line 1"),
        ("import nowhere_to_be_found", "nowhere_to_be_found"),
        ("import os; os._exit(0)", "ends the process (exit code 0)"),
        ("import os; os.abort()", "crashes the process (Aborted)"),
        ("while True: pass", "Importing it takes more than"),
        ("raise SystemExit", "SystemExit"),
        ("raise KeyboardInterrupt", "ends the process"),
        ("import asyncio; raise asyncio.CancelledError", "ends the process"),
        ("x = 1", "contains no card"),
    ],
)
async def test_a_broken_file_is_a_notice_and_the_others_stay(
    local: LocalExecutor, place: Place, folder: Path, text: str, words: str
) -> None:
    write(folder, "mine")
    (folder / "broken.py").write_text(text)
    catalog = await describe(local, place)
    (notice,) = catalog.notices
    assert notice.file == "broken.py"
    assert words in notice.message
    assert "mine" in catalog.cards


async def test_what_lies_beside_the_files_is_left_alone(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    write(folder, "mine")
    (folder / ".#mine.py").symlink_to("somebody@somewhere.123:456")  # as an editor leaves it
    (folder / "._mine.py").write_bytes(b"\x00\x05\x16\x07")  # as another system leaves it
    (folder / "round.py").symlink_to("round.py")
    (folder / "endless.py").symlink_to("/dev/zero")
    (folder / "folder.py").mkdir()
    os.mkfifo(folder / "silent.py")
    catalog = await describe(local, place)
    assert "mine" in catalog.cards
    assert catalog.notices == ()


async def test_a_file_that_is_far_too_large_is_not_read(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    write(folder, "mine")
    with (folder / "huge.py").open("w") as file:
        file.truncate(2**43)  # takes no room, and no memory has as much
    catalog = await describe(local, place)
    (notice,) = catalog.notices
    assert notice.message == "The file is larger than 500 kB."
    assert "mine" in catalog.cards


HANGS = "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); time.sleep(60)"
TAKES_THE_HOST = [
    (HANGS, "it takes more than 2 seconds, and could not be interrupted"),
    ("os.abort()", "it crashes its process (Aborted)"),
    ("import ctypes; ctypes.string_at(0)", "it crashes its process (Segmentation fault)"),
    ("os._exit(0)", "it ends its process (exit code 0)"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"),
]


@pytest.mark.parametrize(("act", "words"), TAKES_THE_HOST, ids=range(5))
async def test_a_card_that_takes_the_host_with_it_gets_a_problem_and_the_others_are_checked(
    local: LocalExecutor, place: Place, folder: Path, act: str, words: str
) -> None:
    write(folder, "bad", act)
    write(folder, "mine")

    checked = await check(local, place, "bad", "mine")

    (problem,) = checked.problems
    assert (problem.code, problem.node) == ("card_broken", "bad")
    assert problem.message.startswith("It cannot be checked: ")
    assert words in problem.message
    assert checked.nodes["mine"].schemas["metrics"] is not None
    write(folder, "bad", "pass")
    assert (await check(local, place, "bad", "mine")).problems == (), "it was mended"


async def test_a_card_is_not_blamed_for_a_machine_that_has_no_processor_for_it(
    local: LocalExecutor, place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_client, "CARD_SECONDS", 0.5)
    monkeypatch.setattr(usage, "waited", lambda pid: time.monotonic())
    monkeypatch.setattr(patience, "BUSY", 1_000)  # this machine may be busy, too
    write(folder, "mine", "time.sleep(1.0)")

    assert (await check(local, place, "mine")).problems == ()


async def test_a_host_may_start_late_where_no_processor_is_free_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_client, "START_SECONDS", 0.001)
    monkeypatch.setattr(usage, "waited", lambda pid: time.monotonic())
    monkeypatch.setattr(patience, "BUSY", 1_000_000)
    crew = Crew(tmp_path, fork=False)
    host = host_client.CardHost(crew.host)

    assert (await host.start()).pid
    await host.close()
    await crew.close()


async def test_several_of_them_are_found_one_after_the_other(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    for name in ("one", "two", "three"):
        write(folder, name, f"os.abort()  # {name}")
    write(folder, "mine")
    checked = await check(local, place, "one", "mine", "two", "three")
    assert [problem.node for problem in checked.problems] == ["one", "two", "three"]


async def test_a_card_that_never_ends_is_a_problem_of_its_own(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    write(folder, "endless", "while True: pass")
    write(folder, "mine")

    checked = await check(local, place, "endless", "mine")

    (problem,) = checked.problems
    assert (problem.code, problem.node) == ("card_broken", "endless")
    assert "takes more than 2 seconds" in problem.message
    assert checked.nodes["mine"].schemas["metrics"] is not None


async def test_files_that_take_their_time_cost_no_other_card(
    local: LocalExecutor, place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_client, "ANSWER_SECONDS", 2.0)
    for name in ("one", "two", "three"):
        write(folder, name)
        with (folder / f"{name}.py").open("a") as file:
            file.write("\ntime.sleep(0.9)")

    catalog = await describe(local, place)

    assert {"data_load", "one", "two", "three"} <= set(catalog.cards)
    assert catalog.notices == ()


async def test_a_host_that_was_killed_meanwhile_is_replaced_without_a_word(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    write(folder, "mine")
    await describe(local, place)

    for host in below_named("tr-cardhost", psutil.Process()):
        host.kill()

    assert (await check(local, place, "mine")).problems == ()


async def test_a_host_that_is_forked_tells_the_same_and_is_replaced_as_well(
    local: LocalExecutor,
    place: Place,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TENSORRAG_PRELOAD", "tables")
    write(folder, "mine")
    forking = LocalExecutor(tmp_path / "scratch")
    try:
        forking.warm()
        assert await describe(forking, place) == await describe(local, place)

        [host] = (
            host
            for host in below_named("tr-cardhost", psutil.Process())
            if "tr-forkserver" in {parent.name() for parent in host.parents()}
        )
        host.kill()

        assert (await check(forking, place, "mine")).problems == ()
    finally:
        await forking.close()


async def test_the_next_host_knows_which_files_to_leave_alone(
    local: LocalExecutor, place: Place, folder: Path, tmp_path: Path
) -> None:
    tried = tmp_path / "tried"
    write(folder, "fatal", "os.abort()")
    (folder / "endless.py").write_text(f"open({str(tried)!r}, 'a').write('x')\nwhile True: pass")
    await describe(local, place)
    times = tried.read_text()

    assert (await check(local, place, "fatal")).problems

    assert tried.read_text() == times

    assert [notice.file for notice in (await describe(local, place)).notices] == ["endless.py"]


async def test_a_question_without_an_answer_is_an_error(local: LocalExecutor, place: Place) -> None:
    task = Task(kind="propagate", params={"no": "pipeline"})
    with pytest.raises(TaskFailed):
        await local.result(await local.submit(task, place))


async def test_questions_asked_at_once_get_their_own_answers(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    names = [f"card{number}" for number in range(5)]
    for name in names:
        write(folder, name)
    answers = await asyncio.gather(*(check(local, place, name) for name in names))
    assert [list(answer.nodes) for answer in answers] == [[name] for name in names]


async def test_who_stops_waiting_does_not_disturb_the_next(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    write(folder, "slow", "time.sleep(0.3)")
    write(folder, "mine")
    handle = await local.submit(Task(kind="describe"), place)
    await local.result(handle)
    waiting = asyncio.create_task(check(local, place, "slow"))
    await asyncio.sleep(0.1)
    waiting.cancel()
    assert list((await check(local, place, "mine")).nodes) == ["mine"]


async def test_ends_with_its_executor(tmp_path: Path, place: Place) -> None:
    before = below(os.getpid())
    executor = LocalExecutor(tmp_path / "scratch")
    await describe(executor, place)
    ours = below(os.getpid()) - before
    assert ours & {host.pid for host in below_named("tr-cardhost", psutil.Process())}
    await executor.close()
    await gone(ours)


async def test_a_text_is_tried_out_beside_the_cards_in_use(
    local: LocalExecutor, place: Place, folder: Path
) -> None:
    async def try_out(text: str) -> Draft:
        task = Task(kind="draft", card="mine", source=text)
        return Draft.model_validate(await local.result(await local.submit(task, place)))

    write(folder, "mine")
    before = await describe(local, place)
    text = CARD.format(name="Mine", propagate="pass").replace("One card.", "Another card.")

    draft = await try_out(text)
    assert [card.summary for card in draft.cards] == ["Another card."]
    for end in ("os._exit(0)", "os.kill(os.getpid(), signal.SIGSEGV)"):
        with pytest.raises(TaskFailed, match="Importing it"):
            await try_out(f"{text}\n{end}\n")
    assert await describe(local, place) == before
