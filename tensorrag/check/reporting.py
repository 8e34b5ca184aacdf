"""Makes Problems of what a card says is wrong, and edits of the mends that it offers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tensorrag.check.problems import Fix, Level, Problem
from tensorrag.check.putting import putting_before
from tensorrag.errors import CardError, InputError, ParameterError, TensorRagError
from tensorrag.pipeline import Node, Pipeline
from tensorrag.registry.finding import Registry

MAX_LABEL = 60
"""Longest text of a button that a card offers, in characters."""


class Reporter:
    """Gathers the Problems of a pipeline."""

    def __init__(self, pipeline: Pipeline, registry: Registry) -> None:
        self.problems: list[Problem] = []
        self._pipeline = pipeline
        self._registry = registry

    def broken(self, node: Node, what: str, error: BaseException) -> None:
        """Blame the card, so that one that is wrong in any way leaves the others checked."""
        hint = "Mend the card, or remove it."
        said = str(error).strip().partition("\n")[0]
        kind = "" if isinstance(error, CardError) and said else type(error).__name__
        message = f"{what}: {': '.join(part for part in (kind, said[:300]) if part)}"
        self.report(node, "card_broken", CardError(message, hint=hint))

    def report(self, node: Node, code: str, error: TensorRagError, level: Level = "error") -> None:
        """Take down what is wrong with a node, or odd."""
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
            label, port, card, params = error.before
            put = putting_before(self._pipeline, self._registry.found, node.id, port, card, params)
            if put:
                return Fix(label=label, ops=tuple(put))
        if isinstance(error, ParameterError) and error.field is not None and error.fix is not None:
            return _setting(node.id, error.fix, error.field, error.also)
        if isinstance(error, InputError) and error.fix is not None:
            before = self._before(node, error.port)
            if before is not None and self._takes(before, error.fix[1]):
                return _setting(before.id, error.fix)
        return None

    def _before(self, node: Node, port: str | None) -> Node | None:
        """Return the only card that is wired to a port."""
        wires = [e for e in self._pipeline.inputs_of(node.id) if e.target_port == port]
        return self._pipeline.nodes.get(wires[0].source) if len(wires) == 1 else None

    def _takes(self, node: Node, params: Mapping[str, Any]) -> bool:
        found = self._registry.found.get(node.card)
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
