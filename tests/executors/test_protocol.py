"""What travels between processes: lines, what is printed, and turns at the slots."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from executors.connection import error_of
from executors.environment import allowed
from executors.protocol import Lines, ProtocolError, decode, encode, message
from executors.slots import Places, Slots


def test_a_message_comes_back_as_it_was() -> None:
    line = message("log", {"text": "ü\n\u2028 €"})
    assert line.count(b"\n") == 1
    assert decode(line) == {"type": "log", "data": {"text": "ü\n\u2028 €"}}


def test_half_a_character_does_not_travel() -> None:
    assert decode(encode({"text": "a\ud800b"})) == {"text": "a?b"}


@pytest.mark.parametrize("content", [float("nan"), float("inf"), {1, 2}, object()])
def test_what_is_not_json_is_refused_where_it_is_sent(content: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        message("result", content)


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"null", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe", b"[" * 100_000],
)
def test_what_is_no_message_is_refused_where_it_arrives(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(line)


def test_an_error_may_come_in_any_shape() -> None:
    assert error_of({"type": "KeyError", "message": "x"}).type == "KeyError"
    assert error_of([1, 2]).type == "CardError"


def test_lines_are_cut_wherever_the_stream_is() -> None:
    lines = Lines()
    text = b'{"a":1}\n\n{"b":2}\nrest'
    whole = [line for byte in range(len(text)) for line in lines.feed(text[byte : byte + 1])]
    assert whole == [b'{"a":1}', b"", b'{"b":2}'] == Lines().feed(text)
    assert lines.feed(b"\n") == [b"rest"]


@pytest.mark.parametrize("data", [b"x" * 11, b"ok\n" + b"x" * 11, b"x" * 11 + b"\nok\n"])
def test_a_line_without_end_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        Lines(limit=10).feed(data)


async def test_slots_are_given_in_the_order_of_asking() -> None:
    slots, order = Slots(2), list[str]()

    async def use(name: str, units: int) -> None:
        async with slots.take(units) as taken:
            order.append(f"{name} {taken}")
            await asyncio.sleep(0.01)

    await asyncio.gather(use("a", 1), use("b", 5), use("c", 1), use("d", 0))
    assert order == ["a 1", "b 2", "c 1", "d 1"]


async def test_who_gives_up_waiting_leaves_the_turn_to_the_next() -> None:
    slots = Slots(1)
    taken = asyncio.Event()

    async def use() -> None:
        async with slots.take():
            taken.set()

    async with slots.take():
        first, second = asyncio.create_task(use()), asyncio.create_task(use())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        assert not taken.is_set()
    await second
    assert taken.is_set()


async def test_a_turn_that_is_given_up_as_it_comes_is_not_lost() -> None:
    slots = Slots(1)
    holder = slots.take()
    await holder.__aenter__()
    waiting = asyncio.create_task(slots.take().__aenter__())
    await asyncio.sleep(0)
    await holder.__aexit__(None, None, None)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(30), slots.take():
        pass


async def test_each_gpu_is_given_to_one() -> None:
    places, given = Places(2), list[int]()

    async def use() -> None:
        async with places.take() as number:
            given.append(number)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(use() for _ in range(4)))
    assert sorted(given) == [0, 0, 1, 1]


def test_the_environment_is_a_short_list() -> None:
    kept = allowed({"PATH": "/bin", "LC_ALL": "C", "TOKEN": "x", "https_proxy": "http://a:b@c"})
    assert kept["PATH"] == "/bin"
    assert kept["OMP_NUM_THREADS"] == "1"
    assert not {"TOKEN", "https_proxy"} & set(kept)
