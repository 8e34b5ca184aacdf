"""Writes columns of what was some rows ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._script.shared import call, columns_of, keywords, of
from tensorrag.script import Given, Script, literal

if TYPE_CHECKING:
    from cards.lag_features import LagFeatures


def lags(card: LagFeatures, given: Given) -> Script:
    """Sort by time, and shift each column by rows, group by group."""
    table, ordered, new = given.variable("dataset"), given.new("ordered"), given.new("with_lags")
    kinds = {column.name: column.kind for column in columns_of(given)}
    sort = call(f"{table}.sort_values", [literal(card.time_column), 'kind="stable"'])
    group = card.group_column
    code, pairs = f"{ordered} = {sort}\n", []
    for name in card.columns:
        column = of(ordered, name)
        if kinds[name] == "binary":  # shifted, flags would be objects
            column += ".astype(float)"
        past = f"{column}.groupby({of(ordered, group)}, dropna=False)" if group else column
        pairs += [(f"{name}_lag_{lag}", f"{past}.shift({lag})") for lag in dict.fromkeys(card.lags)]
        for mean in dict.fromkeys(card.means):
            rolled = f"shift({card.horizon}).rolling({mean}).mean()"
            made = f"{past}.transform(lambda past: past.{rolled})" if group else f"{past}.{rolled}"
            pairs.append((f"{name}_mean_{mean}", made))
    code += f"{new} = {ordered}.assign({keywords(pairs)})"
    if not card.keep:
        deepest = card.deepest()
        place = f"{ordered}.groupby({literal(group)}, dropna=False).cumcount()"
        code += f"\n{new} = {new}[{place} >= {deepest}]" if group else f".iloc[{deepest}:]"
    return Script(code, {"dataset": new})
