"""Warns of a model that is measured on rows which it has learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tensorrag.catalog import CardInfo, PortInfo
from tensorrag.check.facts import NodeFacts
from tensorrag.check.origins import Origins, Shared, inputs_of, parts, shared
from tensorrag.check.problems import Fix, Problem
from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.types.schema import TableSchema

_SAYS: Mapping[Shared, str] = {
    "same": "These rows are ones that the model has learnt from",
    "some": "Some of these rows are ones that the model has learnt from",
    "perhaps": "Some of these rows may be ones that the model has learnt from: two cards dealt "
    "out the same table",
}
_BELOW = 150
"""Pixels between a card and the one that is put below it."""


def leakage_problems(
    pipeline: Pipeline, infos: Mapping[str, CardInfo], facts: Mapping[str, NodeFacts]
) -> Iterator[Problem]:
    """List the inputs at which a model sees rows again that it should never have seen.

    Args:
        pipeline: the whole of it.
        infos: every card that is here, by id.
        facts: what is known of each node.
    """
    lint = _Lint(pipeline, infos, facts)
    for node in pipeline.nodes.values():
        info = infos.get(node.card)
        if info is not None and node.enabled:
            yield from lint.look_at(node, info)


class _Lint:
    def __init__(
        self, pipeline: Pipeline, infos: Mapping[str, CardInfo], facts: Mapping[str, NodeFacts]
    ) -> None:
        self._pipeline, self._infos, self._facts = pipeline, infos, facts
        self._origins = Origins(pipeline, infos, facts)

    def look_at(self, node: Node, info: CardInfo) -> Iterator[Problem]:
        tables, models = inputs_of(info, "Table"), inputs_of(info, "Model")
        made = {port.type for port in info.outputs}
        compares = any(port.many for port in models)
        if ("Metrics" in made or compares) and tables and models:
            yield from self._measured(node, tables[0], models[0])
        if "Model" in made and tables and not compares:
            for watched in tables[1:]:
                yield from self._watched(node, tables[0], watched)

    def _measured(self, node: Node, table: PortInfo, model: PortInfo) -> Iterator[Problem]:
        seen = self._origins.arriving(node.id, table.name)
        wires = self._origins.edges(node.id, model.name)
        found = {wire: how for wire in wires if (how := shared(self._origins.along(wire), seen))}
        if found:
            first, how = next(iter(found.items()))
            said = _SAYS[how]
            if len(found) < len(wires):
                said = said.replace("the model", self._facts[first.source].title)
            yield Problem(
                code="rows_seen",
                level="warning",
                node=node.id,
                port=table.name,
                message=f"{said}, so the metrics are too good.",
                hint="Measure on the test rows of the split whose train rows it learns from.",
                fix=self._mend(node, table, model),
            )
        else:
            yield from self._chosen(node, table, model)

    def _chosen(self, node: Node, table: PortInfo, model: PortInfo) -> Iterator[Problem]:
        """Warn of rows by which the model, or its settings, were chosen."""
        seen = self._origins.arriving(node.id, table.name)
        for card, ways in self._origins.chose(node.id, model.name).items():
            if shared(ways, seen):
                yield Problem(
                    code="rows_chose",
                    level="warning",
                    node=node.id,
                    port=table.name,
                    message=f"{self._facts[card].title} chose the model by these rows, so the "
                    "metrics are a little too good.",
                    hint="Measure on test rows that chose nothing, and choose by validation rows.",
                    fix=self._apart(node, table, model, card),
                )
                return

    def _apart(self, node: Node, table: PortInfo, model: PortInfo, chose: str) -> Fix | None:
        """Offer the test rows to measure on; where these chose, to choose without them."""
        wires = self._origins.edges(node.id, table.name)
        if model.many or len(wires) != 1:
            return None
        info = self._infos[self._pipeline.nodes[chose].card]
        rows = [port for port in inputs_of(info, "Table") if port.optional]
        at = wires[0]
        if not _is_test(self._facts[at.source].schemas.get(at.source_port)):
            return self._other_part(node, at, model)
        cut = [edge for port in rows for edge in self._origins.edges(chose, port.name)]
        label = f"Have {self._facts[chose].title} choose on folds of the train rows"
        ops = tuple({"op": "disconnect", "id": edge.id} for edge in cut)
        return Fix(label=label, ops=ops) if cut else None

    def _mend(self, node: Node, table: PortInfo, model: PortInfo) -> Fix | None:
        """Offer other rows to measure on, where one table goes there."""
        wires = self._origins.edges(node.id, table.name)
        if len(wires) != 1:
            return None
        mended = self._switch_on(wires[0]) or self._other_part(node, wires[0], model)
        return mended if mended or model.many else self._split(wires[0], model)

    def _watched(self, node: Node, train: PortInfo, watched: PortInfo) -> Iterator[Problem]:
        ways = self._origins.arriving(node.id, watched.name)
        how = shared(self._origins.arriving(node.id, train.name), ways)
        if how is not None:
            yield Problem(
                code="rows_seen",
                level="warning",
                node=node.id,
                port=watched.name,
                message=f"{_SAYS[how]}, so they tell nothing about new ones.",
                hint="Connect the validation rows of the split that the train rows come from.",
            )

    def _switch_on(self, seen: Edge) -> Fix | None:
        """Offer the split that is there, and bypassed."""
        node = self._pipeline.nodes[seen.source]
        info = self._infos.get(node.card)
        if node.enabled or info is None or not _splits(info):
            return None
        on = {"op": "set_node", "node": node.id, "enabled": True}
        return Fix(label=f"Bypass {node.title or info.title} no longer", ops=(on,))

    def _other_part(self, node: Node, wire: Edge, model: PortInfo) -> Fix | None:
        """Offer the test rows of the split that the model's rows come from, where they fit."""
        for part in parts(self._origins.arriving(node.id, model.name)):
            for port, schema in self._facts[part.node].schemas.items():
                if _is_test(schema) and self._has_features(schema, node, model):
                    ends = {"source": part.node, "source_port": port}
                    ends |= {"target": node.id, "target_port": wire.target_port}
                    ops = ({"op": "disconnect", "id": wire.id}, {"op": "connect", **ends})
                    return Fix(label="Measure on the test rows", ops=ops)
        return None

    def _has_features(self, schema: object, node: Node, model: PortInfo) -> bool:
        """Whether a table has the columns of the model; not where cards in between make some."""
        features = getattr(self._facts[node.id].inputs.get(model.name), "features", None) or ()
        names = schema.names if isinstance(schema, TableSchema) else None
        return names is not None and set(features) <= set(names)

    def _split(self, seen: Edge, model: PortInfo) -> Fix | None:
        """Offer a split where one table goes to both cards as it is."""
        learner = next((e.source for e in self._origins.edges(seen.target, model.name)), "")
        learnt = next(
            (
                edge
                for edge in self._pipeline.inputs_of(learner)
                if (edge.source, edge.source_port) == (seen.source, seen.source_port)
            ),
            None,
        )
        splits = (each for each in self._infos.values() if _splits(each))
        split = next(splits, None)
        if learnt is None or split is None:
            return None
        at = self._pipeline.nodes[seen.source].position
        wires = [
            {"source": seen.source, "source_port": seen.source_port}
            | {"target_port": split.inputs[0].name},
            {"source_port": "train_dataset"}
            | {"target": learnt.target, "target_port": learnt.target_port},
            {"source_port": "test_dataset"}
            | {"target": seen.target, "target_port": seen.target_port},
        ]
        added = {"op": "add", "card": split.card, "x": at.x, "y": at.y + _BELOW, "connect": wires}
        cut = tuple({"op": "disconnect", "id": edge.id} for edge in (seen, learnt))
        return Fix(label=f"Put a {split.title} in between", ops=(*cut, added))


def _is_test(schema: object) -> bool:
    return isinstance(schema, TableSchema) and schema.provenance.part == "test"


def _splits(info: CardInfo) -> bool:
    outputs = {port.name for port in info.outputs if port.type == "Table"}
    return len(info.inputs) == 1 and {"train_dataset", "test_dataset"} <= outputs
