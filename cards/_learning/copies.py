"""Features that are the target by another name: a model that has one knows the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cards._learning.columns import listed
from cards._learning.rows import Examples
from tensorrag.quoting import named

if TYPE_CHECKING:
    import numpy as np

FEWEST = 10
"""Rows below which a column may fit the target by chance."""
HEAD = 1_000
"""Rows that are looked at first: most columns are told apart by them."""
EXACT = 1 - 1e-12
"""Correlation from which on one number is the other in another unit."""


def copies_note(rows: Examples, target: str, *, classify: bool) -> str:
    """Say in a sentence which features tell the target exactly; empty where none does.

    A class is told by a column that has one value for each class; a number by one that is the
    same, or the same in another unit.
    """
    found = [name for name in rows.features if _tells(rows.column(name), rows.y, classify)]
    if not found:
        return ""
    one = len(found) == 1
    known = "it is known" if one else "they are known"
    where = "in every train row" if _full(rows, found) else f"wherever {known}"
    return (
        f"{listed(found)} {'tells' if one else 'tell'} {named(target)} exactly {where}: "
        f"leave {'it' if one else 'them'} out, unless {known} before {named(target)} is."
    )


def _tells(values: Any, goal: np.ndarray, classify: bool) -> bool:
    same = _name_the_same if classify else _are_in_line
    if not _look(values[:HEAD], goal[:HEAD], same):
        return False
    return _look(values, goal, same) and _differ(values, goal)


def _differ(values: Any, goal: np.ndarray) -> bool:
    """Whether there is more than one answer where the column is known."""
    import numpy as np
    import pandas as pd

    return len(pd.unique(goal[~pd.isna(np.asarray(values))])) > 1


def _full(rows: Examples, names: list[str]) -> bool:
    import pandas as pd

    return not any(pd.isna(rows.column(name)).any() for name in names)


def _look(values: Any, goal: np.ndarray, same: Any) -> bool:
    import numpy as np
    import pandas as pd

    column = np.asarray(values)
    there = ~pd.isna(column)
    return int(there.sum()) >= FEWEST and bool(same(column[there], goal[there]))


def _name_the_same(values: np.ndarray, classes: np.ndarray) -> bool:
    """Whether there is one value for each class, and one class for each value."""
    import numpy as np
    import pandas as pd

    kinds, names = pd.factorize(values)
    goals, known = pd.factorize(classes)
    pairs = np.unique(kinds * len(known) + goals)
    return len(pairs) == len(names) == len(known)


def _are_in_line(values: np.ndarray, goal: np.ndarray) -> bool:
    import numpy as np

    if values.dtype.kind != "f" or np.ptp(values) == 0 or np.ptp(goal) == 0:
        return False
    with np.errstate(all="ignore"):  # what is too large for squares is not told
        return abs(float(np.corrcoef(values, goal)[0, 1])) > EXACT
