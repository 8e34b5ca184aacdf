"""Composites: collapsed frames, each drawn as one card in place of its members.

A frame in the file has ``"collapsed": true`` and ``"members"``, the ids of its cards, or neither:
a list, so that what is laid where they were does not join them. Nothing that runs knows of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from tensorrag.edit.values import OpValues
from tensorrag.errors import PipelineError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.quoting import quoted

KEYS = ("collapsed", "members")
MOST_MEMBERS = 1_000
"""Most cards in one composite."""


def mended(frames: dict[str, JsonObject], nodes: Collection[str]) -> dict[str, JsonObject]:
    """Return notes and frames with what a file says of composites made true.

    Members that are no cards, or are in a composite before this one, are left out; what has no
    member left, or is no frame, is open.
    """
    taken: set[str] = set()
    return {
        key: _mended(each, nodes, taken) if _is_said_of(each) else each
        for key, each in frames.items()
    }


def _mended(each: JsonObject, nodes: Collection[str], taken: set[str]) -> JsonObject:
    named = each.get("members")
    members: list[str] = []
    if each.get("collapsed") is True and each.get("kind") == "frame" and isinstance(named, list):
        texts = dict.fromkeys(name for name in named if isinstance(name, str))
        members = [name for name in texts if name in nodes and name not in taken][:MOST_MEMBERS]
    taken.update(members)
    return {**opened(each), "collapsed": True, "members": members} if members else opened(each)


def opened(frame: JsonObject) -> JsonObject:
    """Return a frame that is not collapsed."""
    return {key: value for key, value in frame.items() if key not in KEYS}


def checked(
    frame: JsonObject, op: OpValues, pipeline: Pipeline, others: Mapping[str, JsonObject]
) -> JsonObject:
    """Return a note or frame as an edit makes it, with both keys of a composite or neither.

    Raises:
        PipelineError: it cannot be collapsed like that; the message is one sentence.
    """
    if not _is_said_of(frame):
        return frame
    collapsed, members = frame.get("collapsed"), frame.get("members", [])
    if not isinstance(collapsed, bool):
        raise op.wrong("collapsed", "true or false")
    if not collapsed:
        return opened(frame)
    if frame.get("kind") != "frame":
        raise PipelineError("A note cannot be collapsed.", hint="Frame cards, and collapse that.")
    if not isinstance(members, list) or not all(isinstance(each, str) for each in members):
        raise op.wrong("members", "a list of the ids of cards")
    if not members:
        raise PipelineError("There is no card to collapse.", hint="Put cards into the frame first.")
    if len(members) > MOST_MEMBERS:
        raise PipelineError(
            f"There can be {MOST_MEMBERS:,} cards in one composite.", hint="Make several of them."
        )
    _check_members(members, pipeline, {k: v for k, v in others.items() if k != frame.get("id")})
    return {**frame, "members": [*dict.fromkeys(members)]}


def _check_members(
    members: list[str], pipeline: Pipeline, others: Mapping[str, JsonObject]
) -> None:
    home = {name: each for each in others.values() for name in each.get("members", ())}
    for name in members:
        if name not in pipeline.nodes and name in others:
            raise PipelineError(
                f"A composite holds cards, and {quoted(name)} is a {others[name]['kind']}.",
                hint="Open the composite that lies in it first.",
            )
        pipeline.node(name)
        if name in home:
            title = home[name].get("title") or home[name]["id"]
            raise PipelineError(
                f"The card {quoted(name)} is in the composite {quoted(title)} already.",
                hint="Open that one first.",
            )


def without_members(pipeline: Pipeline, gone: Collection[str]) -> Pipeline:
    """Take the ids of removed cards out of all composites: a new card may get one of them."""
    left = tuple(_without(each, gone) for each in pipeline.annotations)
    if all(new is old for new, old in zip(left, pipeline.annotations, strict=True)):
        return pipeline
    return replace(pipeline, annotations=left)


def _without(each: Any, gone: Collection[str]) -> Any:
    mine = isinstance(each, Mapping) and each.get("kind") == "frame"
    members = each.get("members") if mine else None  # as the file has it: nothing is sure
    if not isinstance(members, list):
        return each
    left = [name for name in members if not (isinstance(name, str) and name in gone)]
    if len(left) == len(members):
        return each
    return {**each, "members": left} if left else opened(dict(each))


def renamed(frame: JsonObject, ids: Mapping[str, str]) -> JsonObject:
    """Return a copy of a frame whose members are the copies of its cards."""
    if "members" not in frame:
        return frame
    return {**frame, "members": [ids[name] for name in frame["members"] if name in ids]}


def _is_said_of(each: Mapping[str, Any]) -> bool:
    return any(key in each for key in KEYS)
