"""A run before it begins: its pipeline is looked into, and it may be taken back meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tensorrag.executor import Executor
from tensorrag.run.prepare import Checker, Prepared, prepare
from tensorrag.run.request import Request
from tensorrag.store.place import Place
from tensorrag.store.workspace import Workspace


class Preparation:
    """Looks into what a run is to do, until that is known or nobody wants it any more.

    Args:
        request: what to run, and how.
        workspace: its settings and folders count as they are when the run is looked into.
        executors: places to run cards, by name.
        check: checks a pipeline.
        rents: whether a GPU may be rented unasked where the settings allow it.
    """

    def __init__(
        self,
        request: Request,
        workspace: Workspace,
        executors: Mapping[str, Executor],
        check: Checker,
        *,
        rents: bool,
    ) -> None:
        self._request, self._workspace = request, workspace
        self._executors, self._check, self._rents = executors, check, rents
        self._looking: asyncio.Task[Prepared] | None = None
        self.withdrawn = False
        """Whether the run was taken back before it began."""
        self.place: Place
        """The folders that its tasks work with, once it has been looked into."""

    def withdraw(self) -> None:
        """Take the run back: looking into it ends."""
        self.withdrawn = True
        if self._looking is not None:
            self._looking.cancel()

    async def look(self) -> Prepared | None:
        """Look into it; gives nothing where it is taken back before that is done.

        Raises:
            PipelineHasErrors: there are errors in what would run.
            NodeNotFound: there is no node to stop at.
        """
        self._looking = asyncio.create_task(self._look())
        try:
            return await self._looking
        except asyncio.CancelledError:
            if not self.withdrawn:
                raise
            return None
        finally:
            self._looking = None

    async def _look(self) -> Prepared:
        # Folders as they are allowed when it begins: it may have waited long.
        self.place = await asyncio.to_thread(self._workspace.place, self._request.base)
        values = await asyncio.to_thread(self._workspace.settings.values)
        return await prepare(
            self._request.pipeline,
            self._check,
            self._executors,
            self.place,
            known=self._workspace.store.peeks,
            until=self._request.until,
            branch=self._request.branch,
            on=self._request.on,
            gpu=self._request.gpu,
            may_rent=self._rents and values.rents_automatically,
        )
