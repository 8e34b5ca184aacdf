"""Answers with a trained model: rows as JSON in, predictions as JSON out.

It happens in a worker that stays, which keeps the model that it was asked for last. The model is
opened as a card would open it: only where this workspace has signed it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorrag.asked_rows import as_arrow, columns_of
from tensorrag.errors import ArtifactError
from tensorrag.plain import JsonObject
from tensorrag.preview import finite
from tensorrag.registry.finding import load_card
from tensorrag.store.artifacts import Store
from tensorrag.types import ColumnSchema, Model, Table

if TYPE_CHECKING:
    from tensorrag.task import Task

PROBABILITY = "probability_"
"""What the columns with the probabilities of classes begin with."""


def predictions(task: Task, store: Store) -> JsonObject:
    """Predict rows.

    Args:
        task: ``entry`` is the card that predicts; ``params`` has ``rows``, and ``columns`` with
            name and kind of what the model takes.
        store: where the model is, whose digest is the only input.

    Returns:
        ``{"predictions": […], "probabilities": [{class: …}, …] | None}``, one per row.

    Raises:
        ParameterError: a row does not fit the model.
        ArtifactError: the model is gone or damaged, or not of this workspace.
    """
    ((digest,),) = task.inputs.values()
    model = _model(store.root, digest)
    columns = [
        ColumnSchema(name=each["name"], kind=each["kind"]) for each in task.params["columns"]
    ]
    arrow = as_arrow(columns_of(task.params["rows"], columns, model.target), columns)
    card = load_card(task.entry, task.source)(**{"prediction_column": _free_name(model.features)})
    (made,) = card.run(Table(arrow, columns=columns), model)  # type: ignore[attr-defined]
    return _as_json(made.arrow.select(range(len(columns), made.arrow.num_columns)))


@lru_cache(maxsize=1)
def _model(root: Path, digest: str) -> Model:
    model = Store(root).load(digest)
    if not isinstance(model, Model):
        raise ArtifactError("This is no model.", hint="`tensorrag models` lists the models.")
    return model


def _free_name(features: tuple[str, ...]) -> str:
    name = "prediction"
    while name in features:
        name += "_"
    return name


def _as_json(made: Any) -> JsonObject:
    """Write the prediction, and what each class is given beside it."""
    answers, *rest = (column.to_pylist() for column in made.columns)
    predicted = [finite(each) if isinstance(each, float) else each for each in answers]
    classes = [name.removeprefix(PROBABILITY) for name in made.column_names[1:]]
    shares = [dict(zip(classes, row, strict=True)) for row in zip(*rest, strict=True)]
    return {"predictions": predicted, "probabilities": shares or None}
