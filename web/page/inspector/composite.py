"""A composite as the inspector shows it: its cards, what goes in and out, and how it is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorrag.edit.annotations import annotations_of
from tensorrag.edit.edges import title_of
from tensorrag.pipeline import Edge
from tensorrag.pipeline import Node as Placed
from web.live.session import Session
from web.page.icons import glyph, state
from web.page.inspector.listing import states_of
from web.page.markup import Element, Node, button, div, h2, h3, li, span, table, tbody, td, tr, ul
from web.page.scene.scene import kind_of
from web.page.scene.wires import schema_words
from web.page.wording import plural


def composite_of(session: Session, nodes: Sequence[str]) -> str | None:
    """Return the composite whose cards these are, all of them: the canvas selects it so."""
    wanted = set(nodes)
    for name, frame in annotations_of(session.pipeline).items():
        if frame.get("collapsed") and wanted == set(frame["members"]):
            return name
    return None


def home_of(session: Session, node: str) -> tuple[str, str] | None:
    """Return the id and the title of the composite that a card is in; None where it is in none."""
    for name, frame in annotations_of(session.pipeline).items():
        if frame.get("collapsed") and node in frame["members"]:
            return name, _title(frame)
    return None


def composite_view(session: Session, name: str) -> Node:
    """Draw a composite; nothing where it was opened meanwhile."""
    frame = annotations_of(session.pipeline).get(name, {})
    if not frame.get("collapsed"):
        return None
    nodes, inside = session.pipeline.nodes, set(frame["members"])
    members = sorted(inside, key=lambda each: (nodes[each].position.x, nodes[each].position.y))
    edges = session.pipeline.edges
    arriving = [e for e in edges if e.target in inside and e.source not in inside]
    leaving = [e for e in edges if e.source in inside and e.target not in inside]
    return [
        div(".ih")[
            h2[_title(frame)],
            div(".row.s12.ihs.m2")[f"Composite of {plural(len(members), 'card')}"],
            div(".row.s12.ihs")[states_of(session, members)],
        ],
        div(".sec.wide")[h3["Cards"], ul(".cardlist")[(_card(session, each) for each in members)]],
        _ways(session, "What goes in", arriving, inward=True),
        _ways(session, "What comes out", leaving, inward=False),
        div(".sec.t11.m3")["To open it on the canvas, click it twice, or press Enter on it."],
    ]


def way_back(session: Session, node: str) -> Node:
    """Lead back from a card to the composite that it is in."""
    home = home_of(session, node)
    if home is None:
        return None
    name, title = home
    return button(".link.cut.s12", type="button", data_act="composite", data_of=name)[
        f"Back to {title}"
    ]


def _title(frame: Mapping[str, Any]) -> str:
    return str(frame.get("title") or "Composite")


def _card(session: Session, node_id: str) -> Element:
    """Name a card with what it does and how it is set; it leads to all of its own."""
    node, facts = session.pipeline.nodes[node_id], session.checked.nodes.get(node_id)
    return li(data_key=f"inside-{node_id}")[
        div(".row")[
            glyph(kind_of(session.catalog, session.catalog.cards.get(node.card))),
            button(".link.cut", type="button", data_act="inside", data_of=node_id)[
                title_of(node, session.catalog)
            ],
            span(".sp"),
            _state(session, node),
        ],
        facts is not None and facts.brief and div(".t11.m2.cut", title=facts.brief)[facts.brief],
    ]


def _state(session: Session, node: Placed) -> Node:
    problems = sum(p.node == node.id and p.level == "error" for p in session.problems)
    if problems:
        return state("failed", plural(problems, "problem"))
    if not node.enabled:
        return state("bypassed")
    return state(str(session.stage.states.get(node.id, {}).get("state") or "idle"))


def _ways(session: Session, what: str, edges: Sequence[Edge], *, inward: bool) -> Node:
    """List the wires that cross the edge of a composite, by the port inside."""
    if not edges:
        return None
    rows = []
    for edge in edges:
        start = _end(session, edge.source, edge.source_port)
        end = _end(session, edge.target, edge.target_port)
        here, there = (end, f"from {start}") if inward else (start, f"to {end}")
        rows.append(tr[td[here], td[div(".u")[there], div(".t11.m3")[_said(session, edge)]]])
    return div(".sec.wide")[h3[what], table(".mt.ways")[tbody[rows]]]


def _end(session: Session, node_id: str, port: str) -> str:
    node = session.pipeline.nodes.get(node_id)
    return f"{title_of(node, session.catalog) if node else node_id}: {port}"


def _said(session: Session, edge: Edge) -> str:
    facts = session.checked.nodes.get(edge.source)
    return schema_words(facts.schemas.get(edge.source_port)) if facts else ""
