"""Fetches the result that is looked at, in the background, and keeps the last one."""

from __future__ import annotations

from typing import Any, Protocol

from nicegui import background_tasks

from tensorrag.errors import TensorRagError
from web.live.session import Session
from web.page.inspector.result import Result, token_of
from web.page.unnoticed import noticed


class Shows(Protocol):
    """Whoever shows what is fetched."""

    def port_of(self, result: Result) -> str | None:
        """Return the port that is looked at."""

    def fetching(self, node: str) -> None:
        """It takes long enough to be noticed: what is seen is still that of something else."""

    def fetched(self, result: Result) -> None:
        """Here it is, or more of it."""

    def failed(self, node: str, error: TensorRagError) -> None:
        """It cannot be read."""


class Fetching:
    """Results of a session as they are asked for, each once at a time."""

    def __init__(self, session: Session, shows: Shows) -> None:
        self._session, self._shows = session, shows
        self.last: Result | None = None
        """What was fetched last."""
        self._under_way: set[tuple[Any, ...]] = set()

    def known(self, node: str) -> Result | None:
        """Return the result of a card as it is now, if that is what was fetched last."""
        last = self.last
        return last if last and (last.node, last.token) == (node, self.token(node)) else None

    def token(self, node: str) -> Any:
        """Return what tells the result of a card from others; None where it has none."""
        return token_of(self._session.results.of(node))

    def fetch(self, node: str, *what: Any) -> None:
        """Fetch the result of a card, unless that is under way already for ``what`` is seen."""
        wanted = (node, self.token(node), *what)
        if wanted not in self._under_way:
            self._under_way.add(wanted)
            task = background_tasks.create(self._fetch(node), name=f"result of {node}")
            task.add_done_callback(lambda _: self._under_way.discard(wanted))

    async def _fetch(self, node: str) -> None:
        """Fetch what is kept, show that, and then draw what is large at the port."""
        of, pipeline = self._session.results.of, self._session.pipeline
        result = self.known(node) or Result(self._session, pipeline, node, of)
        try:
            await noticed(result.begin(), lambda: self._shows.fetching(node))
            self._hand_over(result)
            await result.look(self._shows.port_of(result))
        except TensorRagError as error:
            self._shows.failed(node, error)
            return
        self._hand_over(result)

    def _hand_over(self, result: Result) -> None:
        """Have it shown, unless there is another one by now."""
        if self.token(result.node) == result.token:
            self._shows.fetched(result)
