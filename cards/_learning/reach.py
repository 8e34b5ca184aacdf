"""Numbers that a network cannot compute with, as it does so in 32 bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tensorrag import InputError
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np


class TooLarge(InputError):
    """A row holds a number that a network makes infinite."""

    def __init__(self, column: str, value: float, row: int, port: str | None = None) -> None:
        """Name the column, its value, and the row, counted from 1."""
        super().__init__(
            f"Column {named(column)} holds {value:g} in row {row:,}, which is too large for this "
            "network: it computes in 32 bits.",
            port=port,
            hint="Mend that value, or train with values of such a size.",
        )
        self._column, self._value, self._row, self._port = column, value, row, port

    def after(self, rows: int) -> TooLarge:
        """Return the same of rows before which there are others."""
        return TooLarge(self._column, self._value, self._row + rows, self._port)


def refuse_too_large(
    made: np.ndarray,
    normalised: np.ndarray,
    own: np.ndarray,
    names: Sequence[str],
    port: str | None = None,
) -> None:
    """Raise TooLarge where what was made of rows in 32 bits is infinite, or no number.

    Args:
        made: of each row, shape (rows, anything).
        normalised: what it was made of, shape (rows, columns).
        own: the same in the columns' own units.
        names: of the columns; the last ones may have none, as the values of categories.
        port: the input that the rows arrived on.
    """
    import numpy as np

    odd = np.flatnonzero(~np.isfinite(made).all(axis=1))
    if len(odd):
        row = int(odd[0])
        column = int(np.abs(normalised[row, : len(names) or None]).argmax())
        name = names[column] if names else f"number {column + 1}"
        raise TooLarge(name, float(own[row, column]), row + 1, port)
