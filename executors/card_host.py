"""The long-lived process that imports cards, so that the server need not.

It answers tasks of kind ``describe`` and ``propagate``, one after the other. It is forked by the
fork server, or a fresh interpreter where none runs, under a supervisor, which captures what cards
print while they are imported; one that hangs or crashes is replaced, and the card that did it is
not asked again. A file of the drop-in folder is tried in
a fork first, so that one that takes its process with it becomes a notice, and the other cards
stay.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from executors import trial, usage
from executors.limits import BUSY, CHECK_SECONDS
from executors.protocol import decode, encode, message
from executors.worker import Channel, describe, settle
from tensorrag.catalog import Notice
from tensorrag.errors import CardError
from tensorrag.host import answer
from tensorrag.registry.catalog_cache import known_catalog
from tensorrag.registry.finding import MAX_FILE, Found, Registry
from tensorrag.registry.modules import python_files
from tensorrag.store.place import Place
from tensorrag.task import Task

Stamp = tuple[str, int, int]

_SHORTEST = 0.001
"""Seconds after which to look again at the earliest."""

SIGN_OF_LIFE = 0.5
"""Seconds after which the server hears that many cards are still being asked, or tried."""


@dataclass
class Cards:
    """The registry, loaded again when the drop-in folder changes.

    Args:
        accepted: a folder of this process that holds the files which stood their trial.
        trials: a file that outlives this process, with what the trials found.
        tell: called with ``loading`` and ``loaded``, around what may take its time.
    """

    accepted: Path
    trials: Path
    tell: Callable[[str], None] = lambda state: None
    _told: float = field(default_factory=time.monotonic)
    """When patience was asked for."""
    _folder: Path | None = None
    _stamps: tuple[Stamp, ...] | None = None
    _registry: Registry = field(default_factory=Registry)
    _verdicts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take over what the card host before this one found out."""
        with suppress(OSError, ValueError):
            self._verdicts.update(json.loads(self.trials.read_text()))

    def registry(self, folder: Path | None, only: Set[str] | None = None) -> Registry:
        """Return all cards as they are now.

        Args:
            folder: the drop-in folder.
            only: cards that are asked for; while nothing else was, no other need be imported.
        """
        stamps = _stamps(folder)
        kept = self._kept(folder, only) if self._stamps is None else None
        if kept is not None:
            return kept
        if stamps != self._stamps or folder != self._folder:
            self.tell("loading")
            self._registry = self._load(folder)
            self.tell("loaded")
            self._folder, self._stamps = folder, stamps
        return self._registry

    def _kept(self, folder: Path | None, only: Set[str] | None) -> Registry | None:
        """Return the cards as they were described before; None where that may not hold any more.

        A file that was dropped in is tried out before anything of it is imported.
        """
        catalog = known_catalog(folder) if folder is not None else None
        if catalog is None or only is None:
            return None
        registry = Registry.of(catalog)
        asked = [registry.found[card_id] for card_id in only & registry.found.keys()]
        if any(found.info.source is not None for found in asked):
            return None
        self.tell("loading")
        try:
            for found in asked:
                found.card  # noqa: B018 — it is imported here, in no card's time
        except BaseException:  # of a pack: loading all of them says why
            return None
        finally:
            self.tell("loaded")
        return registry

    def _load(self, folder: Path | None) -> Registry:
        shutil.rmtree(self.accepted, ignore_errors=True)
        self.accepted.mkdir(parents=True)
        sources = _sources(folder)
        self._try_out(sources)
        notices = []
        for name, source in sources.items():
            if reason := self._verdicts.get(_digest(source)):
                hint = "Move what happens on import into run."
                notices.append(Notice(file=name, message=reason, hint=hint))
            else:
                (self.accepted / name).write_bytes(source)
        registry = Registry.load(self.accepted)
        registry.notices += notices
        return registry

    def _try_out(self, sources: dict[str, bytes]) -> None:
        """Try what is new; a text that cannot be decoded harms nobody."""
        new = {n: s for n, s in sources.items() if _digest(s) not in self._verdicts}
        texts = {name: source.decode("utf-8", "replace") for name, source in new.items()}
        for name, reason in trial.reasons_against(texts, self._going_on).items():
            self._verdicts[_digest(new[name])] = reason
        if new:
            self.trials.write_text(json.dumps(self._verdicts))

    def _going_on(self) -> None:
        """Ask for patience: trials hold themselves to their time, and wait for processors."""
        if time.monotonic() - self._told > SIGN_OF_LIFE:
            self.tell("loading")
            self._told = time.monotonic()


