"""Fixtures for tests of cards."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As in a worker; sums of many numbers are added in the same order on every machine."""
    with threadpool_limits(1):
        yield
