"""The trainer of the network cards: its arithmetic against torch's own, and its edges."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cards._network.adam import FlatAdam
from cards._network.backward import step_by_hand
from cards._network.batches import cut
from cards._network.build import build, to_arrays
from cards._network.device import best_device, tuned_processor
from cards._network.dropout import BlockDropout, MaskSource
from cards._network.fit import Epoch, History, NonFiniteLossError, fit
from cards._network.layers import Layer, feed_forward, parameter_count, widths
from cards._network.losses import SQUARED_ERROR, Loss, cross_entropy
from cards._network.predict import Network
from cards._network.scaling import Scaling
from cards._network.scaling import to_arrays as scaling_arrays
from tensorrag import CardError, InputError

CPU = torch.device("cpu")
Activation = Any

Floats = NDArray[np.float32]


def rows(count: int = 300, features: int = 5) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((count, features)).astype(np.float32)
    return x, (np.sin(x[:, 0]) + x[:, 1] * x[:, 2]).astype(np.float32)


def network(dropout: float = 0.0, activation: Activation = "relu", **options: Any) -> list[Layer]:
    return feed_forward(5, [16, 8], activation=activation, dropout=dropout, **options)


def train(layers: list[Layer], x: Floats, y: Floats, **options: Any) -> tuple[nn.Module, History]:
    settings: dict[str, Any] = {"epochs": 3, "batch_size": 32, "learning_rate": 0.01, "device": CPU}
    module = build(layers, seed=1)
    return module, fit(module, x, y, **settings | options)


def forward(module: nn.Module, x: Floats) -> Floats:
    """What torch says of rows."""
    device = next(module.parameters()).device
    with torch.inference_mode():
        outputs: Floats = module.eval()(torch.from_numpy(x).to(device)).cpu().numpy()
    return outputs


def stored(layers: list[Layer], module: nn.Module) -> Network:
    """The network as it is kept, without any normalisation."""
    same = Scaling(np.zeros(5), np.ones(5))
    normalisation = scaling_arrays(same, Scaling(np.zeros(1), np.ones(1)))
    return Network({"layers": layers, "weights": to_arrays(module), "normalisation": normalisation})


def stock_loop(layers: list[Layer], x: Floats, y: Floats, seed: int = 0) -> tuple[nn.Module, float]:
    """Three epochs as the manual of torch writes them; the last epoch's mean loss."""
    module = build(layers, seed=1)
    adam = torch.optim.Adam(module.parameters(), lr=0.01)
    order = torch.Generator().manual_seed(seed)
    total = 0.0
    for _ in range(3):
        total = 0.0
        for batch in torch.split(torch.randperm(len(x), generator=order), 32):
            adam.zero_grad()
            prediction = module(torch.from_numpy(x)[batch]).squeeze(1)
            loss = nn.functional.mse_loss(prediction, torch.from_numpy(y)[batch])
            torch.autograd.backward(loss)
            adam.step()
            total += loss.item() * len(batch)
    return module, total / len(x)


class TestLayers:
    def test_a_hidden_layer_is_linear_norm_activation_dropout(self) -> None:
        layers = feed_forward(4, [3], activation="tanh", dropout=0.5, batch_norm=True)

        assert [layer["type"] for layer in layers] == [
            "linear",
            "batch_norm",
            "tanh",
            "dropout",
            "linear",
        ]

    def test_counts_what_torch_counts(self) -> None:
        layers = feed_forward(13, [128, 64, 32], activation="relu", dropout=0.2, batch_norm=True)

        counted = sum(p.numel() for p in build(layers).parameters())
        assert parameter_count(layers) == counted

    def test_widths(self) -> None:
        assert widths(network()) == [5, 16, 8, 1]

    def test_an_unknown_type_is_named(self) -> None:
        with pytest.raises(CardError, match="'warp'") as error:
            build([{"type": "warp"}])
        assert "linear, batch_norm" in error.value.hint

    def test_building_leaves_the_random_numbers_of_torch_alone(self) -> None:
        before = torch.random.get_rng_state()
        build(network(), seed=9)
        assert torch.equal(before, torch.random.get_rng_state())


