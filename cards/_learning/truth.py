"""What is really so of rows that a model is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._learning.rows import labels, numbers
from tensorrag import InputError, Model, Table

if TYPE_CHECKING:
    import numpy as np

_WORDS = {"O": "text", "U": "text", "b": "yes or no", "i": "whole numbers"}


def truth(table: Table, model: Model, port: str) -> np.ndarray:
    """Return the target of each row: float64, or its class. One per row.

    Args:
        table: has the target.
        model: was trained to predict it.
        port: the input that the table arrived on, for messages.

    Raises:
        InputError: a row has no target, or the target is of another kind than in the train rows.
    """
    if model.task == "regression":
        return numbers(table, model.target)
    found = labels(table, model.target)
    _refuse_other_kind(found, model, port)
    return found


def _refuse_other_kind(found: np.ndarray, model: Model, port: str) -> None:
    """Codes such as 01 are text in one file and numbers in another, and are never equal."""
    import numpy as np

    known = np.array(list(model.classes or ()))
    here, there = (_WORDS.get(each.dtype.kind, "numbers") for each in (found, known))
    if here != there:
        raise InputError(
            f"The target {model.target} is {here} here and was {there} when the model was trained.",
            port=port,
            hint=f"Give {model.target} the same kind in both tables, with Change Kinds.",
        )
