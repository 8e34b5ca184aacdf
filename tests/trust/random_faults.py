"""Sample pipelines with faults at random places: what a broken or hostile program would write."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from sample_data.pipeline_files import PIPELINES, pipeline_path
from tensorrag.plain import JsonObject
from tests.trust.hostile_pipelines import NAMES

Place = tuple[str | int, ...]

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 0.5, 1e308, -1e308, 5e-324, 2**63, 10**60, "", "NaN", "\x00",
    "x" * 5000, "__proto__", "../x", "load", "split", "data_load", "dataset", "MEDV",
    [], {}, [[]], {"a": {}}, [None] * 50, *NAMES.values(),
)  # fmt: skip


def random_faults(seed: int) -> Iterator[JsonObject]:
    """Yield sample pipelines without end, each with one to six faults."""
    random = Random(seed)
    samples = [json.loads(pipeline_path(name).read_text()) for name in PIPELINES]
    while True:
        content = copy.deepcopy(random.choice(samples))
        for _ in range(random.randint(1, 6)):
            _spoil(content, random)
        yield content


def _spoil(content: JsonObject, random: Random) -> None:
    """Replace, take away, double or add something at one place."""
    found = [place for place in _places(content) if place]
    if not found:
        return
    *way, last = random.choice(found)
    at: Any = content
    for step in way:
        at = at[step]
    match random.choices(("replace", "remove", "double", "add"), (60, 15, 15, 10))[0]:
        case "remove":
            del at[last]
        case "double" if isinstance(at, list) and isinstance(last, int):
            at.append(copy.deepcopy(at[last]))
        case "add" if isinstance(at, dict):
            at[str(random.choice(ODD))[:80]] = copy.deepcopy(random.choice(ODD))
        case _:
            at[last] = copy.deepcopy(random.choice(ODD))


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    yield place
    inside = value.items() if isinstance(value, dict) else ()
    for key, part in enumerate(value) if isinstance(value, list) else inside:
        yield from _places(part, (*place, key))
