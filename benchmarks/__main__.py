"""All benchmarks, one after another, each in a process of its own: `make bench`.

The figures that were published are in docs/performance.md, with the machine they are from.
"""

import subprocess
import sys

BENCHMARKS = (
    "train_network",
    "engine",
    "canvas",
    "canvas_frames",
    "large_table",
    "many_runs",
    "modal",
    "predict",
    "beside_script",
)


def main() -> int:
    """Run every benchmark; the exit status tells whether all of them came to their end."""
    failed = 0
    for name in BENCHMARKS:
        print(f"\n== {name}\n", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
