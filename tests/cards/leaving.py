"""What tests of scripts share: a pipeline is run here, written, and tried where no TensorRag is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorrag.check import peek_key
from tensorrag.leaving import Written
from tensorrag.leaving.as_python import python
from tensorrag.leaving.comparing import Verdict, compare
from tensorrag.leaving.composing import compose
from tensorrag.leaving.verifying import tried
from tensorrag.peek import Peek
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.plain import JsonObject
from tensorrag.registry.finding import Registry
from tensorrag.script import Reads
from tensorrag.task import Task
from tensorrag.types import Table, Value

REGISTRY = Registry.load()
Values = dict[tuple[str, str], Value]


def wired(*nodes: Node, wires: str) -> Pipeline:
    """Make a pipeline of ``load.dataset > split.dataset`` and so on, separated by commas."""
    edges = []
    for wire in filter(None, wires.split(",")):
        source, target = (end.strip().split(".") for end in wire.split(">"))
        edges.append(Edge(source[0], source[1], target[0], target[1]))
    return Pipeline(name="Tried", nodes={node.id: node for node in nodes}, edges=tuple(edges))


def ran(pipeline: Pipeline) -> Values:
    """Run the cards of a pipeline here."""
    values: Values = {}
    for node_id in pipeline.order():
        node = pipeline.nodes[node_id]
        card = REGISTRY.get(node.card).card(**node.params)
        arguments: list[Any] = []
        for port in card.inputs():
            wires = [e for e in pipeline.inputs_of(node_id) if e.target_port == port.name]
            found = [values[e.source, e.source_port] for e in wires]
            arguments += found if port.many else [found[0] if found else None]
        made = card.run(*arguments)  # type: ignore[attr-defined]
        for port, value in zip(card.outputs(), made, strict=True):
            values[node_id, port.name] = value
    return values


def outputs(values: Values) -> dict[str, dict[str, JsonObject]]:
    """Return what a run stores of values."""
    found: dict[str, dict[str, JsonObject]] = {}
    for (node, port), value in values.items():
        schema = value.schema.model_dump(mode="json")
        found.setdefault(node, {})[port] = {"schema": schema, "value": value.to_json()}
    return found


def written(pipeline: Pipeline, values: Values) -> Written:
    """Have a pipeline written after it ran."""
    made = {
        node: {port: output["schema"] for port, output in ports.items()}
        for node, ports in outputs(values).items()
    }
    return compose(pipeline, REGISTRY, dict(_peeks(pipeline)), made)


def _peeks(pipeline: Pipeline) -> Iterator[tuple[str, Peek]]:
    for node in pipeline.nodes.values():
        found = REGISTRY.get(node.card)
        card = found.card(**node.params)
        if hasattr(card, "peek"):
            yield peek_key(found, card), card.peek()


def verified(pipeline: Pipeline) -> tuple[Verdict, str]:
    """Run a pipeline and try its script in a clean process; return the verdict and the script."""
    values = ran(pipeline)
    script = written(pipeline, values)
    script.insist()
    text = python(script)
    return judged(pipeline, values, script, text), text


def judged(pipeline: Pipeline, values: Values, script: Written, text: str) -> Verdict:
    """Try a text in a clean process, and hold it against what the cards made."""
    wanted = ((outcome.label, values[outcome.node, outcome.port]) for outcome in script.outcomes)
    made = {label: value for label, value in wanted if isinstance(value, Table)}
    task = Task(kind="verify", params={"script": text})
    answer = tried(task, files_of(pipeline, script), made)
    network = "import torch" in script.imports
    return compare(script.outcomes, outputs(values), answer, digest=script.digest, network=network)


def files_of(pipeline: Pipeline, script: Written) -> dict[str, Any]:
    """Return what opens the files that a script reads."""
    openers = {}
    for file in script.files:
        card = REGISTRY.get(pipeline.nodes[file.node].card).card(**file.params)
        assert isinstance(card, Reads)
        openers[file.name] = card.script_file
    return openers
