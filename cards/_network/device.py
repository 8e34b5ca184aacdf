"""Where a network is trained, and how the processor is set for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

ONE_THREAD_BELOW = 8_000_000
"""Parameters × rows of a batch below which a second thread costs more than it helps (measured)."""


def best_device() -> torch.device:
    """The fastest device here: CUDA, else Apple's MPS, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def gpu_memory() -> int | None:
    """Bytes of the GPU that `best_device` is; None where it shares the machine's memory."""
    if not torch.cuda.is_available():
        return None
    total: int = torch.cuda.get_device_properties(0).total_memory
    return total


@contextmanager
def tuned_processor(parameters: int, batch_size: int) -> Iterator[None]:
    """Set torch for training on the processor, and set it back afterwards.

    Small work gets one thread. Denormal numbers, which Adam's averages decay into and which are a
    hundred times slower, count as zero. Both settings are those of the whole process.
    """
    threads = torch.get_num_threads()
    if parameters * batch_size < ONE_THREAD_BELOW:
        torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)
