"""What a check found is sent with every column once, and read as what it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tensorrag.check import Checked, check
from tensorrag.check import packing as packing_module
from tensorrag.check.packing import packed, unpacked
from tensorrag.errors import ExecutorError
from tensorrag.pipeline.as_json import from_json
from tensorrag.registry.finding import Registry

REGISTRY = Registry.load()


def chain(length: int) -> Checked:
    """Check a sample table to which card after card adds a column."""
    nodes: list[dict[str, Any]] = [{"id": "d0", "card": "data_load"}]
    for number in range(1, length + 1):
        params = {"formula": "RM + 1", "name": f"c{number}"}
        nodes.append({"id": f"d{number}", "card": "derive_column", "params": params})
    wire = {"source_port": "dataset", "target_port": "dataset"}
    edges = [{"source": f"d{n}", "target": f"d{n + 1}", **wire} for n in range(length)]
    pipeline, _ = from_json(
        {"format": "tensorrag.pipeline", "version": 1, "nodes": nodes, "edges": edges}
    )
    return check(pipeline, REGISTRY)


def length_of(checked: Checked) -> int:
    return len(json.dumps(packed(checked)))


def test_what_was_found_is_read_as_it_was() -> None:
    checked = chain(5)
    assert unpacked(json.loads(json.dumps(packed(checked)))) == checked


def test_a_chain_twice_as_long_is_an_answer_twice_as_long() -> None:
    """Each card names all columns: told in full, the answer would be four times as long."""
    short, long = length_of(chain(40)), length_of(chain(80))
    assert long < 2.2 * short
    columns = chain(80).nodes["d80"].schemas["dataset"]
    assert len(getattr(columns, "columns", ())) > 80, "each did add a column"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("columns", [{"name": 7}]),
        ("columns", None),
        ("schemas", []),
        ("schemas", [{"type": "Table", "ranges": "all"}] * 9),
        ("schemas", [{"type": "Table", "ranges": [["0", {}]]}] * 9),
        ("nodes", {"d0": {"inputs": {}, "schemas": {"dataset": "last"}}}),
        ("nodes", []),
    ],
)
def test_a_forged_answer_is_refused(place: str, value: object) -> None:
    with pytest.raises(ExecutorError, match="makes no sense"):
        unpacked({**packed(chain(2)), place: value})


def test_a_short_answer_that_stands_for_too_many_columns_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = packed(chain(2))
    monkeypatch.setattr(packing_module, "MOST_COLUMNS", 1_000)
    told["schemas"][0]["ranges"] = [[0, 10]] * 1_000
    with pytest.raises(ExecutorError, match="over 1,000 columns"):
        unpacked(told)
    with pytest.raises(ExecutorError, match="over 1,000 columns"):
        packed(chain(60))
