"""Runs tasks on this machine, each in a process of its own that is ready in milliseconds."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

from executors import cgroup, machine, scratch
from executors.crew import Crew
from executors.host_client import CardHost
from executors.job import Job
from executors.limits import Limits, limits_for, seconds_for
from executors.model_workers import ModelWorkers
from executors.slots import Places, Slots
from tensorrag.allowance import machine_memory
from tensorrag.errors import ExecutorError, ExecutorUnavailable, RunCancelled, TensorRagError
from tensorrag.executor import Offer, Offers
from tensorrag.plain import JsonObject
from tensorrag.store.place import Place
from tensorrag.store.settings import Settings
from tensorrag.task import Task, TaskKind

_HOSTED: frozenset[TaskKind] = frozenset({"describe", "propagate", "script"})
_QUICK: frozenset[TaskKind] = frozenset({"peek", "page", "profile", "draft", "bundle"})
_QUICK_SLOTS = 2
"""Looking at results never waits for a card that trains."""

_REMEMBERED = 500
"""Tasks that ended and can still be asked about."""


class LocalExecutor:
    """This machine.

    Args:
        folder: where workers get folders of their own; the system's temporary one by default.
        cores: how many to use; all by default.
        fork: False starts a fresh interpreter for every task, as for GPUs and on macOS.
    """

    name = "local"
    kinds: frozenset[TaskKind] = _QUICK | _HOSTED | {"run", "predict", "verify"}

    def __init__(
        self, folder: Path | None = None, *, cores: int | None = None, fork: bool | None = None
    ) -> None:
        cgroup.sweep()
        self._scratch = scratch.Scratch(folder or Path(tempfile.gettempdir()))
        self._slots = Slots(cores or machine.cores())
        self._quick_slots = Slots(_QUICK_SLOTS)
        self._gpus = Places(len(machine.cuda_gpus()) or int(machine.has_mps()))
        self._crew = Crew(self._scratch.path, fork=machine.can_fork() if fork is None else fork)
        self._host = CardHost(self._crew.host)
        self._models = ModelWorkers(self._crew)
        self._jobs: dict[str, Job] = {}
        self._closed = False

    def warm(self, *, networks: bool = True, modules: Sequence[str] = ()) -> None:
        """Start in the background what the first tasks would have to wait for.

        Args:
            networks: whether a network may be trained: else torch is not imported ahead.
            modules: of the cards that will be asked for, where that is known; no others.
        """
        self._crew.warm(networks=networks, modules=modules)
        self._host.start()

    @property
    def is_warm(self) -> bool:
        """Whether the next worker is ready in milliseconds."""
        return self._crew.is_warm

    async def offers(self) -> Offers:
        """Name the processor and the GPUs; nothing is paid here."""
        found = [
            Offer(device="cuda", label=f"This machine · {name}") for name in machine.cuda_gpus()
        ]
        if machine.has_mps():
            found.append(Offer(device="mps", label="This machine · mps"))
        cpu = Offer(
            device="cpu",
            label=f"This machine · {self._slots.units} cores",
            memory=machine_memory(),
        )
        return Offers(executor=self.name, available=True, offers=(*found, cpu))

    async def submit(self, task: Task, place: Place) -> str:
        """Accept a task; it starts when there is room for it."""
        if self._closed:
            raise ExecutorUnavailable(
                "This machine takes no more tasks: TensorRag is closing.",
                hint="Start TensorRag again, then run it again.",
            )
        if task.kind not in self.kinds:
            raise ExecutorError(
                f"Tasks of kind {task.kind!r} cannot be done on this machine.",
                hint="Choose another place to run it.",
            )
        limited = {"timeout": seconds_for(task.kind, task.timeout)}
        task = task.model_copy(update=limited)
        job = Job(f"local:{os.getpid()}:{uuid4().hex}", task, _absolute(place))
        self._forget_old()
        self._jobs[job.handle] = job
        job.work = asyncio.create_task(self._carry_out(job))
        return job.handle

    def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        """Follow a task from its start to its end, whenever this is called."""
        return self._job(handle).events()

    async def cancel(self, handle: str) -> None:
        """Ask for a stop: the card at its next report, its processes five seconds later."""
        self._job(handle).stop()

    async def result(self, handle: str) -> JsonObject:
        """Wait for the result, or raise what went wrong."""
        return await self._job(handle).result()

    async def attach(self, handle: str) -> bool:
        """Tell whether this task is known here: none outlives the process that submitted it."""
        return handle in self._jobs

    async def close(self) -> None:
        """End every task and every process."""
        self._closed = True
        working = [job.work for job in self._jobs.values() if job.work is not None]
        for work in working:
            work.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await self._models.close()
        await asyncio.gather(self._host.close(), self._crew.close())
        self._scratch.remove()

    def _job(self, handle: str) -> Job:
        try:
            return self._jobs[handle]
        except KeyError:
            raise ExecutorError(
                f"No task {handle!r} runs on this machine.", hint="Run the card again."
            ) from None

    def _forget_old(self) -> None:
        ended = [handle for handle, job in self._jobs.items() if job.outcome is not None]
        for handle in ended[: max(0, len(ended) - _REMEMBERED)]:
            del self._jobs[handle]

    async def _carry_out(self, job: Job) -> None:
        try:
            if job.task.kind in _HOSTED:
                job.finish(await self._host.ask(job.task, job.place))
            elif job.task.kind == "predict":
                job.finish(await self._models.ask(job.task, job.place))
            else:
                await self._in_process(job)
        except asyncio.CancelledError:
            job.finish(RunCancelled("The card was cancelled."))
            raise
        except TensorRagError as error:
            job.finish(error)
        except Exception as error:
            job.finish(
                ExecutorError(
                    f"This machine could not do it: {error}",
                    hint="Run it again; the server log may say more.",
                )
            )

    async def _in_process(self, job: Job) -> None:
        """Wait for room and a worker, then pass on what it says until its processes are gone."""
        slots = self._quick_slots if job.task.kind in _QUICK else self._slots
        async with AsyncExitStack() as held:
            gpu = None
            if job.task.gpu and self._gpus.count:
                gpu = await held.enter_async_context(self._gpus.take())
            threads = await held.enter_async_context(slots.take(job.task.cpus))
            connection = await held.enter_async_context(self._crew.worker(gpu))
            secrets = await asyncio.to_thread(_secrets, job)
            order = {
                **({"secrets": secrets} if secrets else {}),
                "task": job.task.to_json(),
                "place": job.place.model_dump(mode="json"),
                "threads": threads,
            }
            with job.speaking_over(connection):
                connection.limit(_limits(job.task))
                connection.order(order)
                async for content in connection.messages():
                    job.hear(content)
        if job.outcome is None:  # its supervisor was killed, which would have ended all it started
            await asyncio.to_thread(cgroup.sweep, 0.5)
        job.finish(ExecutorError("The worker process vanished.", hint="Run the card again."))


def _secrets(job: Job) -> dict[str, str]:
    """Look up what the card may know; it goes to its process alone. In a thread: reads a file."""
    if not job.task.secrets:
        return {}
    if job.place.settings is None:
        raise ExecutorError(
            "There are no settings here that would have secrets.",
            hint="Set the secret in a workspace: tensorrag secret set NAME.",
        )
    return Settings(job.place.settings).secret_values(job.task.secrets)


def _limits(task: Task) -> Limits:
    return limits_for(task.kind, gpu=task.gpu, memory=task.memory)


def _absolute(place: Place) -> Place:
    """Spell the folders in a way that holds in other processes, which work elsewhere."""
    paths = {name: path.absolute() for name, path in place if isinstance(path, Path)}
    return place.model_copy(update=paths)
