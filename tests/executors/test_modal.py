"""Modal: the contract, through the real SDK against a stand-in, and what only it promises."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import pytest_asyncio

from cards.model_define_gpu import ModelDefineGpu
from executors import (
    modal_beginning,
    modal_checkpoints,
    modal_hearing,
    modal_line,
    modal_parcel,
    modal_remote,
    modal_transfer,
    modal_variant,
)
from executors.modal_deploy import deploy
from executors.modal_notes import Note, Notes
from executors.modal_prices import PRICE_PAGE
from executors.modal_remote import ModalExecutor
from tensorrag.errors import (
    ExecutorError,
    ExecutorUnavailable,
    NotDeployed,
    NotInstalled,
    NotSignedIn,
    RunCancelled,
    Unheard,
)
from tensorrag.executor import Executor
from tensorrag.perform import perform
from tensorrag.store.artifacts import Store
from tensorrag.store.checkpoints import Kept
from tensorrag.store.place import Place
from tensorrag.store.uploads import Uploads
from tensorrag.task import Task
from tensorrag.types import Table
from tests.executors.card_texts import SHIFT, shift, task
from tests.executors.contract import KEY, ExecutorContract, failure_of, first, printed, value_of
from tests.executors.modal_plane.account import account, forget_client
from tests.executors.modal_plane.plane import Plane

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.modal]

UNTIL = """
import time
from pathlib import Path
from typing import NamedTuple
from tensorrag import Card, Metrics, report

class Until(Card):
    path: str = ""

    class Out(NamedTuple):
        metrics: Metrics

    def run(self) -> Out:
        report(1, 2, "step")
        while not Path(self.path).exists():
            time.sleep(0.02)
        report(2, 2, "step")
        return self.Out(Metrics({"r2": 1.0}, {}, task="regression", rows=1))
"""

TRAP = """
import os
from typing import NamedTuple
from executors import modal_container
from tensorrag import Card, Metrics

class Sprung:
    def __reduce__(self):
        return os.system, ("touch TRAP",)

class Trap(Card):
    class Out(NamedTuple):
        metrics: Metrics

    def run(self) -> Out:
        modal_container._attempt = lambda *all: (Sprung(), {})
        return self.Out(Metrics({"r2": 1.0}, {}, task="regression", rows=1))
