"""Those who want to hear of something: one that fails keeps none of the others from hearing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVarTuple

Heard = TypeVarTuple("Heard")

log = logging.getLogger(__name__)


def call_each(listeners: Iterable[Callable[[*Heard], object]], *heard: *Heard) -> None:
    """Call all of them; what goes wrong in one is in the log."""
    for listener in tuple(listeners):
        try:
            listener(*heard)
        except Exception:
            log.exception("One who listens failed.")
