"""How far a card is, so that it can go on from there: numbers, and nothing but numbers."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tensorrag.types.schema import Schema
from tensorrag.types.value import JsonObject, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Mapping[str, "NDArray[Any]"]

FILE = "arrays.npz"


class Checkpoint(Value):
    """Arrays by name. It travels along no edge; the store keeps it while its card is not done."""

    label: ClassVar[str] = "Checkpoint"
    unpickles: ClassVar[bool] = True
    """Reading it runs no code. It is signed as a model is all the same: what a training goes on
    from is what this workspace kept."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = dict(arrays)

    @property
    def schema(self) -> Schema:
        """Nothing is told of it."""
        return Schema(type="Checkpoint")

    def save(self, folder: Path) -> JsonObject:
        """Write all arrays into one file; none may hold objects."""
        import numpy as np

        with (folder / FILE).open("wb") as file:
            np.savez(file, allow_pickle=False, **self.arrays)
        return {}

    @classmethod
    def load(cls, files: Mapping[str, Path], meta: JsonObject) -> Self:
        """Read the arrays back."""
        return cls.load_bytes({name: path.read_bytes() for name, path in files.items()}, meta)

    @classmethod
    def load_bytes(cls, contents: Mapping[str, bytes], meta: JsonObject) -> Self:
        """Read the arrays back from their very bytes."""
        import numpy as np

        with np.load(BytesIO(contents[FILE]), allow_pickle=False) as arrays:
            return cls(dict(arrays))
