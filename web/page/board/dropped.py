"""Files with cards that were dropped on the canvas: asked about before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tensorrag.errors import CardError
from tensorrag.pipeline.came_along import source_sha256
from tensorrag.quoting import quoted, visible
from web.live.cards.files import check_card_file
from web.live.sessions import Sessions
from web.page.actions import Data, text
from web.page.icons import icon
from web.page.markup import Element, Node, b, button, div, pre, span
from web.page.wording import plural

MOST = 20
"""How many files wait for an answer at once."""


@dataclass(frozen=True)
class File:
    """A file in Python that nobody has said yes to."""

    name: str
    source: str
    replaces: bool
    """Whether one of this name is there."""

    @property
    def sha256(self) -> str:
        """Of what is shown: nothing else is ever added."""
        return source_sha256(self.source)


class Dropped:
    """The files that wait for an answer in one tab, the oldest first."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._files: list[File] = []

    async def ask(self, name: str, source: str) -> None:
        """Ask about one more file.

        Raises:
            CardError: this is no name for such a file, it is too large, or too many wait.
        """
        check_card_file(name, source)
        if len(self._files) >= MOST:
            raise CardError(f"{quoted(name)} was not taken.", hint="Answer for the others first.")
        there = await self._sessions.cards.has(name)
        self._files.append(File(name, source, there))

    def answered(self, data: Data) -> File | None:
        """Take out the file that an answer is about; None if that is not the one that is shown."""
        shown = self._files[0] if self._files else None
        return self._files.pop(0) if shown and shown.sha256 == text(data, "sha256") else None

    async def agreed(self, data: Data) -> File | None:
        """Take out the file that is to be added; None where there is more to be asked about it."""
        file = self.answered(data)
        if file is None or file.replaces or not await self._sessions.cards.has(file.name):
            return file
        self._files.insert(0, replace(file, replaces=True))  # another one came here meanwhile
        return None

    def question(self) -> Node:
        """Ask about the oldest one, its source below; nothing if none waits."""
        if not self._files:
            return None
        file = self._files[0]
        lines = file.source.splitlines()
        shown = "\n".join("\t".join(map(visible, line.split("\t"))) for line in lines)
        return [
            div(".row")[
                span(".c-idle")[icon("info", ".s")],
                div(".sp")[b[_what(file, len(lines))], " ", span(".m2")[WARNING]],
                _answer(".o", "leave_dropped", "Cancel", file),
                _answer(".p", "add_dropped", "Add this card", file),
            ],
            pre(".source", tabindex="0", data_testid="dropped-source")[shown],
        ]


WARNING = "Once added, it may do whatever you may."


def _what(file: File, lines: int) -> str:
    then = f", in place of the {file.name} that is here" if file.replaces else ""
    return f"Add {file.name}{then}? It is a program, {plural(lines, 'line')} long."


def _answer(look: str, act: str, word: str, file: File) -> Element:
    return button(
        f".btn{look}.sml", type="button", data_act=act, data_testid=act.replace("_", "-"),
        data_sha256=file.sha256,
    )[word]  # fmt: skip
