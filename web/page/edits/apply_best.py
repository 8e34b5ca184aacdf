"""The best of a search taken over into the model card that it was of, as one edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensorrag.catalog import Catalog
from tensorrag.edit.edges import title_of
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.quoting import visible
from web.page.form.fields import field_specs
from web.page.markup import Element, b, button, div, span

Outputs = Mapping[str, Any]
"""What a card made, by port, as a run tells it."""


@dataclass(frozen=True)
class Best:
    """What a search found for a card of the pipeline."""

    search: str
    node: str
    title: str
    params: JsonObject
    """Of that card; those that were varied."""
    is_set: bool
    """Whether the card has them already."""

    @property
    def op(self) -> JsonObject:
        """The edit that sets them."""
        return {"op": "set_params", "node": self.node, "params": self.params}

    @property
    def label(self) -> str:
        """What the edit is called."""
        return f"Apply best {', '.join(self.params)}"


def best_of(
    pipeline: Pipeline, catalog: Catalog, search: str, outputs: Outputs | None
) -> Best | None:
    """Return what a search found for the model card that is wired to it.

    None where the card is no search, has found nothing, or the card before it has no such settings.
    """
    node = pipeline.nodes.get(search)
    info = catalog.cards.get(node.card) if node is not None else None
    if node is None or info is None or not outputs:
        return None
    spec = next((s for s in field_specs(info.params) if s.hyperparameters_of), None)
    edges = [
        e for e in pipeline.inputs_of(search) if spec and e.target_port == spec.hyperparameters_of
    ]
    model = pipeline.nodes.get(edges[0].source) if edges else None
    described = catalog.cards.get(model.card) if model is not None else None
    if spec is None or model is None or described is None:
        return None
    fields = {each.name: each.default for each in field_specs(described.params)}
    varied = _names(node.params.get(spec.name))
    params = {n: v for n, v in _values(outputs).items() if n in fields and n in varied}
    is_set = all(model.params.get(name, fields[name]) == value for name, value in params.items())
    title = visible(title_of(model, catalog))
    return Best(search, model.id, title, params, is_set) if params else None


def apply_part(best: Best) -> Element:
    """Offer to take the best over, or say that it is set."""
    offer = button(
        ".btn.o.sml", type="button", data_act="apply_best", data_of=best.search,
        data_testid="apply-best",
    )["Apply best"]  # fmt: skip
    if best.is_set:
        return div(".sec.m2.s12", data_testid="best-is-set")[b[best.title], " is set to the best."]
    return div(".sec.row")[offer, span(".m2.s12.cut")["to ", b[best.title]]]


def _names(chosen: Any) -> set[str]:
    listed = chosen if isinstance(chosen, list | tuple) else []
    return {str(each.get("name") if isinstance(each, Mapping) else each) for each in listed}


def _values(outputs: Outputs) -> JsonObject:
    """Return what the best model is set to, by the names of what can be varied."""
    for made in outputs.values():
        value = made.get("value") if isinstance(made, Mapping) else None
        told = value.get("tunable") if isinstance(value, Mapping) else None
        if isinstance(told, list | tuple):
            return {str(each["name"]): each.get("value") for each in told}
    return {}