"""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with account(tmp_path_factory.mktemp("modal")) as plane:
        deploy()
        yield plane


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor(
    plane: Plane, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ModalExecutor]:
    executor = ModalExecutor(tmp_path_factory.mktemp("scratch"))
    assert _follows(executor)
    yield executor
    await executor.close()


def _follows(executor: Executor) -> bool:
    """Have the type checker hold an executor against the protocol."""
    return bool(executor.name)


class TestModal(ExecutorContract):
    """As every executor."""


def stored(place: Place, rows: int) -> str:
    """Keep a table of random numbers, 8 bytes a row."""
    numbers = np.random.default_rng(rows).random(rows)
    return Store(place.store).put(Table.from_pandas(pd.DataFrame({"x": numbers}))).digest


async def shifted(executor: Executor, place: Place, table: str, by: float = 1.0) -> str:
    """Run that task and return what it made."""
    answer = await executor.result(await executor.submit(shift(table, by), place))
    return str(answer["outputs"]["table"]["sha256"])


async def test_a_container_has_our_sources_and_nothing_of_the_page(
    executor: ModalExecutor, plane: Plane, place: Place
) -> None:
    await value_of(executor, task("Return"), place)
    root = next(plane.folder.glob("containers/*/root"))
    assert {"tensorrag", "cards", "executors", "sample_data"} <= set(os.listdir(root))
    assert not (root / "web").exists()
    assert list((root / "sample_data" / "data").glob("*.csv")), "samples can be loaded there"


async def test_small_tables_travel_in_the_message(
    executor: ModalExecutor, plane: Plane, place: Place
) -> None:
    before = plane.sent
    made = await shifted(executor, place, stored(place, 1000))
    assert len(Store(place.store).load(made).to_pandas()) == 1000  # type: ignore[attr-defined]
    assert plane.sent == before


async def test_large_tables_go_by_the_volume_once_both_ways(
    executor: ModalExecutor, plane: Plane, place: Place
) -> None:
    await value_of(executor, task("Return"), place)  # the container is warm, and has looked before
    table = stored(place, 1_500_000)
    before = plane.sent
    made = await shifted(executor, place, table)
    sent = plane.sent
    again = await shifted(executor, place, table, 2.0)
    near, far = (Store(place.store).load(each) for each in (table, made))
    assert isinstance(near, Table)
    assert isinstance(far, Table)
    assert sent - before > modal_parcel.NEAR
    assert plane.sent == sent, "the second time nothing was sent"
    assert made != again
    pd.testing.assert_frame_equal(near.to_pandas() + 1, far.to_pandas())


async def test_rows_of_a_table_that_is_here_come_back_as_their_numbers(
    executor: ModalExecutor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []

    async def fetch(far: str, path: Path) -> None:
        fetched.append(far)

    monkeypatch.setattr(modal_transfer, "fetch", fetch)
    rows = shift(stored(place, 2_200_000)).model_copy(
        update={"source": SHIFT.replace(SHIFTED, ROWS)}
    )

    answer = await executor.result(await executor.submit(rows, place))
    made = Store(place.store).load(answer["outputs"]["table"]["sha256"])

    assert isinstance(made, Table)
    assert made.num_rows == 1_000_000
    assert fetched == []


SHIFTED = "Table.from_pandas(table.to_pandas() + self.by)"
ROWS = "table.take(__import__('numpy').arange(1_000_000))"


async def test_an_upload_travels_with_the_card_that_reads_it(
    executor: ModalExecutor, place: Place
) -> None:
    upload = Uploads(place.uploads).add([b"a,b\n1,2\n3,4\n"])
    load = Task(
        kind="run",
        card="data_load",
        entry="cards.data_load:DataLoad",
        params={"source": "upload", "upload": upload, "upload_name": "small.csv"},
    )
    answer = await executor.result(await executor.submit(load, place))
    assert answer["outputs"]["dataset"]["schema"]["rows"] == 2


async def test_what_stays_on_this_machine_is_refused_in_a_sentence(
    executor: ModalExecutor, plane: Plane, place: Place
) -> None:
    began = len(plane.calls)
    with pytest.raises(ExecutorError, match="secret"):
        await executor.submit(task("Return", secrets=("KEY",)), place)
    from_a_path = task("Return").model_copy(update={"params": {"source": "path"}})
    with pytest.raises(ExecutorError, match="file of this machine"):
        await executor.submit(from_a_path, place)
    assert len(plane.calls) == began


async def test_every_choice_reaches_modal(
    executor: ModalExecutor, plane: Plane, place: Place
) -> None:
    await value_of(executor, task("Return", gpu=True, timeout=90, memory=6000), place)
    options = plane.options[-1]
    call = list(plane.calls.values())[-1]
    function = plane.functions[call.function]
    assert (options.timeout_secs, options.resources.memory_mb) == (100, 6000)
    assert function.resources.gpu_config.gpu_type == "T4"
    await value_of(executor, task("Return", gpu=True, rented_gpu="A100-80GB"), place)
    assert gpu_asked(plane) == "A100-80GB"
    with pytest.raises(ExecutorError, match="no GPU"):
        await executor.submit(task("Return", gpu=True, rented_gpu="V100"), place)
    await value_of(executor, task("Return", gpu=True), place)
    assert plane.options[-1].timeout_secs == 610, "nothing runs there without a limit"
    await value_of(executor, task("Return", timeout=2_592_000), place)
    assert plane.options[-1].timeout_secs == 86_400, "Modal takes no longer one"


def gpu_asked(plane: Plane) -> str:
    """The GPU of the container that was asked for last."""
    call = list(plane.calls.values())[-1]
    return str(plane.functions[call.function].resources.gpu_config.gpu_type)


async def test_says_what_it_cost(executor: ModalExecutor, place: Place) -> None:
    handle = await executor.submit(task("Sleep", 0.5, gpu=True), place)
    paid = await first(executor, handle, "cost")
    assert paid["seconds"] >= 0.5
    assert paid["cost"] == pytest.approx((paid["seconds"] + paid["start"]) * 0.000199, rel=0.01)
    waits = await executor.submit(task("Return", 1, gpu=True), place)
    again = await first(executor, waits, "cost")
    assert again["start"] == 0, "its container had started for the card before"


async def test_the_prices_are_those_of_the_account_where_it_tells_them(
    plane: Plane, tmp_path: Path
) -> None:
    executor = ModalExecutor(tmp_path)
    before = (await executor.offers()).rates
    assert before is not None
    assert before.words == "Modal's price page, 1 Aug 2026"
    # Per hour, as Modal says it. 0.36 / 3600 = 0.0001; two cores at 0.00001 and 4 GiB at 0.000002.
    plane.rates = {"CPU": "0.036", "Memory": "0.0072", "T4": "0.36", "H100": "3.6"}
    offers = await executor.offers()
    assert offers.rates is not None
    assert offers.rates.source == "your Modal account"
    (t4,) = (offer for offer in offers.offers if offer.device == "T4")
    assert t4.price == pytest.approx(0.0001 + 2 * 0.00001 + 4 * 0.000002)
    assert offers.rates.gpus["L4"] == 0.000222, "what it does not name is as on the price page"
    await executor.close()
    plane.rates = None


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"CPU": "0.047", "T4": "0.59"},  # no memory
        {"CPU": "0.047", "Memory": "0.008"},  # no GPU
        {"CPU": "0.0000131", "Memory": "0.00000222", "T4": "0.000164"},  # per second, not per hour
    ],
)
async def test_prices_that_cannot_be_understood_are_not_used(
    told: dict[str, str], plane: Plane, tmp_path: Path
) -> None:
    plane.rates = told
    executor = ModalExecutor(tmp_path)
    offers = await executor.offers()
    assert offers.rates == PRICE_PAGE
    await executor.close()
    plane.rates = None


async def test_a_card_that_never_reports_is_ended_by_modal(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modal_variant, "GRACE", 0)
    failed = await failure_of(executor, task("Sleep", 60, timeout=1), place)
    assert failed.cause.type == "CardTimeout"
    assert "1 seconds" in failed.message
    assert busy(plane) == []


async def test_cancel_ends_the_container(
    executor: ModalExecutor, plane: Plane, place: Place
) -> None:
    handle = await executor.submit(task("Sleep", 60), place)
    await first(executor, handle, "started")
    (process,) = busy(plane)
    await executor.cancel(handle)
    assert busy(plane) == []
    with pytest.raises(RunCancelled):
        await executor.result(handle)
    assert not Path(f"/proc/{process}").exists()


async def test_two_at_once_are_two_containers(
    executor: ModalExecutor, plane: Plane, place: Place
) -> None:
    handles = [await executor.submit(task("Sleep", 60), place) for _ in range(2)]
    starts = [await first(executor, handle, "started") for handle in handles]
    assert len(busy(plane)) == 2
    assert starts[0]["container"] != starts[1]["container"]
    for handle in handles:
        await executor.cancel(handle)
    assert busy(plane) == []


def busy(plane: Plane) -> list[int]:
    """The processes of the containers that do something."""
    return [c.process.pid for c in plane.containers.values() if c.call is not None]


@pytest.mark.parametrize("card", ["KillItself", "Segfault", "Leave"])
async def test_a_container_that_crashes_is_a_sentence(
    executor: ModalExecutor, place: Place, card: str
) -> None:
    failed = await failure_of(executor, task(card), place)
    assert failed.cause.type == "CardCrashed"
    assert "memory" in failed.hint


async def test_leaving_by_sys_exit_is_an_error_and_the_container_goes_on(
    executor: ModalExecutor, place: Place
) -> None:
    failed = await failure_of(executor, task("Exit"), place)
    assert failed.cause.type == "SystemExit"
    assert await value_of(executor, task("Return", 3), place) == 3


async def test_another_process_takes_a_task_up_by_its_handle(
    executor: ModalExecutor, plane: Plane, place: Place, tmp_path: Path
) -> None:
    before, after = ModalExecutor(tmp_path), ModalExecutor(tmp_path)
    handle = await before.submit(task("Report", ticket="abc"), place)
    began = len(plane.calls)
    assert await after.attach(handle)
    answer = await after.result(handle)
    assert answer["outputs"]["metrics"]["value"]["r2"] == 0
    reports = [e["data"] async for e in after.events(handle) if e["type"] == "progress"]
    assert reports[-1]["done"] == 5, "with its curve from the start"
    assert len(plane.calls) == began
    await before.result(handle)
    late = ModalExecutor(tmp_path)  # whoever waited may have died before the result was stored
    assert await late.attach(handle)
    assert (await late.result(handle))["outputs"] == answer["outputs"]
    assert len(plane.calls) == began


async def test_its_ticket_is_enough(plane: Plane, place: Place, tmp_path: Path) -> None:
    before, after = ModalExecutor(tmp_path), ModalExecutor(tmp_path)
    handle = await before.submit(task("Sleep", 30, ticket="ticket-1"), place)
    assert await after.attach("ticket-1")
    await first(after, "ticket-1", "started")
    await after.cancel("ticket-1")
    assert busy(plane) == []
    with pytest.raises(RunCancelled):
        await after.result("ticket-1")
    await before.close()
    assert handle.endswith(":ticket-1")


async def test_what_nobody_heard_of_does_not_begin(
    executor: ModalExecutor, place: Place, tmp_path: Path
) -> None:
    """The server dies between asking Modal and hearing its answer; the call waits for a machine."""
    note = Note(name="ticket-3", task=task("Print"), place=place)
    Notes(tmp_path / "modal").write(note)
    assert not await ModalExecutor(tmp_path).attach("ticket-3")
    late = await executor.submit(task("Print", ticket="ticket-3"), place)
    with pytest.raises(RunCancelled):
        await executor.result(late)
    assert await printed(executor, late) == ""


async def test_what_has_begun_is_found_although_nobody_heard_of_it(
    executor: ModalExecutor, plane: Plane, place: Place, tmp_path: Path
) -> None:
    handle = await executor.submit(task("Sleep", 30, ticket="ticket-4"), place)
    await first(executor, handle, "started")
    note = Note(name="ticket-4", task=task("Sleep", 30), place=place)
    Notes(tmp_path / "modal").write(note)
    after = ModalExecutor(tmp_path)
    assert await after.attach("ticket-4")
    await after.cancel("ticket-4")
    assert busy(plane) == []


def until(file: Path, **more: Any) -> Task:
    """A task that reports, waits for a file, and reports once more."""
    return Task(
        kind="run",
        card="until",
        entry="tensorrag_drop_in_until_0:Until",
        source=UNTIL,
        params={"path": str(file)},
        **more,
    )


async def told(executor: ModalExecutor, handle: str, text: str) -> None:
    """Wait until this is said in the log of a task."""
    async for event in executor.events(handle):
        if event["type"] == "log" and event["data"]["text"] == text:
            return
    raise AssertionError(f"it never said: {text}")


async def test_a_line_that_breaks_is_taken_up_again(
    executor: ModalExecutor, plane: Plane, place: Place, tmp_path: Path
) -> None:
    """The network goes, and the container ends meanwhile: its result is there, and its curve."""
    handle = await executor.submit(until(tmp_path / "go"), place)
    await first(executor, handle, "progress")
    plane.call_soon(plane.gone.set)
    await told(executor, handle, modal_line.LOST)
    (tmp_path / "go").touch()
    while busy(plane):
        await asyncio.sleep(0.05)
    plane.call_soon(plane.gone.clear)
    answer = await executor.result(handle)
    assert answer["outputs"]["metrics"]["value"]["r2"] == 1
    reports = [e["data"]["done"] async for e in executor.events(handle) if e["type"] == "progress"]
    assert reports == [1, 2], "each of them once"
    assert modal_line.FOUND in await printed(executor, handle, "stderr")


async def test_a_cancel_that_did_not_get_through_is_made_up_for(
    executor: ModalExecutor, plane: Plane, place: Place, tmp_path: Path
) -> None:
    handle = await executor.submit(until(tmp_path / "never"), place)
    await first(executor, handle, "progress")
    plane.call_soon(plane.gone.set)
    await told(executor, handle, modal_line.LOST)
    with pytest.raises(ExecutorUnavailable, match="cannot be reached"):
        await executor.cancel(handle)
    plane.call_soon(plane.gone.clear)
    with pytest.raises(RunCancelled):
        await executor.result(handle)
    assert busy(plane) == []


async def test_one_that_begins_though_nobody_hears_it_is_followed_all_the_same(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, looks = [], plane.QueueLen

    async def looked(request: Any, metadata: Any) -> Any:
        answer = await looks(request, metadata)
        asked.append(request)
        return answer

    async def once_it_has_begun(name: str) -> str:
        while not asked:  # before, the container may still hear that it must not
            await asyncio.sleep(0.05)
        return await modal_hearing.call_that_began(name)

    monkeypatch.setattr(plane, "QueueLen", looked)
    monkeypatch.setattr(modal_beginning, "call_that_began", once_it_has_begun)
    monkeypatch.setattr(plane, "swallowed", {"FunctionMap"})
    calls = len(plane.calls)
    assert await value_of(executor, task("Return", 7, timeout=78), place) == 7
    assert len(plane.calls) == calls + 1


async def test_one_that_has_not_begun_by_then_never_does(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane.scarce.add("A10")
    with monkeypatch.context() as broken:
        broken.setattr(plane, "swallowed", {"FunctionMap"})
        with pytest.raises(ExecutorUnavailable, match="cannot be reached"):
            await executor.submit(task("Return", gpu=True, rented_gpu="A10", timeout=81), place)
    plane.scarce.clear()
    late = list(plane.calls.values())[-1]
    while late.output is None:
        await asyncio.sleep(0.05)
    assert b'"cancelled"' in late.output.result.data


async def test_one_of_which_nobody_can_tell_is_stopped_once_modal_answers(
    plane: Plane, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = ModalExecutor(tmp_path)

    async def unreached(name: str) -> str:
        while not busy(plane):
            await asyncio.sleep(0.05)
        monkeypatch.setattr(modal_beginning, "call_that_began", modal_hearing.call_that_began)
        raise ConnectionError

    monkeypatch.setattr(modal_beginning, "call_that_began", unreached)
    monkeypatch.setattr(plane, "swallowed", {"FunctionMap"})
    asked = until(tmp_path / "never", timeout=79).model_copy(update={"ticket": "unheard"})
    with pytest.raises(Unheard, match="did not say whether it took the card"):
        await executor.submit(asked, place)
    assert await executor.attach("unheard"), "by its ticket it can be followed to its end"
    with pytest.raises(RunCancelled):
        await executor.result("unheard")
    while busy(plane) or any((tmp_path / "modal").glob("*.json")):
        await asyncio.sleep(0.05)
    await executor.close()


async def test_an_old_deployment_is_a_sentence(
    executor: ModalExecutor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modal_remote, "FORMAT", modal_parcel.FORMAT + 1)
    with pytest.raises(NotDeployed) as caught:
        await executor.result(await executor.submit(task("Return"), place))
    assert "tensorrag modal deploy" in caught.value.hint


async def test_no_token_a_bad_one_and_no_deployment_are_sentences(
    plane: Plane, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = ModalExecutor(tmp_path)
    with monkeypatch.context() as nobody:
        nobody.delenv("MODAL_TOKEN_ID")
        offers = await executor.offers()
        assert not offers.available
        assert "modal token new" in offers.hint
        with pytest.raises(NotSignedIn):
            await executor.submit(task("Return"), place)
    await asyncio.to_thread(forget_client)
    with monkeypatch.context() as stranger:
        stranger.setenv("MODAL_TOKEN_SECRET", "as-other")
        with pytest.raises(NotSignedIn, match="does not know you"):
            await executor.submit(task("Return"), place)
        assert not (await executor.offers()).available
    await asyncio.to_thread(forget_client)
    with monkeypatch.context() as bare:
        bare.setattr(plane, "deployed", {})
        with pytest.raises(NotDeployed, match="not deployed"):
            await executor.submit(task("Return"), place)
        assert "tensorrag modal deploy" in (await executor.offers()).hint


async def test_what_a_container_sends_runs_nothing_here(
    executor: ModalExecutor, place: Place, tmp_path: Path
) -> None:
    """A card that takes over its container, so that the next answer is a trap."""
    trap = tmp_path / "sprung"
    source = TRAP.replace("TRAP", str(trap))
    spring = Task(kind="run", card="trap", entry="tensorrag_drop_in_trap_0:Trap", source=source)
    spring = spring.model_copy(update={"timeout": 77})  # in a container of its own
    await executor.result(await executor.submit(spring, place))
    with pytest.raises(ExecutorError, match="not what was agreed"):
        await executor.result(await executor.submit(task("Return", timeout=77), place))
    assert not trap.exists()


async def test_without_the_package_it_says_what_to_install(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ["modal", *(name for name in sys.modules if name.startswith("modal."))]:
        monkeypatch.setitem(sys.modules, name, None)  # also what of it is imported already
    executor = ModalExecutor(tmp_path)
    offers = await executor.offers()
    assert not offers.available
    assert "pip install" in offers.hint
    with pytest.raises(NotInstalled, match="not installed"):
        await executor.submit(task("Return"), place)


async def test_a_gpu_that_does_not_come_is_said_with_the_next_one_up(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORRAG_GPU_PATIENCE", "0.2")
    plane.scarce.add("A10")
    handle = await executor.submit(task("Return", 3, gpu=True, rented_gpu="A10"), place)
    missing = await first(executor, handle, "waiting")
    assert (missing["gpu"], missing["next"]) == ("A10", "L40S")
    assert missing["price"] == pytest.approx(0.000542 + 2 * 0.0000131 + 4 * 0.00000222)
    plane.scarce.clear()
    answer = await executor.result(handle)
    assert answer["outputs"]["metrics"]["value"]["r2"] == 3, "it has waited on"

    plane.scarce.add("B200")  # the last one up: nothing is offered, and it can be given up
    handle = await executor.submit(task("Return", gpu=True, rented_gpu="B200"), place)
    missing = await first(executor, handle, "waiting")
    assert missing["next"] is None
    await executor.cancel(handle)
    with pytest.raises(RunCancelled):
        await executor.result(handle)
    plane.scarce.clear()


async def test_a_pre_empted_card_goes_on_in_another_container(
    executor: ModalExecutor, plane: Plane, place: Place
) -> None:
    handle = await executor.submit(task("Count", 250, key=KEY, gpu=True), place)
    kept = f"volumes/*/checkpoints/{KEY}/*"
    while not list(plane.folder.glob(kept)):
        await asyncio.sleep(0.05)
    plane.call_soon(plane.preempt)
    answer = await executor.result(handle)
    began_again_at = answer["outputs"]["metrics"]["value"]["r2"]
    assert 0 < began_again_at < 250, "some seconds of its work are lost, not all"
    assert list(plane.folder.glob(kept)) == [], "it is done"


async def test_a_cancelled_card_goes_on_where_it_was(executor: ModalExecutor, place: Place) -> None:
    handle = await executor.submit(task("Count", 1e6, key=KEY), place)
    while Store(place.store).checkpoints.get(KEY) is None:
        async for event in executor.events(handle):
            if event["type"] == "progress" and event["data"]["done"] > 60:
                break
        await executor.cancel(handle)
    kept = Store(place.store).checkpoints.get(KEY)
    assert kept is not None
    assert await value_of(executor, task("Count", kept.done + 1, key=KEY), place) == kept.done


async def test_what_a_container_wrote_for_a_checkpoint_is_not_trusted(tmp_path: Path) -> None:
    there, here = Store(tmp_path / "there"), Store(tmp_path / "here")
    table = there.put(Table.from_pandas(pd.DataFrame({"x": [1.0]})))
    there.checkpoints.put(KEY, {"at": np.array(1)}, Kept(digest=""))
    good = there.checkpoints.get(KEY)
    assert good is not None
    (tmp_path / "here").mkdir()
    for kept, path in ((good, tmp_path / "good"), (Kept(digest=table.digest), tmp_path / "table")):
        modal_checkpoints.wrap(path, there, kept)
    (tmp_path / "noise").write_bytes(b"PK\x03\x04 and noise")
    (tmp_path / "cut").write_bytes((tmp_path / "good").read_bytes()[:-40])
    taken = [
        modal_checkpoints.unwrap(tmp_path / name, here) is not None
        for name in ("good", "table", "noise", "cut")
    ]
    assert taken == [True, False, False, False]


@pytest.mark.slow
async def test_a_pre_empted_training_has_the_curve_of_one_that_was_not(
    executor: ModalExecutor, plane: Plane, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane.stop_containers()  # in new ones it is kept from the first epoch on, not after seconds
    at_once = ("INTERVAL = 5.0", "INTERVAL = 0.0")
    monkeypatch.setitem(plane.mutations, "tensorrag/checkpoint.py", at_once)
    numbers = np.random.default_rng(0).normal(size=(4000, 6))
    table = pd.DataFrame(numbers, columns=[*"abcde", "MEDV"])
    store = Store(place.store)
    model = ModelDefineGpu(epochs=150).run().model_spec
    train = Task(
        kind="run",
        card="train_gpu",
        entry="cards.train_gpu:TrainGpu",
        inputs={
            "train_dataset": (store.put(Table.from_pandas(table)).digest,),
            "model_spec": (store.put(model).digest,),
        },
        gpu=True,
    )
    handle = await executor.submit(train.model_copy(update={"key": "cd" * 32}), place)
    while not list(plane.folder.glob(f"volumes/*/checkpoints/{'cd' * 32}/*")):
        await asyncio.sleep(0.1)
    plane.call_soon(plane.preempt)
    far = await executor.result(handle)
    near = await asyncio.to_thread(perform, train, place)

    def loss(answer: Any) -> list[float]:
        curve: list[float] = answer["outputs"]["trained_model"]["value"]["history"]["loss"]
        return curve

    assert len(loss(far)) == 150
    assert loss(far) == pytest.approx(loss(near), rel=1e-6)
    assert "It goes on after epoch" in await printed(executor, handle)
    plane.stop_containers()


async def test_nothing_is_said_of_waiting_once_it_has_begun(
    executor: ModalExecutor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asyncio.Event()

    async def listen(job: object, gpu: object, rates: object, began: asyncio.Event) -> None:
        await began.wait()
        heard.set()

    monkeypatch.setattr(modal_remote, "tell_of_waiting", listen)
    handle = await executor.submit(task("Sleep", 30), place)
    await first(executor, handle, "started")
    await asyncio.wait_for(heard.wait(), 30)
    await executor.cancel(handle)
