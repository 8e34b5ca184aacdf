"""What people may rely on: a file per promise of `docs/trust.md`, named after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from scripts.get_chromium import on_this_machine
from tests.servers import serving, start_server, workspace

__all__ = ["serving", "start_server", "workspace"]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """A browser, for what people see of a promise."""
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=on_this_machine(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
