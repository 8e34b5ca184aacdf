"""Runs cards on Modal, where somebody asked for that: nothing is rented unasked."""

from __future__ import annotations

import asyncio
import math
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from executors import modal_sdk
from executors.job import Job, Outcome
from executors.modal_checkpoints import bring_home
from executors.modal_deployed import difference, here, there
from executors.modal_notes import Note, Notes
from executors.modal_parcel import FORMAT, REVOKED, Parcel, far_path, pack, unpack
from executors.modal_prices import GRACE, PRICE_PAGE, asked
from executors.modal_sentences import MISSING, SIGN_IN, crashed, other_version, sentence
from executors.modal_waiting import tell_of_waiting
from executors.protocol import MOST_PROGRESS, JsonObject, decode
from tensorrag.errors import (
    ExecutorError,
    ExecutorUnavailable,
    NotSignedIn,
    RunCancelled,
    TensorRagError,
)
from tensorrag.executor import Offer, Offers
from tensorrag.gpus import GPUS, USUAL
from tensorrag.pipeline.names import quoted
from tensorrag.rates import Rates
from tensorrag.store.artifacts import Store
from tensorrag.store.checkpoints import Kept
from tensorrag.store.manifest import DIGEST
from tensorrag.store.place import Place
from tensorrag.store.uploads import Uploads
from tensorrag.task import Task, TaskKind

if TYPE_CHECKING:
    import modal

SECONDS, GPU_SECONDS = 300.0, 600.0
"""How long a card may take that does not say so: at Modal nothing runs without a limit."""

LAST_WORDS = 2.0
"""Seconds that the last events may take after the result."""

DAY = 24 * 3600.0
"""Seconds: nothing runs longer at Modal."""

PATIENCE = 10.0
"""Seconds that Modal may take to say whether it is there."""


