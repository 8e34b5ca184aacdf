"""Writes networks: a plain torch module, and a short loop that trains it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cards._network.layers import complete, parameter_count
from cards._script.learning import Columns
from cards._script.shared import NUMPY, call
from tensorrag import CardError, ModelSchema, NetworkSpec
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

TRAINED = '''\
def trained(module, x, y, loss, epochs, batch_size, learning_rate, seed):
    """Train a network with Adam; return the mean loss of every epoch."""
    x = torch.from_numpy(x.astype(np.float32))
    adam = torch.optim.Adam(module.parameters(), lr=learning_rate, fused=True)
    shuffled, losses = torch.Generator().manual_seed(seed), []
    module.train()
    for _ in range(epochs):
        total = 0.0
        for rows in BATCHES(torch.randperm(len(x), generator=shuffled), batch_size):
            mean = loss(module(x[rows]), y[rows])
            adam.zero_grad()
            mean.backward()
            adam.step()
            total += mean.item() * len(rows)
        losses.append(total / len(x))
    module.eval()
    return losses'''

REGRESSOR = '''\
class Network(RegressorMixin, BaseEstimator):
    """A network that predicts a number, which it learns with mean 0 and deviation 1."""

    def __init__(self, module, **training):
        self.module, self.training = module, training

    def fit(self, x, y):
        y = np.asarray(y, dtype=float)
        self.middle_, self.spread_ = y.mean(), y.std() or 1.0
        goal = torch.from_numpy(((y - self.middle_) / self.spread_).astype(np.float32))[:, None]
        self.losses_ = trained(self.module, x, goal, nn.functional.mse_loss, **self.training)
        return self

    def predict(self, x):
        with torch.no_grad():
            found = self.module(torch.from_numpy(x.astype(np.float32)))[:, 0].numpy()
        return found.astype(float) * self.spread_ + self.middle_'''

CLASSIFIER = '''\
class Network(ClassifierMixin, BaseEstimator):
    """A network that tells classes apart; rare ones weigh more where they are far apart."""

    def __init__(self, module, **training):
        self.module, self.training = module, training

    def fit(self, x, y):
        self.classes_, labels = np.unique(np.asarray(y), return_inverse=True)
        counts, labels = np.bincount(labels), torch.from_numpy(labels)
        weights = torch.ones(len(counts))
        if counts.max() > 10 * counts.min():
            weights = torch.from_numpy(len(labels) / (len(counts) * counts)).float()

        def loss(outputs, label):
            if outputs.shape[1] == 1:  # the log-odds of the second of two
                goal, cross_entropy = label.float(), nn.functional.binary_cross_entropy_with_logits
                return cross_entropy(outputs[:, 0], goal, weights[label])
            each = nn.functional.cross_entropy(outputs, label, reduction="none")
            return (each * weights[label]).mean()

        self.losses_ = trained(self.module, x, labels, loss, **self.training)
        return self

    def predict_proba(self, x):
        with torch.no_grad():
            outputs = self.module(torch.from_numpy(x.astype(np.float32))).double()
        if outputs.shape[1] == 1:
            outputs = torch.cat([-outputs / 2, outputs / 2], dim=1)
        return torch.softmax(outputs, dim=1).numpy()

    def predict(self, x):
        return self.classes_[self.predict_proba(x).argmax(axis=1)]'''

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
    schema = given.outputs.get("trained_model")
    if not isinstance(schema, ModelSchema) or schema.task is None or schema.layers is None:
        raise given.unknown("how wide the network is")
    return _Training(card, given, given.fact("model_spec"), schema).script()


class _Training:
    def __init__(
        self, card: TrainGpu, given: Given, spec: NetworkSpec, schema: ModelSchema
    ) -> None:
        self.card, self.given, self.spec, self.schema = card, given, spec, schema
        if any(layer.inputs for layer in spec.layers):
            raise CardError(
                f"{given.title} cannot be written as Python: its network branches.",
                hint="Remove the inputs of its layers.",
            )
        hidden = ({"type": layer.type, **layer.params} for layer in spec.layers)
        first, *_, last = schema.layers or (0, 0)
        self.layers = complete(hidden, features=first, outputs=last)
        self.kinds = {str(layer["type"]) for layer in self.layers}
        self.classify = schema.task != "regression"

    def script(self) -> Script:
        given, card, trainer = self.given, self.card, self.spec.trainer
        columns = Columns(card.target_column, card.feature_columns, given, self.schema)
        trained = columns.trained("network", tells_shares=self.classify)
        table, module = given.variable("train_dataset"), given.new("module")
        x, y = trained.rows(table), trained.truth(table)
        training = [
            module,
            f"epochs={trainer.epochs}",
            f"batch_size={trainer.batch_size}",
            f"learning_rate={literal(trainer.learning_rate)}",
            f"seed={card.seed}",
        ]
        steps = [*columns.steps(scaled=False), "StandardScaler()", call("Network", training)]
        dummy, how = "DummyRegressor", ""
        if self.classify:
            dummy, how = "DummyClassifier", 'strategy="prior"'
        code = (
            f"{columns.code}{self._seeds()}"
            f"{module} = {call('nn.Sequential', list(self._modules()))}\n"
            f"{trained.model} = {call('make_pipeline', steps)}\n"
            f"{trained.model}.fit({x}, {y})\n"
            f"{trained.dummy} = {dummy}({how}).fit({x}, {y})"
        )
        own = "ClassifierMixin" if self.classify else "RegressorMixin"
        imports = (
            *columns.imports,
            *TORCH,
            *(["import math"] if "dropout" in self.kinds else []),
            f"from sklearn.base import BaseEstimator, {own}",
            f"from sklearn.dummy import {dummy}",
            "from sklearn.pipeline import make_pipeline",
            "from sklearn.preprocessing import StandardScaler",
        )
        outputs = {"trained_model": trained.model}
        facts = {"trained_model": trained}
        return Script(code, outputs, imports, tuple(self._functions()), facts)

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
        yield TRAINED.replace("BATCHES", cut)
        yield CLASSIFIER if self.classify else REGRESSOR


_ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid"}
