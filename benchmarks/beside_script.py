"""What a pipeline takes beyond the plain script that does the same: load, split, train, evaluate.

    python -m benchmarks.beside_script [--rows 1000000] [--model MODEL] [--format FORMAT]
                                      [--rounds N] [--json]

Three times: ridge learns within a blink, boosting in seconds, a tree without a limit in half a
minute. Train measures on the rows that it learnt from, too, which takes time where predicting does.
Reading, learning and predicting may use all cores on either side.
A file of 29 features and a target, Parquet or CSV; the script is the one that *Export as Python*
writes of the pipeline, and must give the same figures. An open editor has its libraries at hand, so
it is held against the work of the script alone; from the command line, starting Python and
importing pandas and scikit-learn count on both sides. All take turns; medians.
"""

import argparse
import asyncio
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from benchmarks.engine import Engine
from benchmarks.learning import learning
from executors.machine import cores
from tensorrag.pipeline import files

WAYS = (
    "pipeline in an open editor",
    "script, its work alone",
    "pipeline from the command line",
    "script from the command line",
)
MODELS = {"ridge": 3, "gradient_boosting": 3, "decision_tree": 1}
"""How many rounds each is measured in."""
FORMATS = ("parquet", "csv")
FEATURES = 29
MOST_S, MOST_SHARE = 1.0, 0.2


def make(path: Path, rows: int) -> None:
    """Write the table: noise, and a target that depends on it."""
    random = np.random.default_rng(7)
    x = random.standard_normal((FEATURES, rows))
    y = x.T @ np.linspace(0.1, 3, FEATURES) + random.standard_normal(rows)
    names = {f"x{at}": column for at, column in enumerate(x)}
    table = pa.table({**names, "y": y})
    if path.suffix == ".csv":
        csv.write_csv(table, path)
    else:
        pq.write_table(table, path, compression="none")


AGAIN = """
import runpy, sys, time
for _ in range(2):
    begun = time.monotonic()
    runpy.run_path(sys.argv[1], run_name="__main__")
print(time.monotonic() - begun)
"""
"""The work of a script alone: everything that it imports is there the second time."""


def python(*arguments: str) -> tuple[float, str]:
    """Run Python with these arguments; gives how long it took on the wall, and its last line."""
    begun = time.monotonic()
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return time.monotonic() - begun, done.stdout.strip().rpartition("\n")[2]


def measure(rows: int, model: str, form: str, rounds: int) -> dict[str, Any]:
    """Hold the figures of one against those of the other, then let all take turns."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        document, script = folder / "beside.json", folder / "beside.py"
        table = folder / f"table.{form}"
        make(table, rows)
        made = learning(table, model, cpus=cores())
        files.save(made, document)
        workspace = ("--workspace", str(folder / "workspace"))
        run = ("-m", "tensorrag", "run", str(document), "--no-cache", *workspace)
        python(*run)
        python("-m", "tensorrag", "export", str(document), "--python", str(script), "--verify",
               *workspace)  # fmt: skip
        taken: dict[str, list[float]] = {each: [] for each in WAYS}
        with asyncio.Runner() as runner:
            engine = Engine(folder)  # so that it may read what lies there
            runner.run(engine.run(made))
            for _ in range(rounds):
                begun = time.monotonic()
                runner.run(engine.run(made, no_cache=True))
                taken["pipeline in an open editor"].append(time.monotonic() - begun)
                taken["script, its work alone"].append(float(python("-c", AGAIN, str(script))[1]))
                taken["pipeline from the command line"].append(python(*run)[0])
                taken["script from the command line"].append(python(str(script))[0])
            runner.run(engine.executor.close())
    medians = {way: statistics.median(times) for way, times in taken.items()}
    pairs = zip(WAYS[::2], WAYS[1::2], strict=True)
    beyond = {ours: medians[ours] - medians[theirs] for ours, theirs in pairs}
    return {
        "rows": rows,
        "model": model,
        "format": form,
        "seconds": medians,
        "all": taken,
        "beyond": beyond,
    }


def main() -> None:
    """Measure and print: lines, then the figures as JSON; `--json` for the JSON alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--model", choices=MODELS, help="this one alone")
    parser.add_argument("--format", choices=FORMATS, help="of the file; by default both")
    parser.add_argument("--rounds", type=int, help="of each model; three, of what takes long one")
    parser.add_argument("--json", action="store_true", help="print the JSON alone")
    options = parser.parse_args()
    found = [
        measure(options.rows, model, form, options.rounds or rounds)
        for model, rounds in MODELS.items()
        for form in FORMATS
        if options.model in (None, model) and options.format in (None, form)
    ]
    if not options.json:
        for each in found:
            show(each)
    print(json.dumps({"machine": platform.processor() or platform.machine(), "figures": found}))


def show(found: dict[str, Any]) -> None:
    """Print how long each way took, and what the pipeline took beyond its script."""
    print(f"{found['model']}, {found['rows']:,} rows × {FEATURES + 1}, {found['format']}")
    for way, taken in found["seconds"].items():
        print(f"{way:32} {taken:6.2f} s")
    for way, beyond in found["beyond"].items():
        share = beyond / (found["seconds"][way] - beyond)
        aims = f"at most {MOST_S:g} s, and {MOST_SHARE:.0%}"
        print(f"{way}: {beyond:+.2f} s, {share:.0%} ({aims})")


if __name__ == "__main__":
    main()
