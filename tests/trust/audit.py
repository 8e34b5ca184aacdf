"""Lets every Python process of a server write down what it does: files, imports, connections.

A ``sitecustomize`` puts an audit hook into the server, the card host, the fork server and all
workers. Looks at a file (``stat``) raise no audit event, so they are wrapped.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROCESSES = frozenset(
    {"subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.system"}
)
CONNECTIONS = frozenset(
    {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
)
OPENED = frozenset({"open", "os.listdir", "os.scandir", "glob.glob", "os.link", "os.rename"})
LOOKED_AT = frozenset({"stat"})

HOOK = """
import json, os, sys

_log = os.path.join(os.path.dirname(__file__), "events")
_kept = {kept!r}


def _note(event, *what):
    text = json.dumps([os.getpid(), event, [str(one)[:2000] for one in what]])
    # Opened each time: some processes close every descriptor that they inherit.
    log = os.open(_log, os.O_APPEND | os.O_WRONLY)
    try:
        os.write(log, text.encode() + b"\\n")
    finally:
        os.close(log)


def _hook(event, arguments):
    if event in _kept and arguments[:1] != (_log,):
        _note(event, *arguments[:2])


def _seen(look):
    def looked(path, *more, **named):
        if not isinstance(path, int):
            _note("stat", os.fspath(path))
        return look(path, *more, **named)

    return looked


_note("start", *sys.orig_argv)
os.stat, os.lstat = _seen(os.stat), _seen(os.lstat)
sys.addaudithook(_hook)
"""


@dataclass(frozen=True)
class Event:
    """Something that a process did."""

    process: int
    kind: str
    what: tuple[str, ...]


class Audit:
    """What all processes did that were started with `environment`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self._events = folder / "events"
        self._events.touch()
        kept = PROCESSES | CONNECTIONS | OPENED | {"import"}
        (folder / "sitecustomize.py").write_text(HOOK.replace("{kept!r}", repr(set(kept))))

    @property
    def environment(self) -> dict[str, str]:
        """Variables that put the hook into a process and all that it starts."""
        before = os.environ.get("PYTHONPATH")
        folders = [str(self._folder), *([before] if before else [])]
        return {"PYTHONPATH": os.pathsep.join(folders)}

    def mark(self) -> int:
        """Return where the log ends now."""
        return self._events.stat().st_size

    def wait_until_quiet(self, seconds: float = 5.0) -> None:
        """Wait until nothing was started or imported for a while: all is warm."""
        mark, until = self.mark(), time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.1)
            if self.since(mark, PROCESSES | {"import"}):
                mark, until = self.mark(), time.monotonic() + seconds

    def since(self, mark: int = 0, kinds: Iterable[str] | None = None) -> list[Event]:
        """Return what happened after a mark."""
        return [event for event in self._read(mark) if kinds is None or event.kind in set(kinds)]

    def of(self, word: str) -> set[int]:
        """Return the processes that were started with this word in their command."""
        starts = self.since(kinds=["start"])
        return {event.process for event in starts if any(word in one for one in event.what)}

    def _read(self, mark: int) -> Iterator[Event]:
        with self._events.open("rb") as file:
            file.seek(mark)
            for line in file:
                process, kind, what = json.loads(line)
                yield Event(process, kind, tuple(what))
