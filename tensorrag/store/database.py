"""One SQLite file that several processes and threads read and write at once.

Write-ahead logging lets readers and one writer work side by side; ``synchronous=FULL`` makes a
committed transaction survive a power cut. A writer waits for another one instead of failing.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tensorrag.errors import WorkspaceError

BUSY_SECONDS = 30.0
"""How long a writer waits for another process before it gives up."""

PAGE = 2**15
"""Bytes by which SQLite makes its smallest file grow."""

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid"

Row = tuple[Any, ...]


class Database:
    """A connection that is opened on first use and shared by the threads of this process.

    Args:
        path: the file; its folder must exist.
        schema: statements that create the tables, each idempotent.
        version: kept in the file; a file of a newer version is refused.
        migrations: by version, the statements that bring a file of the one before to it.
        on_full: called when the disk is full, to make some room for what is written next.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        version: int = 1,
        migrations: Mapping[int, str] | None = None,
        on_full: Callable[[], None] = lambda: None,
    ) -> None:
        self.path = path
        self._schema = schema
        self._version = version
        self._migrations = migrations or {}
        self._on_full = on_full
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""
        with self._use() as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction: all of it is on disk afterwards, or nothing is.

        ``durable=False`` is for what may be lost in a power cut, and does not wait for the disk.
        """
        with self._use() as connection:
            if not durable:
                connection.execute("PRAGMA synchronous=NORMAL")
            try:
                # A transaction that begins by reading could not wait for its turn to write.
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                if not durable:
                    connection.execute("PRAGMA synchronous=FULL")

    def refuse_newer(self) -> None:
        """Look at the version of the file, and touch nothing; one that is damaged has none.

        Raises:
            WorkspaceError: it was written by a newer version.
        """
        if self.path.is_file():
            with (
                suppress(sqlite3.Error),
                closing(
                    sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
                ) as connection,
            ):
                self._refuse_newer(connection)

    def lacking(self) -> tuple[str, ...]:
        """Name the tables that should be there and are not: somebody has dropped them."""
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
            self._create(empty)
            wanted = empty.execute(_TABLES).fetchall()
        there = set(self.read(_TABLES))
        return tuple(row[0] for row in wanted if row not in there)

    def complete(self) -> None:
        """Create what is lacking, and leave alone what is there."""
        with self.write() as connection:
            for statement in _statements(self._schema):
                connection.execute(statement)

    def copy_to(self, path: Path) -> None:
        """Write all of it into a new file, while others go on reading and writing.

        Raises:
            WorkspaceError: it cannot be read, or the disk is full.
        """
        try:
            with (
                closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS)) as source,
                closing(sqlite3.connect(path)) as target,
            ):
                source.backup(target)
        except sqlite3.Error as error:
            raise WorkspaceError(
                f"{self.path} could not be copied: {error}.", hint="Free some space."
            ) from error

    def size(self) -> int:
        """Return how many bytes are in use in the file; it may be larger."""
        return self._bytes("page_count") - self._bytes("freelist_count")

    def shrink(self) -> None:
        """Give the room back that is not in use, if it is more than half; needs time and disk."""
        if self.size() < self._bytes("page_count") / 2:
            with suppress(WorkspaceError):  # others use it, or the disk is full: another time
                self.read("VACUUM")

    def close(self) -> None:
        """Close the connection; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _bytes(self, pages: str) -> int:
        (count,), (size,) = (self.read(f"PRAGMA {pragma}")[0] for pragma in (pages, "page_size"))
        return int(count) * int(size)

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._open()
                yield self._connection
            except sqlite3.Error as error:
                raise self._explained(error) from error

    def _open(self) -> sqlite3.Connection:
        if not os.access(self.path.parent, os.W_OK):
            return self._open_to_read()
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._refuse_newer(connection)  # before anything of it is touched
            _patiently(connection, "PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            self._create(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_to_read(self) -> sqlite3.Connection:
        """Open it in a folder that may only be read; what is not there yet counts as empty."""
        if not self.path.exists():
            empty = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            self._create(empty)
            return empty
        try:
            return self._open_as("mode=ro")
        except sqlite3.OperationalError:  # beside it nothing can be made, so nobody writes it
            return self._open_as("mode=ro&immutable=1")

    def _open_as(self, how: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{how}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            if self._refuse_newer(connection) < self._version:
                raise WorkspaceError(
                    f"{self.path} was written by an older version of TensorRag, and may not be "
                    "written.",
                    hint="Start the editor on a copy of the workspace that may be.",
                )
        except BaseException:
            connection.close()
            raise
        return connection

    def _refuse_newer(self, connection: sqlite3.Connection) -> int:
        """Return the version of the file; 0 is an empty one."""
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > self._version:
            raise WorkspaceError(
                f"{self.path} was written by a newer version of TensorRag.",
                hint="Update TensorRag, or use another workspace.",
            )
        return found

    def _create(self, connection: sqlite3.Connection) -> None:
        if self._refuse_newer(connection) < self._version:
            connection.execute("BEGIN IMMEDIATE")
            # Another process may have done it while this one waited for its turn.
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            for statement in self._missing(found):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={self._version}")
            connection.execute("COMMIT")

    def _missing(self, found: int) -> Iterable[str]:
        """Return what a file of this version lacks; 0 is an empty one."""
        if found == 0:
            yield from _statements(self._schema)
            return
        for version in range(found + 1, self._version + 1):
            yield from _statements(self._migrations.get(version, ""))

    def _no_room(self) -> bool:
        """Whether not even a page fits on the disk: some writes then fail with other words."""
        with suppress(OSError):
            return shutil.disk_usage(self.path.parent).free < PAGE
        return False

    def _explained(self, error: sqlite3.Error) -> WorkspaceError:
        text = str(error)
        if "full" in text or ("disk I/O" in text and self._no_room()):
            self._on_full()
            return WorkspaceError(
                f"The disk is full: {self.path} could not be written.",
                hint="Free some space, then try again.",
            )
        if "readonly" in text:
            return WorkspaceError(
                f"{self.path} may not be written.",
                hint="Choose another workspace, or change the permissions of this one.",
            )
        if isinstance(error, sqlite3.DatabaseError) and (
            any(word in text for word in ("malformed", "not a", "no such table"))
        ):
            return WorkspaceError(
                f"{self.path} is damaged.",
                hint="Start the editor again, or use `tensorrag doctor --mend`: it keeps what can "
                "be read.",
            )
        return WorkspaceError(
            f"{self.path} could not be used: {text}.",
            hint="Close what else may use it, then try again."
            if "locked" in text
            else "See that its disk is well, and that its folder may be written.",
        )


def _statements(schema: str) -> Iterable[str]:
    return filter(None, (statement.strip() for statement in schema.split(";")))


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Changing the journal mode does not wait for other processes by itself."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
