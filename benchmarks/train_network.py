"""How long an epoch of the default network takes, beside the usual ways to train one.

    python -m benchmarks.train_network [--device cuda] [--threads 1] [--rounds 7] [--json FILE]

40,000 × 13 rows, hidden layers 128, 64, 32, Adam, mean squared error; dropout 0.2 everywhere but in
scikit-learn, which has none. Each variant has a process of its own with the same number of threads;
they take turns, so that whatever else the machine does meets them alike. A turn trains three
epochs, set-up included. The table shows medians.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS, FEATURES = 40_000, 13
HIDDEN = (128, 64, 32)
DROPOUT = 0.2
LEARNING_RATE = 0.001
EPOCHS = 3
BATCHES = {"cpu": (32, 256), "cuda": (32, 256, 4096)}

PACKAGES = ("torch", "scikit-learn", "skorch", "lightning", "numpy")
OURS = "TensorRag"
Floats = NDArray[np.float32]
Train = Callable[[Floats, Floats, int, str], None]
"""(x, y, batch_size, device): trains `EPOCHS` epochs."""


def ours(x: Floats, y: Floats, batch_size: int, device: str) -> None:
    """Train as the card Train (GPU) does."""
    import torch

    from cards._network.build import build
    from cards._network.fit import fit
    from cards._network.layers import feed_forward

    module = build(feed_forward(FEATURES, HIDDEN, activation="relu", dropout=DROPOUT))
    there = torch.device(device)
    settings: dict[str, Any] = {"epochs": EPOCHS, "batch_size": batch_size, "device": there}
    fit(module, x, y, learning_rate=LEARNING_RATE, **settings)


def scikit_learn(x: Floats, y: Floats, batch_size: int, device: str) -> None:
    """Train `MLPRegressor`, which has no dropout."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    model = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        batch_size=batch_size,
        learning_rate_init=LEARNING_RATE,
        alpha=0.0,
        max_iter=EPOCHS,
        tol=0.0,
        n_iter_no_change=EPOCHS + 1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)


def data_loader(x: Floats, y: Floats, batch_size: int, device: str) -> None:
    """Train with the loop of torch's own tutorials."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    module = stock_module().to(device)
    adam = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE)
    mean_squared_error = torch.nn.MSELoss()
    rows = TensorDataset(torch.from_numpy(x), torch.from_numpy(y[:, None]))
    loader = DataLoader(rows, batch_size=batch_size, shuffle=True)
    for _ in range(EPOCHS):
        total = 0.0
        for features, target in loader:
            adam.zero_grad()
            loss = mean_squared_error(module(features.to(device)), target.to(device))
            loss.backward()
            adam.step()
            total += loss.item() * len(features)


def on_device(x: Floats, y: Floats, batch_size: int, device: str) -> None:
    """Train with the rows on the device, its fused Adam, and no waiting within an epoch."""
    import torch

    module = stock_module().to(device)
    adam = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE, fused=True)
    rows, targets = torch.from_numpy(x).to(device), torch.from_numpy(y[:, None]).to(device)
    for _ in range(EPOCHS):
        total = torch.zeros((), device=device)
        for batch in torch.split(torch.randperm(len(rows), device=device), batch_size):
            adam.zero_grad()
            loss = torch.nn.functional.mse_loss(module(rows[batch]), targets[batch])
            torch.autograd.backward(loss)
            adam.step()
            total += loss.detach() * len(batch)
        total.item()


def skorch(x: Floats, y: Floats, batch_size: int, device: str) -> None:
    """Train skorch's `NeuralNetRegressor`."""
    import torch
    from skorch import NeuralNetRegressor  # type: ignore[import-not-found,unused-ignore]

    settings: dict[str, Any] = {"max_epochs": EPOCHS, "batch_size": batch_size, "verbose": 0}
    NeuralNetRegressor(
        stock_module(),
        optimizer=torch.optim.Adam,
        lr=LEARNING_RATE,
        train_split=None,
        iterator_train__shuffle=True,
        device=device,
        **settings,
    ).fit(x, y[:, None])


