"""Mends a damaged database: it is set aside, and what can still be read goes into a new one.

One that only lacks a table gets it again, and stays where it is.

Only for a file that nobody has open: at the start of the server, which holds the workspace's lock.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

from tensorrag.durable import full_disk_explained, move_into_place
from tensorrag.store.database import Database, Row

ROOM = 2**26
"""Bytes that must stay free on the disk when a copy is made."""
Tell = Callable[[sqlite3.Connection], None]
COMPANIONS = ("", "-wal", "-shm")
"""What SQLite calls the files that belong to one database."""


def mend(database: Database) -> bool:
    """Look through a database, and mend it where it is damaged; tells whether it was.

    Raises:
        WorkspaceError: it was written by a newer version, or the disk is full.
    """
    path, copy = database.path, _copy_of(database.path)
    if not _size(path):
        if copy.exists():  # it was deleted, or cut off
            _save_rows(copy, database)
        return copy.exists()
    if is_whole(path):
        return False
    database.close()
    aside = path.with_name(f"{path.stem}.damaged-{time.time_ns()}{path.suffix}")
    with full_disk_explained(path.parent):
        for companion in COMPANIONS:
            with suppress(FileNotFoundError):
                Path(f"{path}{companion}").replace(f"{aside}{companion}")
    for source in (copy, aside):  # what the copy has is whole
        if source.exists():
            _save_rows(source, database)
    return True


def make_anew(database: Database, told: Mapping[str, Tell]) -> tuple[str, ...]:
    """Make tables anew that somebody has dropped, and name them; all others stay as they are.

    Args:
        database: one that is whole.
        told: by table, what fills it with what the others tell.
    """
    lacking, copy = database.lacking(), _copy_of(database.path)
    if not lacking:
        return ()
    database.complete()
    if copy.exists():
        _save_rows(copy, database)
    with database.write() as connection:
        for tell in (told[table] for table in lacking if table in told):
            tell(connection)
    return lacking


def back_up(database: Database) -> None:
    """Keep a copy of a database, from which `mend` takes what the damaged one has lost.

    Only for one whose rows never change their meaning: old rows come back with it. Nothing is
    copied where the disk has little room: others need it more.

    Raises:
        WorkspaceError: it could not be written all the same.
    """
    copy = _copy_of(database.path)
    if shutil.disk_usage(copy.parent).free < 2 * _size(database.path) + ROOM:
        return
    unfinished = copy.with_suffix(".part")
    with full_disk_explained(copy.parent):
        unfinished.unlink(missing_ok=True)
        database.copy_to(unfinished)
        move_into_place(unfinished, copy)


def is_whole(path: Path) -> bool:
    """Whether SQLite finds no fault in a database."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except sqlite3.OperationalError as error:
        return not _damage(error)
    except sqlite3.DatabaseError:
        return False


def set_aside(path: Path) -> list[Path]:
    """Find what was set aside of a database, the oldest first."""
    return sorted(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}"))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _copy_of(path: Path) -> Path:
    return path.with_name(f"{path.stem}.copy{path.suffix}")


def _damage(error: sqlite3.Error) -> bool:
    """Tell damage from what passes by itself, such as a full disk, or a file that is locked."""
    return any(word in str(error) for word in ("malformed", "corrupt"))


def _save_rows(aside: Path, database: Database) -> None:
    tables = database.read("SELECT name FROM sqlite_master WHERE type = 'table'")
    with closing(sqlite3.connect(aside)) as damaged, database.write() as connection:
        for (table,) in tables:
            had = set(_columns(damaged, table))  # one of an older version has fewer
            columns = [name for name in _columns(connection, table) if name in had]
            if columns:
                places = ", ".join("?" * len(columns))
                connection.executemany(
                    f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608
                    _rows(damaged, table, columns),
                )


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Name the columns of a table; none where even that cannot be read."""
    try:
        return [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    except sqlite3.Error:
        return []


def _rows(damaged: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[Row]:
    """Yield the rows before the first damaged page, then those after the last."""
    select = f"SELECT {', '.join(columns)} FROM {table} ORDER BY rowid "  # noqa: S608
    try:
        yield from damaged.execute(select)
    except sqlite3.Error:
        after: list[Row] = []
        with suppress(sqlite3.Error):
            after.extend(damaged.execute(select + "DESC"))  # keeps what came before the error
        yield from reversed(after)
