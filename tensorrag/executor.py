"""Where tasks are done: the protocol that every executor speaks, and those that are installed.

An executor takes a task and gives a handle, a string that can be stored before anything is
awaited; everything else goes by the handle.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from tensorrag.plain import JsonObject
from tensorrag.rates import Rates
from tensorrag.store.place import Place
from tensorrag.task import Task, TaskKind

log = logging.getLogger(__name__)

Missing = Literal["package", "sign_in", "deploy"]
"""What may have to be set up before an executor can be used, in the order in which it is done."""


class Offer(BaseModel):
    """What an executor has: a device, its limits, its price."""

    model_config = ConfigDict(frozen=True)

    device: str
    """``cpu``, ``cuda``, ``mps`` or the name of a GPU that can be rented."""
    label: str
    """What people call it: ``This machine · cpu``."""
    memory: int | None = None
    """MiB."""
    price: float | None = None
    """US$ per second; None where nothing is paid."""


class Offers(BaseModel):
    """What an executor has, or why it cannot be used and what to do about it."""

    model_config = ConfigDict(frozen=True)

    executor: str
    available: bool
    offers: tuple[Offer, ...] = ()
    rates: Rates | None = None
    """What it asks; None where nothing is paid."""
    reason: str = ""
    hint: str = ""
    missing: Missing | None = None
    """What is yet to be set up, where that is why it cannot be used."""
    version: str = ""
    """The version of TensorRag that is deployed there, where it tells."""
    outdated: str = ""
    """How what is deployed differs from what is here, though it can be used: deploy again."""


def rates_of(executor: object) -> Rates | None:
    """Return what an executor asks, as far as it knows without asking anybody; None: nothing.

    Whoever bills has an attribute ``rates`` beside the methods of the protocol.
    """
    rates = getattr(executor, "rates", None)
    return rates if isinstance(rates, Rates) else None


class Executor(Protocol):
    """A place that performs tasks."""

    name: str
    kinds: frozenset[TaskKind]

    async def offers(self) -> Offers:
        """Say what there is, or why there is nothing."""
        ...

    async def submit(self, task: Task, place: Place) -> str:
        """Accept a task and return its handle, without waiting for it to start.

        Raises:
            ExecutorUnavailable: it cannot take tasks now.
            Unheard: nobody knows whether it has taken this one: it counts as if it ran.
        """
        ...

    def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        """Follow a task: ``{"type": "started" | "progress" | "log", "data": …}``, until it ends.

        A place that has no room for it for long says ``waiting`` before ``started``: the ``gpu``
        that does not come, for how many ``seconds``, the ``next`` one up and its ``price`` in US$
        per second. It waits on all the same.
        """
        ...

    async def cancel(self, handle: str) -> None:
        """Ask for a stop; within 6 seconds nothing of the task is left."""
        ...

    async def result(self, handle: str) -> JsonObject:
        """Wait for the end and return what ``perform`` returned.

        Raises:
            TaskFailed: the card failed; carries an ErrorInfo.
            RunCancelled: it was cancelled.
            ExecutorError: the place failed, not the card.
        """
        ...

    async def attach(self, handle: str) -> bool:
        """Take up a task again after a restart; False where it is gone.

        After True everything else goes by the same ``handle``. It may be the task's ticket, where
        whoever submitted it died before it heard the handle: an executor whose tasks outlive it
        remembers both.
        """
        ...

    async def close(self) -> None:
        """End every task and every process."""
        ...


def open_executors(scratch: Path) -> dict[str, Executor]:
    """Open every installed executor, by name; one that cannot be loaded is left out.

    Args:
        scratch: a folder for their temporary files.
    """
    found: dict[str, Executor] = {}
    for point in entry_points(group="tensorrag.executors"):
        try:
            found[point.name] = point.load()(scratch)
        except Exception as error:
            log.warning("The executor %s cannot be used: %s", point.name, error)
    return found


def warm(
    executors: Mapping[str, Executor], *, networks: bool = True, modules: Sequence[str] = ()
) -> None:
    """Have them start in the background what their first tasks would have to wait for.

    Args:
        executors: by name; those that have nothing to start have no ``warm``.
        networks: whether a network may be trained.
        modules: of the cards of ours that will be asked for, where that is known.
    """
    for executor in executors.values():
        if (start := getattr(executor, "warm", None)) is not None:
            start(networks=networks, modules=modules)
