"""Data Split: every row goes to exactly one part."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cards.data_split import DataSplit
from tensorrag import InputError, ParameterError, Table


def table(rows: int = 1000) -> Table:
    kinds = np.where(np.arange(rows) % 10 == 0, "rare", "common")
    return Table.from_pandas(pd.DataFrame({"row": np.arange(rows), "kind": kinds}))


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("rows", [1000, 997, 10])
def test_each_row_is_in_exactly_one_part(shuffle: bool, rows: int) -> None:
    card = DataSplit(train_ratio=0.7, validation_ratio=0.15, test_ratio=0.15, shuffle=shuffle)

    parts = card.run(table(rows))

    together = pd.concat([part.to_pandas() for part in parts])["row"]
    assert sorted(together) == list(range(rows))
    assert [part.num_rows for part in parts] == [s.rows for s in card.propagate(table(rows).schema)]


def test_the_seed_decides() -> None:
    def first_row(seed: int) -> list[int]:
        return list(DataSplit(seed=seed).run(table()).train_dataset.to_pandas()["row"][:10])

    assert first_row(1) == first_row(1)
    assert first_row(1) != first_row(2)


def test_without_shuffling_the_first_rows_are_train_rows() -> None:
    parts = DataSplit(shuffle=False).run(table(10))

    assert list(parts.train_dataset.to_pandas()["row"]) == list(range(8))
    assert list(parts.test_dataset.to_pandas()["row"]) == [8, 9]


def test_stratifying_keeps_the_shares_of_a_column() -> None:
    card = DataSplit(train_ratio=0.6, validation_ratio=0.2, test_ratio=0.2, stratify_by="kind")

    parts = card.run(table())

    shares = [(part.to_pandas()["kind"] == "rare").mean() for part in parts]
    assert shares == pytest.approx([0.1, 0.1, 0.1])
    assert [part.num_rows for part in parts] == [600, 200, 200]


def test_a_continuous_column_is_put_into_bins() -> None:
    parts = DataSplit(stratify_by="row").run(table())

    assert parts.test_dataset.to_pandas()["row"].mean() == pytest.approx(499.5, abs=15)


def test_a_part_keeps_the_kinds_of_the_whole() -> None:
    parts = DataSplit(train_ratio=0.9, test_ratio=0.1, shuffle=False).run(table(20))

    assert parts.test_dataset.columns == table(20).columns


def test_ratios_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match=r"The ratios add up to 1\.1, not to 1"):
        DataSplit(train_ratio=0.8, test_ratio=0.3)

    DataSplit(train_ratio=0.7, test_ratio=0.2, validation_ratio=0.1)


def test_too_few_rows_are_refused_before_and_while_running() -> None:
    with pytest.raises(InputError, match="1 row is too few: the train part would be empty"):
        DataSplit().run(table(1))
    with pytest.raises(InputError, match="too few"):
        DataSplit().propagate(table(1).schema)


def test_a_class_with_one_row_cannot_be_stratified() -> None:
    lonely = Table.from_pandas(pd.DataFrame({"kind": ["a"] * 9 + ["b"]}))

    with pytest.raises(ParameterError, match="some of its values are in too few rows"):
        DataSplit(stratify_by="kind").run(lonely)
