"""What a card host answers: which cards there are, and what a check finds.

A card host is a long-lived process that may import cards, so that the server need not.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from pydantic import TypeAdapter

from tensorrag.check import Guard, check
from tensorrag.check.packing import packed
from tensorrag.leaving.composing import compose
from tensorrag.peek import Peek
from tensorrag.pipeline.as_json import from_json
from tensorrag.plain import JsonObject
from tensorrag.registry.finding import Registry
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.types.seen import Seen

Loader = Callable[[], Registry]

_SIGHTS: TypeAdapter[dict[str, dict[str, Seen]]] = TypeAdapter(dict[str, dict[str, Seen]])


def answer(
    task: Task, place: Place, load: Loader | None = None, guard: Guard = nullcontext
) -> JsonObject:
    """Answer a task of kind ``describe``, ``propagate`` or ``script``.

    Args:
        task: for ``propagate`` and ``script``, ``params`` holds ``pipeline`` (the file's JSON) and
            ``peeks`` (a Peek by key); where the names of secrets are known, they are in
            ``secrets``, and what was seen of results, by node and port, in ``sights``. For
            ``script``, ``made`` holds schemas of the last run by node and port.
        place: where the drop-in folder is.
        load: gives the registry; a host that lives on passes one that remembers it.
        guard: surrounds what each card does; a host stops one there that takes too long.

    Returns:
        A Catalog, a Checked as `check.packing` writes it, or what was Written.
    """
    registry = load() if load is not None else Registry.load(place.cards)
    if task.kind == "describe":
        return registry.catalog().model_dump(mode="json")
    pipeline, _ = from_json(task.params["pipeline"])
    peeks = task.params.get("peeks", {}).items()
    known = {key: Peek.model_validate(peek) for key, peek in peeks}
    if task.kind == "script":
        made = task.params.get("made", {})
        ran = task.params.get("ran", ())
        return compose(pipeline, registry, known, made, guard, ran).model_dump(mode="json")
    secrets = task.params.get("secrets")
    sights = _SIGHTS.validate_python(task.params.get("sights", {}))
    return packed(check(pipeline, registry, known, guard, secrets, sights))
