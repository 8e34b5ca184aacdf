"""Row numbers that were worked out, kept for a while.

They are a file beside the store, so that the next page, and a jump to anywhere, need no second look
at millions of values. It can always be worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorrag.durable import make_folder, write_file
from tensorrag.errors import WorkspaceError

if TYPE_CHECKING:
    import numpy as np

MOST_KEPT = 8
"""Files of row numbers that are kept, those looked at last; 40 MB each for ten million rows."""
MOST_BYTES = 10**9
"""Bytes that they may have together."""
_LENGTH = 8
"""Bytes at the end of such a file that say how many numbers are in it."""


def kept(path: Path, total: int) -> np.ndarray | None:
    """Map what was kept; None where nothing is, or it is not whole."""
    import numpy as np

    small = row_type(total)
    try:
        kept = np.memmap(path, np.uint8, mode="r")
        path.touch()
    except (OSError, ValueError):
        return None
    length = int.from_bytes(kept[-_LENGTH:].tobytes(), "little")
    if len(kept) != length * small.itemsize + _LENGTH or length > total:
        return None
    return kept[:-_LENGTH].view(small)


def keep(rows: np.ndarray, path: Path) -> None:
    """Write row numbers down, in the place of those that were looked at longest ago."""
    with suppress(OSError, WorkspaceError):  # it is only a shortcut: a full disk takes no page away
        make_folder(path.parent)
        write_file(path, rows.tobytes() + len(rows).to_bytes(_LENGTH, "little"))
        forget(path.parent)


def row_type(total: int) -> np.dtype[Any]:
    """Return the smallest type that numbers so many rows."""
    import numpy as np

    return np.dtype(np.uint32 if total < 2**32 else np.uint64)


def forget(folder: Path, most: int = MOST_KEPT) -> None:
    """Remove all row numbers but those that were looked at last."""
    size = 0
    for at, (_, length, path) in enumerate(sorted(_looks(folder), reverse=True)):
        size += length
        if at >= most or size > MOST_BYTES:
            path.unlink(missing_ok=True)


def _looks(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.glob("*.rows"):
        with suppress(OSError):  # another worker may be forgetting it, too
            seen = path.stat()
            yield seen.st_mtime, seen.st_size, path
