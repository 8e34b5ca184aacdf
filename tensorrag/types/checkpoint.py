"""How far a card is, so that it can go on from there: numbers, and nothing but numbers."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tensorrag.errors import CardError
from tensorrag.plain import JsonObject
from tensorrag.types.schema import Schema
from tensorrag.types.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Mapping[str, "NDArray[Any]"]

FILE = "arrays.npz"

_GIVE = "Keep NumPy arrays of numbers or text, each under a name that can be printed."


class Checkpoint(Value):
    """Arrays by name. It travels along no edge; the store keeps it while its card is not done."""

    label: ClassVar[str] = "Checkpoint"
    unpickles: ClassVar[bool] = True
    """Reading it runs no code. It is signed as a model is all the same: what a training goes on
    from is what this workspace kept."""

    def __init__(self, arrays: Arrays, of: str = "") -> None:
        """Hold arrays of one card.

        Args:
            arrays: by name.
            of: the cache key of the card: two that keep the very same numbers share no file, so
                that each goes when its own card is done.

        Raises:
            CardError: these are no arrays by name.
        """
        self.arrays, self._of = _named(arrays), of

    @property
    def schema(self) -> Schema:
        """Nothing is told of it."""
        return Schema(type="Checkpoint")

    def save(self, folder: Path) -> JsonObject:
        """Write all arrays into one file, as ``numpy.savez`` does, which takes not every name."""
        from numpy.lib.format import write_array

        with zipfile.ZipFile(folder / FILE, "w") as archive:
            archive.comment = self._of.encode()
            for name, array in self.arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    write_array(file, array, allow_pickle=False)
        return {}

    @classmethod
    def load_bytes(cls, contents: Mapping[str, bytes], meta: JsonObject) -> Self:
        """Read the arrays back from their very bytes."""
        import numpy as np

        with np.load(BytesIO(contents[FILE]), allow_pickle=False) as arrays:
            return cls(dict(arrays))


def _named(arrays: Any) -> dict[str, NDArray[Any]]:
    import numpy as np

    if not isinstance(arrays, Mapping):
        raise CardError(f"It is no arrays by name, but {type(arrays).__name__}.", hint=_GIVE)
    named = {name: np.asanyarray(array) for name, array in arrays.items()}
    for name, array in named.items():
        if not isinstance(name, str) or not name.isprintable():
            raise CardError(f"An array cannot be called {ascii(name)[:80]}.", hint=_GIVE)
        if array.dtype.hasobject:
            raise CardError(f"The array {name} holds objects, not numbers.", hint=_GIVE)
    return named
