"""Every way in which Modal can fail, as a sentence and what to do about it."""

from __future__ import annotations

from executors.modal_hints import DEPLOY, REDEPLOY, SIGN_IN
from executors.modal_line import is_unreached
from executors.modal_parcel import FORMAT
from tensorrag.errors import (
    ErrorInfo,
    ExecutorError,
    ExecutorUnavailable,
    NotDeployed,
    NotInstalled,
    NotSignedIn,
    TaskFailed,
    TensorRagError,
    Unheard,
)
from tensorrag.executor import Missing
from tensorrag.task import Task

MISSING: dict[type[TensorRagError], Missing] = {
    NotInstalled: "package",
    NotSignedIn: "sign_in",
    NotDeployed: "deploy",
}
"""What is yet to be set up, by the error that says so."""


def sentence(error: BaseException, task: Task | None = None) -> TensorRagError:
    """Say what an error of the SDK means.

    Args:
        error: whatever was raised.
        task: which one was under way.
    """
    if isinstance(error, TensorRagError):
        return error
    from modal import exception as of_modal

    if isinstance(error, of_modal.AuthError):
        return NotSignedIn("Modal does not know you: no token, or a bad one.", hint=SIGN_IN)
    if isinstance(error, of_modal.OutputExpiredError):
        return ExecutorError(
            "Modal no longer has the result: it keeps one for seven days.",
            hint="Run the card again.",
        )
    if isinstance(error, of_modal.NotFoundError):
        return NotDeployed("TensorRag is not deployed to your Modal account.", hint=DEPLOY)
    if isinstance(error, of_modal.DeserializationError):
        return NotDeployed(
            "What the container sent is not what was agreed: the versions differ, or a card of "
            "it has interfered.",
            hint=REDEPLOY,
        )
    if is_end(error) and task is not None:
        return crashed(task, str(error))
    if is_unreached(error):
        return ExecutorUnavailable(
            "Modal cannot be reached from here.",
            hint="Look at the network, then run it again; or run the card on this machine.",
        )
    return ExecutorError(
        f"Modal could not do it: {_line(error) or type(error).__name__}.",
        hint="Run it again, or run the card on this machine.",
    )


def _line(error: BaseException) -> str:
    """Write what the SDK says as one line without an end."""
    return " ".join(str(error).split())[:500].rstrip(".")


def is_end(error: BaseException) -> bool:
    """Whether an error says that a call has ended, whatever came of it."""
    from modal import exception as of_modal

    ended = of_modal.RemoteError | of_modal.InternalFailure | of_modal.ExecutionError
    late = of_modal.FunctionTimeoutError | of_modal.OutputExpiredError
    return isinstance(error, ended | late)


def gone() -> ExecutorError:
    """Say that Modal does not know a call."""
    return ExecutorError(
        "Modal knows nothing of this card any more.",
        hint="Run it again. If another account was signed in when it began, it may go on there.",
    )


def crashed(task: Task, said: str) -> TaskFailed:
    """Say that a container ended without an answer, and why that mostly is."""
    return TaskFailed(
        ErrorInfo(
            type="CardCrashed",
            message=f"The container of {task.name} ended without giving a result.",
            hint="Mostly its memory ran out: give it fewer rows or smaller batches.",
            traceback=said or None,
        )
    )


def may_go_on(task: Task) -> Unheard:
    """Say that nobody knows whether a task has begun."""
    return Unheard(
        "Modal cannot be reached from here, and did not say whether it took the card.",
        hint="It is stopped there as soon as Modal answers, and counts until its time limit, "
        f"{task.timeout:g} s, as if it ran. Look at the network, then run it again.",
    )


def other_version() -> NotDeployed:
    """Say that what is deployed is another version."""
    return NotDeployed(
        "What is deployed to Modal was made by another version of TensorRag "
        f"(this one speaks format {FORMAT}).",
        hint=REDEPLOY,
    )
