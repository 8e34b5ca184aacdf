"""What is really so of rows that a model is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cards._learning.rows import as_written, labels, numbers
from tensorrag import InputError, Table
from tensorrag.quoting import named
from tensorrag.types.schema import Label

if TYPE_CHECKING:
    import numpy as np

_WORDS = {"O": "text", "U": "text", "b": "yes or no", "i": "whole numbers"}


def truth(table: Table, target: str, classes: Sequence[Label] | None, port: str) -> np.ndarray:
    """Return the target of each row: float64, or its class. One per row.

    Args:
        table: has the target.
        target: the column that a model predicts.
        classes: what the model tells apart; None where it predicts numbers.
        port: the input that the table arrived on, for messages.

    Raises:
        InputError: a row has no target, or the target is of another kind than in the train rows.
    """
    if classes is None:
        return numbers(table, target)
    found = labels(table, target, written=are_written(classes))
    _refuse_other_kind(found, target, classes, port)
    return found


def are_written(classes: Sequence[Label]) -> bool:
    """Tell whether classes are decimals as `labels` writes them, such as 0.5 and 1."""
    try:
        numbers = [float(each) for each in classes if isinstance(each, str)]
    except ValueError:
        return False
    fractions = any(not each.is_integer() for each in numbers)
    return fractions and [as_written(each) for each in numbers] == list(classes)


def _refuse_other_kind(found: np.ndarray, target: str, classes: Sequence[Label], port: str) -> None:
    """Codes such as 01 are text in one file and numbers in another, and are never equal."""
    import numpy as np

    known = np.array(list(classes))
    here, there = (_WORDS.get(each.dtype.kind, "numbers") for each in (found, known))
    if here != there:
        raise InputError(
            f"The target {named(target)} is {here} here and was {there} when the model was "
            "trained.",
            port=port,
            hint=f"Give {named(target)} the same kind in both tables, with Change Kinds.",
        )
