"""Answers with a trained model: rows as JSON in, predictions as JSON out.

It happens in a worker that stays, which keeps the model that it was asked for last. The model is
opened as a card would open it: only where this workspace has signed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorrag.asked_rows import as_arrow, columns_of, has_features, names_of
from tensorrag.errors import ArtifactError
from tensorrag.plain import JsonObject
from tensorrag.preview import finite
from tensorrag.recipe import followed
from tensorrag.registry.loading import load_card
from tensorrag.store.artifacts import Store
from tensorrag.types import ColumnSchema, Model, Table
from tensorrag.types.schema import Label

if TYPE_CHECKING:
    from tensorrag.task import Task


def predictions(task: Task, store: Store) -> JsonObject:
    """Predict rows.

    Args:
        task: ``entry`` is the card that predicts; ``params`` has ``rows``, and with name and kind
            each ``columns``, which the model is asked about, and ``features``, which it takes.
        store: where the model is, whose digest is the only input.

    Returns:
        ``{"predictions": […], "probabilities": [{class: …}, …] | None}``, one per row, and
        ``"warnings"``, a sentence for each value that is unlike those of the train rows.

    Raises:
        ParameterError: a row does not fit the model.
        ArtifactError: the model is gone or damaged, or not of this workspace.
    """
    ((digest,),) = task.inputs.values()
    model = _model(store.root, digest)
    table = _asked(task, model)
    name = _free_name(table.arrow.column_names)
    card = load_card(task.entry, task.source)(**{"prediction_column": name})
    (made,) = card.run(table, model)  # type: ignore[attr-defined]
    new = made.arrow.select(range(table.arrow.num_columns, made.arrow.num_columns))
    told = getattr(card, "warnings", ())
    return {**_as_json(new, model.classes or ()), "warnings": list(told)}


def _asked(task: Task, model: Model) -> Table:
    """Return the rows with the model's features: made of what was sent, unless they were sent."""
    rows, sent = task.params["rows"], names_of(task.params["rows"])
    asks, features = (_columns(task.params.get(each)) for each in ("columns", "features"))
    recipe = model.recipe if model.asks is not None else None
    done = recipe is None or has_features(sent, _names(asks), _names(features))
    columns = features if recipe is not None and done else asks
    arrow = as_arrow(columns_of(rows, columns, model.target), columns)
    table = Table(arrow, columns=columns)
    if recipe is not None and not done:
        return followed(table, recipe)
    table.recipe = model.recipe
    return table


def _columns(described: list[JsonObject] | None) -> list[ColumnSchema]:
    return [ColumnSchema(name=each["name"], kind=each["kind"]) for each in described or ()]


def _names(columns: Sequence[ColumnSchema]) -> list[str]:
    return [column.name for column in columns]


@lru_cache(maxsize=1)
def _model(root: Path, digest: str) -> Model:
    model = Store(root).load(digest)
    if not isinstance(model, Model):
        raise ArtifactError("This is no model.", hint="`tensorrag models` lists the models.")
    return model


def _free_name(taken: Sequence[str]) -> str:
    name = "prediction"
    while name in taken:
        name += "_"
    return name


def _as_json(made: Any, known: Sequence[Label]) -> JsonObject:
    """Write the prediction, and what each class is given beside it."""
    answers, *rest = (column.to_pylist() for column in made.columns)
    predicted = [finite(each) if isinstance(each, float) else each for each in answers]
    classes = [str(label) for label in known] if rest else []
    shares = [dict(zip(classes, row, strict=True)) for row in zip(*rest, strict=True)]
    return {"predictions": predicted, "probabilities": shares or None}
