"""Which container a task gets at Modal: the function, its GPU, its memory and its limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from executors import modal_sdk
from executors.modal_prices import GRACE, LONGEST
from tensorrag.errors import ExecutorError
from tensorrag.gpus import GPUS, USUAL
from tensorrag.quoting import quoted
from tensorrag.task import Task

if TYPE_CHECKING:
    import modal

SECONDS, GPU_SECONDS = 300.0, 600.0
"""How long a card may take that does not say so: at Modal nothing runs without a limit."""


def refuse(task: Task) -> None:
    """Say what cannot be done there, before anything is sent.

    Raises:
        ExecutorError: it needs what stays on this machine, or a GPU that there is not.
    """
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


def variant(task: Task) -> modal.Function[Any, Any, Any]:
    """Choose the function, with the limits of the task."""
    limits: dict[str, Any] = {"timeout": math.ceil(seconds_of(task)) + GRACE}
    if task.memory:
        limits["memory"] = max(128, math.ceil(task.memory))
    if task.gpu:
        limits["gpu"] = gpu_of(task)
    return modal_sdk.function("run_card_gpu" if task.gpu else "run_card").with_options(**limits)


def seconds_of(task: Task) -> float:
    """Return how long it may take."""
    return min(task.timeout or (GPU_SECONDS if task.gpu else SECONDS), LONGEST - GRACE)


def gpu_of(task: Task) -> str | None:
    """Return the GPU that is rented for it; None where it needs none."""
    return (task.rented_gpu or USUAL) if task.gpu else None
