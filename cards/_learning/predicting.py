"""What a trained model says of a table's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cards._learning.reach import TooLarge
from cards._learning.rows import frame, matrix
from tensorrag import InputError, Model, Table, TableSchema
from tensorrag.plain import JsonObject
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np

PART = 250_000
"""Rows that are computed with at a time, where there are more."""


def predict(model: Model, table: Table) -> np.ndarray:
    """Predict the target of each row: float64 in its own units, or a class. One per row.

    Raises:
        InputError: a feature is not in the table, or holds what the model cannot take.
    """
    x = model_input(model.content, model.features, table)
    return predictions(estimator_of(model), x, classify=model.task != "regression")


def probabilities(model: Model, table: Table) -> np.ndarray | None:
    """Tell how likely each class is: rows × ``model.classes``; None where it tells none.

    Raises:
        InputError: a feature is not in the table, or holds what the model cannot take.
    """
    estimator = estimator_of(model)
    if model.task == "regression" or not gives_shares(estimator):
        return None
    return class_shares(estimator, model_input(model.content, model.features, table))


def estimator_of(model: Model) -> Any:
    """Return what answers as an estimator of scikit-learn does, a network too.

    It has ``predict``; to tell classes apart, ``classes_`` and, where it tells how likely each is,
    ``predict_proba``. It takes rows as `model_input` gives them.
    """
    if model.framework != "torch":
        return model.content["estimator"]
    from cards._network.predict import network

    ready = _NETWORKS.get(model)
    if ready is None:
        ready = _NETWORKS[model] = network(model.content, model.classes)
    return ready


_NETWORKS: WeakKeyDictionary[Model, Any] = WeakKeyDictionary()
"""Networks that were made ready, by the model that they are of."""


def model_input(
    content: JsonObject, features: Sequence[str], table: Table, port: str = "test_dataset"
) -> Any:
    """Return the rows as a model with this content takes them.

    Raises:
        InputError: a feature is not in the table, or holds what the model cannot take.
    """
    lacks = missing_features(table.schema, features)
    if lacks:
        raise InputError(lacks, port=port, hint="Use rows of the same table.")
    gaps = bool(content.get("fills"))
    if content.get("takes") == "frame":
        return frame(table, features, content["categories"], gaps=gaps)
    return matrix(table, features, gaps=gaps)


def predictions(estimator: Any, x: Any, *, classify: bool = False) -> np.ndarray:
    """Predict part by part, as each step of an estimator makes a copy. One per row."""
    import numpy as np

    found = list(_by_part(estimator.predict, x))
    if classify:
        return np.concatenate(found) if found else np.empty(0, dtype=estimator.classes_.dtype)
    parts = [np.asarray(part, dtype=np.float64).reshape(-1) for part in found]
    return np.concatenate(parts) if parts else np.empty(0)


def gives_shares(estimator: Any) -> bool:
    """Whether a classifier tells how likely each class is."""
    return hasattr(estimator, "predict_proba")


def class_shares(estimator: Any, x: Any) -> np.ndarray:
    """Tell how likely each class is, part by part: rows × classes."""
    import numpy as np

    found = list(_by_part(estimator.predict_proba, x))
    return np.concatenate(found) if found else np.empty((0, len(estimator.classes_)))


def scores(estimator: Any, x: Any) -> np.ndarray:
    """Tell how far each row lies on the side of the second of two classes."""
    import numpy as np

    found = list(_by_part(estimator.decision_function, x))
    return np.concatenate(found) if found else np.empty(0)


def missing_features(schema: TableSchema, features: Sequence[str] | None) -> str | None:
    """Say which features a table lacks; None where it has them all or nothing is known."""
    if schema.names is None or features is None:
        return None
    there = frozenset(schema.names)
    missing = [name for name in features if name not in there]
    return _lacks(missing) if missing else None


def _by_part(answer: Callable[[Any], Any], x: Any) -> Iterator[Any]:
    for at in range(0, len(x), PART):
        try:
            yield answer(x[at : at + PART])
        except TooLarge as error:
            raise error.after(at) from None


def _lacks(missing: Sequence[str]) -> str:
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return f"The table lacks {named(missing[0])}{more}, which the model was trained on."
