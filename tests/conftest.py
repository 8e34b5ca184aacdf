"""In which order the files of tests begin, and what all of them do without."""

import gc
import os
from itertools import chain, groupby, zip_longest

import pytest

BUSY, WAITING = {"browser"}, {"executors", "trust"}

# Executors import ahead what learning takes only where tests are about that, or all of them train:
# it takes five seconds of a processor, and most tests are over before.
os.environ.setdefault("TENSORRAG_PRELOAD", "tables")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files that keep the processor busy, and files that wait for processes, take turns.

    So that what runs side by side shares the machine well; the many short files come last, those
    with a server first, and no long one is left over at the end.
    """
    files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    busy, waiting = (
        [tests for tests in files if tests[0].path.parent.name in kind] for kind in (BUSY, WAITING)
    )
    none: list[pytest.Item] = []
    long = chain.from_iterable(zip_longest(busy, waiting, fillvalue=none))
    short = [tests for tests in files if tests[0].path.parent.name not in BUSY | WAITING]
    short.sort(key=lambda tests: tests[0].path.parent.name != "web")
    items[:] = chain.from_iterable([*long, *short])


def pytest_collection_finish() -> None:
    """Keep what was imported for good: else each collection looks at all of it, for half a second.

    The simulated user of NiceGUI collects before and after each test.
    """
    gc.collect()
    gc.freeze()
