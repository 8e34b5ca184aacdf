"""How busy the GPU of this process is: asked of NVIDIA's own library, which comes with the driver.

Nothing is asked, and nothing shown, before the card has begun to use a GPU.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from tensorrag.plain import JsonObject

LIBRARY = "libnvidia-ml.so.1"


class _Utilisation(ctypes.Structure):
    """Per cent of the time in which a kernel ran, or memory was read or written."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    """Bytes."""

    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def in_use() -> bool:
    """Whether this process has begun to use a GPU; asking changes nothing."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_initialized())


class GpuMeter:
    """Reads the first GPU that this process sees.

    Args:
        open_library: gives NVIDIA's management library, or raises OSError.
        environment: names the visible GPUs.
    """

    def __init__(
        self,
        open_library: Callable[[], Any] = lambda: ctypes.CDLL(LIBRARY),
        environment: Mapping[str, str] = os.environ,
        in_use: Callable[[], bool] = in_use,
    ) -> None:
        self._open, self._environment, self._in_use = open_library, environment, in_use

    def read(self) -> JsonObject | None:
        """Return ``{"busy": 0.83, "used": bytes, "total": bytes}``; None where nobody can tell."""
        if not self._in_use() or self._device is None:
            return None
        library, handle = self._device
        memory, busy = _Memory(), _Utilisation()
        if library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)):
            return None
        told: JsonObject = {"used": int(memory.used), "total": int(memory.total)}
        if library.nvmlDeviceGetUtilizationRates(handle, ctypes.byref(busy)):
            return told  # a part of a GPU does not tell
        return {"busy": busy.gpu / 100, **told}

    @cached_property
    def _device(self) -> tuple[Any, ctypes.c_void_p] | None:
        try:
            library = self._open()
        except OSError:
            return None
        handle = ctypes.c_void_p()
        if library.nvmlInit_v2() or self._find(library, ctypes.byref(handle)):
            return None
        return library, handle

    def _find(self, library: Any, handle: Any) -> int:
        """Look the GPU up by the name under which CUDA sees it."""
        name = self._environment.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip() or "0"
        if name.isdecimal():
            return int(library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(name)), handle))
        return int(library.nvmlDeviceGetHandleByUUID(ctypes.c_char_p(name.encode()), handle))
