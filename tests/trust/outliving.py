"""An executor whose tasks outlive the editor, as those in a cloud do: processes of their own.

Each has a folder in ``$OUTLIVING`` with what it was asked for, its process, and what came of it.
``$OUTLIVING_PAUSE`` seconds go by between the start of a task and the answer with its handle.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil

from tensorrag.errors import ErrorInfo, RunCancelled, TaskFailed
from tensorrag.executor import Offers
from tensorrag.perform import perform
from tensorrag.store.place import Place
from tensorrag.task import Task, TaskKind

PAUSE = 0.05
"""Seconds between two looks at a task."""
HOLD = "hold"
"""A file beside the folders of the tasks: while it is there, no task ends by itself."""


class Outliving:
    """Tasks in processes that nobody takes along."""

    name = "outliving"
    kinds: frozenset[TaskKind] = frozenset({"run"})

    def __init__(self, folder: Path) -> None:
        self._root = Path(os.environ["OUTLIVING"])

    async def offers(self) -> Offers:
        return Offers(executor=self.name, available=True)

    async def submit(self, task: Task, place: Place) -> str:
        folder = self._root / task.ticket
        folder.mkdir(parents=True)
        order = {"task": task.to_json(), "place": place.model_dump(mode="json")}
        (folder / "order.json").write_text(json.dumps(order))
        command = [sys.executable, __file__, str(folder)]
        process = subprocess.Popen(command, start_new_session=True)
        write(folder / "pid", process.pid)
        await asyncio.sleep(float(os.environ.get("OUTLIVING_PAUSE", "0")))
        return f"outliving:{task.ticket}"

    async def events(self, handle: str) -> AsyncIterator[dict[str, Any]]:
        yield {"type": "started", "data": {"device": "cloud"}}
        while not self._ended(handle):
            await asyncio.sleep(PAUSE)

    async def cancel(self, handle: str) -> None:
        pid = int((self._folder(handle) / "pid").read_text())
        write(self._folder(handle) / "answer.json", {"cancelled": True})
        psutil.Process(pid).kill()

    async def result(self, handle: str) -> dict[str, Any]:
        while not self._ended(handle):
            await asyncio.sleep(PAUSE)
        answer = json.loads((self._folder(handle) / "answer.json").read_text())
        if "cancelled" in answer:
            raise RunCancelled("It was cancelled.")
        if "error" in answer:
            raise TaskFailed(ErrorInfo.model_validate(answer["error"]))
        done: dict[str, Any] = answer["done"]
        return done

    async def attach(self, handle: str) -> bool:
        return (self._folder(handle) / "order.json").exists()

    async def close(self) -> None:
        """They go on."""

    def _folder(self, handle: str) -> Path:
        return self._root / handle.removeprefix("outliving:")

    def _ended(self, handle: str) -> bool:
        return (self._folder(handle) / "answer.json").exists()


def write(path: Path, content: Any) -> None:
    """Write a file that is there whole or not at all."""
    path.with_suffix(".part").write_text(json.dumps(content))
    path.with_suffix(".part").replace(path)


def main(folder: Path) -> None:
    """Do a task, and say what came of it."""
    order = json.loads((folder / "order.json").read_text())
    try:
        task, place = Task.from_json(order["task"]), Place.model_validate(order["place"])
        answer = {"done": perform(task, place)}
    except Exception as error:
        answer = {"error": ErrorInfo.of(error).model_dump(mode="json")}
    while (folder.parent / HOLD).exists():
        time.sleep(PAUSE)
    write(folder / "answer.json", answer)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
