"""How a table of 10 million rows × 10 float64 in one Parquet file is looked at, and learnt from.

    python -m benchmarks.large_table [--rows 10000000] [--json]

Memory is the peak USS of a task's worker with all that it started: what would be free again if
it ended, mapped files included that nobody else maps. It is looked at every 20 ms, and as often as
can be while somebody waits for a look.
"""

import argparse
import asyncio
import json
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.engine import Engine
from benchmarks.learning import learning
from executors.usage import family
from tensorrag.pipeline import Pipeline
from tensorrag.task import Task, TaskKind

COLUMNS = 10
GROUP = 500_000
"""Rows made at a time, one row group each."""
LOOKS = 5
LOOK_S, LOOK_MB = 2.0, 300.0
WORK = ("load", "split", "train", "evaluate")
MOST_TABLES = 3.0
"""Times the table that a worker may take."""

Figures = dict[str, dict[str, Any]]


class Watch(threading.Thread):
    """Looks at the workers of this process, and keeps the most that each took."""

    def __init__(self, every: float) -> None:
        super().__init__(daemon=True)
        self._every = every
        self.peaks: dict[int, int] = {}
        """Bytes by worker."""
        self.only: int | None = None
        """The one worker that matters; to find all of them takes longer than a look lasts."""
        self._ended = threading.Event()

    def run(self) -> None:
        """Look until the end."""
        while not self._ended.wait(self._every):
            pids = [self.only] if self.only else [p.pid for p in family(psutil.Process().pid)]
            for pid in pids:
                self.peaks[pid] = max(self.peaks.get(pid, 0), uss(pid))

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self.join()