class ModalExecutor:
    """The Modal account of whoever is signed in here.

    Args:
        folder: where it notes which tasks go on; it outlives this process.
    """

    name = "modal"
    kinds: frozenset[TaskKind] = frozenset({"run"})

    def __init__(self, folder: Path | None = None) -> None:
        self._notes = Notes((folder or Path(tempfile.gettempdir())) / "modal")
        self._jobs: dict[str, Job] = {}
        self._calls: dict[str, modal.FunctionCall[Any]] = {}
        self._closed = False
        self.rates = PRICE_PAGE
        """What it asks, as far as that is known here."""
        self._asking: asyncio.Task[None] | None = None

    async def offers(self) -> Offers:
        """Say what can be rented at what price, or what is yet to be done for it."""
        try:
            far = await self._deployed()
        except Exception as error:
            said = sentence(error)
            missing = MISSING.get(type(said))
            nothing = Offers(executor=self.name, available=False, missing=missing)
            return nothing.model_copy(update={"reason": said.message, "hint": said.hint})
        await asyncio.shield(self._ask_rates())
        return Offers(
            executor=self.name,
            available=True,
            offers=tuple(_offer(gpu, self.rates) for gpu in (*GPUS, None)),
            rates=self.rates,
            version=far.get("tensorrag", ""),
            outdated=difference(await asyncio.to_thread(here), far),
        )

    async def _deployed(self) -> Mapping[str, str]:
        """Return what is told of what is deployed, or raise what is yet to be done."""
        await asyncio.to_thread(_sign_in)
        async with asyncio.timeout(PATIENCE):
            await modal_sdk.function("run_card").hydrate.aio()
            far = await there()
        if far.get("format", str(FORMAT)) != str(FORMAT):
            raise other_version()
        return far

    def _ask_rates(self) -> asyncio.Task[None]:
        """Find out what this account pays; until Modal says so, the price page holds."""
        if self._asking is None or (self._asking.done() and self.rates is PRICE_PAGE):
            self._asking = asyncio.create_task(self._take_rates())
        return self._asking

    async def _take_rates(self) -> None:
        self.rates = await asked() or self.rates

    async def submit(self, task: Task, place: Place) -> str:
        """Send a task and what it needs; its handle is noted before anybody waits for it."""
        self._refuse(task)
        task = task.model_copy(update={"timeout": task.timeout or _seconds(task)})
        note = Note(name=task.ticket or uuid4().hex, task=task, place=place)
        self._ask_rates()
        try:
            await asyncio.to_thread(_sign_in)
            kept = await asyncio.to_thread(_kept, task, place)
            parcel = await asyncio.to_thread(_pack, task, place, kept)
            await _send(parcel["far"], place)
            await asyncio.to_thread(self._notes.write, note)
            request = {"format": FORMAT, "name": note.name, "task": task.to_json()}
            checkpoint = kept.model_dump_json() if kept is not None else None
            call = await _variant(task).spawn.aio(
                {**request, "parcel": parcel, "checkpoint": checkpoint}
            )
        except Exception as error:
            raise sentence(error, task) from error
        note = note.model_copy(update={"call": call.object_id})
        await asyncio.to_thread(self._notes.write, note)
        return self._follow(note, call)

    def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        """Follow a task from its start to its end, whenever this is called."""
        return self._job(handle).events()

    async def cancel(self, handle: str) -> None:
        """Stop the container, and with it what it costs."""
        job = self._job(handle)
        if job.outcome is not None:
            return
        job.stopping = True
        try:
            await self._calls[handle].cancel.aio(terminate_containers=True)
        except Exception as error:
            raise sentence(error, job.task) from error
        await _bring_home(job)
        job.finish(RunCancelled("The card was cancelled."))

    async def result(self, handle: str) -> JsonObject:
        """Wait for the result, or raise what went wrong."""
        return await self._job(handle).result()

    async def attach(self, handle: str) -> bool:
        """Take a task up again, by its handle or its ticket.

        One that has not begun, and whose handle nobody ever heard, does not begin any more.

        Raises:
            ExecutorUnavailable: Modal cannot be asked now.
        """
        if handle in self._jobs:
            return True
        note = await asyncio.to_thread(self._notes.find, handle)
        if note is None:
            return False
        if not note.call:  # the server died while it was spawned
            try:
                note = note.model_copy(update={"call": await _call_that_began(note.name)})
            except Exception as error:
                raise sentence(error) from error
        if not note.call:
            return False
        self._follow(note, modal_sdk.call(note.call), handle)
        return True

    async def close(self) -> None:
        """Stop what goes on: nobody pays for what nobody waits for."""
        self._closed = True
        going = [job for job in self._jobs.values() if job.outcome is None]
        await asyncio.gather(*(self.cancel(job.handle) for job in going), return_exceptions=True)
        for job in going:  # those that could not be stopped are looked for at the next start
            job.finish(sentence(ConnectionError(), job.task))
        working = [job.work for job in self._jobs.values() if job.work is not None]
        working += [self._asking] if self._asking is not None else []
        for work in working:
            work.cancel()
        await asyncio.gather(*working, return_exceptions=True)

    def _refuse(self, task: Task) -> None:
        if self._closed:
            raise ExecutorUnavailable("TensorRag is closing.", hint="Start it again.")
        if task.kind not in self.kinds:
            raise ExecutorError(
                f"Tasks of kind {task.kind!r} cannot be done on Modal.",
                hint="Choose another place to run it.",
            )
        if task.secrets:
            raise ExecutorError(
                f"The card {task.card} uses a secret, which does not leave this machine.",
                hint="Run this card on this machine.",
            )
        if task.params.get("source") == "path":
            raise ExecutorError(
                f"The card {task.card} reads a file of this machine.",
                hint="Run this card on this machine: what it loads goes to Modal by itself.",
            )
        if task.rented_gpu is not None and task.rented_gpu not in GPUS:
            raise ExecutorError(
                f"Modal has no GPU {quoted(task.rented_gpu)}.",
                hint=f"Choose one of: {', '.join(GPUS)}.",
            )

    def _job(self, handle: str) -> Job:
        try:
            return self._jobs[handle]
        except KeyError:
            raise ExecutorError(
                f"No task {handle!r} is known to run on Modal.", hint="Run the card again."
            ) from None

    def _follow(self, note: Note, call: modal.FunctionCall[Any], handle: str = "") -> str:
        job = Job(handle or note.handle, note.task, note.place)
        self._jobs[job.handle], self._calls[job.handle] = job, call
        job.work = asyncio.create_task(self._wait(job, note, call))
        return job.handle

    async def _wait(self, job: Job, note: Note, call: modal.FunctionCall[Any]) -> None:
        """Pass on what the container says, until its answer is there."""
        began = asyncio.Event()
        listening = asyncio.create_task(_listen(job, note.name, began))
        waiting = asyncio.create_task(tell_of_waiting(job, _gpu(job.task), self.rates, began))
        try:
            answer = await call.get.aio(timeout=None)
            await asyncio.wait([listening], timeout=LAST_WORDS)
            outcome = await _outcome(job, answer, self.rates)
        except Exception as error:
            outcome = _how_it_failed(job, error)
        finally:
            listening.cancel()
            waiting.cancel()
        if isinstance(outcome, TensorRagError) and not job.stopping:
            await _bring_home(job)
        job.finish(RunCancelled("The card was cancelled.") if job.stopping else outcome)
        await asyncio.to_thread(self._notes.forget, note.name)


def _sign_in() -> None:
    """Take up the token that there is now."""
    if not modal_sdk.is_signed_in():
        raise NotSignedIn("Nobody is signed in to Modal here.", hint=SIGN_IN)


async def _call_that_began(name: str) -> str:
    """Return how Modal calls a task that has begun; one that has not must not begin any more."""
    events = modal_sdk.events()
    await events.put.aio(b"", partition=name + REVOKED, partition_ttl=int(DAY))
    async for line in events.iterate.aio(partition=name):
        data = decode(line).get("data")
        if isinstance(data, dict) and isinstance(data.get("call"), str):
            return str(data["call"])
    return ""


async def _bring_home(job: Job) -> None:
    """Fetch how far a card was that will not end; where that fails, it is still on the volume."""
    with suppress(Exception):
        async with asyncio.timeout(PATIENCE):
            await bring_home(job.task.key, Store(job.place.store))


