"""Checks a pipeline before anything runs: lists its Problems, and what is known of each node.

Schemas flow through the graph from the sources down, each card saying what would come out of
what goes in; no row of data is touched. This calls cards, so it runs in a card host.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from pydantic import BaseModel, ConfigDict, SerializeAsAny, TypeAdapter, ValidationError

from tensorrag.card import Card, Peek
from tensorrag.catalog import CardInfo
from tensorrag.check.columns import column_problems
from tensorrag.check.fitting import fitting_problems
from tensorrag.check.leakage import leakage_problems
from tensorrag.check.lost import where_lost
from tensorrag.check.places import pipeline_problems, place_problems
from tensorrag.check.problems import Fix, Level, Problem
from tensorrag.check.putting import putting_before
from tensorrag.check.wiring import wiring_problems
from tensorrag.errors import (
    CardError,
    CardNotFound,
    FolderNotAllowed,
    InputError,
    ParameterError,
    TensorRagError,
)
from tensorrag.footprint import Footprint
from tensorrag.params import parameter_errors
from tensorrag.pipeline import Node, Pipeline
from tensorrag.pipeline.came_along import CameAlong, came_along
from tensorrag.pipeline.names import quoted
from tensorrag.placement import Needs, why_it_stays
from tensorrag.recipe import carried
from tensorrag.registry.finding import Found, Registry
from tensorrag.secret import Secret, missing
from tensorrag.titles import titled
from tensorrag.types.schema import AnySchema, Schema, TableSchema

MAX_BRIEF = 200
"""Longest line on a card, in characters."""
MAX_LABEL = 60
"""Longest text of a button that a card offers, in characters."""

Guard = Callable[[Found], AbstractContextManager[object]]
"""Surrounds what one card does in a check."""

_SCHEMAS: TypeAdapter[dict[str, AnySchema | None]] = TypeAdapter(dict[str, AnySchema | None])


class NodeFacts(BaseModel):
    """All that is known of a node without running it. JSON-safe."""

    model_config = ConfigDict(frozen=True)

    card: str
    title: str
    entry: str = ""
    """``module:Class``; empty where the card is not installed."""
    source: str | None = None
    source_sha256: str = ""
    version: int = 1
    params: dict[str, Any] = {}
    """The parameters that matter, defaults filled in."""
    migrated: dict[str, Any] | None = None
    """Its parameters as the card made them of those for an older version of itself."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets that it needs."""
    libraries: tuple[str, ...] = ()
    brief: str = ""
    """The line on the card."""
    peek_key: str | None = None
    """For cards that read an outside source: what its Peek is stored under."""
    inputs: dict[str, SerializeAsAny[AnySchema] | None] = {}
    schemas: dict[str, SerializeAsAny[AnySchema] | None] = {}
    """By output port."""
    details: dict[str, Any] = {}
    """What was detected at its outside source, once it was looked at; or what it offers."""
    titles: dict[str, tuple[str, ...]] = {}
    """What people call the cards before it, by input; of a card that asks for it."""
    gpu: str | None = None
    footprint: Footprint | None = None
    """How much room it will need."""
    timeout: int = 3600

    @property
    def needs(self) -> Needs:
        """What of it decides where it can run."""
        return Needs(gpu=self.gpu, stays=why_it_stays(self.params, self.secrets))

    @property
    def synthetic(self) -> bool:
        """Whether what comes out was made up, as far as is known."""
        tables = (getattr(schema, "provenance", None) for schema in self.schemas.values())
        return any(provenance is not None and provenance.synthetic for provenance in tables)


class Checked(BaseModel):
    """The outcome of a check."""

    model_config = ConfigDict(frozen=True)

    problems: tuple[Problem, ...] = ()
    nodes: dict[str, NodeFacts] = {}


def check(
    pipeline: Pipeline,
    registry: Registry,
    peeks: Mapping[str, Peek] | None = None,
    guard: Guard = nullcontext,
    secrets: Collection[str] | None = None,
) -> Checked:
    """Check a whole pipeline.

    Args:
        pipeline: may be unfinished or wrong in any way that a file can be.
        registry: the cards that are here.
        peeks: what looks at outside sources found, by ``NodeFacts.peek_key``.
        guard: surrounds what each card does: a place to interrupt one that takes too long.
        secrets: names of those that there are; None where that is not known.
    """
    infos = {card_id: found.info for card_id, found in registry.found.items()}
    checking = _Checking(pipeline, registry, peeks or {}, guard, secrets)
    checking.problems += wiring_problems(pipeline, infos)
    for node_id in _sorted_as_far_as_possible(pipeline):
        checking.visit(pipeline.nodes[node_id])
    for node in pipeline.nodes.values():
        known = checking.facts[node.id]
        checking.problems += place_problems(pipeline, node, known.needs, known.footprint)
    needs = {node_id: known.needs for node_id, known in checking.facts.items()}
    checking.problems += pipeline_problems(pipeline, needs)
    checking.problems += leakage_problems(pipeline, infos, checking.facts)
    checking.problems += fitting_problems(pipeline, infos, checking.facts)
    place = {node_id: index for index, node_id in enumerate(pipeline.nodes)}
    checking.problems.sort(key=lambda problem: place.get(problem.node or "", -1))
    tell = _Telling()
    facts = {node_id: tell.facts(checking.facts[node_id]) for node_id in pipeline.nodes}
    return Checked(problems=tuple(checking.problems), nodes=facts)