class TestArrays:
    def test_names_are_those_of_a_plain_sequential(self) -> None:
        arrays = to_arrays(build([{"type": "linear", "in": 2, "out": 1}]))
        assert {name: array.shape for name, array in arrays.items()} == {
            "0.weight": (1, 2),
            "0.bias": (1,),
        }

    def test_arrays_do_not_share_memory_with_the_module(self) -> None:
        module = build(network())
        to_arrays(module)["0.weight"][:] = 7.0
        assert 7.0 not in to_arrays(module)["0.weight"]


class TestEqualToTorch:
    @pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
    def test_trains_as_the_stock_loop_does(self, activation: Activation) -> None:
        x, y = rows()
        layers = network(activation=activation)

        ours, history = train(layers, x, y)
        stock, loss = stock_loop(layers, x, y)

        assert history.loss[-1] == pytest.approx(loss, rel=1e-4)
        for a, b in zip(ours.parameters(), stock.parameters(), strict=True):
            assert torch.allclose(a, b, atol=1e-4)

    def test_with_batch_normalisation_too(self) -> None:
        x, y = rows()
        layers = network(batch_norm=True)

        _, history = train(layers, x, y)
        _, loss = stock_loop(layers, x, y)

        # The loss only: biases before a normalisation have no gradient but rounding, which Adam
        # makes as large as any.
        assert history.loss[-1] == pytest.approx(loss, rel=1e-3)

    def test_adam_is_torch_adam(self) -> None:
        module, twin = build(network()), build(network())
        flat, adam = FlatAdam(module, 1e-3), torch.optim.Adam(twin.parameters(), lr=1e-3)
        for step in range(5):
            for p, q in zip(module.parameters(), twin.parameters(), strict=True):
                gradient = torch.randn(p.shape, generator=torch.Generator().manual_seed(step))
                assert p.grad is not None
                p.grad.copy_(gradient)
                q.grad = gradient.clone()
            flat.step()
            adam.step()

        for p, q in zip(module.parameters(), twin.parameters(), strict=True):
            assert torch.allclose(p, q, rtol=0, atol=3e-8)

    @pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
    @pytest.mark.parametrize("dropout", [0.0, 0.3])
    @pytest.mark.parametrize("outputs", [1, 3])
    def test_the_gradient_by_hand_is_that_of_autograd(
        self, activation: Activation, dropout: float, outputs: int
    ) -> None:
        module = build(network(dropout, activation, outputs=outputs)).train()
        x, y = torch.randn(40, 5), torch.randn(40, outputs)
        flat = FlatAdam(module, 1e-3)

        with_masks_of(module, 5)
        loss = nn.functional.mse_loss(module(x), y)
        torch.autograd.backward(loss)
        expected = flat.gradients.clone()
        flat.gradients.fill_(99.0)
        with_masks_of(module, 5)
        step = step_by_hand(module, SQUARED_ERROR)
        assert step is not None
        with torch.inference_mode():
            by_hand, _ = step(x.clone(), y)

        assert by_hand.item() == pytest.approx(loss.item(), rel=1e-6)
        for p, offset in views(flat, module):
            found = p.grad
            assert found is not None
            there = expected[offset : offset + p.numel()].view(p.shape)
            assert torch.allclose(found, there, atol=1e-7)

    @pytest.mark.parametrize("classes", [2, 4])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_cross_entropy_and_its_gradient_are_those_of_torch(
        self, classes: int, weighted: bool
    ) -> None:
        weights = [0.5, 2.0, 1.5, 0.25][:classes] if weighted else None
        outputs = (3 * torch.randn(40, 1 if classes == 2 else classes)).requires_grad_()
        y = torch.randint(classes, (40, 1)).float()
        loss = cross_entropy(classes, weights)
        assert loss.by_hand is not None
        assert loss.right is not None

        mean = loss.mean(outputs, y)
        (expected,) = torch.autograd.grad(mean, outputs)
        with torch.inference_mode():
            by_hand, gradient = loss.by_hand(outputs.detach().clone(), y)
            right = int(loss.right(outputs, y))

        logits = torch.cat([torch.zeros(40, 1), outputs], 1) if classes == 2 else outputs
        labels = y[:, 0].long()
        each = nn.functional.cross_entropy(logits, labels, reduction="none")
        counted = each if weights is None else each * torch.tensor(weights)[labels]
        assert mean.item() == pytest.approx(counted.mean().item(), rel=1e-5)
        assert by_hand.item() == pytest.approx(mean.item(), rel=1e-5)
        assert torch.allclose(gradient, expected, atol=1e-7)
        assert right == int((logits.argmax(1) == labels).sum())

    @pytest.mark.parametrize(
        "layers",
        [
            [nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)],
            [nn.Linear(3, 3), nn.Tanh(), nn.ReLU(), nn.Linear(3, 1)],
            [nn.ReLU(), nn.Linear(3, 1)],
            [nn.Linear(3, 1, bias=False)],
            [],
        ],
    )
    def test_what_is_not_known_by_hand_is_left_to_autograd(self, layers: list[nn.Module]) -> None:
        assert step_by_hand(nn.Sequential(*layers), SQUARED_ERROR) is None

    def test_another_loss_goes_through_autograd(self) -> None:
        x, y = rows()
        _, history = train(network(0.1), x, y, loss=Loss(nn.functional.l1_loss), epochs=10)
        assert history.loss[-1] < history.loss[0]


