"""What is deployed to Modal: an image, and two functions that perform a task in it.

The image has the very versions that are installed where this is deployed. Everything heavy is
imported by the cards, inside the container.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import modal

from executors.modal_deployed import PYTHON, SOURCES, here, requirements
from executors.modal_parcel import APP, DATA, EVENTS
from executors.modal_prices import CORES, IDLE, MEMORY

MOUNT = "/data"
"""Where containers see the volume, unless ``TENSORRAG_DATA`` says where else."""

app = modal.App(APP, tags=here())
image = (
    modal.Image.debian_slim(python_version=PYTHON)
    .uv_pip_install(*requirements())
    .add_local_python_source(*SOURCES, ignore=["**/__pycache__", "**/*.pyc"])
)
data = modal.Volume.from_name(DATA, create_if_missing=True, version=2)
events = modal.Queue.from_name(EVENTS, create_if_missing=True)


options: dict[str, Any] = {
    "image": image,
    "cpu": CORES,
    "memory": MEMORY,
    "volumes": {MOUNT: data},
    "retries": 0,
    "max_containers": 8,
    "scaledown_window": IDLE,
    "include_source": False,
}
"""What both functions have."""


@app.function(**options, timeout=300)
def run_card(request: dict[str, Any]) -> dict[str, Any]:
    """Perform a task on processors."""
    return _perform(request)


@app.function(**options, gpu="T4", timeout=600)
def run_card_gpu(request: dict[str, Any]) -> dict[str, Any]:
    """Perform a task on a GPU."""
    return _perform(request)


def _perform(request: dict[str, Any]) -> dict[str, Any]:
    from executors.modal_container import answer

    return answer(request, data, events, Path(os.environ.get("TENSORRAG_DATA", MOUNT)))
