"""The ways of rows through decision trees, and where they lead when one column is mixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards._explaining.asked import Method

if TYPE_CHECKING:
    import numpy as np

ROOM = 8_000_000
"""Sums of rows × columns × classes that are held at a time."""


@dataclass(frozen=True)
class _Way:
    """Which rows ask for which columns in a tree, in the order of the columns."""

    columns: np.ndarray
    rows: np.ndarray
    nodes: np.ndarray
    """Where the row asks for the column first."""
    ends: np.ndarray
    """Where each row of all ends with every column as it is."""


class Walks:
    """Where the rows go in the trees of a fitted decision tree or random forest.

    A value that no question on a row's way asks for changes nothing for that row; so only rows
    walk again whose way asks for the column, and only from there on.
    """

    def __init__(self, model: Any, x: np.ndarray, of: Sequence[int]) -> None:
        """Walk with every column as it is.

        Args:
            model: a decision tree or random forest of scikit-learn.
            x: rows × terms, as the model takes them.
            of: the place of the column that each term is made of.
        """
        import numpy as np

        self._model, self._of = model, np.asarray(of)
        self._x = np.asfortranarray(x, dtype=np.float32)
        self._trees = [each.tree_ for each in getattr(model, "estimators_", [model])]
        self._ways = [self._way(tree) for tree in self._trees]

    def told(self, method: Method, orders: list[np.ndarray]) -> Iterator[tuple[int, int, Any]]:
        """Tell the answers for each column that some question asks for, and each repeat."""
        import numpy as np

        rows, outputs = len(self._x), self._values(self._trees[0]).shape[1]
        columns = np.unique(np.concatenate([way.columns for way in self._ways]))
        wide = max(1, ROOM // (rows * outputs))
        for start in range(0, len(columns), wide):
            block = columns[start : start + wide]
            for repeat, places in enumerate(orders):
                sums = self._sums(block, places)
                for at, column in enumerate(block):
                    yield int(column), repeat, self._answer(method, sums[at])

    def _sums(self, columns: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Add the answers of the trees up with these columns mixed: columns × rows × outputs."""
        import numpy as np

        rows = len(self._x)
        outputs = self._values(self._trees[0]).shape[1]
        sums = np.zeros((len(columns), rows, outputs))
        for tree, way in zip(self._trees, self._ways, strict=True):
            values = self._values(tree)
            part = slice(*np.searchsorted(way.columns, (columns[0], columns[-1] + 1)))
            at = np.searchsorted(columns, way.columns[part]), way.rows[part]
            moved = sums[at] + values[self._ends(tree, way, part, places)]
            sums += values[way.ends]
            sums[at] = moved  # in the order of scikit-learn, to the last digit
        return sums

    def _answer(self, method: Method, sums: np.ndarray) -> np.ndarray:
        shares: np.ndarray = sums / len(self._trees)
        if not hasattr(self._model, "classes_"):
            return shares[:, 0]
        if method == "predict_proba":
            return shares
        labels: np.ndarray = self._model.classes_[shares.argmax(axis=1)]
        return labels

    def _values(self, tree: Any) -> np.ndarray:
        """Return what each node says: nodes × outputs."""
        found: np.ndarray = tree.value[:, 0, :]
        return found

    def _way(self, tree: Any) -> _Way:
        """Find where each row asks for a column first."""
        import numpy as np

        path = tree.decision_path(np.ascontiguousarray(self._x)).tocsr()
        path.sort_indices()  # a question has a smaller number than those below it
        rows = np.repeat(np.arange(len(self._x)), np.diff(path.indptr))
        inner = tree.children_left[path.indices] >= 0
        rows, nodes = rows[inner], path.indices[inner]
        columns = self._of[tree.feature[nodes]]
        _, first = np.unique(columns * len(self._x) + rows, return_index=True)
        ends = path.indices[path.indptr[1:] - 1]
        return _Way(columns[first], rows[first], nodes[first], ends)

    def _ends(self, tree: Any, way: _Way, part: slice, places: np.ndarray) -> np.ndarray:
        """Walk on with a column mixed, each row from where it asks for it."""
        import numpy as np

        rows, columns, nodes = way.rows[part], way.columns[part], way.nodes[part].copy()
        going = np.arange(len(nodes))
        while len(going):
            here, row = nodes[going], rows[going]
            term = tree.feature[here]
            row = np.where(self._of[term] == columns[going], places[row], row)
            left = self._x[row, term] <= tree.threshold[here]
            here = np.where(left, tree.children_left[here], tree.children_right[here])
            nodes[going] = here
            going = going[tree.children_left[here] >= 0]
        return nodes
