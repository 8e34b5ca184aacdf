"""What happens in a container: a request is performed, and everything is said as data.

No exception leaves it: what the card raises comes back described, as from a worker.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from executors.gpu_use import GpuMeter
from executors.modal_age import start_seconds
from executors.modal_checkpoints import Courier
from executors.modal_parcel import EMPTY, FORMAT, REVOKED, Parcel, far_path, pack, unpack
from executors.modal_speech import LASTS, Speech
from executors.protocol import message
from executors.worker import describe
from tensorrag.errors import RunCancelled
from tensorrag.perform import perform
from tensorrag.plain import JsonObject
from tensorrag.progress import Reporter, reporting
from tensorrag.store.artifacts import Store
from tensorrag.store.checkpoints import Kept
from tensorrag.store.place import Place
from tensorrag.task import Task

if TYPE_CHECKING:
    import modal


def answer(
    request: dict[str, Any], volume: modal.Volume, events: modal.Queue, data: Path
) -> dict[str, Any]:
    """Perform a request.

    Args:
        request: ``{"format", "name", "task", "parcel", "checkpoint"}``; the last is where it goes
            on, if it does.
        volume: where the far files are, mounted at ``data``.
        events: takes what is said meanwhile, in a partition by the request's name.

    Returns:
        ``{"format", "seconds", "start", "said", "parcel"}``: how long it took, and the container
        to start; the last word as a line of JSON, one of ``result``, ``error``, ``late`` and
        ``cancelled``; and what was made.
    """
    if request.get("format") != FORMAT:
        return {"format": FORMAT}
    began, start, name = time.monotonic(), start_seconds(), str(request["name"])
    if _may_begin(events, name):
        files = Files(volume, data)
        with _folder() as folder, Speech(events, name) as speech:
            task = Task.from_json(request["task"])
            sent = request.get("checkpoint")
            said, parcel = _attempt(task, request["parcel"], sent, folder, files, speech)
    else:
        said, parcel = message("cancelled"), EMPTY
    seconds = time.monotonic() - began
    return {"format": FORMAT, "seconds": seconds, "start": start, "said": said, "parcel": parcel}


def _may_begin(events: modal.Queue, name: str) -> bool:
    """Say that it begins, then look whether it may not.

    Whoever revokes it does so the other way round, so that at least one notices the other.
    """
    import modal

    began = {"call": modal.current_function_call_id(), "container": os.environ.get("MODAL_TASK_ID")}
    with suppress(Exception):
        events.put(message("started", began), partition=name, partition_ttl=LASTS)
    return not events.len(partition=name + REVOKED)


@dataclass(frozen=True)
class Files:
    """The large files, on a volume that others change meanwhile."""

    volume: modal.Volume
    mount: Path

    def take(self, names: list[str], folder: Path) -> None:
        """Copy files from there. None stays open: the volume could not be looked at again."""
        if names:
            self.volume.reload()  # a warm container sees what was there when it looked last
        for sha256 in names:
            shutil.copyfile(self._path(sha256), folder / sha256)

    def give(self, names: list[str], store: Store) -> None:
        """Copy files there."""
        for sha256 in names:
            target = self._path(sha256)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                half = target.with_suffix(f".{secrets.token_hex(4)}")
                shutil.copyfile(store.blob(sha256), half)
                half.replace(target)  # Modal may commit at any moment by itself
        if names:
            self.volume.commit()  # nobody else sees them before

    def _path(self, sha256: str) -> Path:
        return self.mount / far_path(sha256).lstrip("/")


def _attempt(
    task: Task, parcel: Parcel, sent: str | None, folder: Path, files: Files, speech: Speech
) -> tuple[bytes, Parcel]:
    reporter = Reporter(lambda report: speech.say("progress", report), gauge=GpuMeter().read)
    late = threading.Event()
    try:
        place = _lay_out(parcel, folder, files)
        store = Store(place.store)
        courier = Courier(files.volume, files.mount, store, task.key)
        if sent is not None:
            store.checkpoints.note(task.key, Kept.model_validate_json(sent))
        courier.fetch(look_again=sent is not None)
        with _clock(task.timeout, reporter, late), reporting(reporter), courier.working():
            result = perform(task, place)
        courier.clear()
        return message("result", result), _hand_over(result, store, files)
    except RunCancelled:
        return message("late" if late.is_set() else "cancelled"), EMPTY
    except BaseException as error:  # a card may call sys.exit()
        return message("error", describe(error)), EMPTY


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a request a folder of its own: a container does one after the other."""
    with tempfile.TemporaryDirectory(prefix="tensorrag-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _lay_out(parcel: Parcel, folder: Path, files: Files) -> Place:
    """Put everything where the task looks for it."""
    place = Place(store=folder / "store", uploads=folder / "uploads", base=folder / "base")
    arrived = folder / "arrived"
    for path in (place.store, place.uploads, place.base, arrived):
        path.mkdir()
    files.take(parcel["far"], arrived)
    unpack(parcel, Store(place.store), arrived)
    for sha256 in parcel["uploads"]:
        (arrived / sha256).replace(place.uploads / sha256)
    return place


def _hand_over(result: JsonObject, store: Store, files: Files) -> Parcel:
    """Put what was made into a parcel, and its far files on the volume."""
    parcel = pack(store, [output["sha256"] for output in result["outputs"].values()])
    files.give(parcel["far"], store)
    return parcel


@contextmanager
def _clock(seconds: float | None, reporter: Reporter, late: threading.Event) -> Iterator[None]:
    """Ask the card to stop at its next report once its time is up; Modal ends it a little later."""

    def stop() -> None:
        late.set()
        reporter.stopping = True

    timer = threading.Timer(seconds if seconds is not None else threading.TIMEOUT_MAX, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
