"""Runs cards on Modal, where somebody asked for that: nothing is rented unasked."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from executors import modal_sdk
from executors.job import Job
from executors.modal_beginning import spawn, stop_unheard
from executors.modal_checkpoints import bring_home
from executors.modal_counter import Counter, sign_in
from executors.modal_hearing import answer, call_that_began, listen
from executors.modal_line import Line
from executors.modal_notes import Note, Notes
from executors.modal_outcome import failure_of, outcome_of
from executors.modal_parcel import FORMAT
from executors.modal_sentences import (
    is_end,
    sentence,
)
from executors.modal_transfer import kept_before, parcel_of, send
from executors.modal_variant import gpu_of, refuse, seconds_of
from executors.modal_waiting import tell_of_waiting
from tensorrag.errors import (
    ExecutorError,
    ExecutorUnavailable,
    RunCancelled,
    TensorRagError,
    Unheard,
    WorkspaceError,
)
from tensorrag.executor import Offers
from tensorrag.plain import JsonObject
from tensorrag.rates import Rates
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task, TaskKind

if TYPE_CHECKING:
    import modal

LAST_WORDS = 10.0
"""Seconds that the last events may take after the result: mostly they are there before."""

PATIENCE = 10.0
"""Seconds that Modal may take to say whether it is there, or to take an order."""

PRICES_HOLD = 600.0
"""Seconds for which a card that is sent does not ask again what Modal did not tell."""

LAST_TRY = 5.0
"""Seconds that `close` waits for what is just being begun or ended."""


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
        self._aside_now: set[asyncio.Task[Any]] = set()
        """What is being begun, found or ended, whoever waits for it."""
        self._counter = Counter()

    @property
    def rates(self) -> Rates:
        """What it asks, as far as that is known here."""
        return self._counter.rates

    async def offers(self) -> Offers:
        """Say what can be rented at what price, or what is yet to be done for it."""
        return await self._counter.offers(self.name)

    async def submit(self, task: Task, place: Place) -> str:
        """Send a task and what it needs; its handle is noted before anybody waits for it."""
        self._refuse(task)
        task = task.model_copy(update={"timeout": seconds_of(task)})
        note = Note(name=task.ticket or uuid4().hex, task=task, place=place)
        self._counter.ask(patience=PRICES_HOLD)
        try:
            await asyncio.to_thread(sign_in)
            kept = await asyncio.to_thread(kept_before, task, place)
            parcel = await asyncio.to_thread(parcel_of, task, place, kept)
            await send(parcel["far"], place)
            await asyncio.to_thread(self._notes.write, note)
            request: JsonObject = {"format": FORMAT, "name": note.name, "task": task.to_json()}
            checkpoint = kept.model_dump_json() if kept is not None else None
            request |= {"parcel": parcel, "checkpoint": checkpoint}
            self._refuse(task)  # it may be closing by now
            return await self._begun(asyncio.create_task(self._begin(note, request)))
        except Exception as error:
            raise sentence(error, task) from error

    async def _begun(self, beginning: asyncio.Task[str]) -> str:
        """Wait until it has begun; where nobody waits any more by then, it is stopped."""
        self._aside(beginning)
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            self._aside(asyncio.create_task(self._stop_once(beginning)))
            raise

    async def _stop_once(self, beginning: asyncio.Task[str]) -> None:
        with suppress(TensorRagError):
            await self.cancel(await beginning)

    async def _begin(self, note: Note, request: JsonObject) -> str:
        try:
            name, call = await spawn(note, request, self._notes)
        except Unheard:
            self._stop_unheard(note)
            raise
        note = note.model_copy(update={"call": name})
        handle = self._follow(note, call)
        with suppress(WorkspaceError):  # by its ticket it is found, too
            await asyncio.to_thread(self._notes.write, note)
        return handle

    def _stop_unheard(self, note: Note) -> None:
        """See to it that a task ends of which nobody has heard: it is known by its ticket."""
        job = self._jobs[note.name] = Job(note.name, note.task, note.place, stopping=True)
        job.work = asyncio.create_task(stop_unheard(job, note, self._notes))
        self._aside(job.work)

    def _aside(self, work: asyncio.Task[Any]) -> None:
        """Let it go on though nobody waits for it; `close` sees to its end."""
        self._aside_now.add(work)
        work.add_done_callback(self._aside_now.discard)

    def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        """Follow a task from its start to its end, whenever this is called."""
        return self._job(handle).events()

    async def cancel(self, handle: str) -> None:
        """Stop the container, and with it what it costs."""
        job = self._job(handle)
        if job.outcome is not None or handle not in self._calls:
            return  # one of which nobody has heard is being stopped already
        job.stopping = True
        try:
            await _stop(self._calls[handle])
        except Exception as error:
            raise sentence(error, job.task) from error
        if job.work is not None:  # it brings home how far the card was
            await asyncio.wait([job.work], timeout=PATIENCE)
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
                note = note.model_copy(update={"call": await call_that_began(note.name)})
            except Exception as error:
                raise sentence(error) from error
        if not note.call:
            await asyncio.to_thread(self._notes.forget, note.name)
            return False
        if handle in self._jobs:  # somebody else was faster
            return True
        self._follow(note, modal_sdk.call(note.call), handle)
        return True

    async def close(self) -> None:
        """Stop what goes on: nobody pays for what nobody waits for."""
        self._closed = True
        if self._aside_now:
            await asyncio.wait(self._aside_now, timeout=LAST_TRY)
        going = {job for job in self._jobs.values() if job.outcome is None}
        await asyncio.gather(*(self.cancel(job.handle) for job in going), return_exceptions=True)
        for job in going:  # those that could not be stopped are looked for at the next start
            job.finish(sentence(ConnectionError(), job.task))
        working = {job.work for job in self._jobs.values() if job.work is not None}
        working |= self._aside_now
        for work in working:
            work.cancel()
        await asyncio.gather(*working, self._counter.close(), return_exceptions=True)

    def _refuse(self, task: Task) -> None:
        if self._closed:
            raise ExecutorUnavailable("TensorRag is closing.", hint="Start it again.")
        if task.kind not in self.kinds:
            raise ExecutorError(
                f"Tasks of kind {task.kind!r} cannot be done on Modal.",
                hint="Choose another place to run it.",
            )
        refuse(task)

    def _job(self, handle: str) -> Job:
        try:
            return self._jobs[handle]
        except KeyError:
            raise ExecutorError(
                f"No task {handle!r} is known to run on Modal.", hint="Run the card again."
            ) from None

    def _follow(self, note: Note, call: modal.FunctionCall[Any], handle: str = "") -> str:
        job = Job(handle or note.handle, note.task, note.place)
        for known in (job.handle, note.name):
            self._jobs[known], self._calls[known] = job, call
        job.work = asyncio.create_task(self._wait(job, note, call))
        return job.handle

    async def _wait(self, job: Job, note: Note, call: modal.FunctionCall[Any]) -> None:
        """Pass on what the container says, until its answer is there."""
        line = Line(job)
        listening = asyncio.create_task(listen(job, note.name, line))
        gpu = gpu_of(job.task)
        waiting = asyncio.create_task(tell_of_waiting(job, gpu, self.rates, line.began))
        try:
            said = await answer(call, line, job)
            if isinstance(said, dict) and "said" in said:  # else it did not even begin
                await asyncio.wait([listening], timeout=LAST_WORDS)
            outcome = await outcome_of(job, said, self.rates, line)
        except Exception as error:
            outcome = failure_of(job, error)
            if not is_end(error):  # nobody will ask about it any more
                with suppress(Exception):
                    await _stop(call)
        finally:
            listening.cancel()
            waiting.cancel()
        if isinstance(outcome, TensorRagError):
            await _bring_home(job)
        job.finish(RunCancelled("The card was cancelled.") if job.stopping else outcome)
        if isinstance(outcome, TensorRagError):  # a result may not be stored yet: it can be had
            await asyncio.to_thread(self._notes.forget, note.name)


async def _stop(call: modal.FunctionCall[Any]) -> None:
    """End a container."""
    async with asyncio.timeout(PATIENCE):
        await call.cancel.aio(terminate_containers=True)


async def _bring_home(job: Job) -> None:
    """Fetch how far a card was that will not end; where that fails, it is still on the volume."""
    with suppress(Exception):
        async with asyncio.timeout(PATIENCE):
            await bring_home(job.task.key, Store(job.place.store))
