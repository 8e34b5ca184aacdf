"""Fixtures of the tests of the page's server side."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.desk import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Sessions that have started, on a workspace of their own."""
    desk = await Desk(tmp_path).start()
    yield desk
    await desk.sessions.close()
