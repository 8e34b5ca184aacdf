"""A table that lies in a file while it is read: no more of it is in memory than two pieces.

A second thread writes and hashes one while the next is read; the store takes the file as it is.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
import weakref
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tensorrag import digests
from tensorrag.types.pieces import PIECE

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 1 << 27
"""Bytes that a piece of a table may have to be put into a file: wide ones would be many pieces."""


class Spool:
    """Puts the parts of a table together: in a file, as far as they are of one schema."""

    def __init__(self) -> None:
        self._file: _File | None = None
        self._schema: pa.Schema | None = None
        self._whole: pa.Table | None = None
        self._is_over = False

    def joined(self, parts: Iterable[pa.Table]) -> pa.Table:
        """Return all rows; of a short table they are in memory.

        Raises:
            pyarrow.ArrowException: parts have columns that do not go together, or there is none.
            OSError: there is no room for a file; what it took is free again.
        """
        try:
            return self._joined(parts)
        except BaseException:
            if self._file is not None:
                self._file.drop()
                self._file = None
            raise

    def _joined(self, parts: Iterable[pa.Table]) -> pa.Table:
        import pyarrow as pa

        rest: list[pa.Table] = []
        for part in parts:
            rest.append(part)
            if sum(map(len, rest)) >= PIECE:
                rest = self._put(rest)
        if self._file is None:
            return _together(rest)
        rest = self._put(rest) if rest else []
        found = self._file.table()
        if rest:
            return pa.concat_tables([found, *rest], promote_options="default")
        self._whole = found
        return found

    def has_all_of(self, table: pa.Table) -> bool:
        """Whether its file is this very table."""
        return table is self._whole

    @property
    def mapped(self) -> mmap.mmap | None:
        """What the rows are read from, where they are in a file."""
        return self._file.mapped if self._file is not None else None

    def moved_to(self, path: Path) -> bool:
        """Give its file away; says whether that went well, which it does once, on one disk."""
        return self._file is not None and self._file.moved_to(path)

    def _put(self, parts: list[pa.Table]) -> list[pa.Table]:
        """Write parts to the file, as one piece; returns those that are not for it."""
        if self._is_over:
            return parts
        piece = _together(parts)
        if self._file is None and piece.nbytes <= MOST:
            self._file, self._schema = _File(piece.schema), piece.schema
        if self._file is None or piece.schema != self._schema:
            self._is_over = True
            return [piece]
        self._file.write(piece)
        return []


class _File:
    """An Arrow file that is written and hashed beside whoever makes its pieces."""

    mapped: mmap.mmap

    def __init__(self, schema: pa.Schema) -> None:
        import pyarrow as pa

        handle, name = tempfile.mkstemp(prefix="table-", suffix=".arrow")
        self._path = Path(name)
        weakref.finalize(self, self._path.unlink, missing_ok=True)
        self._read = open(handle, "rb", buffering=0)  # noqa: SIM115
        self._sink = pa.OSFile(name, "wb")
        self._writer = pa.ipc.new_file(self._sink, schema)
        self._sha256 = hashlib.sha256()
        self._beside = ThreadPoolExecutor(1)
        self._at_work: Future[None] | None = None

    def write(self, piece: pa.Table) -> None:
        """Begin to write a piece, once the one before is written."""
        self._wait()
        self._at_work = self._beside.submit(self._write, piece)

    def table(self) -> pa.Table:
        """Return all that was written, mapped; nothing can be written any more."""
        import pyarrow as pa

        self._wait()
        self._beside.shutdown()
        self._writer.close()
        self._sink.close()
        self._hash()
        with self._read as file:
            self.mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return pa.ipc.open_file(pa.py_buffer(self.mapped)).read_all()

    def moved_to(self, path: Path) -> bool:
        try:
            os.rename(self._path, path)
        except OSError:
            return False
        digests.note(path, self._sha256.hexdigest())
        return True

    def drop(self) -> None:
        """Give back the room that it takes, finished or not."""
        self._beside.shutdown()
        self._sink.close()
        self._read.close()
        self._path.unlink(missing_ok=True)

    def _write(self, piece: pa.Table) -> None:
        self._writer.write_table(piece.combine_chunks())
        self._hash()

    def _wait(self) -> None:
        if self._at_work is not None:
            self._at_work.result()

    def _hash(self) -> None:
        """Go on to the end of what is written by now."""
        hashlib.file_digest(self._read, lambda: self._sha256)


def _together(parts: list[pa.Table]) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables(parts, promote_options="default")
