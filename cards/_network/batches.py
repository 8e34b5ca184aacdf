"""How an epoch is cut: into parts that are shuffled together, and batches that are learned from."""

from dataclasses import dataclass
from itertools import pairwise

from tensorrag import CardError

GATHER_ROWS = 1 << 20
"""Rows shuffled at a time: gathering all of a large table at once would double its memory."""

ALIGNED = 16
"""A part has a multiple of so many batches, where it can: its batches then start at the same
places of a cache line as if all rows were shuffled together, and products round the same."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows start:stop of the shuffled order, and the batches in them, counted from `start`."""

    start: int
    stop: int
    batches: list[tuple[int, int]]


def cut(rows: int, batch_size: int, least: int = 1) -> list[Part]:
    """Cut an epoch of `rows` rows into batches of `batch_size`.

    The last batch has the rows that remain; if they are fewer than `least`, it is joined to the
    one before.

    Raises:
        CardError: no batch would have `least` rows, which batch normalisation asks for.
    """
    if min(rows, batch_size) < least:
        raise CardError(
            f"Batch normalisation needs at least {least} rows in a batch, but there are {rows} "
            f"rows in batches of {batch_size}.",
            hint="Use more rows, a larger Batch size, or Neural network as the Model.",
        )
    starts = list(range(0, rows, batch_size))
    if rows - starts[-1] < least:
        starts.pop()
    edges = [*starts, rows]
    step = GATHER_ROWS // batch_size
    step = step - step % ALIGNED or max(1, step)
    return [_part(edges[i : i + step + 1]) for i in range(0, len(starts), step)]


def _part(edges: list[int]) -> Part:
    first = edges[0]
    batches = [(a - first, b - first) for a, b in pairwise(edges)]
    return Part(first, edges[-1], batches)
