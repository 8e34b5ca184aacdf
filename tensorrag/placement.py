"""Where a card runs, on which GPU, and why: decided here, for the check, the page and every run.

Nothing is rented unasked. The call decides first, then the card, then the pipeline; where none of
them names a place, the card runs on this machine, unless the settings allow that its GPU is rented.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tensorrag.gpus import USUAL
from tensorrag.pipeline import Node, Pipeline

LOCAL = "local"
"""This machine: nothing is paid here."""

RENTED = "modal"
"""Where a GPU is rented automatically, once the settings allow it."""

RENTED_UNASKED = "this machine has no GPU, and the settings allow to rent one"
"""Why a card runs on a GPU that nobody asked for by name."""

TITLES = {LOCAL: "This machine", "modal": "Modal"}
"""What people call the places that come with TensorRag."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What of a card decides where it can run."""

    gpu: str | None = None
    """The GPU that it is made for; None where it uses none."""
    stays: str = ""
    """Why it cannot leave this machine; empty where it can."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides besides the pipeline."""

    on: str | None = None
    """The place that was asked for with this run, for all cards."""
    gpu: str | None = None
    """The GPU that was asked for with this run, for all that would use one."""
    may_rent: bool = False
    """Whether the settings allow to rent a GPU where a card would use one."""
    local_gpu: bool = False
    """Whether this machine has a GPU."""
    trouble: str = ""
    """Why nothing can be rented now, though the settings allow it; empty where something can."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The place of one card."""

    executor: str
    gpu: str | None = None
    """The GPU that is rented for it; None where none is."""
    why: str = ""
    """In words, as the end of a sentence."""

    @property
    def words(self) -> str:
        """What people call it: ``Modal T4``, ``This machine``."""
        return where(self.executor, self.gpu)


def where(executor: str, gpu: str | None = None) -> str:
    """Name a place and the GPU that is rented there: ``Modal T4``."""
    title = TITLES.get(executor, executor)
    return f"{title} {gpu}" if gpu and executor != LOCAL else title


def why_it_stays(params: Mapping[str, Any], secrets: Collection[str]) -> str:
    """Say why a card cannot leave this machine, as the end of a sentence; empty where it can.

    Args:
        params: those that matter.
        secrets: names of the secrets that it needs.
    """
    if secrets:
        return "it uses a secret, which does not leave this machine"
    return "it reads a file of this machine" if params.get("source") == "path" else ""


def asked_of(pipeline: Pipeline, node: Node) -> tuple[str, str] | None:
    """Return the place that the card or its pipeline names, and which of them does."""
    for name, who in ((node.run_on, "card"), (pipeline.settings.get("run_on"), "pipeline")):
        if isinstance(name, str) and name:
            return name, who
    return None


def gpu_of(pipeline: Pipeline, node: Node, needs: Needs, asked: str | None = None) -> str | None:
    """Return the GPU that would be rented for a card; None where it uses none.

    Args:
        pipeline: that it is in.
        node: the card.
        needs: what it needs.
        asked: the GPU that was asked for with this run.
    """
    if needs.gpu is None:
        return None
    for name in (asked, node.resources.get("gpu"), pipeline.settings.get("gpu"), needs.gpu):
        if isinstance(name, str) and name:
            return name
    return USUAL


def placement_of(
    pipeline: Pipeline,
    node: Node,
    needs: Needs,
    circumstances: Circumstances = Circumstances(),  # it is frozen
) -> Placement:
    """Decide where a card runs."""
    asked = asked_of(pipeline, node)
    if circumstances.on is not None:
        executor, why, general = circumstances.on, "asked for with this run", True
    elif asked is not None:
        executor, why, general = asked[0], f"this {asked[1]} asks for it", asked[1] == "pipeline"
    else:
        return _automatic(pipeline, node, needs, circumstances)
    if executor == LOCAL:
        return Placement(LOCAL, why=why)
    if general and needs.stays:
        return Placement(LOCAL, why=needs.stays)
    return Placement(executor, gpu_of(pipeline, node, needs, circumstances.gpu), why)


def _automatic(
    pipeline: Pipeline, node: Node, needs: Needs, circumstances: Circumstances
) -> Placement:
    """Choose the best device of this machine, or rent where that may be, and helps."""
    if needs.gpu is None:
        return Placement(LOCAL, why="it uses no GPU")
    if circumstances.local_gpu:
        return Placement(LOCAL, why="this machine has a GPU")
    if circumstances.trouble:
        return Placement(LOCAL, why=f"no GPU can be rented now ({circumstances.trouble})")
    if not circumstances.may_rent:
        return Placement(LOCAL, why="nothing is rented unasked")
    if needs.stays:
        return Placement(LOCAL, why=needs.stays)
    gpu = gpu_of(pipeline, node, needs, circumstances.gpu)
    return Placement(RENTED, gpu, RENTED_UNASKED)
