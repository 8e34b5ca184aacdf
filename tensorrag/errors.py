"""Every error that TensorRag raises on purpose, written for the person at the canvas.

Each carries one sentence that says what is wrong and where, and a hint that says what to do.
"""

from __future__ import annotations

import traceback as tb
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from tensorrag import redaction
from tensorrag.quoting import Sentence, readable

MAX_MESSAGE = 4000
"""Longest sentence of an error that crosses processes, in characters."""
MAX_NAME = 200
"""Letters of the name of a field."""


UNFORESEEN = "Where it happened, and what is in its log, may tell why."
"""What to do about an error that nobody raised on purpose."""


class TensorRagError(Exception):
    """The root of all deliberate errors: a sentence and what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = readable(message), readable(hint)

    def __str__(self) -> str:
        """Return the sentence alone; the hint is shown beside it."""
        return self.message


class CardError(TensorRagError):
    """A card is declared or used in a way that cannot work."""


class CardNotFound(CardError):
    """No installed card has this id."""


class ParameterError(CardError, ValueError):
    """A parameter does not fit; raised in validators and in ``propagate``."""

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        hint: str = "",
        fix: tuple[str, Any] | None = None,
        also: Mapping[str, Any] | None = None,
        before: tuple[str, str, str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Take the sentence; ``fix`` is what a button says, and the value that it gives `field`.

        ``also``: what other parameters the button sets. ``before``, in the place of ``fix`` where
        it can be: what the button says, the input, the card that it puts before that, and the
        parameters of that card.
        """
        super().__init__(message, hint=hint)
        self.field = field
        self.fix = fix
        self.also = dict(also or {})
        self.before = before


class InputError(CardError):
    """What arrived on an input port does not fit the card."""

    def __init__(
        self,
        message: str,
        *,
        port: str | None = None,
        hint: str = "",
        fix: tuple[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Take the sentence.

        Args:
            message: what is wrong.
            port: the input that it arrived on.
            hint: what to do.
            fix: what a button says, and the parameters that it gives the card that is wired to
                this port.
        """
        super().__init__(message, hint=hint)
        self.port = port
        self.fix = fix


class FolderNotAllowed(ParameterError):
    """A file lies in a folder that nobody has allowed to be read."""


class SourceChanged(CardError):
    """An outside source changed while it was read: what came of it belongs to no content."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} changed while it was read.", hint="Run again.")


class PipelineError(TensorRagError):
    """An edit or a call that the pipeline does not allow."""


class NodeNotFound(PipelineError):
    """No node has this id."""


class PortNotFound(PipelineError):
    """The card has no such port."""


class EdgeNotFound(PipelineError):
    """No edge has this id."""


class DuplicateNodeError(PipelineError):
    """A node with this id is there already."""


class DuplicateEdgeError(PipelineError):
    """These two ports are connected already."""


class PortTakenError(PipelineError):
    """The input takes one edge and has one."""


class PortTypeError(PipelineError):
    """The types of the two ports do not fit."""


class CycleError(PipelineError):
    """The edge would close a circle, or the file contains one."""


class RevisionError(PipelineError):
    """The edit was made on an old revision."""


class RunRefused(PipelineError):
    """The pipeline has errors in what would run."""


class RunError(TensorRagError):
    """A run did not succeed."""


class RunNotFound(RunError):
    """No run has this id."""


class RunCancelled(RunError):
    """The run, or this card of it, was cancelled."""


class CardFailed(RunError):
    """A card failed while it ran."""

    def __init__(self, node: str, cause: ErrorInfo) -> None:
        super().__init__(cause.message, hint=cause.hint)
        self.node = node
        self.cause = cause


def too_long(name: str, seconds: float) -> ErrorInfo:
    """Say that a card was stopped because its time was up.

    Args:
        name: how messages call it.
        seconds: its time limit.
    """
    return ErrorInfo(
        type="CardTimeout",
        message=f"{name[:1].upper()}{name[1:]} took longer than {seconds:g} seconds, its time "
        "limit, and was stopped.",
        hint="Give it less to do, or raise the time limit in its settings.",
    )


class TaskFailed(RunError):
    """A task raised an error where it was performed."""

    def __init__(self, cause: ErrorInfo) -> None:
        super().__init__(cause.message, hint=cause.hint)
        self.cause = cause


class ExecutorError(TensorRagError):
    """The place where cards run did not do its work."""


class ExecutorUnavailable(ExecutorError):
    """The executor cannot be used now; the hint says what to install or where to log in."""


class Unheard(ExecutorUnavailable):
    """Nobody knows whether the executor has taken a task: it may go on, and be paid for."""


class NotInstalled(ExecutorUnavailable):
    """The package that speaks with the executor's service is not installed here."""


class NotSignedIn(ExecutorUnavailable):
    """The service behind the executor does not know who asks."""


class NotDeployed(ExecutorUnavailable):
    """TensorRag is not where the executor's service would run it, or another version of it is."""


class FileFormatError(TensorRagError):
    """A file is not what it should be."""


class ArtifactError(TensorRagError):
    """A stored value cannot be used."""


class ArtifactNotFound(ArtifactError):
    """The store does not hold this value."""


class ModelNotFound(ArtifactNotFound):
    """No model of this workspace is called so."""


class ArtifactDamaged(ArtifactError):
    """A stored file no longer has the content that was written."""


class ArtifactForeign(ArtifactError):
    """A stored value that runs code when it is read was not written by this workspace."""


class WorkspaceError(TensorRagError):
    """The workspace folder cannot be used."""


class WorkspaceLocked(WorkspaceError):
    """Another server has this workspace open."""


class ErrorInfo(BaseModel):
    """An exception as data: what crosses processes, and the ``error`` of a run's JSON."""

    model_config = ConfigDict(frozen=True)

    type: str
    """Name of the exception's class."""
    message: Sentence
    """One sentence."""
    hint: Sentence = ""
    """What to do."""
    traceback: str | None = None
    """Text of the traceback where the error was raised."""
    field: str | None = None
    """The parameter that is wrong, where that is known."""

    @classmethod
    def of(cls, error: BaseException) -> ErrorInfo:
        """Describe an exception; deliberate errors have no traceback to show."""
        if isinstance(error, CardFailed | TaskFailed):
            return error.cause
        # Before anything is cut off: half a secret would not be recognised.
        hidden = redaction.here()
        if isinstance(error, TensorRagError):
            words = (hidden.text(error.message), hidden.text(error.hint))
            message, hint = (text[:MAX_MESSAGE] for text in words)
            field = getattr(error, "field", None)
            named = hidden.text(field)[:MAX_NAME] if isinstance(field, str) else None
            return cls(type=type(error).__name__, message=message, hint=hint, field=named)
        name, said = type(error).__name__, hidden.text(str(error).strip())
        # Of many errors the text is but a word: KeyError('price') is 'price'.
        message = said if " " in said else f"{name}: {said}" if said else name
        if isinstance(error, SystemExit):
            message = f"The card ended itself by sys.exit({said}), without giving a result."
        trace = hidden.text("".join(tb.format_exception(error)))
        return cls(
            type=name, message=message[:MAX_MESSAGE], hint=UNFORESEEN, traceback=trace[-20_000:]
        )
