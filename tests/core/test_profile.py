"""A table of any length is profiled: what is of all rows, and what is of the rows drawn."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tensorrag.store.artifacts import Store
from tensorrag.types import ColumnSchema, Table, profile

LONG = 1_500_000


def stored(folder: Path, **columns: np.ndarray) -> Table:
    store = Store(folder)
    value = store.load(store.put(Table(pa.table(columns))).digest)
    assert isinstance(value, Table)
    return value


def test_a_long_column_is_measured_whole_and_pictured_from_rows_drawn() -> None:
    values = np.random.default_rng(1).normal(50.0, 10.0, LONG)
    values[[7, 8, 9]] = -1000.0, 1000.0, np.nan

    preview = Table(pa.table({"x": values})).preview()

    [x], there = preview.columns, np.delete(values, 9)
    assert preview.drawn == 1_000_000
    assert (x.min, x.max, x.missing) == (-1000.0, 1000.0, 1)
    assert x.mean == pytest.approx(there.mean(), rel=1e-12)
    assert x.std == pytest.approx(there.std(), rel=1e-12)
    assert x.quantiles == pytest.approx(np.quantile(there, [0.25, 0.5, 0.75]), rel=0.01)
    assert x.histogram is not None
    assert (x.histogram.edges[0], x.histogram.edges[-1]) == (-1000.0, 1000.0)
    assert sum(x.histogram.counts) == pytest.approx(1_000_000, abs=1)


def test_a_table_of_a_million_rows_is_looked_at_whole() -> None:
    preview = Table(pa.table({"x": np.arange(1_000_000)})).preview()

    assert (preview.drawn, preview.columns[0].distinct) == (None, 1_000_000)


def test_the_same_rows_are_drawn_again() -> None:
    table = Table(pa.table({"x": np.random.default_rng(2).random(LONG)}))

    assert table.preview() == table.preview()
    assert table.face() == table.face()


def test_a_pattern_in_the_order_of_rows_does_not_deceive() -> None:
    every_second = np.arange(2_000_000) % 2

    [column] = Table(pa.table({"x": every_second})).preview().columns

    assert column.kind == "binary"
    assert column.histogram is not None
    assert column.histogram.counts == pytest.approx((500_000, 500_000), rel=0.01)


def test_frequent_texts_of_a_long_column_come_from_rows_drawn() -> None:
    cities = np.array(["Basel", "Bern", "Bern", "Chur"])[np.arange(LONG) % 4]

    [column] = Table(pa.table({"city": cities})).preview().columns

    assert column.top is not None
    assert column.top[0].value == "Bern"
    assert sum(each.count for each in column.top) == 1_000_000
    assert (column.distinct, column.missing) == (3, 0)


def test_texts_that_would_fill_the_memory_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pa.array(["a", None, "b", "a"])
    monkeypatch.setattr(profile, "MOST_TEXT", texts.nbytes - 1)

    [text, x] = Table(pa.table({"text": texts, "x": [1, 2, 3, 4]})).preview().columns

    assert (text.missing, text.distinct, text.top) == (1, None, None)
    assert x.distinct == 4


def test_figures_do_not_depend_on_where_arrow_cuts_a_column() -> None:
    values = 1e9 + np.random.default_rng(3).random(400_000)
    parts = pa.chunked_array([values[:3], values[3:3], values[3:170_000], values[170_000:]])

    [whole] = Table(pa.table({"x": values})).preview().columns
    [cut] = Table(pa.table({"x": parts})).preview().columns

    assert whole.std == pytest.approx(values.std(), rel=1e-6)
    assert (cut.min, cut.max, cut.quantiles) == (whole.min, whole.max, whole.quantiles)
    assert (cut.mean, cut.std) == pytest.approx((whole.mean, whole.std), rel=1e-9)


def test_texts_that_were_called_numbers_are_shown_as_texts() -> None:
    arrow = pa.table({"x": ["1", "2", "two"]})

    [column] = Table(arrow, columns=[ColumnSchema(name="x", kind="number")]).preview().columns

    assert (column.mean, column.distinct) == (None, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_profile_lets_go_of_the_file_that_it_read(tmp_path: Path) -> None:
    table = stored(tmp_path, x=np.random.default_rng(4).random(LONG))
    assert table.arrow["x"].to_numpy().sum() > 0
    whole = mapped(tmp_path)

    table.preview()

    assert whole > 8 * LONG
    assert mapped(tmp_path) < 1_000_000
    assert len(np.unique(table.arrow["x"].to_numpy())) > 1_000_000  # it is read again


def mapped(folder: Path) -> int:
    """Return the bytes of files in a folder that are in this process's memory."""
    total, within = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.partition(" ")[0]:
            within = str(folder) in line
        elif within and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total


def test_a_stored_table_can_be_sent_to_another_process(tmp_path: Path) -> None:
    table = stored(tmp_path, x=np.arange(5.0))

    sent = pickle.loads(pickle.dumps(table))  # noqa: S301

    assert sent.arrow == table.arrow
    assert sent.preview() == table.preview()
