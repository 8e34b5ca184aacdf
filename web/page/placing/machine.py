"""This machine in words, and where the cards of a pipeline run, here and elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorrag.executor import Offers
from web.live.offered import Offered
from web.live.session import Session
from web.page.placing.where import AUTOMATIC, BEST, RENTS, RunOn, label_of, rented_places


@dataclass(frozen=True)
class Machine:
    """This machine in words."""

    device: str = "cpu"
    facts: str = "cpu"


def machine(offers: Sequence[Offers]) -> Machine:
    """Describe this machine from what its executor offers."""
    local = next((each for each in offers if each.executor == "local" and each.offers), None)
    if local is None:
        return Machine()
    best = local.offers[0]
    memory = f", {best.memory / 1024:.0f} GB" if best.memory else ""
    return Machine(device=best.device, facts=f"{best.device}{memory}")


def run_on_of(session: Session, machine: Machine, offered: Offered) -> RunOn:
    """Return where the cards of the pipeline run, and where else they could."""
    nodes, settings = session.pipeline.nodes, session.pipeline.settings
    placements = [each for node, each in session.placements().items() if nodes[node].enabled]
    return RunOn(
        label=label_of(placements, machine.device),
        place=str(settings.get("run_on") or AUTOMATIC),
        gpu=str(settings.get("gpu") or ""),
        facts=machine.facts,
        automatic=RENTS if session.hosting.circumstances.may_rent else BEST,
        rented=rented_places(offered),
        cap=session.budget_run,
    )
