"""About how many rows a model is asked: fewer, where it has very many columns."""

from __future__ import annotations

QUICK = frozenset(
    {"linear", "ridge", "lasso", "elastic_net", "logistic", "decision_tree", "random_forest"}
)
"""Models whose answers with one column mixed can be told without asking them anew."""
MOST = 10**10
"""Values that other models are given in all, columns × rows for every column and repeat."""
FEWEST = 200


def rows_asked(kind: str | None, columns: int, repeats: int, most: int) -> int:
    """Tell how many rows are drawn at most.

    Args:
        kind: of the model, as Model Define names it; None where it is not known.
        columns: that the model takes.
        repeats: how often each is mixed.
        most: rows that were allowed.
    """
    if kind in QUICK or not columns:
        return most
    return min(most, max(FEWEST, MOST // (columns**2 * repeats)))
