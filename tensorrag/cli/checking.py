"""Looks at pipelines without a run: what is wrong with them, and which cards there are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tensorrag.card import Peek
from tensorrag.catalog import Catalog
from tensorrag.check import Checked
from tensorrag.check.problems import Problem
from tensorrag.cli.executing import executors_of
from tensorrag.cli.opening import open_pipeline
from tensorrag.pipeline import Pipeline
from tensorrag.registry.catalog_cache import keep
from tensorrag.run.hosted import Hosted
from tensorrag.run.prepare import look
from tensorrag.store.workspace import Workspace


def check(name: str, workspace: Path | None = None) -> tuple[Problem, ...]:
    """Look at the sources of a pipeline, and list what is wrong with it.

    Raises:
        TensorRagError: there is no such pipeline, or it cannot be opened.
    """
    return asyncio.run(_check(name, Workspace.look(workspace, make=True)))


def describe(workspace: Path | None = None) -> Catalog:
    """Have all cards described that are installed or dropped in."""
    return asyncio.run(_describe(Workspace.look(workspace, make=True)))


@dataclass(frozen=True, slots=True)
class Checking:
    """Checks in the process that imports the cards: what is wrong with one stays there."""

    hosted: Hosted
    workspace: Workspace

    async def __call__(self, pipeline: Pipeline, peeks: Mapping[str, Peek]) -> Checked:
        """Check a pipeline, given what was seen at its sources."""
        secrets = self.workspace.settings.secret_names()
        return await self.hosted.check(pipeline, peeks, secrets)


async def described(hosted: Hosted, workspace: Workspace) -> Catalog:
    """Have the cards described, and keep what they say for the next command."""
    catalog = await hosted.catalog()
    await asyncio.to_thread(keep, workspace.cards, catalog)
    return catalog


async def _check(name: str, workspace: Workspace) -> tuple[Problem, ...]:
    async with executors_of(workspace) as executors:
        opened = open_pipeline(name, workspace)
        place, peeks = workspace.place(opened.base), workspace.store.peeks
        checker = Checking(Hosted(executors, place), workspace)
        checked = await checker(opened.pipeline, {})
        if not any(facts.peek_key for facts in checked.nodes.values()):
            return checked.problems
        seen = await look(checked, executors, place, peeks)
        if workspace.writable:
            for key, peek in seen.items():
                peeks.put(key, peek)
        return (await checker(opened.pipeline, seen)).problems


async def _describe(workspace: Workspace) -> Catalog:
    async with executors_of(workspace) as executors:
        return await Hosted(executors, workspace.place()).catalog()
