"""Notes and frames on the canvas: added, changed, moved along and taken away.

They stand in the pipeline's file under ``annotations``, say something to people, and change
nothing of what runs. What stands there and is neither is kept, and left alone. A frame may be
collapsed: see `composites`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tensorrag.catalog import Catalog
from tensorrag.edit import composites
from tensorrag.edit.values import OpValues
from tensorrag.errors import PipelineError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.graph import free_id
from tensorrag.pipeline.keys import FAR, MAX_TEXT, MAX_TITLE, POSITION
from tensorrag.pipeline.names import is_name
from tensorrag.quoting import quoted

KINDS = ("note", "frame")
MOST = 1_000
"""Most notes and frames in one pipeline."""
LEAST_SIZE = 40
"""Least width and height of either, in pixels."""
_WORDS = {"text": MAX_TEXT, "title": MAX_TITLE}
_KEYS = ("id", "kind", *_WORDS, "position", "size", *composites.KEYS)


def annotations_of(pipeline: Pipeline) -> dict[str, JsonObject]:
    """Return the notes and frames by their ids; the first of an id counts."""
    known: dict[str, JsonObject] = {}
    for each in pipeline.annotations:
        if isinstance(each, Mapping) and _fits(each):
            known.setdefault(each["id"], dict(each))
    return composites.mended(known, pipeline.nodes)


def annotate(pipeline: Pipeline, op: OpValues, catalog: Catalog) -> Pipeline:
    """``annotations``: notes and frames by their ids, new or with what changes of them."""
    known, given = annotations_of(pipeline), op.objects("annotations")
    changed: dict[str, JsonObject] = {}
    for each in given:
        before = changed.get(str(each.get("id")), known.get(str(each.get("id")), {}))
        merged = {**before, **each}
        if not _fits(merged) or not set(each) <= {*_KEYS, *before}:
            raise op.wrong("annotations", "notes and frames with a place and a size on the canvas")
        merged = composites.checked(merged, op, pipeline, {**known, **changed})
        changed[merged["id"]] = merged
    new = [each for key, each in changed.items() if key not in known]
    if new and len(pipeline.annotations) + len(new) > MOST:
        raise PipelineError(
            f"There can be {MOST:,} notes and frames in one pipeline.", hint="Remove one first."
        )
    if all(known.get(key) == each for key, each in changed.items()):
        return pipeline
    kept = [_of(each, changed) for each in pipeline.annotations]
    return replace(pipeline, annotations=(*kept, *new))


def without_annotations(pipeline: Pipeline, ids: Iterable[str]) -> Pipeline:
    """Take notes and frames out.

    Raises:
        PipelineError: one of them is not there.
    """
    gone, known = frozenset(ids), annotations_of(pipeline)
    for key in gone - known.keys():
        raise PipelineError(
            f"There is no note or frame {quoted(key)} in this pipeline.",
            hint="It was removed already, perhaps in another tab.",
        )
    if not gone:
        return pipeline
    left = tuple(each for each in pipeline.annotations if _id(each) not in gone)
    return replace(pipeline, annotations=left)


def pasted_annotations(
    pasted: Pipeline, into: Pipeline, ids: Mapping[str, str], dx: float, dy: float
) -> Pipeline:
    """Return the pipeline with copies of notes and frames, each with a free id and moved.

    ``ids`` has the id that each pasted card got.
    """
    taken = set(annotations_of(into))
    copies: list[JsonObject] = []
    for key, each in annotations_of(pasted).items():
        x, y = each["position"]["x"] + dx, each["position"]["y"] + dy
        if len(into.annotations) + len(copies) < MOST and max(abs(x), abs(y)) <= FAR:
            new = free_id(key, taken)
            taken.add(new)
            copy = composites.renamed(each, ids)
            copies.append({**copy, "id": new, "position": {"x": x, "y": y}})
    return replace(into, annotations=(*into.annotations, *copies)) if copies else into


def _of(each: Any, changed: Mapping[str, JsonObject]) -> Any:
    return changed.get(_id(each), each)


def _id(each: Any) -> str:
    return each["id"] if isinstance(each, Mapping) and _fits(each) else ""


def _fits(each: Mapping[str, Any]) -> bool:
    identity, kind = each.get("id"), each.get("kind")
    if not isinstance(identity, str) or not is_name(identity) or kind not in KINDS:
        return False
    if any(not isinstance(each.get(key, ""), str) for key in _WORDS):
        return False
    if any(len(each.get(key, "")) > most for key, most in _WORDS.items()):
        return False
    try:
        POSITION.read(each.get("position"))
    except ValueError:
        return False
    size = each.get("size")
    return isinstance(size, Mapping) and all(_is_size(size.get(key)) for key in ("width", "height"))


def _is_size(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and LEAST_SIZE <= value <= FAR
