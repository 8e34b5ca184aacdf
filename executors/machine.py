"""What this machine has: cores and GPUs. Told without loading a library that uses them."""

from __future__ import annotations

import os
import platform
import re
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_NVIDIA = Path("/proc/driver/nvidia/gpus")


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=1)
def cuda_gpus() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs that the installed torch can use."""
    if not _torch_has_cuda():
        return ()
    names = tuple(_name(folder) for folder in sorted(_NVIDIA.glob("*")))
    names = names or tuple("NVIDIA GPU" for _ in Path("/dev").glob("nvidia[0-9]*"))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return names
    return names[: len([part for part in visible.split(",") if part.strip() not in ("", "-1")])]


def has_mps() -> bool:
    """Whether this is a Mac with a GPU that torch can use."""
    return sys.platform == "darwin" and platform.machine() == "arm64"


def only_gpu(number: int) -> dict[str, str]:
    """Return the variables that let a process see only this one of our GPUs."""
    visible = [part.strip() for part in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    name = visible[number] if number < len(visible) and visible[number] else str(number)
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": name}


def can_fork() -> bool:
    """Whether a process with libraries loaded may be forked: macOS forbids it."""
    return sys.platform == "linux"


def _torch_has_cuda() -> bool:
    try:
        return "+cpu" not in version("torch")
    except PackageNotFoundError:
        return False


def _name(folder: Path) -> str:
    try:
        found = re.search(r"Model:\s*(.+)", (folder / "information").read_text())
    except OSError:
        found = None
    return found.group(1).strip() if found else "NVIDIA GPU"
