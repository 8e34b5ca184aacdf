"""How busy a GPU is, told by a library that pretends to be the driver's."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from executors.gpu_use import GpuMeter
from tensorrag.progress import Reporter, report, reporting

GB = 10**9


class Driver:
    """Two GPUs, and a part of one that does not tell how busy it is."""

    def __init__(self) -> None:
        self.started = 0

    def nvmlInit_v2(self) -> int:
        self.started += 1
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> int:
        handle._obj.value = index.value + 1
        return 0 if index.value < 2 else 2

    def nvmlDeviceGetHandleByUUID(self, name: Any, handle: Any) -> int:
        handle._obj.value = 3
        return 0 if name.value == b"MIG-abc" else 2

    def nvmlDeviceGetMemoryInfo(self, handle: Any, memory: Any) -> int:
        memory._obj.total, memory._obj.used = 16 * GB, handle.value * GB
        return 0

    def nvmlDeviceGetUtilizationRates(self, handle: Any, busy: Any) -> int:
        busy._obj.gpu = 80 + handle.value
        return 3 if handle.value == 3 else 0


def meter(visible: str | None = None, *, used: bool = True) -> GpuMeter:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    return GpuMeter(Driver, environment, lambda: used)


@pytest.mark.parametrize(
    ("visible", "told"),
    [
        (None, {"busy": 0.81, "used": GB, "total": 16 * GB}),
        ("1", {"busy": 0.82, "used": 2 * GB, "total": 16 * GB}),
        ("1,0", {"busy": 0.82, "used": 2 * GB, "total": 16 * GB}),
        ("MIG-abc", {"used": 3 * GB, "total": 16 * GB}),
        ("7", None),
        ("GPU-gone", None),
    ],
)
def test_it_reads_the_gpu_that_the_card_sees(visible: str | None, told: Any) -> None:
    assert meter(visible).read() == told


def test_nothing_is_asked_of_a_gpu_that_the_card_does_not_use() -> None:
    driver = Driver()
    assert GpuMeter(lambda: driver, {}, lambda: False).read() is None
    assert driver.started == 0


def test_a_machine_without_the_driver_tells_nothing() -> None:
    def missing() -> Any:
        raise OSError("libnvidia-ml.so.1: cannot open shared object file")

    assert GpuMeter(missing, {}, lambda: True).read() is None


def test_it_comes_with_the_progress_of_a_card() -> None:
    told: list[dict[str, Any]] = []
    with reporting(Reporter(told.append, gauge=meter().read)):
        report(1, 2, "epoch")
    with reporting(Reporter(told.append, gauge=meter(used=False).read)):
        report(1, 2, "epoch")
    assert told[0]["gpu"] == {"busy": 0.81, "used": GB, "total": 16 * GB}
    assert "gpu" not in told[1]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_gpu_tells() -> None:
    held = torch.ones(1 << 28, device="cuda")
    told = GpuMeter().read()
    assert told is not None
    assert told["total"] > told["used"] > held.numel() * 4
    assert 0 <= told.get("busy", 0) <= 1
