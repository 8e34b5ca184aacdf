"""What is kept of what a card prints, and how it is told."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from executors.capture import LAST, LINE, SAMPLE, TOTAL, Capture
from tensorrag.run.printed import Printed
from tensorrag.store.log import Line, Log


@pytest.fixture
def printing() -> Iterator[Printing]:
    started = Printing()
    yield started
    started.capture.close()


class Printing:
    """A card that prints, and everything that is told of it."""

    def __init__(self) -> None:
        self.capture = Capture("stdout")
        self.portions: list[dict[str, Any]] = []

    def says(self, text: str) -> Printing:
        data = text.encode()
        for start in range(0, len(data), 1 << 15):
            os.write(self.capture.write_end, data[start : start + (1 << 15)])
            self.capture.read()
        return self

    def looked_at(self) -> Printing:
        """Let the time pass after which a portion is due."""
        for _ in range(2):
            if self.capture.due is not None:
                self.capture.due = 0
                self._take(self.capture.take())
        return self

    def lines(self) -> list[Line]:
        """All lines, read as the journal would give them after the end."""
        self.capture.close_write_end()
        while (portion := self.capture.take(last=True)) is not None:
            self._take(portion)
        return self.so_far()

    def so_far(self) -> list[Line]:
        printed = Printed()
        datas = [printed.take(portion) for portion in self.portions]
        events = [
            {
                "seq": seq,
                "type": "log",
                "time": "2026-01-31T12:00:00.000Z",
                "node": "a",
                "data": data,
            }
            for seq, data in enumerate(datas)
        ]
        return Log(events).lines("a")

    def _take(self, portion: dict[str, Any] | None) -> None:
        if portion is not None:
            self.portions.append(portion)


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def test_lines_come_whole_and_each_with_its_time(printing: Printing) -> None:
    printing.says("one\ntw").says("o\n")

    lines = printing.lines()

    assert texts(lines) == ["one", "two"]
    assert lines[0].at <= lines[1].at
    assert printing.portions[0]["at"][0] == 0


def test_a_line_without_end_is_shown_and_later_completed(printing: Printing) -> None:
    printing.says("Loading … ").looked_at()
    assert texts(printing.so_far()) == ["Loading … "]

    assert texts(printing.says("done\nnext").lines()) == ["Loading … done", "next"]


def test_of_a_progress_bar_the_last_state_stays(printing: Printing) -> None:
    for percent in range(0, 101, 10):
        printing.says(f"\r{percent}%").looked_at()
    assert texts(printing.so_far()) == ["100%"]

    assert texts(printing.says("\nready\r\n").lines()) == ["100%", "ready"]


def test_a_long_line_is_cut_and_says_so(printing: Printing) -> None:
    (line,) = printing.says("x" * LINE + "y" * 12_345 + "\n").lines()

    assert line.text == "x" * LINE + " … 12,345 more characters"


def test_of_endless_printing_the_start_some_lines_and_the_end_are_kept(printing: Printing) -> None:
    for start in range(0, 200_000, 1000):
        printing.says("".join(f"line {number}\n" for number in range(start, start + 1000)))
        if start % 10_000 == 0:
            printing.looked_at()

    lines = printing.lines()

    numbers = [int(line.text.removeprefix("line ")) for line in lines if not line.lost]
    assert numbers == sorted(set(numbers))
    kept_whole = next(at for at, line in enumerate(lines) if line.lost)
    assert numbers[:kept_whole] == list(range(kept_whole))
    assert sum(len(line.text) + 1 for line in lines[:kept_whole]) >= TOTAL
    assert numbers[-LAST:] == list(range(200_000 - LAST, 200_000))
    assert len(numbers) + sum(line.lost for line in lines) == 200_000
    gap = lines[kept_whole]
    assert gap.text == f"… {gap.lost:,} lines were not kept …"
    samples = len(numbers) - kept_whole - LAST
    assert 0 < samples < 20 * SAMPLE


def test_a_day_of_printing_is_a_bounded_number_of_portions(
    printing: Printing, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    day = now[0] + 24 * 3600
    while now[0] < day:
        printing.says("still here\n")
        now[0] = max(printing.capture.due or 0, now[0]) + 0.01
        printing._take(printing.capture.take())

    assert 1000 < len(printing.portions) < 10_000


def test_bytes_that_are_no_text_do_no_harm(printing: Printing) -> None:
    os.write(printing.capture.write_end, b"\xff\xfe\x00 caf\xc3")
    printing.capture.read()
    os.write(printing.capture.write_end, b"\xa9\n")
    printing.capture.read()

    assert texts(printing.lines()) == ["��␀ café"]
