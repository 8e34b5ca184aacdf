"""Warns of features that give the answer away, or that only name the row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tensorrag.catalog import CardInfo
from tensorrag.check.facts import NodeFacts
from tensorrag.check.problems import Fix, Level, Problem
from tensorrag.pipeline import Pipeline
from tensorrag.quoting import named
from tensorrag.types.schema import NUMERIC, TableSchema
from tensorrag.types.seen import EXACT, MANY, Seen

TARGET, FEATURES = "target_column", "feature_columns"
"""What the settings are called by which a card learns one column from others."""
ENOUGH = 50
"""Rows from which on whole numbers without one twice are no chance."""
NAMED = 3


def feature_problems(
    pipeline: Pipeline, infos: Mapping[str, CardInfo], facts: Mapping[str, NodeFacts]
) -> Iterator[Problem]:
    """List the features that a model should not learn from, as far as somebody saw the rows.

    Args:
        pipeline: the whole of it.
        infos: every card that is here, by id.
        facts: what is known of each node.
    """
    for node in pipeline.nodes.values():
        info = infos.get(node.card)
        learning = _learning(info, facts[node.id]) if info is not None and node.enabled else None
        if learning is not None:
            yield from learning.problems(node.id)


@dataclass(frozen=True)
class _Learning:
    """What a card learns, from what."""

    target: str
    features: tuple[str, ...]
    table: TableSchema
    seen: Seen

    def problems(self, node: str) -> Iterator[Problem]:
        """Say of a feature the worst that there is to say, and nothing else."""
        told = [name for name in self.seen.copies_of(self.target) if name in self.features]
        rounded = [name for name in self._rounded() if name not in told]
        many = [name for name in self._categories() if name not in told]
        numbering = [name for name in self._names() if name not in (*told, *rounded)]
        target = named(self.target)
        if told:
            tell, are = ("tells", "it is") if len(told) == 1 else ("tell", "they are")
            yield self._problem(
                node, "target_told", "warning", told,
                f"{tell} {target} exactly in every row: the model would know the answer.",
                f", unless {are} known before {target} is.",
            )  # fmt: skip
        if rounded:
            yield self._problem(
                node, "feature_rounded", "warning", rounded,
                f"{'holds' if len(rounded) == 1 else 'hold'} whole numbers beyond {EXACT:,}: a "
                "model learns from them as rounded numbers, so that neighbours become one and the "
                "same.",
                ": an id tells a model nothing. What is a category can be text, with Change Kinds.",
            )  # fmt: skip
        if many:
            yield self._problem(
                node, "feature_many_values", "warning", many,
                f"{'has' if len(many) == 1 else 'have'} more than {MANY} different values, as far "
                "as was seen: no category with so many becomes columns, and a run stops there.",
                ", or group its values first.",
            )  # fmt: skip
        if numbering:
            differ, number = (
                ("differs", "it numbers") if len(numbering) == 1 else ("differ", "they number")
            )
            yield self._problem(
                node, "feature_names_row", "info", numbering,
                f"{differ} in every row: if {number} the rows, nothing can be learnt from that.",
                ", unless something is measured by that.",
            )  # fmt: skip

    def _problem(
        self, node: str, code: str, level: Level, odd: list[str], what: str, unless: str
    ) -> Problem:
        """Say what some features do, and have a click take them out."""
        return Problem(
            code=code,
            level=level,
            node=node,
            field=FEATURES,
            message=f"{_listed(odd)} {what}",
            hint=f"Take {'it' if len(odd) == 1 else 'them'} out of the features{unless}",
            fix=self._without(node, odd),
        )

    def _rounded(self) -> list[str]:
        """Name the whole numbers that are too large for a model to tell from their neighbours."""
        numbers = {each.name for each in self.table.columns or () if each.kind in NUMERIC}
        return [name for name in self.seen.beyond if name in self.features and name in numbers]

    def _categories(self) -> list[str]:
        """Name the categories that have too many values to become columns."""
        kinds = {each.name: each.kind for each in self.table.columns or ()}
        named = (name for name in self.seen.many if name in self.features)
        return [name for name in named if kinds.get(name) == "category"]

    def _names(self) -> list[str]:
        """Name the whole numbers that no two rows have in common."""
        kinds = {column.name: column.kind for column in self.table.columns or ()}
        unlike = [n for n in self.seen.unlike if n in self.features and kinds.get(n) == "integer"]
        return unlike if (self.table.rows or 0) >= ENOUGH else []

    def _without(self, node: str, odd: Collection[str]) -> Fix | None:
        left = [name for name in self.features if name not in odd]
        if not left:
            return None
        words = f"Take {named(next(iter(odd))) if len(odd) == 1 else 'them'} out of the features"
        op = {"op": "set_params", "node": node, "params": {FEATURES: left}}
        return Fix(label=words, ops=(op,))


def _learning(info: CardInfo, known: NodeFacts) -> _Learning | None:
    fields = info.params["properties"]
    port = fields.get(FEATURES, {}).get("x-columns-of")
    target = known.params.get(TARGET)
    table = known.inputs.get(port) if port is not None else None
    if not isinstance(table, TableSchema) or table.seen is None or not target:
        return None
    others = tuple(name for name in table.names or () if name != target)
    features = tuple(known.params.get(FEATURES) or others)
    return _Learning(target, features, table, table.seen)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(named(name) for name in names[:NAMED]) + more