def _stamps(folder: Path | None) -> tuple[Stamp, ...]:
    """Look at the folder from outside: names, sizes and times."""
    found = []
    for path in python_files(folder):
        with suppress(OSError):
            seen = path.stat()
            found.append((path.name, seen.st_size, seen.st_mtime_ns))
    return tuple(found)


def _sources(folder: Path | None) -> dict[str, bytes]:
    sources = {}
    for path in python_files(folder):
        with suppress(OSError), path.open("rb") as file:  # removed, or not ours to read
            sources[path.name] = file.read(MAX_FILE + 1)  # of a larger one it is said that it is
    return sources


def _digest(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()


def host(scratch: Path) -> None:
    """Answer until the server is gone."""
    channel = Channel()
    settle("tr-cardhost", scratch)
    cards = Cards(
        scratch / "cards",
        scratch.parent / "trials.json",
        lambda state: channel.send(message(state)),
    )
    channel.send(message("ready"))
    while (line := channel.receive()) is not None:
        channel.send(_answer(line, cards, channel))


def _answer(line: bytes, cards: Cards, channel: Channel) -> bytes:
    asked = decode(line)
    asking = Asking(channel, asked["broken"])
    try:
        task, place = Task.from_json(asked["task"]), Place.model_validate(asked["place"])
        result = answer(task, place, lambda: cards.registry(place.cards, _cards_of(task)), asking)
        return encode({"type": "result", "id": asked["id"], "data": result})
    except Exception as error:
        return encode({"type": "error", "id": asked["id"], "data": describe(error)})


def _cards_of(task: Task) -> Set[str] | None:
    """Name the cards of the pipeline that is asked about; None where all are."""
    if task.kind == "describe":
        return None
    nodes = task.params.get("pipeline", {}).get("nodes", ())
    return {str(node.get("card")) for node in nodes if isinstance(node, dict)}


@dataclass
class Asking:
    """Surrounds what one card does: says which one it is, and interrupts it after a while.

    Args:
        channel: to the server, which replaces this process when the card ends or blocks it.
        broken: why some are not asked any more, by their names (see `executors.suspects`).
    """

    channel: Channel
    broken: Mapping[str, str]
    _heard: float = field(default_factory=time.monotonic)
    """When the server last heard of us."""
    _waited: float = field(default_factory=lambda: usage.waited(os.getpid()))
    """Seconds for which no processor was free before the first card was asked."""

    @contextmanager
    def __call__(self, found: Found) -> Iterator[None]:
        """Ask one card."""
        name = "" if found.info.entry.startswith("cards.") else _name(found)
        if name in self.broken:
            raise CardError(self.broken[name], hint="Mend the file, or remove it.")
        if name:  # our own are not suspected, and cost next to nothing
            self.channel.send(message("asking", name))
        try:
            with _in_time(usage.waited(os.getpid()) if name else self._waited):
                yield
        finally:
            # Thousands of our own take longer than the server waits for a word.
            if name or time.monotonic() - self._heard > SIGN_OF_LIFE:
                self.channel.send(message("asking"))
                self._heard = time.monotonic()


def _name(found: Found) -> str:
    return f"{found.info.entry} {found.source_sha256}"


@contextmanager
def _in_time(waited: float) -> Iterator[None]:
    """Interrupt what takes too long; ``waited`` is how long this process had to wait before."""
    until = time.monotonic() + CHECK_SECONDS

    def look(number: int, frame: object) -> None:
        here = min(usage.waited(os.getpid()) - waited, BUSY * CHECK_SECONDS)
        left = until + here - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"it takes more than {CHECK_SECONDS:.0f} seconds")
        signal.setitimer(signal.ITIMER_REAL, max(left, _SHORTEST))

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, CHECK_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    host(Path(sys.argv[1]))