def _how_it_failed(job: Job, error: Exception) -> Outcome:
    from modal.exception import FunctionTimeoutError

    if isinstance(error, FunctionTimeoutError):
        return job.ended({"type": "late"})
    return sentence(error, job.task)


async def _listen(job: Job, name: str, began: asyncio.Event) -> None:
    """Pass on events; where they cannot be had, the result comes all the same."""
    with suppress(Exception):
        async for line in modal_sdk.events().iterate.aio(partition=name, item_poll_timeout=DAY):
            said = decode(line)
            if said.get("type") == "end":
                return
            if said.get("type") == "started":
                began.set()
                job.add({"type": "started", "data": _where(job.task, said.get("data"))})
            elif said.get("type") == "log" or _is_progress(said, line):
                job.hear(said)


def _is_progress(said: JsonObject, line: bytes) -> bool:
    """Nothing else is heard this way: how a task ended is told by its answer alone."""
    return said.get("type") == "progress" and len(line) <= MOST_PROGRESS


def _where(task: Task, said: Any) -> JsonObject:
    """Say where a task has begun: on which device, and how Modal calls call and container."""
    names = said if isinstance(said, dict) else {}
    known = {key: str(names.get(key))[:100] for key in ("call", "container")}
    return {"device": _gpu(task) or "cpu", **known}


async def _outcome(job: Job, answer: Any, rates: Rates) -> Outcome:
    """Read what a container answered, strictly: a card may have tampered with it."""
    if not isinstance(answer, dict) or answer.get("format") != FORMAT or "said" not in answer:
        return other_version()
    seconds = float(answer["seconds"])
    if not 0 <= seconds < math.inf:
        return crashed(job.task, "It did not say how long it took.")
    cost = seconds * rates.per_second(_gpu(job.task), job.task.memory)
    job.add({"type": "cost", "data": {"cost": round(cost, 6), "seconds": round(seconds, 3)}})
    outcome = job.ended(decode(answer["said"]))
    if isinstance(outcome, TensorRagError):
        return outcome
    outcome["device"] = _gpu(job.task) or outcome.get("device")
    arrived = await _receive(answer["parcel"], job.place)
    made = {output["sha256"] for output in outcome["outputs"].values()}
    return outcome if made <= arrived else crashed(job.task, "Its result did not arrive.")


def _kept(task: Task, place: Place) -> Kept | None:
    """Return how far an earlier one was that this one goes on with."""
    store = Store(place.store)
    kept = None if task.anew else store.checkpoints.get(task.key)
    return kept if kept is not None and store.holds(kept.digest) else None


def _pack(task: Task, place: Place, kept: Kept | None) -> Parcel:
    digests = [digest for some in task.inputs.values() for digest in some]
    digests += [kept.digest] if kept is not None else []
    uploads = Uploads(place.uploads)
    named = [v for v in task.params.values() if isinstance(v, str) and _UPLOAD.fullmatch(v)]
    return pack(Store(place.store), digests, [uploads.path(name) for name in named])


_UPLOAD = re.compile(r"sha256:[0-9a-f]{64}")


async def _send(far: list[str], place: Place) -> None:
    """Put files on the volume by their content; what is there already is not sent again."""
    if not far:
        return
    store = Store(place.store)
    async with modal_sdk.volume().batch_upload.aio(force=True) as batch:
        for sha256 in far:
            blob = store.blob(sha256)
            path = blob if blob.is_file() else place.uploads / sha256
            batch.put_file(path, far_path(sha256))


async def _receive(parcel: Parcel, place: Place) -> set[str]:
    """Take what a container made into the store; returns the digests."""
    store = Store(place.store)
    place.store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.store, prefix="tmp-") as name:
        folder = Path(name)
        for sha256 in filter(DIGEST.fullmatch, parcel["far"]):
            with (folder / sha256).open("wb") as file:
                async for chunk in modal_sdk.volume().read_file.aio(far_path(sha256)):
                    await asyncio.to_thread(file.write, chunk)
        arrived = await asyncio.to_thread(unpack, parcel, store, folder)
    return {artifact.digest for artifact in arrived}


def _variant(task: Task) -> modal.Function[Any, Any, Any]:
    """Choose the function, with the limits of the task."""
    limits: dict[str, Any] = {"timeout": math.ceil(task.timeout or _seconds(task)) + GRACE}
    if task.memory:
        limits["memory"] = max(128, math.ceil(task.memory))
    if task.gpu:
        limits["gpu"] = _gpu(task)
    return modal_sdk.function("run_card_gpu" if task.gpu else "run_card").with_options(**limits)


def _seconds(task: Task) -> float:
    return GPU_SECONDS if task.gpu else SECONDS


def _gpu(task: Task) -> str | None:
    return (task.rented_gpu or USUAL) if task.gpu else None


def _offer(gpu: str | None, rates: Rates) -> Offer:
    label, price = f"Modal · {gpu or 'cpu'}", rates.per_second(gpu)
    return Offer(device=gpu or "cpu", label=label, memory=round(rates.memory), price=price)
