"""What Modal asks, in US$ per second, as its price page said in August 2026."""

from __future__ import annotations

CORES, MEMORY = 2.0, 4096
"""What a container has, unless its task asks for more; MiB."""

GPUS = {
    "T4": 0.000164,
    "L4": 0.000222,
    "A10": 0.000306,
    "L40S": 0.000542,
    "A100-40GB": 0.000583,
    "A100-80GB": 0.000694,
    "H100": 0.001097,
    "H200": 0.001261,
    "B200": 0.001736,
}
CORE = 0.0000131
GIB = 0.00000222


def per_second(gpu: str | None, cores: float, memory: float) -> float:
    """Return the price of a container; memory in MiB."""
    return (GPUS[gpu] if gpu else 0.0) + cores * CORE + memory / 1024 * GIB
