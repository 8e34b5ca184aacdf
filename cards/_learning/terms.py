"""The columns that a fitted scikit-learn model sees, in the names of the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def terms(steps: Any, features: Sequence[str]) -> list[str]:
    """Name what preparing makes of the features, in its order: ``city = Bonn``.

    Args:
        steps: the steps of a fitted pipeline before its model.
        features: the columns that it takes.
    """
    names = list(features)
    for _, step in getattr(steps, "steps", ()):
        if hasattr(step, "transformers_"):
            names = [term for _, term in _encoded(step)]
        elif hasattr(step, "powers_"):
            names = [_product(powers, names) for powers in step.powers_]
    return names


def never(steps: Any, features: Sequence[str]) -> list[bool]:
    """Tell of each term whether it is 0 in every row: a product of two values of one category."""
    of: list[str | None] = [None] * len(features)
    found = [False] * len(features)
    for _, step in getattr(steps, "steps", ()):
        if hasattr(step, "transformers_"):
            of = list(_categories(step))
            found = [False] * len(of)
        elif hasattr(step, "powers_"):
            found = [_excludes_itself(powers, of) for powers in step.powers_]
    return found


def columns_of(steps: Any, features: Sequence[str]) -> list[str] | None:
    """Tell which column each term is made of; None where terms are products of several."""
    found = list(features)
    for _, step in getattr(steps, "steps", ()):
        if hasattr(step, "powers_"):
            return None
        if hasattr(step, "transformers_"):
            found = [column for column, _ in _encoded(step)]
    return found


def scales(steps: Any, features: Sequence[str]) -> list[float] | None:
    """Tell how much of each term is 1 to the model; None where terms are products."""
    found = [1.0] * len(features)
    for _, step in getattr(steps, "steps", ()):
        if hasattr(step, "powers_"):
            return None
        if hasattr(step, "transformers_"):
            found = list(_column_scales(step))
        elif hasattr(step, "scale_") and step.scale_ is not None:
            found = [float(one) for one in step.scale_]
    return found


def _encoded(step: Any) -> Iterator[tuple[str, str]]:
    """Go over columns, and the terms that they become."""
    for _, part, columns in step.transformers_:
        if hasattr(part, "categories_"):
            for column, values in zip(columns, part.categories_, strict=True):
                yield from ((str(column), _of_category(str(column), value)) for value in values)
        elif part != "drop":
            yield from ((str(column), str(column)) for column in columns)


def _categories(step: Any) -> Iterator[str | None]:
    """Yield of each term the category that it is a value of."""
    for _, part, columns in step.transformers_:
        if hasattr(part, "categories_"):
            for column, values in zip(columns, part.categories_, strict=True):
                yield from (str(column) for _ in values)
        elif part != "drop":
            yield from (None for _ in columns)


def _excludes_itself(powers: Any, of: Sequence[str | None]) -> bool:
    categories = [name for name, power in zip(of, powers, strict=True) if power and name]
    return len(set(categories)) < len(categories)


def _of_category(column: str, value: Any) -> str:
    missing = value is None or value != value  # NaN is not itself
    return f"{column} is missing" if missing else f"{column} = {value}"


def _column_scales(step: Any) -> Iterator[float]:
    for _, part, columns in step.transformers_:
        if hasattr(part, "categories_"):
            yield from (1.0 for values in part.categories_ for _ in values)
        elif part != "drop":
            yield from scales(part, columns) or ()


def _product(powers: Any, names: Sequence[str]) -> str:
    """Write a product as one does: ``RM² × LSTAT``."""
    factors = [
        f"{name}{_POWERS.get(int(power), '')}"
        for name, power in zip(names, powers, strict=True)
        if power
    ]
    return " × ".join(factors) or "1"


_POWERS = {2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶"}
