"""Writes a search for hyperparameters: a plain study of Optuna, with the same trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._script.columns import Columns, Trained
from cards._script.estimators import Described
from cards._script.models import Again, again
from cards._script.shared import NUMPY, call
from cards._script.validating import Folds, Lines
from cards._searching.space import Dimension, dimensions, grid, holds
from tensorrag import CardError, ModelSchema, NetworkSpec, TableSchema
from tensorrag.script import Given, Script, literal
from tensorrag.types import METRICS
from tensorrag.types.schema import Task

if TYPE_CHECKING:
    from cards._searching.settings import SearchSettings

SEARCH = '''\
def search(study, space, judge, own, metric, trials, at_once=1, within=True):
    """Judge the settings as they are, then what the study asks for; return a row for each.

    Settings that were judged before keep their figure, and a trial that fails is one, too.
    """
    rows, steps = [], []

    def tried(values, trial=None):
        began, before = time.perf_counter(), [row for row in rows if row["values"] == values]
        steps.clear()

        def watch(figure):
            if trial is not None:
                trial.report(figure, len(steps))
            steps.append(figure)
            if trial is not None and trial.should_prune():
                raise optuna.TrialPruned

        known = [row[metric] for row in before if row["state"] == "complete"]
        figure, state = None, "complete"
        try:
            figure = known[0] if known else judge(values, watch)
        except optuna.TrialPruned:
            state = "pruned"
        except Exception as error:
            print(f"{values} failed: {error}")
            state = "failed"
        seconds = time.perf_counter() - began
        return {"values": values, metric: figure, "seconds": seconds, "state": state}

    rows.append(tried(own))
    if within and rows[0]["state"] == "complete":
        known = {"params": own, "distributions": space, "value": rows[0][metric]}
        reports = dict(enumerate(steps))
        study.add_trial(optuna.trial.create_trial(**known, intermediate_values=reports))
    while len(rows) < trials:
        asked = [study.ask(space) for _ in range(min(at_once, trials - len(rows)))]
        found = [tried(dict(trial.params), trial) for trial in asked]
        for trial, row in zip(asked, found):
            rows.append(row)
            state = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}[row["state"]]
            study.tell(trial, row[metric], state=optuna.trial.TrialState[state])
    return rows'''
TRIALS = '''\
def as_table(rows, metric):
    """Put trials into a table."""
    values = pd.DataFrame([row["values"] for row in rows])
    others = pd.DataFrame(rows)[[metric, "seconds", "state"]]
    numbers = pd.Series(range(len(rows)), name="number")
    return pd.concat([numbers, values, others], axis=1)'''
HELD_OUT_LOSS = '''\
def held_out_loss(network, x, y):
    """Return the loss on rows that a network does not learn from."""
    network.module_.eval()
    loss = network.loss(network.outputs(x), network.goal(y)).item()
    network.module_.train()
    return loss'''


def search(card: SearchSettings, given: Given, at_once: int = 1) -> Script:
    """Write what is varied, how good a model is, and the study."""
    return _Searching(card, given, at_once).script()


class _Searching:
    def __init__(self, card: SearchSettings, given: Given, at_once: int) -> None:
        self.card, self.given, self.at_once = card, given, at_once
        described: Described = given.fact("model_spec")
        self.spec = described.spec
        self.network = isinstance(self.spec, NetworkSpec)
        if described.chosen:
            raise CardError(
                f"{given.title} cannot be written as Python: it goes on from another search.",
                hint="Search all hyperparameters in one card.",
            )
        self.space = dimensions(card.hyperparameters, self.spec.tunable or ()) or ()
        self.own = {each.name: each.value for each in self.spec.tunable or ()}
        self.own = {each.name: self.own[each.name] for each in self.space}
        self.metric = _metric(given)
        self.task = _task(self.metric)
        odd = [name for name in self.own if not name.isidentifier()]
        if odd:
            raise CardError(
                f"{given.title} cannot be written as Python: {odd[0]!r} is no name.",
                hint="Give the hyperparameter a name of letters, digits and underscores.",
            )

    def script(self) -> Script:
        """Write it."""
        given, card = self.given, self.card
        known = ModelSchema(task=self.task)
        columns = Columns(card.target_column, card.feature_columns, given, known)
        trained = columns.trained("make", "", tells_shares=False)
        names = {name: name for name in self.own}
        model = again(Described(self.spec, names), columns, self.task, card.seed)
        make, judge = given.new("make_model"), given.new("judge")
        dealing, parts, several, deals = self._parts(columns, trained)
        space, study, trials, best = map(given.new, ("space", "study", "trials", "best"))
        rows = given.new("rows")
        code = (
            f"{columns.code}{parts}\n"
            f"def {make}({', '.join(names)}):\n{_inside(model.before)}"
            f"    return {_inside(model.code).lstrip()}\n"
            f"{self._judge(judge, make, model, several)}\n"
            f"{space} = {{\n{''.join(map(_dimension, self.space))}}}\n"
            f"{study} = {self._study()}\n{self._grid(study)}"
            f"{rows} = {self._search(study, space, judge)}\n"
            f"{trials} = as_table({rows}, {literal(self.metric)})\n"
            f"{best} = {self._best(rows)}\n"
        )
        imports = (
            *model.imports, *dealing, NUMPY, "import time", "import optuna",
            "from optuna.distributions import CategoricalDistribution",
            "from optuna.distributions import FloatDistribution",
            "from optuna.distributions import IntDistribution",
        )  # fmt: skip
        functions = [*model.functions, *deals, SEARCH, TRIALS]
        functions += [HELD_OUT_LOSS] if self.network else []
        chosen = {name: f"{best}[{literal(name)}]" for name in names}
        facts = {"best_model_spec": Described(self.spec, chosen)}
        return Script(
            code, {"trials": trials}, imports, tuple(functions), facts, timed=("seconds",)
        )

    def _parts(self, columns: Columns, trained: Trained) -> tuple[Lines, str, bool, Lines]:
        """Write the rows to learn from and those to judge on, once or for each fold."""
        card, given, table = self.card, self.given, columns.table
        self.parts = given.new("parts")
        validation = given.schemas.get("validation_dataset")
        empty = isinstance(validation, TableSchema) and validation.rows == 0
        if given.has("validation_dataset") and not empty:
            held = given.variable("validation_dataset")
            both = [trained.rows(table), trained.truth(table), trained.rows(held)]
            return (), f"{self.parts} = [{call('', [*both, trained.truth(held)])}]\n", False, ()
        x, y, dealt = given.new("x"), given.new("y"), given.new("folds")
        written = Folds(
            table, x, y, card.folds, (card.seed,), columns.classify,
            together=card.together, gap=card.gap,
        )  # fmt: skip
        imports, code, functions = written.written(card.folds_by, card.folds_column)
        return (
            imports,
            (
                f"{x}, {y} = {trained.rows(table)}, {trained.truth(table)}\n{dealt} = {code}\n"
                f"{self.parts} = [\n    ({x}.iloc[learnt], {y}.iloc[learnt], {x}.iloc[held], "
                f"{y}.iloc[held])\n    for learnt, held in {dealt}\n]\n"
            ),
            True,
            functions,
        )

    def _judge(self, judge: str, make: str, model: Again, several: bool) -> str:
        """Write how good settings are: the mean over the parts."""
        positive = ", positive_of(y)" if self.task == "binary" else ""
        measured = f"{model.measure}(model, x_held, y_held{positive})[{literal(self.metric)}]"
        watched = self.network and not several
        fit = self._watched(make) if watched else f"model = {model.fit}({make}(**values), x, y)\n"
        fit += f"figures.append({measured})\n"
        fit += "watch(sum(figures) / len(figures))\n" if several else ""
        return (
            f"def {judge}(values, watch):\n    figures = []\n"
            f"    for x, y, x_held, y_held in {self.parts}:\n{_inside(_inside(fit))}"
            f"    return sum(figures) / len(figures)\n"
        )

    def _watched(self, make: str) -> str:
        """Write the fit of a network that is given up where its loss is too great by then."""
        sign = "-" if METRICS[self.metric].higher_is_better else ""
        step = "networkregressor" if self.task == "regression" else "networkclassifier"
        return (
            f"model = {make}(**values)\n"
            f"prepare = model[:-1].fit(x, y).transform\n"
            f"each = lambda network: watch({sign}held_out_loss(network, prepare(x_held), y_held))\n"
            f"model.fit(x, y, {step}__each=each)\n"
        )

    def _study(self) -> str:
        card, several = self.card, ", constant_liar=True" if self.at_once > 1 else ""
        sampler = f"RandomSampler(seed={card.seed})"
        if card.sampler == "TPE":
            sampler = f"TPESampler(seed={card.seed}{several})"
        pruner = "MedianPruner" if card.prune else "NopPruner"
        direction = "maximize" if METRICS[self.metric].higher_is_better else "minimize"
        return call(
            "optuna.create_study",
            [
                f'direction="{direction}"',
                f"sampler=optuna.samplers.{sampler}",
                f"pruner=optuna.pruners.{pruner}()",
            ],
        )

    def _grid(self, study: str) -> str:
        if self.card.sampler != "grid":
            return ""
        points = literal([tuple(each.values()) for each in grid(self.space, self.card.grid_points)])
        names = literal([each.name for each in self.space])
        return f"for point in {points}:\n    {study}.enqueue_trial(dict(zip({names}, point)))\n"

    def _search(self, study: str, space: str, judge: str) -> str:
        count = self.card.trials
        if self.card.sampler == "grid":
            count = 1 + len(grid(self.space, self.card.grid_points))
        settings = [study, space, judge, literal(self.own), literal(self.metric), str(count)]
        settings += [f"at_once={self.at_once}"] if self.at_once > 1 else []
        settings += [] if holds(self.space, self.own) else ["within=False"]
        return call("search", settings)

    def _best(self, rows: str) -> str:
        name = "max" if METRICS[self.metric].higher_is_better else "min"
        told = f"(row for row in {rows} if row[{literal(self.metric)}] is not None)"
        return f'{name}({told}, key=lambda row: row[{literal(self.metric)}])["values"]'


def _metric(given: Given) -> str:
    """Return the metric that trials are judged by: it names a column of theirs."""
    schema = given.outputs.get("trials")
    names = schema.names if isinstance(schema, TableSchema) else None
    if names is None or len(names) < 3 or names[-3] not in METRICS:
        raise given.unknown("what trials are judged by")
    return names[-3]


def _task(metric: str) -> Task:
    """Return a task whose models are measured so."""
    if METRICS[metric].in_target_units or metric in ("r2", "mse"):
        return "regression"
    both = ("accuracy", "balanced_accuracy", "log_loss", "macro_f1")
    return "multiclass" if metric in both else "binary"


def _inside(code: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in code.splitlines())


def _dimension(each: Dimension) -> str:
    if each.choices:
        return f"    {literal(each.name)}: CategoricalDistribution({literal(each.choices)}),\n"
    kind, low, high = "FloatDistribution", float(each.low), float(each.high)
    ends = f"{literal(low)}, {literal(high)}"
    if each.whole:
        kind, ends = "IntDistribution", f"{int(low)}, {int(high)}"
    return f"    {literal(each.name)}: {kind}({ends}{', log=True' if each.log else ''}),\n"
