"""Checks a pipeline before anything runs: lists its Problems, and what is known of each node.

Schemas flow through the graph from the sources down, each card saying what would come out of
what goes in; no row of data is touched. This calls cards, so it runs in a card host.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import nullcontext

from tensorrag.check.facts import Checked
from tensorrag.check.features import feature_problems
from tensorrag.check.fitting import fitting_problems
from tensorrag.check.leakage import leakage_problems
from tensorrag.check.places import pipeline_problems, place_problems
from tensorrag.check.sights import Sights
from tensorrag.check.telling import Telling
from tensorrag.check.visiting import Guard, Visiting
from tensorrag.check.wiring import wiring_problems
from tensorrag.peek import Peek
from tensorrag.pipeline import Pipeline
from tensorrag.registry.finding import Registry


def check(
    pipeline: Pipeline,
    registry: Registry,
    peeks: Mapping[str, Peek] | None = None,
    guard: Guard = nullcontext,
    secrets: Collection[str] | None = None,
    sights: Sights | None = None,
) -> Checked:
    """Check a whole pipeline.

    Args:
        pipeline: may be unfinished or wrong in any way that a file can be.
        registry: the cards that are here.
        peeks: what looks at outside sources found, by ``NodeFacts.peek_key``.
        guard: surrounds what each card does: a place to interrupt one that takes too long.
        secrets: names of those that there are; None where that is not known.
        sights: what was seen of results that cards would make again.
    """
    infos = {card_id: found.info for card_id, found in registry.found.items()}
    visiting = Visiting(pipeline, registry, peeks or {}, guard, secrets, sights or {})
    problems, nodes = visiting.reporter.problems, visiting.facts
    problems += wiring_problems(pipeline, infos)
    for node_id in _sorted_as_far_as_possible(pipeline):
        visiting.visit(pipeline.nodes[node_id])
    for node in pipeline.nodes.values():
        known = nodes[node.id]
        problems += place_problems(pipeline, node, known.needs, known.footprint)
    needs = {node_id: known.needs for node_id, known in nodes.items()}
    problems += pipeline_problems(pipeline, needs)
    problems += leakage_problems(pipeline, infos, nodes)
    problems += fitting_problems(pipeline, infos, nodes)
    problems += feature_problems(pipeline, infos, nodes)
    place = {node_id: index for index, node_id in enumerate(pipeline.nodes)}
    problems.sort(key=lambda problem: place.get(problem.node or "", -1))
    tell = Telling()
    facts = {node_id: tell.facts(nodes[node_id]) for node_id in pipeline.nodes}
    return Checked(problems=tuple(problems), nodes=facts)


def _sorted_as_far_as_possible(pipeline: Pipeline) -> list[str]:
    """Sort nodes from the sources down; those on a circle come last, in the order of the file."""
    import networkx as nx

    graph = pipeline.graph()
    condensed = nx.condensation(nx.DiGraph(graph))
    place = {node_id: index for index, node_id in enumerate(pipeline.nodes)}
    ordered: list[str] = []
    for group in nx.topological_sort(condensed):
        ordered += sorted(condensed.nodes[group]["members"], key=place.__getitem__)
    return ordered
