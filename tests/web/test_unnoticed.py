"""What takes a while says so; what comes at once flashes no word."""

from __future__ import annotations

import asyncio

import pytest

from web.page import unnoticed
from web.page.unnoticed import noticed


async def at_once() -> str:
    return "here"


async def test_what_takes_a_while_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unnoticed, "UNNOTICED", 0)
    said = asyncio.Event()

    async def slow() -> str:
        await said.wait()  # it ends because it was said
        return "here"

    assert await noticed(slow(), said.set) == "here"


async def test_what_comes_at_once_never_flashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unnoticed, "UNNOTICED", 0)  # even then
    said: list[str] = []

    assert await noticed(at_once(), lambda: said.append("!")) == "here"
    for _ in range(3):  # turns of the loop in which it would be said
        await asyncio.sleep(0)

    assert said == []


async def test_what_fails_says_nothing_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unnoticed, "UNNOTICED", 0)
    said: list[str] = []

    async def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await noticed(fails(), lambda: said.append("!"))
    await asyncio.sleep(0)

    assert said == []
