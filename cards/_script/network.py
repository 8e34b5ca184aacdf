"""Writes networks: a plain torch module, and a short loop that trains it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cards._network.layers import complete, parameter_count
from cards._script.learning import Trained
from cards._script.shared import NUMPY, call, columns_of, of
from tensorrag import CardError, NetworkSpec
from tensorrag.script import Given, Script, literal

if TYPE_CHECKING:
    from cards.model_define_gpu import ModelDefineGpu
    from cards.train_gpu import TrainGpu

DROPOUT = '''\
class Dropout(nn.Module):
    """Dropout whose masks are drawn many batches at a time from one stream of random bits.

    nn.Dropout does as well; with these masks the training is the one that ran before.
    """

    def __init__(self, p, bits):
        super().__init__()
        self.kept, self.bits, self.shape, self.masks = round((1 - p) * 65536), bits, None, iter(())

    def forward(self, x):
        if not self.training:
            return x
        self.shape = self.shape or x.shape
        mask = next(self.masks, None)
        if mask is None:
            self.masks = iter(self.draw(max(1, 2**18 // math.prod(self.shape))))
            mask = next(self.masks)
        return x * mask[: len(x)]

    def draw(self, count):
        size = count * math.prod(self.shape)
        words = self.bits.integers(0, 2**64, math.ceil(size / 4), dtype=np.uint64)
        kept = words.view(np.int16)[:size] < self.kept - 32768
        return torch.from_numpy(kept.reshape(count, *self.shape)).float() * (65536 / self.kept)'''

NETWORK = '''\
class Network:
    """A network beside the normalisation of its features and of its target."""

    def __init__(self, module, x, y):
        self.module = module
        self.mean, self.deviation = x.mean(axis=0), x.std(axis=0)
        self.deviation = np.where(self.deviation > 0, self.deviation, 1)
        self.middle, self.spread = y.mean(), y.std() or 1.0

    def fit(self, x, y, epochs, batch_size, learning_rate, seed):
        """Make the mean squared error small with Adam; return it for every epoch."""
        x = self.scaled(x)
        y = torch.from_numpy(((y - self.middle) / self.spread).astype(np.float32)).reshape(-1, 1)
        adam = torch.optim.Adam(self.module.parameters(), lr=learning_rate)
        shuffled, losses = torch.Generator().manual_seed(seed), []
        self.module.train()
        for _ in range(epochs):
            total = 0.0
            order = torch.randperm(len(x), generator=shuffled)
            for rows in LEAST(order, batch_size):
                loss = nn.functional.mse_loss(self.module(x[rows]), y[rows])
                adam.zero_grad()
                loss.backward()
                adam.step()
                total += loss.item() * len(rows)
            losses.append(total / len(x))
        self.module.eval()
        return losses

    def predict(self, x):
        """Predict the target in its own units."""
        with torch.no_grad():
            found = self.module(self.scaled(np.asarray(x, dtype=float))).numpy()
        return found[:, 0] * self.spread + self.middle

    def scaled(self, x):
        return torch.from_numpy(((x - self.mean) / self.deviation).astype(np.float32))'''

BATCHES = '''\
def batches(order, size):
    """Cut rows into batches; one row alone, which has no variance, joins the batch before."""
    parts = list(torch.split(order, size))
    if len(parts) > 1 and len(parts[-1]) < 2:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts'''

ONE_THREAD_BELOW = 8_000_000
"""As `cards._network.device` has it, which imports torch."""
TORCH = ("import torch", "from torch import nn", NUMPY)


def define(card: ModelDefineGpu, given: Given) -> Script:
    """Leave the network to the card that trains it: how wide it is follows from the table."""
    return Script(facts={"model_spec": card.run().model_spec})


def train(card: TrainGpu, given: Given) -> Script:
    """Write the module layer by layer, and train it with the same random numbers."""
    spec = given.fact("model_spec")
    columns = [column.name for column in columns_of(given, "train_dataset")]
    names = card.feature_columns or [name for name in columns if name != card.target_column]
    return _Training(card, given, spec, names).script()


class _Training:
    def __init__(self, card: TrainGpu, given: Given, spec: NetworkSpec, names: list[str]) -> None:
        self.card, self.given, self.spec, self.names = card, given, spec, names
        if any(layer.inputs for layer in spec.layers):
            raise CardError(
                f"{given.title} cannot be written as Python: its network branches.",
                hint="Remove the inputs of its layers.",
            )
        hidden = ({"type": layer.type, **layer.params} for layer in spec.layers)
        self.layers = complete(hidden, features=len(names))
        self.kinds = {str(layer["type"]) for layer in self.layers}

    def script(self) -> Script:
        given, card, trainer = self.given, self.card, self.spec.trainer
        table = given.variable("train_dataset")
        features, network, module = (given.new(n) for n in ("features", "network", "module"))
        x, y, losses, dummy = (given.new(n) for n in ("x", "y", "losses", "dummy"))
        chosen = literal(self.names)
        if not card.feature_columns:
            chosen = f"{table}.columns.drop({literal(card.target_column)})"
        how = call(
            f"{losses} = {network}.fit",
            [
                x,
                y,
                f"epochs={trainer.epochs}",
                f"batch_size={trainer.batch_size}",
                f"learning_rate={literal(trainer.learning_rate)}",
                f"seed={card.seed}",
            ],
        )
        code = (
            f"{features} = {chosen}\n"
            f"{x} = {table}[{features}].to_numpy(dtype=float)\n"
            f"{y} = {of(table, card.target_column)}.to_numpy(dtype=float)\n"
            f"{self._seeds()}"
            f"{module} = {call('nn.Sequential', list(self._modules()))}\n"
            f"{network} = Network({module}, {x}, {y})\n"
            f"{how}\n"
            f"{dummy} = DummyRegressor().fit({x}, {y})"
        )
        trained = Trained(
            network, dummy, features, card.target_column, "regression", as_floats=True
        )
        return Script(
            code,
            {"trained_model": network},
            (*self._imports(), "from sklearn.dummy import DummyRegressor"),
            tuple(self._functions()),
            {"trained_model": trained},
        )

    def _seeds(self) -> str:
        code = f"torch.manual_seed({self.card.seed})\n"
        if parameter_count(self.layers) * self.spec.trainer.batch_size < ONE_THREAD_BELOW:
            code += "torch.set_num_threads(1)  # more cost more than they help a small network\n"
        if "dropout" in self.kinds:
            self.bits = self.given.new("bits")
            code += f"{self.bits} = np.random.Generator(np.random.SFC64({self.card.seed}))\n"
        return code

    def _modules(self) -> Iterator[str]:
        for layer in self.layers:
            match layer["type"]:
                case "linear":
                    yield f"nn.Linear({int(layer['in'])}, {int(layer['out'])})"
                case "batch_norm":
                    yield f"nn.BatchNorm1d({int(layer['features'])})"
                case "dropout":
                    yield f"Dropout({literal(float(layer['p']))}, {self.bits})"
                case kind:
                    yield f"nn.{_ACTIVATIONS[str(kind)]}()"

    def _functions(self) -> Iterator[str]:
        if "dropout" in self.kinds:
            yield DROPOUT
        if "batch_norm" in self.kinds:
            yield BATCHES
        cut = "batches" if "batch_norm" in self.kinds else "torch.split"
        yield NETWORK.replace("LEAST", cut)

    def _imports(self) -> tuple[str, ...]:
        return (*TORCH, "import math") if "dropout" in self.kinds else TORCH


_ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid"}
