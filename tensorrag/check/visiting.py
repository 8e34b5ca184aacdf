"""Has schemas flow through a pipeline: each card says what would come out of what goes in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tensorrag.card import Card
from tensorrag.catalog import CardInfo
from tensorrag.check import asking
from tensorrag.check.columns import column_problems
from tensorrag.check.facts import NodeFacts
from tensorrag.check.lost import Lost, where_lost
from tensorrag.check.reporting import Reporter
from tensorrag.check.sights import Sights, seen_after_run, still_seen
from tensorrag.errors import (
    CardError,
    CardNotFound,
    FolderNotAllowed,
    ParameterError,
    TensorRagError,
)
from tensorrag.params import parameter_errors
from tensorrag.peek import Peek
from tensorrag.pipeline import Node, Pipeline
from tensorrag.pipeline.came_along import CameAlong, came_along
from tensorrag.quoting import quoted
from tensorrag.recipe import carried
from tensorrag.registry.finding import Found, Registry
from tensorrag.secret import missing
from tensorrag.titles import titled
from tensorrag.types.schema import AnySchema, Schema

Guard = Callable[[Found], AbstractContextManager[object]]
"""Surrounds what one card does in a check."""

_SCHEMAS: TypeAdapter[dict[str, AnySchema | None]] = TypeAdapter(dict[str, AnySchema | None])


@dataclass
class Visiting:
    """Goes from node to node, from the sources down, and asks each card what would come out."""

    pipeline: Pipeline
    registry: Registry
    peeks: Mapping[str, Peek]
    guard: Guard
    secrets: Collection[str] | None = None
    sights: Sights = field(default_factory=dict)
    reporter: Reporter = field(init=False)
    facts: dict[str, NodeFacts] = field(default_factory=dict)
    migrated: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Parameters of nodes whose card is newer, as it made them."""

    def __post_init__(self) -> None:
        self.reporter = Reporter(self.pipeline, self.registry)

    @cached_property
    def _came_along(self) -> dict[str, CameAlong]:
        return came_along(self.pipeline)

    def visit(self, node: Node) -> None:
        """Find out what is known of a node, once all above it were visited."""
        try:
            found = self.registry.get(node.card)
        except CardNotFound as error:
            self.reporter.report(node, *self._unknown(node.card, error))
            self.facts[node.id] = NodeFacts(card=node.card, title=node.title or node.card)
            return
        try:
            with self.guard(found), titled(self._titles(node, found)):
                self._ask(node, found)
        except BaseException as error:  # the code of a card may do anything, anywhere
            self.reporter.broken(node, "It cannot be checked", error)
            self.facts[node.id] = NodeFacts(card=node.card, title=node.title or found.info.title)

    def _unknown(self, card: str, error: CardNotFound) -> tuple[str, TensorRagError]:
        """Say of a card that is not here whether its source came along, and is not trusted."""
        came = self._came_along.get(card)
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
        self.reporter.problems += problems
        card = self._card(node, found)
        self._miss_secrets(node, card)
        outputs = self._leaving(node, found, card, inputs, quiet=bool(problems))
        outputs = seen_after_run(node.id, outputs, self.sights)
        self.facts[node.id] = self._facts(node, found, card, inputs, outputs)

    def _lost(self, node: str, port: str, column: str) -> Lost:
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
            for wrong in parameter_errors(error, found.card):
                self.reporter.report(node, "parameter_invalid", wrong)
        except (Exception, SystemExit) as error:  # its migrate, or a validator of its own
            self.reporter.broken(node, "It cannot take its parameters", error)
        return None

    def _miss_secrets(self, node: Node, card: Card | None) -> None:
        for field_name, name in asking.secrets(card).items():
            if self.secrets is not None and name not in self.secrets:
                error = missing(name)
                wrong = ParameterError(error.message, field=field_name, hint=error.hint)
                self.reporter.report(node, "secret_missing", wrong)

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
            self.reporter.report(node, "source_odd", odd, level="warning")
        if peek is not None and peek.error is not None:
            wrong = ParameterError(peek.error.message, field=peek.field, hint=peek.error.hint)
            outside = peek.error.type == FolderNotAllowed.__name__
            self.reporter.report(node, "source_outside" if outside else "source_unreadable", wrong)
            return unknown
        if peek is not None and peek.schemas:
            return unknown | dict(zip(unknown, peek.schemas, strict=False))
        try:
            schemas = card.propagate(*asking.positional(found, inputs))  # type: ignore[attr-defined]
            self._warn(node, card, inputs)
            made = asking.as_schemas(schemas, found)
            entry = found.info.entry if found.info.source is None else ""
            return unknown | {
                port: schema
                and still_seen(card, inputs.values(), carried(card, entry, inputs.values(), schema))
                for port, schema in made.items()
            }
        except TensorRagError as error:
            if not quiet:
                self.reporter.report(node, "parameter_invalid", error)
        except (Exception, SystemExit) as error:
            self.reporter.broken(node, "propagate failed", error)
        return unknown

    def _warn(self, node: Node, card: Card, inputs: dict[str, Any]) -> None:
        for concern in card.concerns({n: s for n, s in inputs.items() if s is not None}):
            self.reporter.report(node, "data_concern", concern, level="warning")

    def _peek(self, found: Found, card: Card) -> Peek | None:
        return self.peeks.get(asking.peek_key(found, card)) if hasattr(card, "peek") else None

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
            secrets=tuple(dict.fromkeys(asking.secrets(card).values())),
            libraries=found.card.libraries,
            brief=asking.brief(card, single) if card is not None else "",
            peek_key=asking.peek_key(found, card) if card is not None and peeks else None,
            inputs=_SCHEMAS.validate_python({n: single.get(n) for n in inputs}),
            schemas=_SCHEMAS.validate_python(outputs),
            details=peek.details if peek is not None else asking.offers(card, inputs),
            titles=self._titles(node, found),
            reads_costs=found.card.reads_costs,
            gpu=found.card.gpu,
            footprint=asking.footprint(card, single) if card is not None else None,
            cores=asking.cores(card) if card is not None else 1,
            timeout=found.card.timeout,
        )


def _first(arriving: Any) -> Schema | None:
    """Return what arrives at an input first, also where it takes many."""
    return next(iter(arriving), None) if isinstance(arriving, list) else arriving
