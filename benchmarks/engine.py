"""How long the engine itself takes: an empty card, a cached chain, the command line, the server.

    python -m benchmarks.engine [--rounds 30] [--json]

Everything happens in a scratch workspace, which is removed. The table shows medians and the
slowest of twenty; the JSON on the last line holds all that was measured.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from executors.local_process import LocalExecutor
from tensorrag.check import Checked, check
from tensorrag.peek import Peek
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.registry.finding import Registry
from tensorrag.run import Request, Run
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task

CHAIN = 100
WARM_UP = 20
"""Cards before the first that is measured: the fork server loads its libraries meanwhile."""
STARTS = 7
PATIENCE_S = 30.0

CARDS = '''
from typing import NamedTuple

from tensorrag import Card, EstimatorSpec, EstimatorSpecSchema


class Empty(Card):
    """Do nothing."""

    class Out(NamedTuple):
        pass

    def run(self) -> Out:
        return self.Out()

    def propagate(self) -> tuple[()]:
        return ()


class Link(Card):
    """Hand a specification on."""

    number: int = 0

    class Out(NamedTuple):
        spec: EstimatorSpec

    def run(self, spec: EstimatorSpec | None) -> Out:
        return self.Out(EstimatorSpec("ridge", {"alpha": float(self.number)}))

    def propagate(self, spec: EstimatorSpecSchema | None) -> EstimatorSpecSchema:
        return EstimatorSpecSchema(model_type="ridge")
'''

Figures = dict[str, dict[str, float]]


class Engine:
    """A scratch workspace with two cards, and this machine to run them."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace.open(folder)
        (self.workspace.cards / "cards.py").write_text(CARDS)
        self.registry = Registry.load(self.workspace.cards)
        self.executor = LocalExecutor(self.workspace.scratch)

    async def check(self, pipeline: Pipeline, peeks: Mapping[str, Peek]) -> Checked:
        """Check in a thread of this process."""
        return await asyncio.to_thread(check, pipeline, self.registry, peeks)

    async def run(self, pipeline: Pipeline, *, no_cache: bool = False) -> Run:
        """Run a pipeline to its end."""
        executors = {"local": self.executor}
        catalog = self.registry.catalog()
        request = Request(pipeline, pipeline_id="chain", no_cache=no_cache)
        run = Run(request, self.workspace, executors, catalog, self.check)
        await run.start()
        if await run.wait() != "succeeded":
            sys.exit(f"The run {run.status}: {json.dumps(run.to_json(), indent=2)}")
        return run


async def empty_card(engine: Engine) -> None:
    """Have one empty card done in a process of its own."""
    info = engine.registry.get("empty").info
    task = Task(kind="run", card="empty", entry=info.entry, source=info.source)
    handle = await engine.executor.submit(task, engine.workspace.place())
    answer = await engine.executor.result(handle)
    if answer["pid"] == os.getpid():
        sys.exit("The card did not run in a process of its own.")


def chain() -> Pipeline:
    """A hundred cards, one below the other."""
    nodes = [Node(f"link_{number}", "link", params={"number": number}) for number in range(CHAIN)]
    edges = [Edge(above.id, "spec", below.id, "spec") for above, below in pairwise(nodes)]
    return Pipeline(name="Chain").with_nodes(*nodes).with_edges(*edges)


async def engine_figures(rounds: int) -> Figures:
    """Measure what happens in one process that has warmed up."""
    with tempfile.TemporaryDirectory(prefix="tensorrag-bench-") as folder:
        engine, pipeline = Engine(Path(folder)), chain()

        async def cached() -> None:
            run = await engine.run(pipeline)
            if not all(node.cached for node in run.nodes.values()):
                sys.exit("The chain was not answered from the cache.")

        async def first() -> None:
            await engine.run(pipeline)

        try:
            for _ in range(WARM_UP):
                await empty_card(engine)
            return {
                "empty card, isolated, submit to result": await timed(
                    lambda: empty_card(engine), rounds
                ),
                f"chain of {CHAIN} cards, first run": await timed(first, 1),
                f"chain of {CHAIN} cards, all from the cache": await timed(cached, rounds),
            }
        finally:
            await engine.executor.close()
            engine.workspace.close()