def with_masks_of(module: nn.Module, seed: int) -> None:
    source = MaskSource(seed, CPU)
    for layer in module.modules():
        if isinstance(layer, BlockDropout):
            layer.start(source)


def views(flat: FlatAdam, module: nn.Module) -> list[tuple[nn.Parameter, int]]:
    start = flat.weights.data_ptr()
    return [(p, (p.data_ptr() - start) // 4) for p in module.parameters()]


class TestDropout:
    @pytest.mark.parametrize("p", [0.1, 0.2, 0.5, 0.9])
    def test_masks_are_unbiased(self, p: float) -> None:
        masks = torch.empty(4_000_000)
        MaskSource(0, CPU).fill(masks, p)

        deviation = (p / (1 - p) / masks.numel()) ** 0.5
        assert abs(masks.double().mean().item() - 1.0) < 4 * deviation
        assert np.unique(masks.numpy()) == pytest.approx([0.0, 1 / (1 - p)], rel=1e-4)

    @pytest.mark.parametrize(("p", "kept"), [(0.0, 1.0), (1e-9, 1.0), (1.0, 0.0)])
    def test_the_ends(self, p: float, kept: float) -> None:
        masks = torch.empty(101)
        MaskSource(0, CPU).fill(masks, p)
        assert np.unique(masks.numpy()).tolist() == [kept]

    def test_units_are_dropped_independently_of_each_other_and_of_the_batch_before(self) -> None:
        layer = BlockDropout(0.5).train()
        layer.start(MaskSource(0, CPU))
        drawn = torch.stack([layer(torch.ones(16, 8)).flatten() for _ in range(5000)])

        assert torch.corrcoef(drawn.T).fill_diagonal_(0).abs().max().item() < 0.08
        assert abs(torch.corrcoef(torch.stack([drawn[1:, 0], drawn[:-1, 0]]))[0, 1].item()) < 0.08

    def test_a_smaller_and_a_larger_batch(self) -> None:
        layer = BlockDropout(0.5).train()
        assert [len(layer(torch.ones(n, 3))) for n in (8, 3, 9, 8)] == [8, 3, 9, 8]

    def test_a_place_is_held_for_the_masks_of_batches_of_one_size(self) -> None:
        layer, x = BlockDropout(0.5).train(), torch.ones(4, 3)
        assert layer.hold(4) is None  # of no known width yet
        layer(x)
        place = layer.hold(4)
        assert place is not None
        place.fill_(7)

        assert set(layer(x).flatten().tolist()) == {7}
        assert set(layer(torch.ones(200, 3)).flatten().tolist()) == {0, 2}
        next_masks = layer.drawn(torch.ones(150, 3))
        assert set(next_masks.flatten().tolist()) == {0, 2}
        layer.let_go()
        assert 7 not in layer(x)
        assert layer.hold(4) is not None
        layer.start(None)
        assert layer.hold(4) is None  # whoever trains next holds its own

    def test_does_nothing_in_evaluation(self) -> None:
        x = torch.randn(4, 3)
        assert torch.equal(BlockDropout(0.5).eval()(x), x)

    def test_a_share_outside_0_to_1_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"between 0 and 1, but is 1\.5"):
            BlockDropout(1.5)


class TestFit:
    def test_learns(self) -> None:
        x, y = rows(2000)
        module, history = train(network(), x, y, epochs=40)

        error = np.mean((forward(module, x)[:, 0] - y) ** 2)
        assert error < 0.1 * np.var(y)
        assert history.loss[-1] < 0.2 * history.loss[0]
        assert history.device == "cpu"

    @pytest.mark.parametrize("batch_norm", [False, True])
    def test_the_same_seed_gives_the_same_network(self, batch_norm: bool) -> None:
        x, y = rows()
        layers = network(0.2, batch_norm=batch_norm)

        runs = [train(layers, x, y, seed=seed) for seed in (4, 4, 5)]

        first, second, other = (to_arrays(module)["0.weight"] for module, _ in runs)
        assert runs[0][1].loss == runs[1][1].loss
        assert np.array_equal(first, second)
        assert not np.array_equal(first, other)

    def test_validation_is_measured_without_dropout(self) -> None:
        x, y = rows()
        module, history = train(network(0.5), x, y, validation=(x[:50], y[:50]))

        expected = np.mean((forward(module, x[:50])[:, 0] - y[:50]) ** 2)
        assert len(history.curves["validation_loss"]) == 3
        assert history.curves["validation_loss"][-1] == pytest.approx(expected, rel=1e-4)

    def test_each_epoch_is_told(self) -> None:
        told: list[Epoch] = []
        _, history = train(network(), *rows(), on_epoch=told.append)

        assert [(epoch.number, epoch.total) for epoch in told] == [(1, 3), (2, 3), (3, 3)]
        assert [epoch.told["loss"] for epoch in told] == history.loss
        assert told[0].seconds <= told[-1].seconds == history.seconds

    @pytest.mark.parametrize("count", [1, 31, 32, 33, 65])
    @pytest.mark.parametrize("dropout", [0.0, 0.2])
    def test_any_number_of_rows(self, count: int, dropout: float) -> None:
        _, history = train(network(dropout), *rows(count))
        assert np.isfinite(history.loss).all()

    def test_batch_normalisation_survives_a_last_batch_of_one(self) -> None:
        _, history = train(network(0.2, batch_norm=True), *rows(65))
        assert np.isfinite(history.loss).all()

    @pytest.mark.parametrize(("count", "batch_size"), [(1, 32), (50, 1)])
    def test_batch_normalisation_over_one_row_is_refused(self, count: int, batch_size: int) -> None:
        with pytest.raises(CardError, match="at least 2 rows in a batch"):
            train(network(batch_norm=True), *rows(count), batch_size=batch_size)

    def test_a_loss_that_explodes_stops_with_what_to_try(self) -> None:
        x, y = rows()
        with pytest.raises(NonFiniteLossError, match="at epoch 1") as error:
            train(network(), x * 1e18, y * 1e18)
        assert "lower Learning rate" in error.value.hint

    def test_the_very_last_step_is_checked_too(self) -> None:
        x, y = rows(32)

        def steep(a: Tensor, b: Tensor) -> Tensor:
            """One, with a slope beyond float32."""
            return 1.0 + ((a - a.detach()) * 1e30).sum() * 1e30

        with pytest.raises(NonFiniteLossError, match="in the last step"):
            train(network(), x, y, epochs=1, loss=Loss(steep))

    @pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39])
    def test_missing_and_infinite_numbers_are_refused(self, bad: float) -> None:
        x, y = rows()
        features, target = x.astype(np.float64), y.astype(np.float64)
        features[7, 2] = target[7] = bad
        with pytest.raises(InputError, match="features hold missing or infinite"):
            train(network(), features, y)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="target holds missing or infinite"):
            train(network(), x, target)  # type: ignore[arg-type]

    def test_rows_without_targets_are_refused(self) -> None:
        x, y = rows()
        with pytest.raises(InputError, match="300 and 299 targets"):
            train(network(), x, y[1:])

    def test_the_caller_keeps_threads_and_rows(self) -> None:
        x, y = rows()
        before, threads = x.copy(), torch.get_num_threads()
        train(network(), x, y)
        assert np.array_equal(before, x)
        assert torch.get_num_threads() == threads

    def test_small_work_gets_one_thread(self) -> None:
        with tuned_processor(parameters=12_000, batch_size=32):
            assert torch.get_num_threads() == 1


