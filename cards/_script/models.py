"""Writes a model that is fitted more than once: for each fold, for each trial, or only tried."""

from __future__ import annotations

from dataclasses import dataclass

from cards._script.columns import Columns
from cards._script.estimators import Described, Estimator, fitting
from cards._script.measuring import measure_of
from cards._script.network import NetworkWriter
from tensorrag import NetworkSpec
from tensorrag.types.schema import Task

POSITIVE = '''\
def positive_of(y):
    """Choose which of two classes is asked for: yes, true, 1; else the rarer; else the second."""
    first, second = sorted(y.unique())
    for label in (second, first):
        if label == 1 or str(label).strip().lower() in ("yes", "y", "true", "t", "positive"):
            return label
    return first if 2 * (y == first).sum() < len(y) else second'''


@dataclass(frozen=True)
class Again:
    """A model, written so that copies of it can be fitted."""

    code: str
    """What makes it."""
    before: str
    """What has to stand before that."""
    fit: str
    """The function that fits a copy of it to x and y."""
    measure: str
    """The function that measures it on x and y, and, of two classes, by the positive one."""
    tells_shares: bool
    imports: tuple[str, ...]
    functions: tuple[str, ...]


def again(described: Described, columns: Columns, task: Task, seed: int) -> Again:
    """Write a model; what `columns` was told before stays there."""
    stood, columns.code = columns.code, ""
    fit, text, imports = fitting(classify=columns.classify)
    measure, measuring, of_measure = measure_of(task)
    functions = [*columns.functions, text, measuring, *([POSITIVE] if task == "binary" else [])]
    if isinstance(described.spec, NetworkSpec):
        network = NetworkWriter(described, columns, seed)
        code, shares = network.written(), columns.classify
        imports, functions = (*imports, *network.imports()), [*network.functions(), *functions]
    else:
        model = Estimator(described, columns, seed)
        code, shares = model.written(), model.tells_shares
    before, columns.code = columns.code, stood
    imports = (*imports, *of_measure, *columns.imports)
    return Again(code, before, fit, measure, shares, imports, tuple(functions))
