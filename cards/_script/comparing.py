"""Writes how trained models are measured on the same rows, and which of them goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cards._comparing.called import names
from cards._script.columns import Trained
from cards._script.measuring import measure_of
from tensorrag.script import Given, Script, literal
from tensorrag.types import METRICS
from tensorrag.types.metrics import MAIN

if TYPE_CHECKING:
    from cards.compare_models import CompareModels

NOTE = (
    "Compare Models: the script ranks by the metrics; intervals, times, costs "
    "and sizes are of the card."
)


def compare(card: CompareModels, given: Given) -> Script:
    """Measure all of them, rank them, and take the best one or the one that was chosen."""
    models: tuple[Trained, ...] = given.facts("models")
    table, task = given.variable("test_dataset"), models[0].task
    metric = MAIN[task][0] if card.metric == "auto" else card.metric
    measure, function, imports = measure_of(task)
    known, ranking = given.new("models"), given.new("ranking")
    called = names(given.titles.get("models", ()), [each.kind for each in models])
    could = models if not card.choice else (models[called.index(card.choice)],)
    best = _in_common(could, given)
    lines = "".join(
        f"    {literal(name)}: ({each.model}, {each.dummy}, {each.features}),\n"
        for name, each in zip(called, models, strict=True)
    )
    floats = all(each.as_floats for each in models)
    x = replace(best, features="columns", as_floats=floats).rows(table)
    more = f", {literal(best.positive)}" if task == "binary" else ""
    falling = METRICS[metric].higher_is_better
    chosen = literal(card.choice) if card.choice else f"{ranking}.index[0]"
    code = (
        f"{known} = {{\n{lines}}}\n"
        f"{ranking} = pd.DataFrame({{\n"
        f"    name: {measure}(model, {x}, {best.truth(table)}{more})\n"
        f"    for name, (model, _, columns) in {known}.items()\n"
        f'}}).T.sort_values({literal(metric)}, ascending={not falling}, kind="stable")\n'
        f"{best.model}, {best.dummy}, {best.features} = {known}[{chosen}]"
    )
    return Script(
        code,
        {"best_model": best.model},
        imports,
        (function,),
        {"best_model": best},
        notes=(NOTE,),
        told={"ranking": ranking},
    )


def _in_common(models: tuple[Trained, ...], given: Given) -> Trained:
    """Say of the one that goes on what holds of whichever it is."""
    first = models[0]
    tells = {each.tells_shares for each in models}
    return replace(
        first,
        model=given.new("best"),
        dummy=given.new("dummy"),
        features=given.new("features"),
        kind=first.kind if all(each.kind == first.kind for each in models) else "",
        as_floats=all(each.as_floats for each in models),
        tells_shares=first.tells_shares if len(tells) == 1 else None,
    )
