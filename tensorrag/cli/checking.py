"""Looks at pipelines without a run: what is wrong with them, and which cards there are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tensorrag.catalog import Catalog
from tensorrag.check import Checked, Sights
from tensorrag.check.problems import Problem
from tensorrag.cli.executing import executors_of
from tensorrag.cli.opening import open_pipeline
from tensorrag.peek import Peek
from tensorrag.pipeline import Pipeline
from tensorrag.registry.catalog_cache import keep, known_catalog
from tensorrag.run.hosted import Hosted
from tensorrag.run.prepare import look
from tensorrag.run.sights import stored_sights
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

    async def __call__(
        self, pipeline: Pipeline, peeks: Mapping[str, Peek], sights: Sights | None = None
    ) -> Checked:
        """Check a pipeline, given what was seen at its sources, and of its results."""
        secrets = self.workspace.settings.secret_names()
        return await self.hosted.check(pipeline, peeks, secrets, sights)


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
        checked, seen = await checker(opened.pipeline, {}), dict[str, Peek]()
        if any(facts.peek_key for facts in checked.nodes.values()):
            seen = await look(checked, executors, place, peeks)
            if workspace.writable:
                for key, peek in seen.items():
                    peeks.put(key, peek)
            checked = await checker(opened.pipeline, seen)
        sights = await asyncio.to_thread(_sights, opened.pipeline, checked, workspace, seen)
        return (await checker(opened.pipeline, seen, sights) if sights else checked).problems


def _sights(
    pipeline: Pipeline, checked: Checked, workspace: Workspace, peeks: Mapping[str, Peek]
) -> Sights:
    """Return what is known of results; where there are any, cards were described."""
    catalog = known_catalog(workspace.cards)
    if catalog is None:
        return {}
    return stored_sights(pipeline, checked, workspace.store, catalog, peeks)


async def _describe(workspace: Workspace) -> Catalog:
    async with executors_of(workspace) as executors:
        return await Hosted(executors, workspace.place()).catalog()
