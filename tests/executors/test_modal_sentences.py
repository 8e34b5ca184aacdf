"""Every way in which Modal can fail leads to a sentence and to what to do, never to a traceback."""

from __future__ import annotations

import errno
import socket

import pytest
from modal import exception as of_modal

from executors.job import Job
from executors.modal_outcome import failure_of
from tensorrag.errors import TaskFailed, TensorRagError
from tensorrag.store.place import Place
from tests.executors.card_texts import task


def failed(error: Exception, place: Place) -> TensorRagError:
    """How a task has failed whose call ended so."""
    outcome = failure_of(Job("modal:fc-1:t", task("Return", timeout=600), place), error)
    assert isinstance(outcome, TensorRagError)
    return outcome


@pytest.mark.parametrize(
    ("error", "says", "do"),
    [
        (of_modal.AuthError("bad"), "does not know you", "modal token new"),
        (of_modal.NotFoundError("none"), "knows nothing of this card", "Run it again"),
        (of_modal.FunctionTimeoutError("late"), "longer than 600 seconds", "raise the time limit"),
        (of_modal.OutputExpiredError(), "no longer has the result", "Run the card again"),
        (of_modal.DeserializationError("?"), "not what was agreed", "tensorrag modal deploy"),
        (of_modal.RemoteError("killed"), "ended without giving a result", "memory ran out"),
        (of_modal.InternalFailure("lost"), "ended without giving a result", "memory ran out"),
        (of_modal.ConnectionError("away"), "cannot be reached", "network"),
        (of_modal.ServiceError("busy"), "cannot be reached", "network"),
        (socket.gaierror(-2, "Name or service not known"), "cannot be reached", "network"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "cannot be reached", "network"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left", "Run it again"),
        (of_modal.ResourceExhaustedError("too many"), "too many", "run the card on this machine"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_has_its_sentence(error: Exception, says: str, do: str, place: Place) -> None:
    told = failed(error, place)
    assert says in told.message
    assert do in told.hint
    assert told.message[-1] == "."
    assert "\n" not in told.message


def test_what_a_container_said_last_is_in_the_log_of_one_that_crashed(place: Place) -> None:
    told = failed(of_modal.RemoteError("Killed by signal 9"), place)
    assert isinstance(told, TaskFailed)
    assert told.cause.type == "CardCrashed"
    assert told.cause.traceback == "Killed by signal 9"
