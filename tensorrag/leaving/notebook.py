"""Makes a Jupyter notebook (nbformat 4) of the parts of a script: a cell for each card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from tensorrag.leaving.as_python import about, imports, needed, outcomes, reads_data
from tensorrag.leaving.written import Written
from tensorrag.plain import JsonObject
from tensorrag.script import comment

FORMAT = {"nbformat": 4, "nbformat_minor": 5}
PYTHON: JsonObject = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SHOWN = """\
for name, result in {outcomes}.items():
    print(f"\\n{{name}}")
    if isinstance(result, dict):
        result = pd.Series(result).to_string(float_format="{{:.6f}}".format)
    print(result)"""


def notebook(written: Written, badge: str = "", today: date | None = None) -> str:
    """Return the notebook as text; takes what `python` takes."""
    cells = [
        {**cell, "id": f"cell-{number}"}
        for number, cell in enumerate(_cells(written, badge, today or date.today()))
    ]
    whole = {"cells": cells, "metadata": PYTHON, **FORMAT}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _cells(written: Written, badge: str, today: date) -> Iterator[JsonObject]:
    first, *others = about(written, today)
    said = [*others, *filter(None, [comment(badge)])]
    yield _words(f"# {first.rstrip('.')}\n\n" + "\n\n".join(said))
    start = [imports(written)]
    if reads_data(written):
        start.append(f'DATA = Path("data")\n{needed(written).rstrip()}')
    yield _code("\n\n".join([*start, *(text.strip("\n") for text in written.functions)]))
    for part in written.parts:
        yield _code(f"# {part.comment}\n{part.code}")
    yield _code(SHOWN.format(outcomes=outcomes(written.outcomes)))


def _words(text: str) -> JsonObject:
    """A cell of words. What strangers wrote stays text: no HTML, no link, no picture."""
    plain = "".join(f"&#{ord(c)};" if c in "<>&[]!`*_$" else c for c in text)
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(plain)}


def _code(text: str) -> JsonObject:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": _lines(text),
    }


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + lines[-1:]