def uss(pid: int) -> int:
    """Return the bytes of memory that only this process has."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Private_"))


@contextmanager
def watching(every: float = 0.02) -> Iterator[Watch]:
    """Look at the workers every so many seconds while the block runs."""
    watch = Watch(every)
    watch.start()
    try:
        yield watch
    finally:
        watch.end()


def make(path: Path, rows: int) -> None:
    """Write the file: nine columns of noise, and a target that depends on them."""
    random, writer = np.random.default_rng(7), None
    for start in range(0, rows, GROUP):
        x = random.standard_normal((COLUMNS - 1, min(GROUP, rows - start)))
        y = x.T @ np.arange(1.0, COLUMNS) + random.standard_normal(x.shape[1])
        table = pa.table({**{f"x{at}": column for at, column in enumerate(x)}, "y": y})
        writer = writer or pq.ParquetWriter(path, table.schema, compression="none")
        writer.write_table(table)
    if writer is not None:
        writer.close()


async def looked(engine: Engine, task: Task) -> tuple[dict[str, Any], dict[str, float]]:
    """Do a task several times, as one is over before it is seen; keep the slowest and largest."""
    result: dict[str, Any] = {}
    seconds, peak = 0.0, 0.0
    for _ in range(LOOKS):
        result, took = await _looked(engine, task)
        seconds, peak = max(seconds, took["seconds"]), max(peak, took["mb"])
    if not peak:
        sys.exit(f"No {task.kind} was seen at work.")
    return result, {"seconds": seconds, "mb": peak}


async def _looked(engine: Engine, task: Task) -> tuple[dict[str, Any], dict[str, float]]:
    with watching(0.001) as watch:
        began = time.perf_counter()
        handle = await engine.executor.submit(task, engine.workspace.place())
        pid = 0
        async for event in engine.executor.events(handle):
            if event["type"] == "started":
                watch.only = pid = event["data"]["pid"]
        result = await engine.executor.result(handle)
        seconds = time.perf_counter() - began
    return result, {"seconds": seconds, "mb": watch.peaks.get(pid, 0) / 1e6}


async def measure(folder: Path, rows: int) -> Figures:
    """Make the file, look at it, run the pipeline, and look at what came out."""
    engine, path = Engine(folder), folder / "large.parquet"
    make(path, rows)
    engine.executor.warm()
    while not engine.executor.is_warm:
        await asyncio.sleep(0.05)
    document = learning(path, "ridge")
    try:
        figures = await _peeked(engine, document, rows)
        figures |= await _ran(engine, document, rows)
    finally:
        await engine.executor.close()
    return figures


async def _peeked(engine: Engine, document: Pipeline, rows: int) -> Figures:
    info = engine.registry.get("data_load").info
    task = Task(
        kind="peek", card="data_load", entry=info.entry, params=dict(document.nodes["load"].params)
    )
    seen, took = await looked(engine, task)
    schema = seen["schemas"][0]
    if (schema["rows"], len(schema["columns"])) != (rows, COLUMNS):
        sys.exit(f"The file was not seen as it is: {schema}")
    return {"schema": {**took, "rows": schema["rows"], "columns": len(schema["columns"])}}


async def _ran(engine: Engine, document: Pipeline, rows: int) -> Figures:
    with watching() as watch:
        run = await engine.run(document)
    figures: Figures = {}
    for name, node in run.to_json()["nodes"].items():
        peak = watch.peaks.get(run.nodes[name].pid or 0, 0)
        figures[name] = {"seconds": node["seconds"], "mb": peak / 1e6}
    outputs = run.to_json()["nodes"]
    metrics = outputs["evaluate"]["outputs"]["metrics"]["value"]
    figures["evaluate"] |= {"r2": metrics["values"]["r2"] if "values" in metrics else metrics["r2"]}
    digest = outputs["load"]["outputs"]["dataset"]["sha256"]
    kinds: tuple[TaskKind, ...] = ("page", "profile")
    for kind in kinds:
        shown, took = await looked(engine, Task(kind=kind, inputs={"value": (digest,)}))
        if shown.get("total", shown.get("rows")) != rows:
            sys.exit(f"The {kind} is of another table.")
        if kind == "profile" and any(column["std"] is None for column in shown["columns"]):
            sys.exit("The profile left columns out.")
        figures[kind] = took
    return figures | await _sorted(engine, digest)


async def _sorted(engine: Engine, digest: str) -> Figures:
    """Look at a page in the order of a column, which is worked out, and at one farther on."""
    first = Task(kind="page", params={"sort": "x0"}, inputs={"value": (digest,)})
    later = first.model_copy(update={"params": {"sort": "x0", "offset": 1_000_000}})
    _, worked_out = await _looked(engine, first)
    _, known = await looked(engine, later)
    return {"sorted": worked_out, "sorted on": known}


def misses(figures: Figures, table_mb: float) -> list[str]:
    """Name the figures that are beyond what was promised."""
    late = [
        f"{name}: {figures[name]['seconds']:.2f} s, {figures[name]['mb']:.0f} MB"
        for name in ("schema", "page", "profile", "sorted on")
        if figures[name]["seconds"] > LOOK_S or figures[name]["mb"] > LOOK_MB
    ]
    large = [
        f"{name}: {one['mb'] / table_mb:.2f} times the table"
        for name, one in figures.items()
        if one["mb"] > MOST_TABLES * table_mb or (name in WORK and not one["mb"])
    ]
    return late + large


def main() -> int:
    """Print a line per step; the exit status tells whether the figures hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    table_mb = asked.rows * COLUMNS * 8 / 1e6
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder), asked.rows))
    print(
        f"{asked.rows:,} rows × {COLUMNS} float64, {table_mb:,.0f} MB; "
        f"Python {platform.python_version()}"
    )
    for name, one in figures.items():
        share = one["mb"] / table_mb
        print(f"{name:10} {one['seconds']:8.2f} s {one['mb']:8.0f} MB  {share:5.2f} × the table")
    print(f"R² on the test rows: {figures['evaluate']['r2']:.4f}")
    if asked.json:
        print(json.dumps(figures))
    wrong = misses(figures, table_mb)
    print("\n".join(["Not held:", *wrong]) if wrong else "All figures hold.")
    return int(bool(wrong) and asked.rows >= 10_000_000)


if __name__ == "__main__":
    sys.exit(main())
