"""How a task begins at Modal, and what is done where the line breaks just then.

A call is either heard of, or found because it has begun, or it never begins. Where Modal cannot be
asked even that, it is stopped as soon as it can.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from executors import modal_sdk
from executors.job import Job
from executors.modal_hearing import call_that_began
from executors.modal_line import Line, is_unreached, pause
from executors.modal_notes import Note, Notes
from executors.modal_sentences import may_go_on, sentence
from executors.modal_variant import variant
from tensorrag.errors import RunCancelled
from tensorrag.plain import JsonObject

if TYPE_CHECKING:
    import modal

    Named = tuple[str, modal.FunctionCall[Any]]

log = logging.getLogger(__name__)


async def spawn(note: Note, request: JsonObject, notes: Notes) -> Named:
    """Have a task begin; returns how Modal calls it.

    Args:
        note: of the task, which is on disk.
        request: what the container gets.
        notes: those of tasks that cannot go on are forgotten.

    Raises:
        Unheard: nobody knows whether it has begun.
        Exception: what the SDK raises; it does not begin.
    """
    try:
        call = await variant(note.task).spawn.aio(request)
    except Exception as error:
        if is_unreached(error) and (found := await _found(note)) is not None:
            return found
        await asyncio.to_thread(notes.forget, note.name)
        raise
    return call.object_id, call


async def _found(note: Note) -> Named | None:
    """Return the call that has begun though nobody heard of it; where there is none, none will."""
    await asyncio.sleep(pause(1))
    try:
        name = await call_that_began(note.name)
    except Exception as error:
        raise may_go_on(note.task) from error
    return (name, modal_sdk.call(name)) if name else None


async def stop_unheard(job: Job, note: Note, notes: Notes) -> None:
    """Stop a task of which nobody knows whether it has begun, once Modal answers.

    Args:
        job: of the task; ends when that is known.
        note: of the task, which is forgotten then.
        notes: where that is.
    """

    async def stop() -> str:
        if name := await call_that_began(note.name):
            await modal_sdk.call(name).cancel.aio(terminate_containers=True)
        return name

    try:
        began = await Line(job).outlast(stop)
    except Exception as error:
        log.warning("The card %s may go on at Modal: %s", note.task.card, error)
        job.finish(sentence(error, note.task))
        return
    await asyncio.to_thread(notes.forget, note.name)
    if not began:
        job.add({"type": "cost", "data": {"cost": 0.0, "seconds": 0.0}})
    job.finish(RunCancelled("The card was stopped: no run waits for it."))
