"""Whether a network fits is told by the number of its parameters, before any memory is taken."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cards._network.build import build
from cards._network.fit import fit
from cards._network.layers import feed_forward, parameter_count
from cards._network.room import SOFTWARE, refuse_what_cannot_fit, training_memory
from cards.model_define_gpu import ModelDefineGpu
from cards.train_gpu import TrainGpu
from tensorrag import CardError, ColumnSchema, TableSchema
from tensorrag.footprint import Footprint

GB = 2**30


@pytest.mark.parametrize(
    ("allowed", "gpu", "says"),
    [
        (
            15 * GB,
            None,
            "training it takes at least 16,384 MB of memory, and the card may use 15,360 MB",
        ),
        (
            64 * GB,
            15 * GB,
            "training it takes at least 16,384 MB of memory, and the GPU has 15,360 MB",
        ),
        (
            3 * GB,
            80 * GB,
            "training it takes at least 4,096 MB of memory, and the card may use 3,072 MB",
        ),
    ],
)
def test_what_cannot_fit_is_refused(allowed: int, gpu: int | None, says: str) -> None:
    with pytest.raises(CardError, match=f"1,073,741,824 parameters: {says}"):
        refuse_what_cannot_fit(2**30, allowed, gpu)


@pytest.mark.parametrize(
    ("allowed", "gpu"), [(16 * GB, None), (None, None), (4 * GB, 16 * GB), (None, 16 * GB)]
)
def test_what_may_fit_is_tried(allowed: int | None, gpu: int | None) -> None:
    refuse_what_cannot_fit(2**30, allowed, gpu)


class TestEstimate:
    def test_by_hand(self) -> None:
        """Widths 2, 3, 1: 13 parameters. 100 rows of 3 numbers, in batches of 10."""
        weights = 13 * 16
        rows = 100 * 3 * 4 * 2 + 100 * 8  # all of them, their shuffled copy, their order
        step = 10 * (3 + 1) * 6 * 4
        made = training_memory([2, 3, 1], 13, rows=100, held_out=0, batch_size=10)
        assert made == weights + rows + step + 900_000_000

    def test_rows_to_validate_on_are_looked_at_all_at_once(self) -> None:
        alone = training_memory([2, 3, 1], 13, rows=100, held_out=0, batch_size=10)
        watched = training_memory([2, 3, 1], 13, rows=100, held_out=1000, batch_size=10)
        step = 10 * 4 * 6 * 4
        assert watched - alone == 1000 * 3 * 4 + 1000 * (3 + 3) * 4 - step

    def test_rows_that_are_shuffled_in_parts_lie_there_twice_at_most(self) -> None:
        """While the next 2^20 rows are gathered, those before them are still there."""
        few, many = (
            training_memory([2, 3, 1], 13, rows=rows, held_out=0, batch_size=10)
            for rows in (10 * 2**20, 20 * 2**20)
        )
        assert many - few == 10 * 2**20 * (3 * 4 + 8)
        least = training_memory([2, 3, 1], 13, rows=2**20, held_out=0, batch_size=10)
        assert few - least == 9 * 2**20 * (3 * 4 + 8) + 2**20 * 3 * 4

    def test_the_card_tells_it_from_schemas_alone(self) -> None:
        columns = tuple(ColumnSchema(name=name, kind="number") for name in ("a", "b", "MEDV"))
        table = TableSchema(columns=columns, rows=100)
        spec = ModelDefineGpu(hidden_layers=[3], batch_size=10).propagate()
        told = TrainGpu().footprint({"train_dataset": table, "model_spec": spec})
        assert told is not None
        assert told.parameters == 13
        assert told.memory == training_memory([2, 3, 1], 13, 100, 0, 10)
        assert told.sent == 100 * 3 * 8
        unknown = TableSchema(columns=columns)
        told = TrainGpu().footprint({"train_dataset": unknown, "model_spec": spec})
        assert told is not None
        assert (told.parameters, told.memory) == (13, None)

    @pytest.mark.gpu
    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_a_gpu_takes_no_more_and_not_much_less(self) -> None:
        x = np.random.default_rng(0).normal(size=(400_000, 50)).astype(np.float32)
        layers = feed_forward(50, [512, 256], activation="relu", dropout=0.2)
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        module = build(layers)
        fit(module, x, x[:, :1], epochs=1, batch_size=4096, learning_rate=0.001)
        taken = torch.cuda.max_memory_allocated() - before + SOFTWARE
        told = training_memory([50, 512, 256, 1], parameter_count(layers), 400_000, 0, 4096)
        assert told / 3 < taken < 1.2 * told


def test_a_gpu_that_is_too_small_is_named_with_the_least_that_is_not() -> None:
    assert Footprint(memory=14 * 10**9).fits("T4")
    large = Footprint(memory=16 * 10**9)
    assert not large.fits("T4")
    assert large.least() == "L4"
    assert Footprint(memory=10**12).least() is None
