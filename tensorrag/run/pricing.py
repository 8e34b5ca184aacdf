"""What the cards of a pipeline will cost where they are to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tensorrag.check import NodeFacts
from tensorrag.estimate import Estimate, estimate, work_of
from tensorrag.executor import Executor, rates_of
from tensorrag.pipeline import Pipeline
from tensorrag.placement import Placement
from tensorrag.rates import Rates
from tensorrag.run.plan import Planned
from tensorrag.run.prepare import task_of
from tensorrag.store.spending import Charge, Past, Spending


@dataclass(frozen=True)
class Pricing:
    """Knows what each card costs, and at what time of before that is told."""

    pipeline: Pipeline
    facts: Mapping[str, NodeFacts]
    placements: Mapping[str, Placement]
    executors: Mapping[str, Executor]
    spending: Spending
    memory: float | None = None
    """MiB for a card that asks for none; None: what is usual where it runs."""

    def estimates(self, planned: Mapping[str, Planned]) -> dict[str, Estimate]:
        """Estimate the cards that would run at places that are paid. Reads a database."""
        found = {
            node_id: self.estimate(node_id)
            for node_id, each in planned.items()
            if each.state == "stale"
        }
        return {node_id: each for node_id, each in found.items() if each is not None}

    def estimate(self, node_id: str) -> Estimate | None:
        """Estimate one card; None where nothing is paid. Reads a database."""
        placement = self.placements.get(node_id)
        if placement is None or self._rates(placement) is None:
            return None
        card, place = self.facts[node_id].card, (placement.executor, placement.gpu)
        starts = self.spending.starts(*place)
        return self._told_from(self.spending.past(card, *place), node_id, placement, starts)

    def charge(self, node_id: str, run: str) -> Charge | None:
        """Return what is to be noted before a card is sent; None where nothing is paid."""
        placement = self.placements.get(node_id)
        known = self._told_from((), node_id, placement) if placement is not None else None
        if placement is None or known is None:
            return None
        return Charge(
            ticket="",
            run=run,
            node=node_id,
            card=self.facts[node_id].card,
            place=placement.executor,
            gpu=placement.gpu,
            work=work_of(self.facts[node_id]),
            rate=known.rate,
            most=known.limit,
            idle=known.idle,
        )

    def _told_from(
        self,
        history: Sequence[Past],
        node_id: str,
        placement: Placement,
        starts: Sequence[float] = (),
    ) -> Estimate | None:
        rates, facts = self._rates(placement), self.facts[node_id]
        if rates is None:
            return None
        node, general = self.pipeline.nodes[node_id], self.pipeline.settings.get("timeout")
        task = task_of(node, facts, {}, self.memory, timeout=general)
        return estimate(
            history,
            work_of(facts),
            rates,
            gpu=placement.gpu,
            memory=task.memory,
            timeout=task.timeout or facts.timeout,
            tries=1 + node.retries,
            starts=starts,
        )

    def _rates(self, placement: Placement) -> Rates | None:
        """Return what the place asks; None where it asks nothing, or has no such GPU."""
        rates = rates_of(self.executors.get(placement.executor))
        if rates is None or placement.gpu not in (None, *rates.gpus):
            return None
        return rates