class TestBatches:
    def test_cut_covers_every_row_once(self) -> None:
        for count in (1, 5, 6, 7, 12, 13):
            for least in (1, 2):
                if min(count, 6) < least:
                    continue
                (part,) = cut(count, 6, least)
                covered = [i for a, b in part.batches for i in range(a, b)]
                assert covered == list(range(count))
                assert all(b - a >= least for a, b in part.batches)

    def test_a_large_table_is_gathered_in_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cards._network.batches.GATHER_ROWS", 100)
        parts = cut(257, 32)

        assert [(part.start, part.stop) for part in parts] == [(0, 96), (96, 192), (192, 257)]
        assert parts[2].batches == [(0, 32), (32, 64), (64, 65)]

    def test_large_parts_are_cut_where_a_cache_line_begins(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cards._network.batches.GATHER_ROWS", 500)

        assert [part.start for part in cut(700, 7)] == [0, 448]

    def test_parts_do_not_change_what_is_learned(self, monkeypatch: pytest.MonkeyPatch) -> None:
        x, y = rows()
        _, whole = train(network(), x, y)
        monkeypatch.setattr("cards._network.batches.GATHER_ROWS", 64)
        _, parts = train(network(), x, y)
        assert whole.loss == parts.loss


class TestStored:
    @pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
    @pytest.mark.parametrize("batch_norm", [False, True])
    def test_it_says_without_torch_what_torch_says(
        self, activation: Activation, batch_norm: bool
    ) -> None:
        x, y = rows()
        layers = network(0.2, activation, batch_norm=batch_norm)
        module, _ = train(layers, x, y)
        assert np.allclose(stored(layers, module).outputs(x), forward(module, x), atol=1e-5)

    def test_does_not_depend_on_the_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        x, y = rows()
        layers = network(0.2, batch_norm=True)
        module, _ = train(layers, x, y)
        whole = stored(layers, module).outputs(x)
        monkeypatch.setattr("cards._network.predict.BATCH_ROWS", 7)
        assert np.allclose(stored(layers, module).outputs(x), whole, atol=1e-6)

    def test_no_rows(self) -> None:
        layers = network()
        nothing = np.zeros((0, 5), dtype=np.float32)
        assert stored(layers, build(layers)).outputs(nothing).shape == (0, 1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("batch_norm", [False, True])
def test_cuda_learns_what_the_processor_learns(batch_norm: bool) -> None:
    x, y = rows(2000)
    assert best_device().type == "cuda"
    layers = network(batch_norm=batch_norm)

    on_cpu, _ = train(layers, x, y, epochs=10)
    on_cuda, history = train(layers, x, y, epochs=10, device=torch.device("cuda"))
    dropped, _ = train(network(0.2), x, y, device=torch.device("cuda"))

    assert history.device == "cuda"
    assert np.corrcoef(forward(on_cpu, x)[:, 0], forward(on_cuda, x)[:, 0])[0, 1] > 0.99
    assert np.isfinite(forward(dropped, x)).all()
