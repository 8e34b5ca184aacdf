"""How a card declares a parameter: what the form shows of it, and what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pydantic

Column = Annotated[str, pydantic.Field(json_schema_extra={"format": "column"})]
"""The name of a column; say with ``Field(columns_of="dataset")`` of which input."""


def Field(
    default: Any = ...,
    *,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    label: str | None = None,
    unit: str | None = None,
    step: float | None = None,
    recommended: tuple[float, float] | None = None,
    when: Mapping[str, Any] | None = None,
    columns_of: str | None = None,
    condition_of: str | None = None,
    formula_of: str | None = None,
    detail: str | None = None,
    choices_of: str | None = None,
    hyperparameters_of: str | None = None,
) -> Any:
    """Declare a parameter. Bounds become the form's limits; the field's docstring its tooltip.

    Args:
        default: value of a new card; without one the parameter must be set.
        gt: the value must be greater.
        ge: the value must be greater or equal.
        lt: the value must be less.
        le: the value must be less or equal.
        min_length: shortest text or list.
        max_length: longest text or list.
        label: what the form calls it; from the name where it is not given.
        unit: shown behind the number.
        step: how far one click changes it.
        recommended: a range that usually works.
        when: shown, checked and used only while other parameters have these values:
            ``when={"model_type": "ridge"}``, or a list of values.
        columns_of: the input whose columns this picks from.
        condition_of: the input whose rows this tells apart, a text as in Filter Rows.
        formula_of: the input whose columns this computes with, a text as in Derive Column.
        detail: the detail of the card's Peek that is shown with this. A choice overrides it, and
            is offered only where the source has such a detail.
        choices_of: what lists the values that this picks from: a detail of the card's Peek, or
            of its ``offers``.
        hyperparameters_of: the input whose model's hyperparameters this picks from.
    """
    extra: dict[str, Any] = {
        "x-unit": unit,
        "x-step": step,
        "x-recommended": list(recommended) if recommended else None,
        "x-when": dict(when) if when else None,
        "x-columns-of": columns_of,
        "x-condition-of": condition_of,
        "x-formula-of": formula_of,
        "x-detail": detail,
        "x-choices-of": choices_of,
        "x-hyperparameters-of": hyperparameters_of,
    }
    bounds = {"gt": gt, "ge": ge, "lt": lt, "le": le}
    lengths: dict[str, float | None] = {"min_length": min_length, "max_length": max_length}
    chosen: dict[str, Any] = {
        name: value for name, value in (bounds | lengths).items() if value is not None
    }
    return pydantic.Field(
        default,
        title=label,
        json_schema_extra={name: value for name, value in extra.items() if value is not None},
        **chosen,
    )
