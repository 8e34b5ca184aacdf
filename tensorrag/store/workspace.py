"""The workspace: one folder with pipelines, uploads, stored values, runs and settings."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tensorrag.durable import full_disk_explained, make_folder
from tensorrag.errors import WorkspaceError, WorkspaceLocked
from tensorrag.store.home import home, is_named
from tensorrag.store.locks import is_at, locked

if TYPE_CHECKING:
    from tensorrag.store.artifacts import Store
    from tensorrag.store.ballast import Ballast
    from tensorrag.store.journal import Journal
    from tensorrag.store.made_anew import MadeAnew
    from tensorrag.store.place import Place
    from tensorrag.store.settings import Settings
    from tensorrag.store.shelf import Shelf
    from tensorrag.store.uploads import Uploads

FOLDERS = ("pipelines", "cards", "uploads", "store", "scratch")


class Workspace:
    """Where everything lies; its parts are opened when they are first used.

    Example:
        >>> workspace = Workspace.open()
        >>> [entry.name for entry in workspace.pipelines.list()]
        ['Boston housing on a GPU']
    """

    def __init__(self, root: Path, *, writable: bool = True) -> None:
        self.root = root
        self.writable = writable
        """Whether anything may be changed in it."""
        self.cards = root / "cards"
        """Drop-in cards: one Python file each."""
        self.scratch = root / "scratch" if writable else Path(tempfile.gettempdir())
        """Temporary files of running cards."""

    @classmethod
    def open(cls, path: Path | str | None = None) -> Workspace:
        """Open a workspace, and make it where it is not there yet.

        Args:
            path: the folder; ``$TENSORRAG_WORKSPACE`` or ``~/.tensorrag`` by default.

        Raises:
            WorkspaceError: there is something else, or it may not be written.
        """
        root = home(path)
        try:
            with full_disk_explained(root):
                for name in FOLDERS:
                    make_folder(root / name)
                    if not os.access(root / name, os.W_OK):
                        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            in_the_way = isinstance(error, NotADirectoryError | FileExistsError)
            reason = "a file is in the way" if in_the_way else str(error.strerror).lower()
            raise WorkspaceError(
                f"{root} cannot be a workspace: {reason}.",
                hint="Choose another folder with --workspace.",
            ) from None
        return cls(root)

    @classmethod
    def look(cls, path: Path | str | None = None, *, make: bool = False) -> Workspace:
        """Open a workspace for who only reads: it need not be writable.

        Args:
            path: as for `open`.
            make: whether to make it where it is not there; else only the default one is made.

        Raises:
            WorkspaceError: there is none, or there is something else.
        """
        root = home(path)
        if not root.exists() and not make and is_named(path):
            raise WorkspaceError(
                f"There is no workspace {root}.",
                hint="Name another with --workspace, or make this one: `tensorrag serve` does.",
            )
        if root.is_dir() and not os.access(root, os.W_OK):
            return cls(root, writable=False)
        return cls.open(path)

    @cached_property
    def pipelines(self) -> Shelf:
        """The pipelines that were made or imported here."""
        from tensorrag.store.shelf import Shelf

        return Shelf(self.root / "pipelines")

    @cached_property
    def uploads(self) -> Uploads:
        """The files that were uploaded here."""
        from tensorrag.store.uploads import Uploads

        return Uploads(self.root / "uploads")

    @cached_property
    def store(self) -> Store:
        """The values that cards made here."""
        from tensorrag.store.artifacts import Store

        return Store(self.root / "store")

    @cached_property
    def journal(self) -> Journal:
        """The runs that were started here."""
        from tensorrag.store.journal import Journal

        return Journal(self.root / "journal.sqlite", self.ballast.drop)

    @cached_property
    def ballast(self) -> Ballast:
        """Room for the journal on a full disk; held where a server has laid it."""
        from tensorrag.store.ballast import Ballast

        return Ballast(self.root / "ballast")

    @cached_property
    def settings(self) -> Settings:
        """What is remembered between starts; readable by its owner alone."""
        from tensorrag.store.settings import Settings

        return Settings(self.root / "settings.json")

    def place(self, base: Path | None = None) -> Place:
        """Return the folders that tasks work with.

        ``base`` is where relative paths in parameters start from: a pipeline file's folder, or
        the workspace.
        """
        from tensorrag.folders import Folders
        from tensorrag.store.place import Place

        folders = Folders.of(self.settings.get("allowed_folders"), self.root)
        return Place(
            store=self.root / "store",
            uploads=self.root / "uploads",
            base=base or self.root,
            cards=self.cards,
            settings=self.root / "settings.json",
            allowed=folders.allowed,
            hosts=self.settings.values().allowed_hosts,
            workspace=self.root,
        )

    @contextmanager
    def lock(self, address: str = "") -> Iterator[Callable[[], bool]]:
        """Keep other servers out while the block runs; the end of the process frees it too.

        ``address`` tells whoever comes second where the first one is. The block gets a function
        that tells whether the folder is still here: one that was moved or deleted locks nobody out.

        Raises:
            WorkspaceLocked: another server has this workspace open; names its process.
            WorkspaceError: its folder, or the file system, lets nobody lock it.
        """
        path = self.root / "serve.lock"
        with _lockable(path) as file:
            if not _is_free(file, path):
                file.seek(0)
                raise _taken(self.root, file.read())
            with full_disk_explained(self.root):
                file.truncate(0)
                file.write(json.dumps({"pid": os.getpid(), "address": address}))
                file.flush()
            yield lambda: is_at(file, path)
            file.truncate(0)

    def mend(self) -> tuple[MadeAnew, ...]:
        """Mend damaged databases; `notices` say which. Only while nobody else has them open.

        Returns:
            Tables that were dropped, and are there again.

        Raises:
            WorkspaceError: one was written by a newer version: nothing is touched then.
        """
        from tensorrag.store.made_anew import TOLD, MadeAnew
        from tensorrag.store.mending import make_anew, mend

        databases = (self.journal.database, self.store.index)
        for database in databases:
            database.refuse_newer()
        anew = []
        for database in databases:
            mend(database)
            anew += [MadeAnew(database.path.name, table) for table in make_anew(database, TOLD)]
        return tuple(anew)

    def back_up(self) -> None:
        """Keep a copy of the list of results: were it lost, every card would run again."""
        from tensorrag.store.mending import back_up

        back_up(self.store.index)

    def notices(self) -> tuple[str, ...]:
        """Say in sentences what was found damaged here and set aside, and what to do."""
        from tensorrag.store.mending import set_aside

        lost = {
            self.root / "journal.sqlite": "The history of runs was damaged: what could be read "
            "of it is kept, results are not affected.",
            self.root / "store" / "index.sqlite": "The list of results was damaged: cards whose "
            "results could not be found again run once more.",
        }
        return self.settings.notices() + tuple(
            f"{what} The old one is kept as {path.name}; delete it to end this notice."
            for file, what in lost.items()
            for path in set_aside(file)
        )

    def sweep(self) -> None:
        """Remove what crashed processes left half written, old runs, and results beyond the cap.

        The scratch folder is the executors' own: they know what of it is in use.
        """
        from tensorrag.store.thinning import thin

        self.uploads.sweep()
        self.pipelines.sweep()
        self.settings.sweep()
        self.store.checkpoints.forget_old()
        if thin(self.journal):  # before the store, in which the latest runs pin what they made
            self.store.checkpoints.thin(self.journal)
            # At the start only: everybody else has to wait meanwhile.
            self.journal.database.shrink()
        self.tidy()

    def tidy(self) -> int:
        """Remove what is old until journal and store fit; returns how many bytes of results."""
        from tensorrag.store import thinning
        from tensorrag.store.tidy import tidy

        self.ballast.lay_again()
        if self.journal.database.size() > thinning.CAP:
            thinning.thin(self.journal)
        cap = self.settings.values().store_cap
        return tidy(self.store, self.journal, cap=cap, named=self.named_results)

    def named_results(self) -> set[str]:
        """Return the digests that named versions keep in the store."""
        return {digest for kept in self.pipelines.results() for digest in kept.digests}

    def close(self) -> None:
        """Close the databases; the next use opens them again."""
        self.store.close()
        self.journal.close()


def _lockable(path: Path) -> IO[str]:
    try:
        with full_disk_explained(path):
            return path.open("a+")
    except OSError as error:
        raise _not_lockable(path, error) from error


def _is_free(file: IO[str], path: Path) -> bool:
    try:
        return locked(file)
    except OSError as error:
        raise _not_lockable(path, error) from error


def _not_lockable(path: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(
        f"{path} cannot be locked: {(error.strerror or str(error)).lower()}.",
        hint="Choose a folder on a disk of this machine with --workspace.",
    )


def _taken(root: Path, said: str) -> WorkspaceLocked:
    owner: object = None
    with suppress(ValueError):
        owner = json.loads(said)
    owner = owner if isinstance(owner, dict) else {}
    address = owner.get("address")
    return WorkspaceLocked(
        f"The workspace {root} is open in another server (process {owner.get('pid', 'unknown')}).",
        hint=(f"Use it at {address}, end it" if address else "End it")
        + ", or choose another folder with --workspace.",
    )
