"""The log of a run: from what executors tell to the lines that people read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import NodeNotFound, RunNotFound
from tensorrag.run import printed
from tensorrag.run.printed import Printed, readable
from tensorrag.store.journal import Journal
from tensorrag.store.log import Log, Unread, as_text, read

NOON = 1_769_860_800_000  # 2026-01-31T12:00:00Z in ms


def portion(text: str, first: int = 0, stream: str = "stdout", after: int = 0) -> dict[str, Any]:
    """What an executor on this machine tells."""
    count = len(text.removesuffix("\n").split("\n"))
    at = [10 * number for number in range(count)]
    return {"stream": stream, "text": text, "first": first, "time": NOON + after, "at": at}


def log_of(*datas: dict[str, Any], node: str = "train") -> Log:
    taken = Printed()
    return Log(
        {"seq": seq, "type": "log", "time": "2026-01-31T13:00:00.000Z", "node": node, "data": data}
        for seq, data in enumerate(map(taken.take, datas), 1)
    )


def test_a_line_has_its_own_time() -> None:
    log = log_of(portion("one\ntwo\n"))

    assert as_text(log.lines()) == (
        "2026-01-31T12:00:00.000Z stdout one\n2026-01-31T12:00:00.010Z stdout two\n"
    )


def test_both_streams_are_in_the_order_in_which_they_were_printed() -> None:
    log = log_of(portion("one\nthree\n"), portion("two\n", stream="stderr", after=5))

    assert [line.text for line in log.lines()] == ["one", "two", "three"]
    assert [line.text for line in log.lines(stream="stderr")] == ["two"]


def test_searching_finds_lines_in_any_case() -> None:
    log = log_of(portion("Epoch 1\nloss 0.5\nepoch 2\n"))

    assert [line.text for line in log.lines("train", search="EPOCH")] == ["Epoch 1", "epoch 2"]
    assert log.lines("another", search="epoch") == []


def test_lines_that_were_not_kept_are_counted() -> None:
    log = log_of(portion("0\n1\n"), portion("1002\n", first=1002), portion("1004\n", first=1004))

    assert [line.text for line in log.lines()] == [
        "0", "1", "… 1,000 lines were not kept …", "1002", "… 1 line was not kept …", "1004",
    ]  # fmt: skip
    assert log.lines(search="kept") == []


def test_a_line_that_goes_on_takes_the_place_of_its_beginning() -> None:
    log = log_of(portion("10 %"), portion("70 %"), portion("100 %\ndone\n"))

    assert [line.text for line in log.lines()] == ["100 %", "done"]


def test_a_second_try_comes_after_the_first() -> None:
    taken = Printed()
    first = taken.take(portion("one\ntwo\n"))
    taken.again()
    second = taken.take(portion("again\n"))

    assert first is not None
    assert second is not None
    assert (first["first"], second["first"]) == (0, 2)


def test_an_executor_may_know_no_more_than_the_text() -> None:
    data = Printed().take({"text": "a\nb\n", "first": -1, "time": "now", "at": [1, 2, 3]})

    assert data is not None
    assert (data["stream"], data["first"], data["at"]) == ("stdout", 0, [0, 0])


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m \x1b[1;4mbold\x1b[m", "red bold"),
        ("\x1b]8;;http://a.b\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\text", "text"),
        ("\r 10 %\r 50 %\r100 %\n", "100 %\n"),
        ("windows\r\n", "windows\n"),
        ("bell\a nul\0 tab\t", "bell␇ nul␀ tab\t"),
        ("abc\u202edcb", "abc\\u202edcb"),
        ("one\u2028line", "one\\u2028line"),
        ("\x9b31m", "\\x9b31m"),
        ("<b>&amp;</b> {{7*7}} ü 漢 🙂", "<b>&amp;</b> {{7*7}} ü 漢 🙂"),
    ],
)
def test_what_a_terminal_would_obey_is_text(raw: str, shown: str) -> None:
    assert readable(raw) == shown


def test_what_is_kept_of_one_card_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "CHARACTERS", 1000)
    taken = Printed()
    texts = [data["text"] for _ in range(100) if (data := taken.take({"text": "x" * 99}))]

    assert len(texts) == 11
    assert texts[-1] == "It prints too much: the rest is not kept.\n"


def test_the_log_of_a_run_is_read_from_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    run = journal.create_run({})
    data = Printed().take(portion("hello\n"))
    nodes = {name: ({"card": "train", "state": "done"}, None) for name in ("a", "b")}
    events: list[dict[str, Any]] = [
        {"type": "log", "node": "a", "data": data},
        {"type": "run", "data": {}},
    ]
    journal.append(run, events, nodes=nodes)

    assert as_text(read(journal, run).lines(), whose=True) == (
        "2026-01-31T12:00:00.000Z a stdout hello\n"
    )
    assert read(journal, run, "b").lines() == []
    with pytest.raises(NodeNotFound, match='no card "c"'):
        read(journal, run, "c")
    with pytest.raises(RunNotFound):
        read(journal, "gone")


def test_a_terminal_is_told_each_line_once() -> None:
    unread, taken = Unread(), Printed()
    told = [
        unread.of({"node": "a", "data": taken.take(data)})
        for data in (portion("1\n2\n3\n4"), portion("4!\n5\n", 3), portion("2\n3\n4!\n5\n6\n", 1))
    ]

    assert told == ["1\n2\n3\n4", "4!\n5", "6"]