async def timed(act: Callable[[], Awaitable[None]], rounds: int) -> dict[str, float]:
    """Do something several times; gives figures in seconds."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        await act()
        seconds.append(time.perf_counter() - began)
    return summed_up(seconds)


def summed_up(seconds: Sequence[float]) -> dict[str, float]:
    """Return median and 95th percentile."""
    ordered = sorted(seconds)
    slow = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return {"median": statistics.median(ordered), "p95": slow, "rounds": len(ordered)}


def command_figures(rounds: int) -> Figures:
    """Measure commands from the start of the process to its end."""
    with tempfile.TemporaryDirectory(prefix="tensorrag-bench-") as folder:
        environment = os.environ | {"TENSORRAG_WORKSPACE": folder}
        program = str(Path(sys.executable).with_name("tensorrag"))
        figures = {}
        for words in (["--help"], ["cards"], ["samples"]):
            command, seconds = [program, *words], []
            for _ in range(rounds + 1):
                began = time.perf_counter()
                subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
                seconds.append(time.perf_counter() - began)
            # The first time fills caches of files.
            figures[f"tensorrag {' '.join(words)}"] = summed_up(seconds[1:])
        return figures


def server_figures(rounds: int) -> Figures:
    """Measure the editor: start of the process to a 200 on ``/``, then memory while idle."""
    if find_spec("web.main") is None:
        return {}
    seconds, memory = [], []
    with tempfile.TemporaryDirectory(prefix="tensorrag-bench-") as folder:
        for _ in range(rounds + 1):
            took, idle = start_of_server(Path(folder))
            seconds.append(took)
            memory.append(idle)
    return {
        "editor, start to a 200 on /": summed_up(seconds[1:]),
        "editor, MB of the idle server (PSS)": summed_up(memory[1:]),
    }


def start_of_server(workspace: Path) -> tuple[float, float]:
    """Start the editor once; gives the seconds to the first page, and the MB that it needs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("tensorrag")), "serve", "--no-open"]
    command += ["--port", str(port), "--workspace", str(workspace)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        took = answered(f"http://127.0.0.1:{port}/", began)
        time.sleep(3)  # what it starts in the background is not the server's own
        return took, megabytes(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def answered(url: str, began: float) -> float:
    """Ask until there is a 200; gives the seconds since ``began``."""
    while time.perf_counter() - began < PATIENCE_S:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310
                if answer.status == 200:
                    return time.perf_counter() - began
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    sys.exit(f"{url} did not answer within {PATIENCE_S:g} s.")


def megabytes(pid: int) -> float:
    """Return the proportional set size of a process, where the system tells it, in MB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.exists():
        return psutil.Process(pid).memory_info().rss / 1e6
    found = re.search(r"^Pss:\s+(\d+) kB", rollup.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def machine() -> dict[str, Any]:
    """Name the machine that the figures are from."""
    return {
        "cpu": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def table(figures: Figures) -> str:
    """Write the figures for people: milliseconds, or MB."""
    lines = []
    for name, figure in figures.items():
        unit, factor = ("MB", 1.0) if "MB" in name else ("ms", 1000.0)
        median, p95 = figure["median"] * factor, figure["p95"] * factor
        lines.append(f"{name:45} {median:9.1f} {unit}   p95 {p95:9.1f} {unit}")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="print the JSON alone")
    options = parser.parse_args()
    starts = min(STARTS, options.rounds)
    figures = asyncio.run(engine_figures(options.rounds))
    figures |= command_figures(starts) | server_figures(starts)
    if not options.json:
        print(table(figures))
    print(json.dumps({"machine": machine(), "figures": figures}))


if __name__ == "__main__":
    main()
