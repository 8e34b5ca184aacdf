"""Writes the log of the server: what went wrong, for whoever looks after it, without any secret.

`<workspace>/logs/server.log` and four older ones of 2 MB, readable by their owner alone.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, cast

from tensorrag.durable import make_folder
from tensorrag.errors import TensorRagError
from tensorrag.run.printed import readable
from tensorrag.store.workspace import Workspace
from web.live.trouble import Troubles, reference, sentence
from web.shadow import Shadow

BYTES = 2 * 10**6
OLDER = 4
MESSAGE = 20_000
"""Characters of one entry, its traceback included, that are kept."""

_CALLED = {"uvicorn": "server", "uvicorn.error": "server", "uvicorn.access": "requests"}
"""What loggers are called whose names tell people nothing, or something wrong."""

log = logging.getLogger(__name__)


def path_in(root: Path) -> Path:
    """Return where the log of a workspace lies."""
    return root / "logs" / "server.log"


@contextmanager
def writing(workspace: Workspace, troubles: Troubles) -> Iterator[None]:
    """Send all that modules log to the file while the block runs, and tell of unforeseen errors.

    Raises:
        TensorRagError: the block failed as nobody thought of; its traceback is in the log.
    """
    shadow = Shadow(workspace.settings.path, lambda: _secrets(workspace))
    path = path_in(workspace.root)
    handler = _handler(path)
    handler.setFormatter(Entry(shadow))
    root, level = logging.getLogger(), logging.getLogger().level
    ours = (troubles, handler)  # in this order: an error is written with its reference
    hook = threading.excepthook
    root.setLevel(logging.INFO)
    for each in ours:
        root.addHandler(each)
    handler.addFilter(_worth_noting)
    logging.captureWarnings(True)
    threading.excepthook = _thread_died
    try:
        yield
    except TensorRagError:
        raise
    except Exception as error:
        log.critical("The server ended.", exc_info=error)
        raise TensorRagError(sentence(error), hint=f"It lies at {path}.") from None
    finally:
        threading.excepthook = hook
        logging.captureWarnings(False)
        for each in ours:
            root.removeHandler(each)
            each.close()
        root.setLevel(level)


class Entry(logging.Formatter):
    """One entry: ``2026-01-31T12:00:00.123Z ERROR web.live.stage A view failed.``"""

    def __init__(self, shadow: Shadow) -> None:
        super().__init__()
        self._shadow = shadow

    def format(self, record: logging.LogRecord) -> str:
        """Write an entry; lines that belong to it are indented, so that none can be forged."""
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        what = record.getMessage()
        if record.exc_info and (error := record.exc_info[1]) is not None:
            what += f" (reference {reference(error)})\n{self.formatException(record.exc_info)}"
        if record.stack_info:
            what += f"\n{record.stack_info}"
        # What is cut in two here is cut away afterwards: no half of a secret stays.
        what = _shortened(self._shadow.text(_shortened(what, 10 * MESSAGE)))
        what = readable(what).replace("\n", "\n    ")
        who = _CALLED.get(record.name, record.name)
        return f"{when}.{int(record.msecs):03}Z {record.levelname} {who} {what}"


class _File(RotatingFileHandler):
    """Readable by its owner alone; a disk that is full is no trouble for who logs."""

    lost = 0

    def _open(self) -> TextIOWrapper:
        def private(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        opened: IO[str] = open(  # noqa: SIM115
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=private
        )
        return cast(TextIOWrapper, opened)

    def emit(self, record: logging.LogRecord) -> None:
        """Write an entry, and how many could not be written before it."""
        lost, self.lost = self.lost, 0
        super().emit(record)
        if lost and not self.lost:
            word = "entry was" if lost == 1 else "entries were"
            said = f"Before this, {lost:,} {word} lost: the log could not be written."
            super().emit(
                logging.makeLogRecord({"msg": said, "levelname": "WARNING", "name": "log"})
            )
        elif lost:
            self.lost += lost

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without this entry, and without what the stream still held."""
        self.lost += 1
        stream, self.stream = self.stream, None
        with suppress(OSError):
            if stream is not None:
                stream.close()

    def close(self) -> None:
        """Close the file, whatever becomes of the last entry."""
        with suppress(OSError):
            super().close()


def files_in(root: Path) -> list[Path]:
    """Return where its parts lie, the oldest first; not all of them need be there."""
    path = path_in(root)
    return [*(path.with_name(f"{path.name}.{n}") for n in range(OLDER, 0, -1)), path]


def _handler(path: Path) -> logging.Handler:
    try:
        make_folder(path.parent)
        return _File(
            path, maxBytes=BYTES, backupCount=OLDER, encoding="utf-8", errors="backslashreplace"
        )
    except OSError as error:
        instead = logging.StreamHandler(sys.stderr)
        instead.setLevel(logging.WARNING)
        reason = (error.strerror or str(error)).lower()
        sys.stderr.write(f"The log {path} cannot be written: {reason}. It comes here instead.\n")
        return instead


def _secrets(workspace: Workspace) -> list[str]:
    values = workspace.settings.values()
    return [*values.secrets.values(), *filter(None, [values.token, values.webhook])]


def _shortened(text: str, most: int = MESSAGE) -> str:
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters …\n{text[-half:]}"


def _worth_noting(record: logging.LogRecord) -> bool:
    """Keep of requests those that change something or failed, without their queries.

    A page's connection is known by what stands in its query alone: nobody else may read that. Nor
    may anybody read whom this server asks: there are tokens in the paths of such addresses.
    """
    if record.name.partition(".")[0] in ("httpx", "httpcore"):
        return record.levelno >= logging.WARNING
    args = record.args if isinstance(record.args, tuple) else ()
    if record.name == "uvicorn.access" and len(args) == 5:
        client, method, path, version, status = args
        record.args = (client, method, str(path).partition("?")[0], version, status)
        return method not in ("GET", "HEAD") or (isinstance(status, int) and status >= 400)
    if record.name == "uvicorn.error" and "WebSocket" in str(record.msg):
        record.args = tuple(a.partition("?")[0] if isinstance(a, str) else a for a in args)
        return "[accepted]" not in record.msg
    return not (record.name == "uvicorn.error" and str(record.msg).startswith("connection "))


def _thread_died(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        log.error("A thread ended.", exc_info=args.exc_value)
