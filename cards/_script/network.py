"""Writes networks: a plain torch module, and a short loop that trains it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cards._script.columns import MAKE, Columns
from cards._script.estimators import Described
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
        if self.shape is None or len(x) > self.shape[0]:  # the last batch may be the largest
            self.shape, self.masks = x.shape, iter(())
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

ONE_VECTOR = '''\
def in_one_vector(module):
    """Lay the weights out in one vector, where Adam moves all of them at once; return it."""
    sizes = [-(-part.numel() // 16) * 16 for part in module.parameters()]  # 64 bytes: no odd rest
    weights = torch.zeros(sum(sizes))
    weights.grad = torch.zeros(sum(sizes))
    both = zip(weights.split(sizes), weights.grad.split(sizes))
    for part, (here, slope) in zip(module.parameters(), both):
        here = here[: part.numel()].view_as(part).copy_(part.data)
        part.data, part.grad = here, slope[: part.numel()].view_as(part)
    return weights'''

SINGLE = '''\
def in_single_precision(values):
    """Make a tensor of an array."""
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))'''

TRAINED = '''\
def trained(network, x, y, each):
    """Train with Adam; call each, where there is one, after every epoch; return mean losses."""
    x, module = in_single_precision(x), network.module_
    weights = in_one_vector(module)
    if len(weights) * network.batch_size < 8_000_000:
        torch.set_num_threads(1)  # more cost more than they help a small network
    torch.set_flush_denormal(True)  # or what fades away in Adam's means becomes slow
    adam = torch.optim.Adam([weights], lr=network.learning_rate, fused=True)
    edges = [*range(0, len(x), network.batch_size), len(x)]
    if edges[-1] - edges[-2] < network.least:  # too few: they join the batch before
        del edges[-2]
    shuffled, losses = torch.Generator().manual_seed(network.seed), []
    module.train()
    for _ in range(network.epochs):
        order, total = torch.randperm(len(x), generator=shuffled), 0.0
        x_mixed, y_mixed = x[order], y[order]
        for start, stop in zip(edges, edges[1:]):
            mean = network.loss(module(x_mixed[start:stop]), y_mixed[start:stop])
            adam.zero_grad(set_to_none=False)
            mean.backward()
            adam.step()
            total += mean.item() * (stop - start)
        losses.append(total / len(x))
        if each is not None:
            each(network)
    module.eval()
    return losses'''

BASE = '''\
class Network(BaseEstimator):
    """Builds a module of the width that is needed, and trains it."""

    def __init__(self, build, epochs, batch_size, learning_rate, seed, least=1):
        self.build, self.epochs, self.batch_size = build, epochs, batch_size
        self.learning_rate, self.seed, self.least = learning_rate, seed, least

    def fit(self, x, y, each=None):
        self.module_ = self.build(x.shape[1], self.learn(np.asarray(y)))
        self.losses_ = trained(self, x, self.goal(y), each)
        return self

    def outputs(self, x):
        with torch.no_grad():
            return self.module_(in_single_precision(x))'''

REGRESSOR = '''\
class NetworkRegressor(RegressorMixin, Network):
    """A network that predicts a number, which it learns with mean 0 and deviation 1."""

    loss = staticmethod(nn.functional.mse_loss)

    def learn(self, y):
        self.middle_, self.spread_ = y.astype(float).mean(), y.astype(float).std() or 1.0
        return 1

    def goal(self, y):
        scaled = (np.asarray(y, dtype=float) - self.middle_) / self.spread_
        return in_single_precision(scaled)[:, None]

    def predict(self, x):
        return self.outputs(x)[:, 0].numpy().astype(float) * self.spread_ + self.middle_'''

MANY = '''\
class CrossEntropy(torch.autograd.Function):
    """The loss of several classes, whose gradient is written out: it is faster."""

    @staticmethod
    def forward(step, outputs, label, weight):
        logs = torch.log_softmax(outputs, dim=1)
        step.save_for_backward(logs, label, weight)
        return -(logs.gather(1, label) * weight).mean()

    @staticmethod
    def backward(step, slope):
        logs, label, weight = step.saved_tensors
        gradient = logs.exp().scatter_add(1, label, -torch.ones_like(weight))
        return slope * (gradient * (1 / len(logs)) * weight), None, None'''

CLASSIFIER = '''\
class NetworkClassifier(ClassifierMixin, Network):
    """A network that tells classes apart; rare ones weigh more where they are far apart."""

    def learn(self, y):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.weights_ = torch.ones(len(counts))
        if counts.max() > 10 * counts.min():
            self.weights_ = torch.from_numpy(len(y) / (len(counts) * counts)).float()
        return 1 if len(counts) == 2 else len(counts)

    def goal(self, y):
        return torch.from_numpy(np.searchsorted(self.classes_, np.asarray(y)))

    def loss(self, outputs, label):
        if outputs.shape[1] == 1:  # the log-odds of the second of two
            goal, cross_entropy = label.float(), nn.functional.binary_cross_entropy_with_logits
            return cross_entropy(outputs[:, 0], goal, self.weights_[label])
        return CrossEntropy.apply(outputs, label[:, None], self.weights_[label, None])

    def predict_proba(self, x):
        outputs = self.outputs(x).double()
        if outputs.shape[1] == 1:
            outputs = torch.cat([-outputs / 2, outputs / 2], dim=1)
        return torch.softmax(outputs, dim=1).numpy()

    def predict(self, x):
        return self.classes_[self.predict_proba(x).argmax(axis=1)]'''

_ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid"}


def define(card: ModelDefineGpu, given: Given) -> Script:
    """Leave the network to the card that trains it: how wide it is follows from the table."""
    return Script(facts={"model_spec": Described(card.run().model_spec)})


def train(card: TrainGpu, given: Given) -> Script:
    """Write the module layer by layer, and train it with the same random numbers."""
    schema = given.outputs.get("trained_model")
    if not isinstance(schema, ModelSchema) or schema.task is None or schema.layers is None:
        raise given.unknown("how wide the network is")
    columns = Columns(card.target_column, card.feature_columns, given, schema)
    network = NetworkWriter(given.fact("model_spec"), columns, card.seed)
    trained = columns.trained("network", "network", tells_shares=columns.classify)
    x, y = trained.rows(columns.table), trained.truth(columns.table)
    model = network.written()
    dummy, how = columns.dummy()
    code = (
        f"{columns.code}{trained.model} = {model}\n"
        f"{trained.model}.fit({x}, {y})\n"
        f"{trained.dummy} = {how}.fit({x}, {y})"
    )
    return Script(
        code,
        {"trained_model": trained.model},
        (*columns.imports, *network.imports(), dummy),
        tuple(network.functions()),
        {"trained_model": trained},
    )


class NetworkWriter:
    """Writes a network.

    Args:
        described: which one.
        columns: what it is trained on; takes what stands before.
        seed: of its first weights, of the order of the rows, and of dropout.
    """

    def __init__(self, described: Described, columns: Columns, seed: int) -> None:
        if not isinstance(described.spec, NetworkSpec):
            raise TypeError("a model of scikit-learn is written by cards._script.estimators")
        self.spec, self.chosen, self.columns, self.seed = (
            described.spec, described.chosen, columns, seed,
        )  # fmt: skip
        if any(layer.inputs for layer in self.spec.layers):
            raise CardError(
                f"{columns.given.title} cannot be written as Python: its network branches.",
                hint="Remove the inputs of its layers.",
            )
        self.kinds = {layer.type for layer in self.spec.layers}
        self.activation = {each.name: each.value for each in self.spec.tunable or ()}.get(
            "activation"
        )
        self.build = columns.given.new("build")

    def written(self) -> str:
        """Write it, behind the steps that prepare its columns; before it, what builds it."""
        self.columns.code += self.module()
        return self.model()

    def model(self) -> str:
        """Write the steps that prepare its columns, and the network."""
        trainer = self.spec.trainer
        training = [
            self.build,
            f"epochs={self._value('epochs', trainer.epochs)}",
            f"batch_size={self._value('batch_size', trainer.batch_size)}",
            f"learning_rate={self._value('learning_rate', trainer.learning_rate)}",
            f"seed={self.seed}",
            *(["least=2"] if "batch_norm" in self.kinds else []),
        ]
        name = "NetworkClassifier" if self.columns.classify else "NetworkRegressor"
        return call(
            "make_pipeline", [*self.columns.steps(False), "StandardScaler()", call(name, training)]
        )

    def module(self) -> str:
        """Write what builds the module, of the widths of the table and of what is predicted."""
        code = f"def {self.build}(inputs, outputs):\n    torch.manual_seed({self.seed})\n"
        if "dropout" in self.kinds:
            code += f"    bits = np.random.Generator(np.random.SFC64({self.seed}))\n"
        layers = call("nn.Sequential", list(self._layers())).replace("\n", "\n    ")
        return f"\n{code}    return {layers}\n\n"

    def imports(self) -> tuple[str, ...]:
        """Name what it uses."""
        own = "Classifier" if self.columns.classify else "Regressor"
        return (
            "import torch",
            "from torch import nn",
            NUMPY,
            *(["import math"] if "dropout" in self.kinds else []),
            "from sklearn.base import BaseEstimator",
            f"from sklearn.base import {own}Mixin",
            "from sklearn.preprocessing import StandardScaler",
            MAKE,
        )

    def functions(self) -> Iterator[str]:
        """Return what it is built of."""
        if "dropout" in self.kinds:
            yield DROPOUT
        yield SINGLE
        yield ONE_VECTOR
        yield TRAINED
        yield BASE
        yield from (MANY, CLASSIFIER) if self.columns.classify else (REGRESSOR,)

    def _layers(self) -> Iterator[str]:
        width = "inputs"
        for layer in self.spec.layers:
            if layer.type == "linear":
                yield f"nn.Linear({width}, {int(layer.params['units'])})"
                width = literal(int(layer.params["units"]))
            elif layer.type == "batch_norm":
                yield f"nn.BatchNorm1d({width})"
            elif layer.type == "dropout":
                yield f"Dropout({self._value('dropout', float(layer.params['p']))}, bits)"
            else:
                yield self._activation(layer.type)
        yield f"nn.Linear({width}, outputs)"

    def _activation(self, kind: str) -> str:
        if kind == self.activation and "activation" in self.chosen:
            known = ", ".join(f'"{name}": nn.{each}' for name, each in _ACTIVATIONS.items())
            return f"{{{known}}}[{self.chosen['activation']}]()"
        return f"nn.{_ACTIVATIONS[kind]}()"

    def _value(self, setting: str, value: Any) -> str:
        return self.chosen.get(setting, literal(value))