class _Telling:
    """Leaves out of tables how their columns came about: in a long chain, that is long as well.

    What a model needs of it, the schema of the model has. A schema that is the same stays so.
    """

    def __init__(self) -> None:
        self._told: dict[int, tuple[Any, Any]] = {}

    def facts(self, facts: NodeFacts) -> NodeFacts:
        ports = {"inputs": facts.inputs, "schemas": facts.schemas}
        told = {
            name: {port: self._schema(schema) for port, schema in schemas.items()}
            for name, schemas in ports.items()
        }
        return facts.model_copy(update=told)

    def _schema(self, schema: Any) -> Any:
        if not isinstance(schema, TableSchema) or schema.recipe is None:
            return schema
        known = self._told.get(id(schema))
        if known is None:
            known = self._told[id(schema)] = (schema, schema.model_copy(update={"recipe": None}))
        return known[1]


@dataclass
class _Checking:
    pipeline: Pipeline
    registry: Registry
    peeks: Mapping[str, Peek]
    guard: Guard
    secrets: Collection[str] | None = None
    facts: dict[str, NodeFacts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    migrated: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Parameters of nodes whose card is newer, as it made them."""

    @cached_property
    def came_along(self) -> dict[str, CameAlong]:
        return came_along(self.pipeline)

    def visit(self, node: Node) -> None:
        try:
            found = self.registry.get(node.card)
        except CardNotFound as error:
            self._report(node, *self._unknown(node.card, error))
            self.facts[node.id] = NodeFacts(card=node.card, title=node.title or node.card)
            return
        try:
            with self.guard(found), titled(self._titles(node, found)):
                self._ask(node, found)
        except BaseException as error:  # the code of a card may do anything, anywhere
            self._report_broken(node, "It cannot be checked", error)
            self.facts[node.id] = NodeFacts(card=node.card, title=node.title or found.info.title)

    def _unknown(self, card: str, error: CardNotFound) -> tuple[str, TensorRagError]:
        """Say of a card that is not here whether its source came along, and is not trusted."""
        came = self.came_along.get(card)
        if came is None:
            return "card_unknown", error
        if came.trouble:
            return "card_unknown", CardNotFound(error.message, hint=came.trouble)
        return "card_untrusted", CardNotFound(
            f"The card {quoted(card)} came along with this pipeline and is off.",
            hint="Read its source in the editor, and trust it if you do.",
        )

    def _ask(self, node: Node, found: Found) -> None:
        """Ask the card what it makes of its parameters and inputs."""
        inputs = self._arriving(node, found.info)
        problems = column_problems(node, found.info, inputs, partial(self._lost, node.id))
        self.problems += problems
        card = self._card(node, found)
        self._miss_secrets(node, card)
        outputs = self._leaving(node, found, card, inputs, quiet=bool(problems))
        self.facts[node.id] = self._facts(node, found, card, inputs, outputs)

    def _lost(self, node: str, port: str, column: str) -> str:
        return where_lost(self.pipeline, self.facts, node, port, column)

    def _card(self, node: Node, found: Found) -> Card | None:
        params = dict(node.params)
        try:
            if node.card_version < found.card.version:
                params = found.card.migrate(params, node.card_version)
            card = found.card.model_validate(params)
            if node.card_version < found.card.version:
                self.migrated[node.id] = params
            return card
        except ValidationError as error:
            for wrong in parameter_errors(error):
                self._report(node, "parameter_invalid", wrong)
        except (Exception, SystemExit) as error:  # its migrate, or a validator of its own
            self._report_broken(node, "It cannot take its parameters", error)
        return None

    def _miss_secrets(self, node: Node, card: Card | None) -> None:
        for field_name, name in _secrets(card).items():
            if self.secrets is not None and name not in self.secrets:
                error = missing(name)
                wrong = ParameterError(error.message, field=field_name, hint=error.hint)
                self._report(node, "secret_missing", wrong)

    def _arriving(self, node: Node, info: CardInfo) -> dict[str, Any]:
        """Return the schema at each input; a list where the port takes many, None where empty."""
        arriving: dict[str, Any] = {p.name: [] if p.many else None for p in info.inputs}
        for edge in self.pipeline.inputs_of(node.id):
            port = info.input(edge.target_port)
            source = self.facts.get(edge.source)
            if port is None or source is None:
                continue
            schema = source.schemas.get(edge.source_port)
            if schema is not None and schema.type not in port.accepts:
                continue
            if port.many:
                arriving[port.name].append(schema)
            elif arriving[port.name] is None:
                arriving[port.name] = schema
        return arriving

    def _titles(self, node: Node, found: Found) -> dict[str, tuple[str, ...]]:
        """Return what people call the cards before this one, where it asks for that."""
        called: dict[str, tuple[str, ...]] = {}
        for edge in self.pipeline.inputs_of(node.id) if found.card.reads_titles else ():
            source = self.pipeline.nodes.get(edge.source)
            given = (source.title or "") if source is not None else ""
            called[edge.target_port] = (*called.get(edge.target_port, ()), given)
        return called

    def _leaving(
        self, node: Node, found: Found, card: Card | None, inputs: dict[str, Any], *, quiet: bool
    ) -> dict[str, Schema | None]:
        """Ask the card what would come out; nothing is known where it cannot be asked."""
        passing = found.info.passing()
        if not node.enabled:
            return {name: _first(inputs.get(port or "")) for name, port in passing.items()}
        unknown: dict[str, Schema | None] = dict.fromkeys(passing)
        if card is None:
            return unknown
        peek = self._peek(found, card)
        for warning in peek.warnings if peek is not None else ():
            odd = CardError(warning.message, hint=warning.hint)
            self._report(node, "source_odd", odd, level="warning")
        if peek is not None and peek.error is not None:
            wrong = ParameterError(peek.error.message, field=peek.field, hint=peek.error.hint)
            outside = peek.error.type == FolderNotAllowed.__name__
            self._report(node, "source_outside" if outside else "source_unreadable", wrong)
            return unknown
        if peek is not None and peek.schemas:
            return unknown | dict(zip(unknown, peek.schemas, strict=False))
        try:
            schemas = card.propagate(*_positional(found, inputs))  # type: ignore[attr-defined]
            self._warn(node, card, inputs)
            made = _as_schemas(schemas, found)
            entry = found.info.entry if found.info.source is None else ""
            return unknown | {
                port: schema and carried(card, entry, inputs.values(), schema)
                for port, schema in made.items()
            }
        except TensorRagError as error:
            if not quiet:
                self._report(node, "parameter_invalid", error)
        except (Exception, SystemExit) as error:
            self._report_broken(node, "propagate failed", error)
        return unknown

    def _warn(self, node: Node, card: Card, inputs: dict[str, Any]) -> None:
        for concern in card.concerns({n: s for n, s in inputs.items() if isinstance(s, Schema)}):
            self._report(node, "data_concern", concern, level="warning")

    def _peek(self, found: Found, card: Card) -> Peek | None:
        return self.peeks.get(peek_key(found, card)) if hasattr(card, "peek") else None

    def _facts(
        self,
        node: Node,
        found: Found,
        card: Card | None,
        inputs: dict[str, Any],
        outputs: dict[str, Schema | None],
    ) -> NodeFacts:
        single = {name: s for name, s in inputs.items() if isinstance(s, Schema)}
        peeks = card is not None and hasattr(card, "peek")
        peek = self._peek(found, card) if card is not None else None
        return NodeFacts(
            card=node.card,
            title=node.title or found.info.title,
            entry=found.info.entry,
            source=found.info.source,
            source_sha256=found.source_sha256,
            version=found.card.version,
            params=card.active() if card is not None else {},
            migrated=self.migrated.get(node.id),
            secrets=tuple(dict.fromkeys(_secrets(card).values())),
            libraries=found.card.libraries,
            brief=_brief(card, single) if card is not None else "",
            peek_key=peek_key(found, card) if card is not None and peeks else None,
            inputs=_SCHEMAS.validate_python({n: single.get(n) for n in inputs}),
            schemas=_SCHEMAS.validate_python(outputs),
            details=peek.details if peek is not None else _offers(card, inputs),
            titles=self._titles(node, found),
            gpu=found.card.gpu,
            footprint=_footprint(card, single) if card is not None else None,
            timeout=found.card.timeout,
        )

    def _report_broken(self, node: Node, what: str, error: BaseException) -> None:
        """Blame the card, so that one that is wrong in any way leaves the others checked."""
        hint = "Mend the card, or remove it."
        said = str(error).strip().partition("\n")[0]
        kind = "" if isinstance(error, CardError) and said else type(error).__name__
        message = f"{what}: {': '.join(part for part in (kind, said[:300]) if part)}"
        self._report(node, "card_broken", CardError(message, hint=hint))

    def _report(self, node: Node, code: str, error: TensorRagError, level: Level = "error") -> None:
        self.problems.append(
            Problem(
                code=code,
                level=level,
                node=node.id,
                field=getattr(error, "field", None),
                port=error.port if isinstance(error, InputError) else None,
                message=error.message,
                hint=error.hint,
                fix=self._fix(node, error),
            )
        )

    def _fix(self, node: Node, error: TensorRagError) -> Fix | None:
        """Make an edit of what a card offers: of its own value, or of the card before it."""
        if isinstance(error, ParameterError) and error.before is not None:
            label, port, card = error.before
            put = putting_before(self.pipeline, self.registry.found, node.id, port, card)
            if put is not None:
                return Fix(label=label, ops=(put,))
        if isinstance(error, ParameterError) and error.field is not None and error.fix is not None:
            return _setting(node.id, error.fix, error.field, error.also)
        if isinstance(error, InputError) and error.fix is not None:
            before = self._before(node, error.port)
            if before is not None and self._takes(before, error.fix[1]):
                return _setting(before.id, error.fix)
        return None

    def _before(self, node: Node, port: str | None) -> Node | None:
        """Return the only card that is wired to a port."""
        wires = [e for e in self.pipeline.inputs_of(node.id) if e.target_port == port]
        return self.pipeline.nodes.get(wires[0].source) if len(wires) == 1 else None

    def _takes(self, node: Node, params: Mapping[str, Any]) -> bool:
        found = self.registry.found.get(node.card)
        return found is not None and set(params) <= set(found.info.params.get("properties", ()))


def _setting(
    node: str, offer: tuple[str, Any], own: str | None = None, also: Mapping[str, Any] | None = None
) -> Fix | None:
    """Make an edit of parameters; nothing where they are no JSON."""
    try:
        label, value = offer
        params = {**(also or {}), own: value} if own is not None else dict(value)
        params = json.loads(json.dumps(params, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return None  # a card's own mistake, and the sentence is there without it
    op = {"op": "set_params", "node": node, "params": params}
    return Fix(label=str(label)[:MAX_LABEL], ops=(op,))


def peek_key(found: Found, card: Card) -> str:
    """Return what the Peek of a card with these parameters is stored under."""
    text = json.dumps([card.id, found.source_sha256, card.active()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _positional(found: Found, inputs: dict[str, Any]) -> list[Any]:
    """Give propagate what run would get: a schema that knows nothing where one is missing."""
    arguments: list[Any] = []
    for port in found.card.inputs():
        blank = port.type.schema_type()
        if port.many:
            arguments.extend(schema or blank for schema in inputs[port.name])
        elif inputs[port.name] is None and not port.optional:
            arguments.append(blank)
        else:
            arguments.append(inputs[port.name])
    return arguments


def _as_schemas(returned: Any, found: Found) -> dict[str, Schema | None]:
    """Hold what propagate returned against the outputs of its card; returns it by port."""
    whole = returned if isinstance(returned, tuple) else (returned,)
    ports = found.card.outputs()
    if len(whole) != len(ports):
        raise TypeError(f"it returned {len(whole)} schemas for {len(ports)} outputs")
    for port, schema in zip(ports, whole, strict=True):
        promised = port.type.schema_type
        if schema is not None and not isinstance(schema, promised):
            kind = type(schema).__name__
            raise TypeError(
                f"it returned a {kind} for {port.name}, which is no {promised.__name__}"
            )
    return {port.name: schema for port, schema in zip(ports, whole, strict=True)}


def _first(arriving: Any) -> Schema | None:
    """Return what arrives at an input first, also where it takes many."""
    return next(iter(arriving), None) if isinstance(arriving, list) else arriving


def _secrets(card: Card | None) -> dict[str, str]:
    """Return the names of the secrets that a card needs, by parameter."""
    if card is None:
        return {}
    chosen = {name: getattr(card, name) for name in card.active()}
    return {name: str(value) for name, value in chosen.items() if isinstance(value, Secret)}


def _brief(card: Card, inputs: dict[str, Schema]) -> str:
    try:
        return str(card.brief(inputs) or "")[:MAX_BRIEF]
    except (Exception, SystemExit):
        return ""  # it is shown, and decides nothing


def _offers(card: Card | None, inputs: dict[str, Any]) -> dict[str, Any]:
    try:
        told = card.offers(inputs) if card is not None else {}
        return {str(name): [str(each) for each in listed] for name, listed in told.items()}
    except (Exception, SystemExit):
        return {}  # it is offered, and decides nothing


def _footprint(card: Card, inputs: dict[str, Schema]) -> Footprint | None:
    try:
        told = card.footprint(inputs)
        return None if told is None else Footprint.model_validate(told)
    except (Exception, SystemExit):
        return None  # it is shown, and decides nothing


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
