"""Writes what a model repeats on raw rows as plain pandas, for who has no TensorRag."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator

from tensorrag.errors import CardError, RunCancelled, TensorRagError
from tensorrag.leaving.as_python import imported, indented
from tensorrag.recipe import Learns, card_of, steps_of
from tensorrag.script import Given, Names, Script, Writes, comment, literal
from tensorrag.types import ModelSchema, Recipe, Step, TableSchema

NAME = "prepare"
HEAD = '''\
"""Makes of raw rows the columns that the model takes. Written by TensorRag; runs without it."""
'''


def with_python(model: ModelSchema) -> Recipe | None:
    """Return the recipe of a model with its steps as Python, where all of them can be written."""
    recipe = model.recipe
    if recipe is None or model.asks is None:
        return recipe
    try:
        return recipe.model_copy(update={"python": python(recipe)})
    except RunCancelled:
        raise
    except TensorRagError:  # then whoever uses the model elsewhere is told the steps in words
        return recipe
    except Exception as error:  # a card's own mistake is not to lose what was trained
        sys.stderr.write("The model is there, but writing its steps as Python failed:\n")
        traceback.print_exception(error)
        return recipe


def python(recipe: Recipe) -> str:
    """Return a module with a function ``prepare(rows)``; columns that rows lack are empty in it.

    Raises:
        CardError: a step cannot be written.
    """
    names, rows, parts = Names((NAME,)), "rows", []
    first = [column.name for column in recipe.columns]
    parts.append(f"rows = rows.reindex(columns={literal(first)})")
    scripts: list[Script] = []
    for step, title, table in _steps(recipe):
        script = _script(step, title, rows, table, names)
        scripts.append(script)
        parts.append(f"# {comment(title)}\n{script.code.strip()}")
        rows = script.outputs["dataset"]
    imports = imported({"import pandas as pd", *(line for s in scripts for line in s.imports)})
    functions = dict.fromkeys(text.strip() for s in scripts for text in s.functions)
    body = "\n\n".join(indented(part) for part in (*parts, f"return {rows}"))
    said = '    """Do with rows what was done with those that the model has learnt from."""'
    whole = [HEAD + "\n" + imports, *functions, f"def {NAME}(rows):\n{said}\n{body}"]
    return "\n\n\n".join(whole) + "\n"


def _steps(recipe: Recipe) -> Iterator[tuple[Step, str, TableSchema]]:
    for step, _, table in steps_of(recipe):
        columns = tuple(c.model_copy(update={"missing": None}) for c in table.columns or ())
        yield step, step.title, table.model_copy(update={"columns": columns})


def _script(step: Step, title: str, rows: str, table: TableSchema, names: Names) -> Script:
    card = card_of(step)
    given = Given(
        title=title,
        variables={"dataset": (rows,)},
        schemas={"dataset": table},
        known={},
        outputs={},
        details={},
        new=names.new,
    )
    if isinstance(card, Learns) and step.learnt is not None:
        return card.script_again(given, step.learnt)
    if not isinstance(card, Writes):
        raise CardError(f"{title} cannot be written as Python.", hint="Do it before.")
    return card.script(given)
