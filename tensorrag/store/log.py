"""The log of a run, read from its events: lines with their time, in the order they were printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tensorrag.errors import NodeNotFound
from tensorrag.quoting import quoted
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import timestamp

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line that a card printed, or a gap where some were not kept."""

    at: float
    """Seconds since 1970."""
    node: str
    stream: str
    """``stdout`` or ``stderr``."""
    text: str
    lost: int = 0
    """How many lines were not kept here; the text says so too."""

    @property
    def time(self) -> datetime:
        """When it was printed, in UTC."""
        return datetime.fromtimestamp(self.at, UTC)


class Log:
    """Lines by card and stream; grows as events come.

    Example:
        >>> log = Log(journal.events(run, kind="log"))
        >>> [line.text for line in log.lines("train", search="epoch")]
        ['epoch 1', 'epoch 2']
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.seen = 0
        """Number of the last event that was taken."""
        self._streams: dict[tuple[str, str], list[tuple[int, Line]]] = {}
        """Each with its number; numbers that are missing were not kept."""
        self.add(events)

    def add(self, events: Iterable[Event]) -> None:
        """Take what has happened since; events that are no log are passed over."""
        for event in events:
            self.seen = max(self.seen, event["seq"])
            if event["type"] == "log":
                self._take(event)

    def lines(
        self, node: str | None = None, *, stream: str | None = None, search: str = ""
    ) -> list[Line]:
        """Return the lines of a card, or of all; those that hold a text, in any case, if given."""
        wanted = [
            lines
            for (of, name), lines in self._streams.items()
            if node in (None, of) and stream in (None, "", name)
        ]
        found = [line for lines in wanted for line in _with_gaps(lines)]
        if len(wanted) > 1:
            found.sort(key=lambda line: line.at)
        if search:
            sought = search.casefold()
            found = [line for line in found if not line.lost and sought in line.text.casefold()]
        return found

    def _take(self, event: Event) -> None:
        data, node = event["data"], event.get("node") or ""
        stream = str(data.get("stream") or "stdout")
        lines = self._streams.setdefault((node, stream), [])
        began = datetime.fromisoformat(data.get("time") or event["time"])
        texts = str(data.get("text", "")).removesuffix("\n").split("\n")
        first = data.get("first", lines[-1][0] + 1 if lines else 0)
        while lines and lines[-1][0] >= first:  # told once more, and more fully
            lines.pop()
        for number, (text, after) in enumerate(
            zip(texts, data.get("at") or [0] * len(texts), strict=False), first
        ):
            at = (began + timedelta(milliseconds=after)).timestamp()
            lines.append((number, Line(at, node, stream, text)))


def read(journal: Journal, run: str, node: str | None = None) -> Log:
    """Return the log of a run, or of one card of it, as it is in the journal.

    Raises:
        RunNotFound: there is no such run.
        NodeNotFound: it has no such card.
    """
    require(journal, run, node)
    events = journal.events(run, kind="log")
    return Log(event for event in events if node in (None, event["node"]))


def require(journal: Journal, run: str, node: str | None = None) -> None:
    """Make sure that there is such a run, and such a card in it.

    Raises:
        RunNotFound: there is no such run.
        NodeNotFound: it has no such card.
    """
    nodes = journal.to_json(run)["nodes"]
    if node is not None and node not in nodes:
        raise NodeNotFound(
            f"This run has no card {quoted(node)}.", hint=f"It has: {', '.join(nodes)}."
        )


def as_text(lines: Sequence[Line], *, whose: bool = False) -> str:
    """Write each as ``2026-01-31T12:00:00.123Z stdout text``; its card comes after the time."""
    return "".join(
        f"{timestamp(line.at)} {f'{line.node} ' if whose else ''}{line.stream} {line.text}\n"
        for line in lines
    )


class Unread:
    """Gives of each ``log`` event the text that earlier ones did not have."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], int] = {}

    def of(self, event: Event) -> str:
        """Return what is new, without the end of the last line; empty if nothing is."""
        data = event["data"]
        text = str(data.get("text", ""))
        lines = text.removesuffix("\n").split("\n")
        key = (event["node"], data.get("stream", ""))
        first = data.get("first", self._told.get(key, 0))
        new = lines[max(0, self._told.get(key, 0) - first) :]
        finished = len(lines) - (not text.endswith("\n"))
        self._told[key] = max(self._told.get(key, 0), first + finished)
        return "\n".join(new)


def _with_gaps(lines: Sequence[tuple[int, Line]]) -> Iterator[Line]:
    due = 0
    for number, line in lines:
        if number > due:
            lost = number - due
            word = "line was" if lost == 1 else "lines were"
            text = f"… {lost:,} {word} not kept …"
            yield Line(line.at, line.node, line.stream, text, lost)
        yield line
        due = number + 1
