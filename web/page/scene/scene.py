"""What the page shows of a session: the read models of its parts, made afresh from the truth."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter

from tensorrag.allowance import default_memory
from tensorrag.catalog import CardInfo, Catalog, TypeInfo
from tensorrag.check import NodeFacts
from tensorrag.check.problems import Problem
from tensorrag.edit.edges import title_of
from tensorrag.pipeline import Node
from tensorrag.pipeline.absent import why_absent
from tensorrag.placement import where
from tensorrag.plain import JsonObject
from tensorrag.preview import Face
from tensorrag.types import ColumnSchema, TableSchema
from web.live.cards.trusting import differs, waiting_cards
from web.live.offered import Offered
from web.live.session import Session
from web.page.form.content import Form
from web.page.form.fields import field_specs
from web.page.placing import money
from web.page.placing.card_place import PLACE_FIELDS, CardPlace
from web.page.placing.fits import Fits
from web.page.placing.where import AUTOMATIC, ran_on, rented_places
from web.page.scene.card import Card, Limit
from web.page.scene.wires import wires_of

_FACE: TypeAdapter[Face | None] = TypeAdapter(Face | None)


def kind_of(catalog: Catalog, info: CardInfo | None) -> TypeInfo | None:
    """Return the type that a card is drawn with: that of its first output, else first input."""
    ports = (*info.outputs, *info.inputs) if info else ()
    return catalog.types.get(ports[0].type) if ports else None


def face_of(card: Card) -> Face | None:
    """Return what a card shows on the canvas; None where it is nothing that is known here."""
    return _FACE.validate_python((card.runtime or {}).get("face"))


def titles(session: Session) -> dict[str, str]:
    """Return what people call each card of the pipeline."""
    return {node.id: title_of(node, session.catalog) for node in session.pipeline.nodes.values()}


def problems_of(session: Session, node: str) -> list[Problem]:
    """Return what was found on a card, its wires included."""
    ends = {edge.id for edge in session.pipeline.inputs_of(node)}
    return [p for p in session.problems if p.node == node or (p.node is None and p.edge in ends)]


def card_of(
    session: Session,
    node_id: str,
    runtime: JsonObject | None,
    uploading: str | None,
    offered: Offered,
) -> Card:
    """Gather what the inspector shows of one card."""
    pipeline, catalog = session.pipeline, session.catalog
    node = pipeline.node(node_id)
    info = catalog.cards.get(node.card)
    facts = session.checked.nodes.get(node_id)
    problems = problems_of(session, node_id)
    return Card(
        node=node_id,
        title=title_of(node, catalog),
        own_title=node.title or "",
        help=info.help if info else "",
        kind=kind_of(catalog, info),
        known=info is not None,
        own=info is not None and info.source is not None,
        broken=info is None and why_absent(node.card, catalog.notices) is not None,
        enabled=node.enabled,
        runtime=runtime,
        settings=_form(node, info, facts, problems, uploading, session.hosting.secrets),
        wires=wires_of(session, node, info, problems) if info else (),
        place=_place(session, node, info, runtime, offered, problems) if info else None,
        fits=_fits(session, node_id),
        limits=_limits(node, info, session) if info else (),
        problems=problems,
        came_along=waiting_cards(session.pipeline, session.catalog).get(node.card),
        differs=differs(session.pipeline, session.catalog, node.card),
        params=node.params,
        busy=session.running,
    )


def _form(
    node: Node,
    info: CardInfo | None,
    facts: NodeFacts | None,
    problems: Sequence[Problem],
    uploading: str | None,
    secrets: Sequence[str],
) -> Form:
    specs = field_specs(info.params) if info else ()
    hidden = {f"{spec.name}_name" for spec in specs if spec.kind == "upload"}
    return Form(
        node=node.id,
        specs=tuple(spec for spec in specs if spec.name not in hidden),
        params=node.params,
        columns={
            port: schema.columns if isinstance(schema, TableSchema) else None
            for port, schema in (facts.inputs if facts else {}).items()
        },
        tunable={
            port: getattr(schema, "tunable", None)
            for port, schema in (facts.inputs if facts else {}).items()
        },
        problems=problems,
        details=facts.details if facts else {},
        secrets=secrets,
        uploading=uploading,
    )


def _place(
    session: Session,
    node: Node,
    info: CardInfo,
    runtime: JsonObject | None,
    offered: Offered,
    problems: Sequence[Problem],
) -> CardPlace:
    """Gather where a card runs, and where else it could."""
    pipeline = session.pipeline
    general = pipeline.settings.get("run_on")
    done = runtime is not None and runtime["state"] == "done"
    return CardPlace(
        node=node.id,
        chosen=node.run_on or AUTOMATIC,
        inherited=f"As the pipeline: {where(str(general))}" if general else "Automatic",
        placement=session.placements().get(node.id),
        gpu=str(node.resources.get("gpu") or ""),
        usual=str(pipeline.settings.get("gpu") or info.gpu) if info.gpu else "",
        rented=rented_places(offered),
        wrong=[p for p in problems if p.field in PLACE_FIELDS and p.code != "runs_elsewhere"],
        ran=ran_on(runtime) if done and runtime is not None else "",
        price=(*money.after(runtime), *money.before(session.prices.estimates.get(node.id))),
    )


def _fits(session: Session, node_id: str) -> Fits | None:
    """Return what a card takes; for one that describes a model, what training it below takes."""
    below = [edge.target for edge in session.pipeline.outputs_of(node_id)]
    facts, placements = session.checked.nodes, session.placements()
    mine = facts.get(node_id)
    if mine is None or (mine.inputs and mine.footprint is None):
        return None
    for one in (node_id, *below):
        known = facts.get(one)
        if known is not None and known.footprint is not None:
            placement = placements.get(one)
            return Fits(known.footprint, (placement.gpu if placement else None) or "")
    return None


def _limits(node: Node, info: CardInfo, session: Session) -> list[Limit]:
    general = session.pipeline.settings.get("timeout")
    time = round(general) if isinstance(general, int | float) else info.timeout
    usual = session.hosting.card_memory or default_memory(gpu=info.gpu is not None)
    spent = "It is stopped when it takes longer."
    used = "It is stopped when it uses more, with all that it starts."
    return [
        Limit("timeout", node.resources.get("timeout"), time, "s", spent),
        Limit("memory", node.resources.get("memory"), usual, "MB", used),
    ]


def table_columns(facts: NodeFacts | None) -> tuple[str, Sequence[ColumnSchema]] | None:
    """Return the columns that a card makes, else those it gets, and which of both."""
    if facts is None:
        return None
    for which, schemas in (("makes", facts.schemas), ("gets", facts.inputs)):
        for schema in schemas.values():
            if isinstance(schema, TableSchema) and schema.columns is not None:
                return which, schema.columns
    return None
