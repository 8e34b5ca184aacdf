"""Where a run stands, and what the strip shows of it or of one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tensorrag.pipeline import JsonObject
from tensorrag.placement import where
from tensorrag.store.unsettled import Unsettled
from web.live.session import Session
from web.page.logs.view import last_line
from web.page.placing.where import spent
from web.page.runs import course
from web.page.runs.run_list import PastRun
from web.page.runs.strip import Stale, Strip
from web.page.scene.scene import kind_of, titles
from web.page.wording import left, plural


@dataclass(frozen=True)
class Standing:
    """Where a run stands."""

    seconds: float = 0.0
    left: str = ""


@dataclass(frozen=True)
class Viewed:
    """A run of before that somebody looks at."""

    run: PastRun
    events: Sequence[JsonObject] = ()


def standing(session: Session) -> Standing:
    """Say how long the run takes and how much is left, as far as any card knows."""
    run = session.run
    if run is not None:
        seconds = run.seconds
    else:
        events = session.history.events
        start = course.began(events)
        seconds = (course.moment(events[-1]) - start).total_seconds() if start else 0.0
    lefts = [
        (runtime.get("progress") or {}).get("left")
        for runtime in session.stage.states.values()
        if runtime["state"] == "running" and not runtime.get("waiting")
    ]
    known = [each for each in lefts if isinstance(each, int | float)]
    return Standing(seconds=seconds, left=left(max(known)) if known else "")


def strip_of(
    session: Session, tab: str, past: Sequence[PastRun], viewed: Viewed | None = None
) -> Strip:
    """Return what the strip shows, of the latest run or of one before; only its tab is filled."""
    latest = _latest(session, past)
    run = viewed.run if viewed is not None else latest
    events = viewed.events if viewed is not None else session.history.events
    status = viewed.run.status if viewed is not None else session.following.status
    names = titles(session)
    catalog, nodes = session.catalog, session.pipeline.nodes
    kinds = {node.id: kind_of(catalog, catalog.cards.get(node.card)) for node in nodes.values()}
    stale = [
        Stale(node, names[node], runtime["reason"])
        for node, runtime in session.stage.states.items()
        if runtime["state"] == "stale" and runtime.get("reason") and node in names
    ]
    going_on = viewed is None and session.running
    may_go_on = run is not None and replace(run, status=status).resumable and not session.running
    return Strip(
        tab=tab,
        run=viewed.run.run if viewed is not None else session.history.run_id,
        number=run.number if run is not None else 0,
        status=status,
        cancelling=viewed is None and session.following.cancelling,
        elapsed=(viewed.run.seconds or 0.0) if viewed is not None else standing(session).seconds,
        waiting=len(session.following.waiting) + session.following.beginning,
        resume=run.run if run is not None and may_go_on else "",
        places=spent(_with_cost(course.places(events), session, viewed), running=going_on),
        strays="" if session.running else _strays(session, names),
        cancelling_strays=session.following.cancelling_strays,
        past=viewed is not None,
        bars=course.bars(events, names, kinds) if tab == "timeline" else (),
        printed=last_line(events) if tab == "log" else 0,
        problems=session.problems,
        stale=stale,
        runs=_marked(past, session),
        titles=names,
    )


def _marked(past: Sequence[PastRun], session: Session) -> Sequence[PastRun]:
    """Say of the run that goes on whether it is being stopped."""
    if not session.following.cancelling:
        return past
    mine = session.history.run_id
    return [replace(run, stopping=True) if run.run == mine else run for run in past]


def _with_cost(
    cards: Sequence[course.Event], session: Session, viewed: Viewed | None
) -> Sequence[course.Event]:
    """Add what running cards have cost so far: no event tells that."""
    run = session.run
    if viewed is not None or run is None or not session.running:
        return cards
    spent_now = [node for node in run.nodes.values() if node.estimate is not None]
    now = {node.id: node.cost_so_far for node in spent_now if node.began is not None}
    return [{**card, "cost": now.get(card["node"], card.get("cost"))} for card in cards]


def _strays(session: Session, names: Mapping[str, str]) -> str:
    """Say what goes on since an editor that is gone: ``Train still runs on Modal``."""
    if session.following.strays:
        return _going_on(session.following.strays, names, "still runs", "still run")
    if session.following.unsure:
        may = _going_on(session.following.unsure, names, "may still run", "may still run")
        return f"{may}, which does not say"
    return ""


def _going_on(strays: Sequence[Unsettled], names: Mapping[str, str], one: str, several: str) -> str:
    places = " and ".join(dict.fromkeys(where(str(each.shown["executor"])) for each in strays))
    only = names.get(strays[0].node, strays[0].node)
    if len(strays) == 1:
        return f"{only} {one} on {places}"
    return f"{plural(len(strays), 'card')} {several} on {places}"


def _latest(session: Session, past: Sequence[PastRun]) -> PastRun | None:
    """Return the run that goes on or ended last, not one that waits, or was taken back."""
    mine = session.run.id if session.run is not None else None
    known = [run for run in past if run.begun or run.status == "failed"]
    return next((run for run in known if run.run == mine), known[0] if known else None)
