"""Writes how rows are dealt out to folds, and a model measured fold by fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._folds import FoldsBy
from cards._script.columns import Columns
from cards._script.models import again
from cards._script.shared import NUMPY, call, of
from tensorrag import MetricsSchema, ModelSchema
from tensorrag.script import Given, Script, literal

if TYPE_CHECKING:
    from cards._validating.settings import CrossValidation

FOLD_BY_FOLD = '''\
def fold_by_fold(fit, model, dummy, x, y, folds, measure, *more):
    """Fit a copy of a model for each fold, and measure it on the rows that are held out.

    Return the mean of each metric that every fold could measure, and the models.
    """
    models, found = [], []
    for learnt, held in folds:
        models.append(fit(model, x.iloc[learnt], y.iloc[learnt]))
        usual = clone(dummy).fit(x.iloc[learnt], y.iloc[learnt])
        metrics = measure(models[-1], x.iloc[held], y.iloc[held], *more)
        baseline = measure(usual, x.iloc[held], y.iloc[held], *more)
        found.append(metrics | {f"baseline_{name}": value for name, value in baseline.items()})
    return pd.DataFrame(found).dropna(axis=1).mean().to_dict(), models'''
HELD_OUT = '''\
def held_out_predictions(table, x, target, models, folds):
    """Put beside each row what the model says that has not seen it."""
    parts, places = [], np.concatenate([held for _, held in folds])
    for number, (model, (_, held)) in enumerate(zip(models, folds), 1):
        part = table.iloc[held].assign(fold=number)
        part[f"predicted_{target}"] = model.predict(x.iloc[held])
        if hasattr(model, "predict_proba"):
            for label, share in zip(model.classes_, model.predict_proba(x.iloc[held]).T):
                part[f"probability_{label}"] = share
        parts.append(part)
    return pd.concat(parts).iloc[np.argsort(places, kind="stable")]'''


def cross_validate(card: CrossValidation, given: Given) -> Script:
    """Write the model, the folds, and what is measured of them."""
    known = given.outputs.get("metrics")
    if not isinstance(known, MetricsSchema) or known.task is None:
        raise given.unknown("whether numbers or classes are predicted")
    task = known.task
    columns = Columns(
        card.target_column, card.feature_columns, given, ModelSchema(task=task), "dataset"
    )
    trained = columns.trained("model", "", tells_shares=False)
    model = again(given.fact("model_spec"), columns, task, card.seed)
    x, y, found, table = given.new("x"), given.new("y"), given.new("folds"), columns.table
    metrics, models = given.new("metrics"), given.new("models")
    predictions, (dummy, how) = given.new("predictions"), columns.dummy()
    dealing, dealt = folds(
        table, x, y, card.folds, card.split_by, card.by,
        by_class=columns.classify and card.stratify, seeds=card.seeds,
    )  # fmt: skip
    more = [f"positive_of({y})"] if task == "binary" else []
    once = f"{found}[:{card.folds}]" if len(card.seeds) > 1 else found
    measured = call(
        "fold_by_fold", [model.fit, trained.model, how, x, y, found, model.measure, *more]
    )
    told = [table, x, literal(card.target_column), models, once]
    code = (
        f"{columns.code}{x}, {y} = {trained.rows(table)}, {trained.truth(table)}\n"
        f"{found} = {dealt}\n{model.before}{trained.model} = {model.code}\n"
        f"{metrics}, {models} = {measured}\n"
        f"{predictions} = {call('held_out_predictions', told)}"
    )
    return Script(
        code,
        {"metrics": metrics, "predictions": predictions},
        (*model.imports, *dealing, dummy, NUMPY),
        (*model.functions, FOLD_BY_FOLD, HELD_OUT),
    )


def folds(
    table: str,
    x: str,
    y: str,
    count: int,
    by: FoldsBy,
    column: str | None,
    *,
    by_class: bool,
    seeds: tuple[int, ...],
) -> tuple[tuple[str, ...], str]:
    """Write the folds: pairs of the places of rows to learn from, and of those held out.

    Args:
        table: its variable.
        x: that of the features.
        y: that of the target.
        count: of the folds.
        by: mixed rows, whole groups, or later rows after earlier ones.
        column: of the groups or times.
        by_class: whether each fold gets its share of each class.
        seeds: of mixing the rows, once for each.

    Returns:
        Imports, and the code.
    """
    if by == "group":
        groups = f"pd.factorize({of(table, column or '')}, use_na_sentinel=False)[0]"
        line = f"list(GroupKFold({count}).split({x}, groups={groups}))"
        return ("from sklearn.model_selection import GroupKFold",), line
    if by == "time":
        times = f"{of(table, column or '')}.to_numpy()"
        stretch = f"np.searchsorted(np.sort(times), times) * {count + 1} // len(times)"
        return (NUMPY,), (
            f"[\n    (np.flatnonzero(stretch < at), np.flatnonzero(stretch == at))\n"
            f"    for times in [{times}]\n    for stretch in [{stretch}]\n"
            f"    for at in range(1, {count + 1})\n]"
        )
    imports, kind, before = ["from sklearn.model_selection import KFold"], "KFold", ""
    seed = literal(seeds[0]) if len(seeds) == 1 else "seed"
    if by_class:  # a class may be too rare for a share in each
        imports.append("from sklearn.model_selection import StratifiedKFold")
        kind, enough = "kind", f"{y}.value_counts().min() >= {count}"
        before = f"    for kind in [StratifiedKFold if {enough} else KFold]\n"
    if len(seeds) > 1:
        before += f"    for seed in {literal(list(seeds))}\n"
    made = f"{kind}({count}, shuffle=True, random_state={seed}).split({x}, {y})"
    return tuple(
        imports
    ), f"[\n    fold\n{before}    for fold in {made}\n]" if before else f"list({made})"
