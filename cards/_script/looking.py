"""Writes the essentials of cards that look at a table: Profile, and Advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards._advising.reckoning import WHYS, limits
from cards._advising.trying import HELD_OUT, LARGE, dealt_before
from cards._learning.estimators import CLASSIFIERS, REGRESSORS
from cards._learning.preparing import LARGEST
from cards._learning.task import known_task
from cards._script.columns import Columns
from cards._script.estimators import Described
from cards._script.models import again
from cards._script.shared import NUMPY, of, some_of, table_of
from cards._script.splitting import DEALT, HELD_BACK, equal_rows, grouped
from tensorrag import ModelSchema, TableSchema
from tensorrag.script import Given, Script, literal
from tensorrag.types import Dealt
from tensorrag.types.metrics import MAIN
from tensorrag.types.schema import Task

if TYPE_CHECKING:
    from cards.advice import Advice
    from cards.profile import Profile

PROFILE = '''\
def described(table):
    """Describe every column: its kind, what is missing, what differs, and how it is spread."""
    found = table.describe(include="all").T
    found.insert(0, "kind", table.dtypes.astype(str))
    found.insert(1, "missing", table.isna().sum())
    found.insert(2, "distinct", table.nunique())
    return found'''

ATTEMPTED = '''\
def attempted(score, metric):
    """Return what a model scores; no number where it cannot learn from these rows."""
    try:
        return score()
    except ValueError as error:
        print(f"A model is not tried: {error}")
        return {metric: np.nan}'''


def profile(card: Profile, given: Given) -> Script:
    """Describe every column."""
    new = given.new("statistics")
    code = f"{new} = described({given.variable('dataset')})"
    notes = (f"{given.title}: the script tells the numbers of each column, and draws nothing.",)
    return Script(code, functions=(PROFILE,), notes=notes, told={"statistics": new})


def advise(card: Advice, given: Given) -> Script:
    """Fit each model that the card tries to the same few rows, and measure it on others."""
    task = _task(card, given)
    columns = Columns(
        card.target_column, card.feature_columns, given, ModelSchema(task=task), "dataset"
    )
    asked = columns.trained("tried", "", tells_shares=False)
    drawn, held, back = map(given.new, ("drawn", "held", "held_out"))
    few, others = map(given.new, ("few", "others"))
    before = dealt_before(table_of(given))
    models, advice, table = given.new("candidates"), given.new("advice"), columns.table
    written = {
        kind: again(_usual(kind), columns, task, card.seed) for kind in _kinds(given, columns, task)
    }
    one = next(iter(written.values()))
    x, y, x_new, y_new = (given.new(name) for name in ("x", "y", "x_new", "y_new"))
    score = f"{one.measure}({one.fit}(model, {x}, {y}), {x_new}, {y_new})"
    lines = "".join(
        f"    {literal(kind)}: {each.code.replace(chr(10), chr(10) + '    ')},\n"
        for kind, each in written.items()
    )
    limit, main = "", literal(MAIN[task][0])
    if columns.categories and "polynomial" in written:
        limit = _unless_too_large(models, given.new("width"), columns)
    code = (
        f"{columns.code}{held} = max(1, min({HELD_OUT}, len({table}) // 4))\n"
        f"{drawn} = {table}.iloc[\n    np.random.default_rng({card.seed})"
        f".permutation(len({table}))[:{held} + {LARGE}]\n]\n"
        f"{back} = {_held_back(drawn, held, card.seed, before)}\n"
        f"{few} = {drawn}[~{back}][:{LARGE}]\n{others} = {drawn}[{back}]\n"
        f"{x}, {y} = {asked.rows(few)}, {asked.truth(few)}\n"
        f"{x_new}, {y_new} = {asked.rows(others)}, {asked.truth(others)}\n"
        f"{''.join(each.before for each in written.values())}"
        f"{models} = {{\n{lines}}}\n{limit}"
        f"{advice} = pd.DataFrame({{\n"
        f"    name: attempted(lambda: {score}, {main})\n    for name, model in {models}.items()\n"
        f"}}).T.sort_values({main}, ascending=False)\n"
    )
    return Script(
        code,
        imports=(NUMPY, *(line for each in written.values() for line in each.imports)),
        functions=(
            *(text for each in written.values() for text in each.functions),
            *(() if before is not None and before.by == "time" else (DEALT, HELD_BACK)),
            ATTEMPTED,
        ),
        notes=(f"{given.title}: the script tells scores on few rows, and reckons no times.",),
        told={"advice": advice},
    )


def _held_back(drawn: str, held: str, seed: int, before: Dealt | None) -> str:
    """Write which of some rows are held back: the latest, or whole groups, such as equal ones."""
    if before is not None and before.by == "time":
        times = of(drawn, before.column)
        return f"{times} >= {times}.nlargest({held}).min()"
    groups = equal_rows(drawn) if before is None else grouped(drawn, before.column)
    return f"held_back({groups}, {held}, {seed})"


def _task(card: Advice, given: Given) -> Task:
    """Tell the task by how many models were tried; two classes are measured as several are."""
    known = known_task(table_of(given), card.target_column, card.task, None)
    advice = given.outputs.get("advice")
    rows = advice.rows if isinstance(advice, TableSchema) else None
    if known is None and rows is None:
        raise given.unknown("whether numbers or classes are predicted")
    numbers = rows == len(REGRESSORS) + 1  # a network is told of, too
    return "regression" if known == "regression" or numbers else "multiclass"


def _kinds(given: Given, columns: Columns, task: Task) -> list[str]:
    """Name the models that are tried; a polynomial of too many columns is not."""
    rows, known = table_of(given).rows or 0, REGRESSORS if task == "regression" else CLASSIFIERS
    fits = limits("polynomial", rows, len(columns.names))[1]
    return [kind for kind in WHYS if kind in known and (kind != "polynomial" or fits)]


def _unless_too_large(models: str, width: str, columns: Columns) -> str:
    """Leave out the polynomial where the values of categories make it too large."""
    few = some_of(f"{columns.table}[:{LARGE}]", columns.categories)
    return (
        f"{width} = {len(columns.numbers)} + {few}.nunique(dropna=False).sum()\n"
        f"if 4 * len({columns.table}) * {width} * ({width} + 3) > {LARGEST}:\n"
        f'    del {models}["polynomial"]  # its products are too large for the memory\n'
    )


def _usual(kind: str) -> Described:
    from cards.model_define import ModelDefine

    return Described(ModelDefine.model_validate({"model_type": kind}).run().model_spec)
