"""Writes models of scikit-learn: what is fitted, and what it says of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._script.columns import Columns, Trained
from cards._script.estimators import Described, Estimator
from cards._script.shared import keywords, of
from tensorrag import ModelSchema
from tensorrag.script import Given, Script, literal

if TYPE_CHECKING:
    from cards.model_define import ModelDefine
    from cards.predict import Predict
    from cards.train import Train


def define(card: ModelDefine, given: Given) -> Script:
    """Leave the model to the card that trains it: what it predicts is known there."""
    return Script(facts={"model_spec": Described(card.run().model_spec)})


def train(card: Train, given: Given) -> Script:
    """Write a pipeline of what prepares the columns and of the model, and fit it."""
    described, schema = given.fact("model_spec"), given.outputs.get("trained_model")
    if not isinstance(schema, ModelSchema) or schema.task is None:
        raise given.unknown("whether numbers or classes are predicted")
    if schema.task != "regression" and schema.classes is None:
        raise given.unknown("which classes there are")
    columns = Columns(card.target_column, card.feature_columns, given, schema)
    model = Estimator(described, columns, card.seed)
    trained = columns.trained(model.kind, model.kind, tells_shares=model.tells_shares)
    x, y = trained.rows(columns.table), trained.truth(columns.table)
    written = model.written(model.weights(y))
    dummy, how = columns.dummy()
    code = (
        f"{columns.code}{trained.model} = {written}\n"
        f"{trained.model}.fit({x}, {y})\n"
        f"{trained.dummy} = {how}.fit({x}, {y})"
    )
    outputs, facts = {"trained_model": trained.model}, {"trained_model": trained}
    return Script(code, outputs, (*columns.imports, dummy), (), facts)


def predict(card: Predict, given: Given) -> Script:
    """Put predictions beside the rows, and of a classifier what each class is given."""
    table, trained = given.variable("dataset"), given.fact("trained_model")
    new, x = given.new("predictions"), trained.rows(table)
    name = card.prediction_column or f"predicted_{trained.target}"
    pairs = [(name, f"{trained.model}.predict({x})")]
    by_share = card.threshold not in (None, 0.5) and trained.positive is not None
    if not (trained.classes and (card.shares or by_share)):
        return Script(f"{new} = {table}.assign({keywords(pairs)})", {"predictions": new})
    shares = given.new("shares")
    ask = f"{shares} = {trained.model}.predict_proba({x})\n"
    told = "".join(
        f"{of(new, f'probability_{label}')} = {shares}[:, {at}]\n"
        for at, label in enumerate(trained.classes)
    )
    if by_share:
        pairs = [(name, _from_share_on(card.threshold, trained, shares))]
        code = f"{ask}{new} = {table}.assign({keywords(pairs)})\n{told if card.shares else ''}"
        return Script(code, {"predictions": new}, ("import numpy as np",))
    code, told = f"{new} = {table}.assign({keywords(pairs)})\n", ask + told
    if trained.tells_shares is False:
        return Script(code.rstrip(), {"predictions": new})
    if trained.tells_shares is None:
        code += f'if hasattr({trained.model}, "predict_proba"):\n'
        told = "".join(f"    {line}\n" for line in told.splitlines())
    return Script(code + told, {"predictions": new})


def _from_share_on(threshold: float | None, trained: Trained, shares: str) -> str:
    """Write which of two classes each row is taken for."""
    at = trained.classes.index(trained.positive)
    yes, no = literal(trained.classes[at]), literal(trained.classes[1 - at])
    return f"np.where({shares}[:, {at}] >= {literal(threshold)}, {yes}, {no})"
