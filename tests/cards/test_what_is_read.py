"""A card reads the columns that it needs of a stored table, and no page of the others."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

CARDS = """
import os, sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from cards.evaluate import Evaluate
from cards.filter_rows import FilterRows
from cards.group_aggregate import GroupAggregate
from cards.model_define import ModelDefine
from cards.select_columns import SelectColumns
from cards.train import Train
from tensorrag.store.artifacts import Store
from tensorrag.types import Table

store, numbers = Store(Path(sys.argv[1])), np.random.default_rng(0)
names = ["x", "y", *(f"other {number}" for number in range(28))]


def stored(rows):
    # Its file ends behind the first two columns: whoever reads beyond is killed.
    digest = store.put(Table(pa.table({n: numbers.random(rows) for n in names}))).digest
    table = store.load(digest)
    [file] = [store.blob(each.sha256) for each in store.get(digest).files]
    file.chmod(0o600)
    os.truncate(file, 2 * 8 * rows + (1 << 16))
    return table


table = stored(20_000)
spec = ModelDefine(model_type="ridge").run().model_spec
model = Train(target_column="y", feature_columns=["x"]).run(table, None, spec).trained_model
Evaluate().run(table, model)
store.put(SelectColumns(columns=["x", "y"]).run(table).dataset)
GroupAggregate(by=["y"], columns=["x"]).run(table)
large = stored(120_000)  # of which rows are kept by their numbers
assert FilterRows(condition="x > 0.5 and y < 0.9").run(large).dataset.num_rows > 40_000
print("two columns are enough", flush=True)
table.arrow["other 27"].to_numpy().sum()
print("the others were read from nowhere")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_card_that_uses_2_of_30_columns_touches_no_page_of_the_others(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CARDS, str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=240)

    assert done.stdout.splitlines()[-1:] == ["two columns are enough"], done.stderr
    assert done.returncode == -signal.SIGBUS
