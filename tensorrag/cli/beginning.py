"""How ``tensorrag run`` begins: workers start while what carries a run is still being imported."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tensorrag.catalog import CardInfo, Catalog
from tensorrag.cli.executing import executors_of
from tensorrag.cli.opening import open_pipeline
from tensorrag.executor import Executor, warm
from tensorrag.pipeline import Pipeline
from tensorrag.plain import JsonObject
from tensorrag.registry.catalog_cache import known_catalog
from tensorrag.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Call:
    """What was typed after ``tensorrag run``."""

    pipeline: str | None
    until: str | None = None
    settings: tuple[str, ...] = ()
    """Each ``NODE.PARAM=VALUE``."""
    on: str | None = None
    gpu: str | None = None
    no_cache: bool = False
    resume: str | None = None
    """The run to go on with, instead of a pipeline."""


def run(
    call: Call, workspace: Path | None = None, *, quiet: bool = False
) -> tuple[JsonObject, int]:
    """Run a pipeline to its end, showing it on the terminal unless it is to be quiet.

    Returns:
        The object of ``run --json``, and the exit code.

    Raises:
        TensorRagError: no such pipeline can be opened, or the call makes no sense.
    """
    return asyncio.run(_run(call, Workspace.open(workspace), quiet=quiet))


async def _run(call: Call, workspace: Workspace, *, quiet: bool) -> tuple[JsonObject, int]:
    opened = None if call.resume else open_pipeline(call.pipeline or "", workspace)
    async with executors_of(workspace) as executors:
        if opened is not None:
            have_workers(opened.pipeline, workspace, executors)
        headless = await asyncio.to_thread(import_module, "tensorrag.cli.headless")
        outcome: tuple[JsonObject, int] = await headless.run(
            call, opened, workspace, executors, quiet=quiet
        )
    return outcome


def have_workers(
    pipeline: Pipeline, workspace: Workspace, executors: Mapping[str, Executor]
) -> None:
    """Have workers load in the background what the cards of a pipeline need."""
    cards = {node.card for node in pipeline.nodes.values()}
    ours = _ours(cards, known_catalog(workspace.cards))
    # Of ours, those need torch that could use a GPU; of others, any might.
    networks = len(ours) < len(cards) or any(info.gpu is not None for info in ours)
    modules = sorted({info.entry.partition(":")[0] for info in ours})
    warm(executors, networks=networks, modules=modules)


def _ours(cards: Iterable[str], catalog: Catalog | None) -> list[CardInfo]:
    """Return those of these cards that come with TensorRag, as far as that is known."""
    known = [info for info in map(catalog.cards.get, cards) if info] if catalog is not None else []
    return [info for info in known if info.source is None and "/" not in info.card]
