"""Whether a network fits into memory at all, told by the number of its parameters.

Each is a float32. To train, Adam needs four of them for each: the weight, its gradient, and the
means of gradient and square. What the rows need comes on top, so this is the least; an estimate of
all of it is `training_memory`.
"""

from collections.abc import Sequence
from itertools import pairwise

from cards._network.batches import GATHER_ROWS
from tensorrag import CardError

STORED = 4
"""Bytes of a parameter."""
TRAINED = 4 * STORED
"""Bytes of a parameter while it is trained."""

NUMBER = 4
"""Bytes of a number of a row, or of what a layer makes of it."""
ACTIVATIONS = 6
"""Numbers that each unit keeps for each row of a batch: on the way there, its mask, and back."""
SOFTWARE = 900 * 10**6
"""Bytes that CUDA and its libraries take on a GPU, about (measured on an H200)."""
HOW = (
    "An estimate: weights, gradients and Adam's averages; all rows; what the layers make of a "
    "batch; and 0.9 GB for the software of the GPU."
)


class OutOfRoom(CardError):
    """It cannot fit into the memory of this machine, or of its GPU."""


_HINT = "Take fewer or narrower hidden layers"


def refuse_what_cannot_fit(parameters: int, allowed: int | None, gpu: int | None) -> None:
    """Raise where training could only end with all memory taken, before any is.

    Args:
        parameters: of the network.
        allowed: bytes that the card may use on the machine; None where nobody says.
        gpu: bytes of the GPU that trains; None where the processor does.

    Raises:
        OutOfRoom: it cannot fit.
    """
    if gpu is not None and parameters * TRAINED > gpu:
        raise OutOfRoom(
            f"{needed(parameters, TRAINED)}, and the GPU has {_bytes(gpu)}.",
            hint=f"{_HINT}, or take a larger GPU.",
        )
    here = STORED if gpu is not None else TRAINED  # it is made on the processor, then moved
    if allowed is not None and parameters * here > allowed:
        raise OutOfRoom(
            f"{needed(parameters, here)}, and the card may use {_bytes(allowed)}.",
            hint=f"{_HINT}, or raise the memory limit in its settings if the machine has more.",
        )


def training_memory(
    widths: Sequence[int], parameters: int, rows: int, held_out: int, batch_size: int
) -> int:
    """Estimate the bytes of a GPU that `fit` takes.

    Args:
        widths: from input to output.
        parameters: of the network.
        rows: to learn from, all of which lie on the GPU; those that are shuffled, twice.
        held_out: rows to validate on.
        batch_size: rows of a step.
    """
    row = NUMBER * (widths[0] + widths[-1])
    order = 8 * rows
    data = row * (rows + held_out + min(rows, GATHER_ROWS)) + order
    shuffled_before = row * min(max(rows - GATHER_ROWS, 0), GATHER_ROWS)
    step = NUMBER * ACTIVATIONS * min(batch_size, rows) * sum(widths[1:]) + shuffled_before
    at_once = max(*(a + b for a, b in pairwise(widths)), 2 * max(widths[1:]))
    looking = NUMBER * min(held_out, GATHER_ROWS) * at_once
    return TRAINED * parameters + data + max(step, looking) + SOFTWARE


def needed(parameters: int, each: int = TRAINED) -> str:
    """Begin the sentence: how many parameters, and what they need."""
    return (
        f"This network has {parameters:,} parameters: training it takes at least "
        f"{_bytes(parameters * each)} of memory"
    )


def _bytes(size: int) -> str:
    """In MB of 2^20 bytes, as memory limits are set and told everywhere."""
    return f"{size >> 20:,} MB"
