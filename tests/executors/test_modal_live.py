"""The real Modal, for whoever has an account: `pytest -m live tests/executors/test_modal_live.py`.

It deploys the app ``tensorrag`` to the account that is signed in, and rents a T4 for some seconds:
a few cents. Without a token it is skipped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from executors import modal_sdk
from executors.modal_deploy import deploy
from executors.modal_remote import ModalExecutor
from tensorrag.errors import RunCancelled, TensorRagError
from tensorrag.store.place import Place
from tests.executors.card_texts import task
from tests.executors.contract import first, value_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.modal,
    pytest.mark.live,
    pytest.mark.timeout(1800),  # the image is built, and a GPU has to come
]

DEVICE = '''
from typing import NamedTuple
from tensorrag import Card, Metrics

class Device(Card):
    """Multiply matrices on the GPU; the result is how much memory it has, in GB."""

    class Out(NamedTuple):
        metrics: Metrics

    def run(self) -> Out:
        import torch

        square = torch.ones(512, 512, device="cuda")
        assert float((square @ square)[0, 0]) == 512
        memory = torch.cuda.get_device_properties(0).total_memory / 1e9
        return self.Out(Metrics({"r2": memory}, {}, task="regression", rows=1))
'''


def signed_in() -> bool:
    try:
        return modal_sdk.is_signed_in()
    except TensorRagError:
        return False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ModalExecutor]:
    if not signed_in():
        pytest.skip("nobody is signed in to Modal here")
    await asyncio.to_thread(deploy)
    executor = ModalExecutor(tmp_path_factory.mktemp("scratch"))
    yield executor
    await executor.close()


async def test_it_says_what_is_deployed_and_what_it_costs(executor: ModalExecutor) -> None:
    offers = await executor.offers()
    assert offers.available
    assert offers.version
    assert not offers.outdated, "it was deployed just now"
    assert {offer.device for offer in offers.offers} >= {"T4", "cpu"}


async def test_a_card_on_processors(executor: ModalExecutor, place: Place) -> None:
    assert await value_of(executor, task("Return", 3), place) == 3


async def test_a_card_on_a_t4(executor: ModalExecutor, place: Place, tmp_path: Path) -> None:
    job = task("Return", gpu=True, timeout=120).model_copy(
        update={"card": "device", "entry": "tensorrag_drop_in_device_0:Device", "source": DEVICE}
    )
    handle = await executor.submit(job.model_copy(update={"params": {}}), place)
    answer = await executor.result(handle)
    assert answer["device"] == "T4"
    assert 14 < answer["outputs"]["metrics"]["value"]["r2"] < 17
    cost = await first(executor, handle, "cost")
    assert 0 < cost["cost"] < 0.1


async def test_cancel_ends_it(executor: ModalExecutor, place: Place) -> None:
    handle = await executor.submit(task("Sleep", 600), place)
    await first(executor, handle, "started")
    await executor.cancel(handle)
    with pytest.raises(RunCancelled):
        await executor.result(handle)
