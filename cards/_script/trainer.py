"""What a script trains networks with: the trainer of `cards._network`, operation by operation."""

from __future__ import annotations

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