def lightning(x: Floats, y: Floats, batch_size: int, device: str) -> None:
    """Train with Lightning's `Trainer`, everything beside the training switched off."""
    import torch
    from lightning.pytorch import (  # type: ignore[import-not-found,unused-ignore]
        LightningModule,
        Trainer,
    )
    from torch.utils.data import DataLoader, TensorDataset

    class Regressor(LightningModule):  # type: ignore[misc,unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.module = stock_module()

        def training_step(self, batch: Any, _: int) -> Any:
            return torch.nn.functional.mse_loss(self.module(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=LEARNING_RATE)

    rows = TensorDataset(torch.from_numpy(x), torch.from_numpy(y[:, None]))
    switches = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    options: dict[str, Any] = dict.fromkeys(switches, False)
    trainer = Trainer(max_epochs=EPOCHS, accelerator=device, **options)
    trainer.fit(Regressor(), DataLoader(rows, batch_size=batch_size, shuffle=True))


def stock_module() -> Any:
    """The same network out of torch's own layers."""
    from torch import nn

    layers: list[nn.Module] = []
    width = FEATURES
    for units in HIDDEN:
        layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(DROPOUT)]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, 1))


DATA_LOADER, ON_DEVICE = "DataLoader loop", "rows on the device, fused Adam"
VARIANTS: dict[str, tuple[Train, str]] = {
    OURS: (ours, "torch"),
    ON_DEVICE: (on_device, "torch"),
    "scikit-learn MLPRegressor, no dropout": (scikit_learn, "sklearn"),
    DATA_LOADER: (data_loader, "torch"),
    "skorch": (skorch, "skorch"),
    "Lightning": (lightning, "lightning"),
}
"""Name in the table → (how it trains, the package that it needs)."""
COMPARED = {"cpu": VARIANTS.keys() - {ON_DEVICE}, "cuda": {OURS, ON_DEVICE, DATA_LOADER}}
"""What is measured on each device."""


def measure(device: str = "cpu", threads: int = 1, rounds: int = 7) -> dict[str, Any]:
    """Run every variant that is installed, in turns.

    Returns:
        `milliseconds`: variant → batch size → median of one epoch; `skipped`: variants whose
        package is not installed; `machine` and `versions`.
    """
    names, sizes = [name for name in VARIANTS if name in COMPARED[device]], BATCHES[device]
    skipped = [name for name in names if find_spec(VARIANTS[name][1]) is None]
    workers = {name: _start(name, device, threads) for name in names if name not in skipped}
    times: dict[str, dict[int, list[float]]] = {name: {b: [] for b in sizes} for name in workers}
    try:
        for turn in range(rounds + 1):
            for batch_size in sizes:
                for name, worker in workers.items():
                    taken = _ask(worker, batch_size)
                    if turn > 0:  # the first warms up
                        times[name][batch_size].append(taken)
    finally:
        for worker in workers.values():
            worker.kill()
            worker.communicate()
    medians = {
        name: {str(b): round(statistics.median(taken), 1) for b, taken in by_batch.items()}
        for name, by_batch in times.items()
    }
    return {
        "milliseconds": medians,
        "skipped": skipped,
        "threads": threads,
        "rounds": rounds,
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "device": _name(device),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def table(result: dict[str, Any]) -> str:
    """The result as a Markdown table: ms per epoch, and how many times ours is faster."""
    medians = result["milliseconds"]
    sizes = list(medians[OURS])
    heads = " | ".join(f"batch {size}, ms | × ours" for size in sizes)
    lines = [f"| one epoch | {heads} |", "|---" * (1 + 2 * len(sizes)) + "|"]
    for name, by_batch in medians.items():
        cells = (f"{by_batch[b]:.0f} | {by_batch[b] / medians[OURS][b]:.2f}" for b in sizes)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += [f"| {name} | not installed |" for name in result["skipped"]]
    return "\n".join(lines)


def _start(name: str, device: str, threads: int) -> "subprocess.Popen[str]":
    limits = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.train_network", "--worker", name, "--device", device],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **dict.fromkeys(limits, str(threads))},
    )


def _ask(worker: "subprocess.Popen[str]", batch_size: int) -> float:
    """Have a worker train; return its milliseconds for one epoch."""
    assert worker.stdin is not None  # noqa: S101
    assert worker.stdout is not None  # noqa: S101
    worker.stdin.write(f"{batch_size}\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


def _work(name: str, device: str) -> None:
    """Train once for each batch size that comes in, and answer with the time."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, FEATURES)).astype(np.float32)
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * rng.standard_normal(ROWS, np.float32)
    train, _ = VARIANTS[name]
    for line in sys.stdin:
        began = time.perf_counter()
        train(x, y.astype(np.float32), int(line), device)
        print((time.perf_counter() - began) / EPOCHS * 1000, flush=True)


def _name(device: str) -> str:
    """What the device calls itself, where it is a GPU."""
    import torch

    return torch.cuda.get_device_name() if device == "cuda" else device


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def main() -> None:
    """Measure, print the table, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", choices=COMPARED, default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        _work(options.worker, options.device)
        return
    result = measure(options.device, options.threads, options.rounds)
    print(table(result))
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
