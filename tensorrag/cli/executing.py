"""Where a command has cards run, for as long as it lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from tensorrag.executor import Executor, open_executors
from tensorrag.store.workspace import Workspace


@asynccontextmanager
async def executors_of(workspace: Workspace) -> AsyncIterator[Mapping[str, Executor]]:
    """Open every executor that is installed; in the end close them, and the workspace."""
    executors = open_executors(workspace.scratch)
    try:
        yield executors
    finally:
        for executor in executors.values():
            await executor.close()
        workspace.close()
