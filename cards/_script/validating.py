"""Writes how rows are dealt out to folds, and a model measured fold by fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cards._folds import FoldsBy
from cards._script.columns import Columns
from cards._script.models import again
from cards._script.shared import NUMPY, call, of
from cards._script.splitting import DEALT, equal_rows, grouped
from tensorrag import MetricsSchema, ModelSchema
from tensorrag.script import Given, Script, literal

if TYPE_CHECKING:
    from cards._validating.settings import CrossValidation

Lines = tuple[str, ...]
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
    by_class = columns.classify and card.stratify
    dealing = Folds(
        table, x, y, card.folds, card.seeds, by_class, together=card.together, gap=card.gap
    )
    imports, dealt, functions = dealing.written(card.split_by, card.by)
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
        (*model.imports, *imports, dummy, NUMPY),
        (*model.functions, *functions, FOLD_BY_FOLD, HELD_OUT),
    )


@dataclass(frozen=True)
class Folds:
    """Writes folds: pairs of the places of rows to learn from, and of those held out."""

    table: str
    """Its variable; those of the features and the target are ``x`` and ``y``."""
    x: str
    y: str
    count: int
    seeds: tuple[int, ...]
    """Of mixing the rows, once for each."""
    by_class: bool
    """Whether each fold gets its share of each class."""
    together: bool
    """Whether equal rows are in one fold."""
    gap: int
    """Times before a fold that are not learnt from."""

    def written(self, by: FoldsBy, column: str | None) -> tuple[Lines, str, Lines]:
        """Write mixed rows, whole groups, or later rows after earlier ones.

        Returns:
            Imports, the code, and functions.
        """
        if by == "group":
            groups = grouped(self.table, column or "")
            line = f"list(GroupKFold({self.count}).split({self.x}, groups={groups}))"
            return ("from sklearn.model_selection import GroupKFold",), line, ()
        if by == "time":
            return (NUMPY,), self._timed(f"{of(self.table, column or '')}.to_numpy()"), ()
        return self._together() if self.together else self._mixed()

    def _timed(self, times: str) -> str:
        stretch = f"np.searchsorted(np.sort(times), times) * {self.count + 1} // len(times)"
        learnt, ranks = "stretch < at", ""
        if self.gap:
            learnt = f"ranks <= ranks[stretch < at].max() - {self.gap}"
            ranks = "    for ranks in [np.unique(times, return_inverse=True)[1]]\n"
        return (
            f"[\n    (np.flatnonzero({learnt}), np.flatnonzero(stretch == at))\n"
            f"    for times in [{times}]\n{ranks}    for stretch in [{stretch}]\n"
            f"    for at in range(1, {self.count + 1})\n]"
        )

    def _together(self) -> tuple[Lines, str, Lines]:
        ends = f"np.arange(1, {self.count}) * len(groups) / {self.count}"
        strata = f", pd.factorize({self.y})[0] if {self._enough} else 0" if self.by_class else ""
        return (
            (NUMPY,),
            "[\n    (np.flatnonzero(part != at), np.flatnonzero(part == at))\n"
            f"    for groups in [{equal_rows(self.table)}]\n{self._for_seeds}"
            f"    for part in [dealt(groups, {ends}, {self._seed}{strata})]\n"
            f"    for at in range({self.count})\n]",
            (DEALT,),
        )

    def _mixed(self) -> tuple[Lines, str, Lines]:
        imports, kind, before = ["from sklearn.model_selection import KFold"], "KFold", ""
        if self.by_class:
            imports.append("from sklearn.model_selection import StratifiedKFold")
            kind = "kind"
            before = f"    for kind in [StratifiedKFold if {self._enough} else KFold]\n"
        before += self._for_seeds
        shuffled = f"{kind}({self.count}, shuffle=True, random_state={self._seed})"
        made = f"{shuffled}.split({self.x}, {self.y})"
        code = f"[\n    fold\n{before}    for fold in {made}\n]" if before else f"list({made})"
        return tuple(imports), code, ()

    @property
    def _enough(self) -> str:
        """Whether no class is too rare for a share in each fold."""
        return f"{self.y}.value_counts().min() >= {self.count}"

    @property
    def _seed(self) -> str:
        return literal(self.seeds[0]) if len(self.seeds) == 1 else "seed"

    @property
    def _for_seeds(self) -> str:
        return f"    for seed in {literal(list(self.seeds))}\n" if len(self.seeds) > 1 else ""
