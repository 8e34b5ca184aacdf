"""Runs a script in a process that has no TensorRag, and hears what it gives back.

This happens in a worker, whose supervisor holds it and all that it starts to its limits.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tensorrag.errors import CardError
from tensorrag.leaving import figures
from tensorrag.leaving.bundle import Opener, unpacked
from tensorrag.plain import JsonObject
from tensorrag.task import Task

if TYPE_CHECKING:
    from tensorrag.types import Table

OURS = ("tensorrag", "cards", "executors", "web", "sample_data")
CLEAN = """
import importlib.abc, json, runpy, sys, warnings

OURS = set(sys.argv[4:])

class NotOurs(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in OURS:
            raise ModuleNotFoundError(f"{name} is not here: a script runs without it", name=name)

sys.meta_path.insert(0, NotOurs())
warnings.simplefilter("ignore")
column_figures = runpy.run_path(sys.argv[3])["column_figures"]
results = runpy.run_path(sys.argv[1])["main"]()

def told(result):
    if isinstance(result, dict):
        return {"metrics": {name: float(value) for name, value in result.items()}}
    columns = {str(name): column_figures(column) for name, column in result.items()}
    return {"rows": len(result), "columns": columns}

ours = sorted(name for name in sys.modules if name.partition(".")[0] in OURS)
answer = {"results": {name: told(result) for name, result in results.items()}, "ours": ours}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(answer, file)
"""
"""A program for ``python -I``: the script, where to write, `figures`, and what is not there."""
SAID = 2_000
"""Characters of what a script that failed said last."""
ASSERTION = "AssertionError: "


def tried(
    task: Task, files: Mapping[str, Opener], made: Mapping[str, Table] | None = None
) -> JsonObject:
    """Run the script in ``params`` on the same data.

    Args:
        task: ``params`` holds ``script``, its text.
        files: openers of what it reads, by name.
        made: tables that the last run made, by what the script calls them.

    Returns:
        ``{"results": {label: {"metrics"} or {"rows", "columns": {name: figures}}}, "made":
        {label: {name: figures}}, "ours": [module]}``.

    Raises:
        CardError: it fails.
    """
    with tempfile.TemporaryDirectory(prefix="script-") as name:
        folder = Path(name)
        (folder / "script.py").write_text(task.params["script"], encoding="utf-8")
        unpacked(files, folder)
        ran = subprocess.run(
            [
                sys.executable,
                "-I",
                "-c",
                CLEAN,
                "script.py",
                "answer.json",
                figures.__file__,
                *OURS,
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if ran.returncode != 0:
            said = ran.stderr.strip().rpartition("\n")[2][:SAID]
            sys.stderr.write(ran.stderr[-SAID:])
            if said.startswith(ASSERTION):
                raise CardError(
                    f"The script stops at an assertion: {said.removeprefix(ASSERTION)}",
                    hint="It is an Assert card's, and fails in the pipeline, too: "
                    "change what it looks at, or what it expects.",
                )
            raise CardError(
                f"The script fails in a process of its own: {said}",
                hint="Export it, and look at the line that it names; please tell us, too.",
            )
        answer: JsonObject = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    told = {label: dict(_columns(table)) for label, table in (made or {}).items()}
    return {**answer, "made": told}


def _columns(table: Table) -> Iterator[tuple[str, JsonObject]]:
    """Return the figures of each column; one at a time is in memory."""
    for column in table.columns:
        yield column.name, figures.column_figures(table.to_pandas([column.name])[column.name])
