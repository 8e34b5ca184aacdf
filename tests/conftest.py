"""In which order the files of tests begin."""

from itertools import chain, groupby, zip_longest

import pytest

BUSY, WAITING = {"browser"}, {"executors", "trust"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files that keep the processor busy, and files that wait for processes, take turns.

    So that what runs side by side shares the machine well; the many short files come last, and
    no long one is left over at the end.
    """
    files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    busy, waiting = (
        [tests for tests in files if tests[0].path.parent.name in kind] for kind in (BUSY, WAITING)
    )
    none: list[pytest.Item] = []
    long = chain.from_iterable(zip_longest(busy, waiting, fillvalue=none))
    short = [tests for tests in files if tests[0].path.parent.name not in BUSY | WAITING]
    items[:] = chain.from_iterable([*long, *short])
