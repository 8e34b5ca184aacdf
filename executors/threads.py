"""How many threads the numerical libraries of one worker use."""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from executors.environment import THREAD_VARIABLES


@lru_cache(maxsize=1)
def controller() -> ThreadpoolController:
    """Look up the thread pools of the libraries that are loaded: once, before the first fork."""
    return ThreadpoolController()


def limit(count: int) -> None:
    """Give the libraries that are loaded, and the processes started later, this many threads.

    The environment alone would not do: a forked worker's libraries have read it long ago. It
    told them to use one.
    """
    if count == 1:
        return
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(count)
    controller().limit(limits=count)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)
    if arrow := sys.modules.get("pyarrow"):
        arrow.set_cpu_count(count)
