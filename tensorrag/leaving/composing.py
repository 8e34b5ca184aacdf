"""Has the cards of a pipeline write their parts of a script, from the sources down.

This calls cards, so it runs in a card host.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from tensorrag.card import Card
from tensorrag.check import Checked, Guard, NodeFacts, check
from tensorrag.errors import CardError, TensorRagError
from tensorrag.leaving.written import File, Outcome, Part, Refusal, Written
from tensorrag.peek import Peek
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.quoting import quoted
from tensorrag.registry.finding import Found, Registry
from tensorrag.script import Given, Names, Script, Writes, comment
from tensorrag.types.schema import AnySchema, Schema

Made = Mapping[str, Mapping[str, Any]]
"""Schemas of what came out of the last run, by node and port, as JSON."""
Wire = tuple[str, str]
"""A node and one of its outputs."""

_SCHEMA: TypeAdapter[AnySchema] = TypeAdapter(AnySchema)
TRIES = 3


def compose(
    pipeline: Pipeline,
    registry: Registry,
    peeks: Mapping[str, Peek] | None = None,
    made: Made | None = None,
    guard: Guard = nullcontext,
    ran: Collection[str] = (),
) -> Written:
    """Write a pipeline as parts of a script.

    Args:
        pipeline: to write.
        registry: the cards that are here.
        peeks: what was seen at outside sources, by ``NodeFacts.peek_key``.
        made: what came out when it ran last: some cards can only be written then.
        guard: surrounds what each card does.
        ran: the nodes that ran before, whether or not what they made still holds.
    """
    checked = check(pipeline, registry, peeks, guard)
    if wrong := tuple(_errors(pipeline, checked)):
        return Written(name=pipeline.name, refusals=wrong)
    composing = _Composing(pipeline, registry, checked, made or {}, guard, ran)
    written = composing.written()
    for _ in range(TRIES):  # until no variable is called as an import or a function is
        names = frozenset(_top_names(written))
        if names <= composing.taken:
            break
        composing = _Composing(pipeline, registry, checked, made or {}, guard, ran, names)
        written = composing.written()
    return written


def _errors(pipeline: Pipeline, checked: Checked) -> Iterator[Refusal]:
    for problem in checked.problems:
        node = pipeline.nodes.get(problem.node or "")
        if problem.level == "error" and (node is None or node.enabled):
            title = f"{checked.nodes[node.id].title}: " if node is not None else ""
            message = f"{title}{problem.message}"
            yield Refusal(node=problem.node or "", message=message, hint=problem.hint)


def _top_names(written: Written) -> Iterator[str]:
    """Name what is imported or defined above the code."""
    for line in written.imports:
        for name in line.partition("import ")[2].split(","):
            yield name.split(" as ")[-1].strip()
    for function in written.functions:
        head = next(one for one in function.splitlines() if one.startswith(("def ", "class ")))
        yield head.split()[1].partition("(")[0].partition(":")[0]


@dataclass
class _Composing:
    pipeline: Pipeline
    registry: Registry
    checked: Checked
    made: Made
    guard: Guard
    ran: Collection[str]
    taken: frozenset[str] = frozenset()
    variables: dict[Wire, str] = field(default_factory=dict)
    known: dict[Wire, Any] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = Names(self.taken)
        self.frames = _composites(self.pipeline)

    def written(self) -> Written:
        for node_id in self.pipeline.order():
            self._visit(self.pipeline.nodes[node_id])
        imports = dict.fromkeys(line for one in self.scripts for line in one.imports)
        functions = dict.fromkeys(text for one in self.scripts for text in one.functions)
        notes = (*self.notes, *dict.fromkeys(n for one in self.scripts for n in one.notes))
        return Written(
            name=self.pipeline.name,
            parts=tuple(self.parts),
            imports=tuple(imports),
            functions=tuple(functions),
            files=tuple(self.files),
            outcomes=tuple(self.outcomes),
            notes=tuple(map(comment, notes)),
            refusals=tuple(self.refusals),
        )

    def _visit(self, node: Node) -> None:
        found, facts = self.registry.get(node.card), self.checked.nodes[node.id]
        edges = [e for e in self.pipeline.inputs_of(node.id) if e.source in self.pipeline.nodes]
        if not node.enabled:
            self._pass_by(node, found, edges)
            self.notes.append(f"{facts.title} is bypassed, and left out.")
            return
        if not _writes(found) and not self._is_built_on(node.id):
            why = f"{_cannot(facts.title)[:-1]}, and is left out: nothing is made of what it makes."
            self.notes.append(why)
            return
        refused = {refusal.node for refusal in self.refusals}
        if first := next((edge.source for edge in edges if edge.source in refused), ""):
            why = f"{_cannot(facts.title)[:-1]} before {self.checked.nodes[first].title} can."
            self.refusals.append(Refusal(node=node.id, message=why))
            return
        if any(not self._arrives(edge) for edge in edges):
            self.notes.append(f"{facts.title} does not run, and is left out.")
            return
        try:
            with self.guard(found):
                self._write(node, found, facts, edges)
        except TensorRagError as error:
            self.refusals.append(Refusal(node=node.id, message=error.message, hint=error.hint))
        except Exception as error:  # the code of a card may do anything
            said = f"{_cannot(facts.title)} Its script fails: {type(error).__name__}: {error}"
            self.refusals.append(Refusal(node=node.id, message=said[:400]))

    def _is_built_on(self, node_id: str) -> bool:
        """Whether a card that can be written depends on this one."""
        below = (self.pipeline.nodes[each].card for each in self.pipeline.descendants(node_id))
        return any(_writes(self.registry.get(card)) for card in below)

    def _arrives(self, edge: Edge) -> bool:
        wire = (edge.source, edge.source_port)
        return wire in self.variables or wire in self.known

    def _pass_by(self, node: Node, found: Found, edges: list[Edge]) -> None:
        arriving = {edge.target_port: (edge.source, edge.source_port) for edge in reversed(edges)}
        for output, port in found.info.passing().items():
            wire = arriving.get(port or "")
            for table in (self.variables, self.known):
                if wire is not None and wire in table:
                    table[node.id, output] = table[wire]

    def _write(self, node: Node, found: Found, facts: NodeFacts, edges: list[Edge]) -> None:
        card = found.card.model_validate(facts.params)
        if not isinstance(card, Writes):
            own = "card of your own" if facts.source is not None else "card"
            raise CardError(
                f"{_cannot(facts.title)} The {own} {quoted(node.card)} does not say how.",
                hint="Give it a method `script`, or leave it out."
                if facts.source is not None
                else "Leave it out, or bypass it, and export the rest.",
            )
        script = card.script(self._given(node, card, facts, edges))
        self._keep(node, card, facts, script)

    def _given(self, node: Node, card: Card, facts: NodeFacts, edges: list[Edge]) -> Given:
        variables: dict[str, tuple[str, ...]] = {}
        known: dict[str, tuple[Any, ...]] = {}
        schemas: dict[str, Schema | None] = dict(facts.inputs)
        for edge in edges:
            wire, port = (edge.source, edge.source_port), edge.target_port
            if wire in self.variables:
                variables[port] = (*variables.get(port, ()), self.variables[wire])
            if wire in self.known:
                known[port] = (*known.get(port, ()), self.known[wire])
            schemas[port] = self._made(*wire) or schemas.get(port)
        outputs = {p.name: self._made(node.id, p.name) for p in card.outputs()}
        outputs = {name: made or facts.schemas.get(name) for name, made in outputs.items()}
        return Given(
            title=facts.title,
            variables=variables,
            schemas=schemas,
            known=known,
            outputs=outputs,
            details=facts.details,
            new=self.names.new,
            wanted=frozenset(edge.source_port for edge in self.pipeline.outputs_of(node.id)),
            titles=facts.titles,
            ran=node.id in self.ran,
        )

    def _made(self, node_id: str, port: str) -> Schema | None:
        schema = self.made.get(node_id, {}).get(port)
        return None if schema is None else _SCHEMA.validate_python(schema)

    def _keep(self, node: Node, card: Card, facts: NodeFacts, script: Script) -> None:
        self.scripts.append(script)
        for port, variable in script.outputs.items():
            self.variables[node.id, port] = variable
        for port, fact in script.facts.items():
            self.known[node.id, port] = fact
        if script.code.strip():
            said = f"{facts.title}: {facts.brief}" if facts.brief else facts.title
            frame = f" (in {self.frames[node.id]})" if node.id in self.frames else ""
            text = comment(said + frame)
            self.parts.append(Part(node=node.id, comment=text, code=script.code.strip("\n")))
        if script.file:
            file = File(
                name=script.file,
                node=node.id,
                entry=facts.entry,
                source=facts.source,
                params=facts.params,
            )
            self.files.append(file)
        self._outcomes(node, card, facts, script)

    def _outcomes(self, node: Node, card: Card, facts: NodeFacts, script: Script) -> None:
        """Give back metrics, and tables that no card takes."""
        taken = {edge.source_port for edge in self.pipeline.outputs_of(node.id)}
        tables = {port.name for port in card.outputs() if port.type.__name__ == "Table"}
        passed = {outcome.variable for outcome in self.outcomes}
        for port in card.outputs():
            told = script.told.get(port.name)
            variable = script.outputs.get(port.name, told)
            kind = port.type.__name__
            wanted = kind == "Metrics" or (kind == "Table" and not taken & tables)
            if variable is None or not wanted or variable in passed:
                continue
            title = facts.title if len(card.outputs()) == 1 else f"{facts.title}: {port.name}"
            label = comment(title)
            if any(outcome.label == label for outcome in self.outcomes):
                label = f"{label} ({node.id})"
            outcome = Outcome(
                label=label,
                node=node.id,
                port=port.name,
                variable=variable,
                metrics=kind == "Metrics",
                compared=told is None,
                timed=script.timed,
            )
            self.outcomes.append(outcome)


def _writes(found: Found) -> bool:
    return callable(getattr(found.card, "script", None))


def _cannot(title: str) -> str:
    return f"{title} cannot be written as Python."


def _composites(pipeline: Pipeline) -> dict[str, str]:
    """Return the title of the composite that a node lies in."""
    return {
        str(member): str(each.get("title") or each.get("text") or "a composite")
        for each in pipeline.annotations
        if isinstance(each, Mapping) and each.get("collapsed")
        for member in each.get("members") or ()
    }
