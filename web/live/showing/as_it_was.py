"""A pipeline as it was once: a version of an open one, or what a run ran."""

from __future__ import annotations

from collections.abc import Mapping

from tensorrag.catalog import Catalog
from tensorrag.check import Checked
from tensorrag.errors import TensorRagError
from tensorrag.peek import Peek
from tensorrag.pipeline import JsonObject, Pipeline
from web.live.hosting import Hosting
from web.live.showing.drawing import Drawing, snapshot


async def drawn(
    hosting: Hosting,
    peeks: Mapping[str, Peek],
    catalog: Catalog,
    pipeline: Pipeline,
    runtime: Mapping[str, JsonObject] | None = None,
) -> JsonObject:
    """Return all that a canvas shows of it; nothing is run, and no source is looked at.

    With what the cards of a run did, it is shown as that run left it: problems that a check
    finds today are none of it.
    """
    try:
        checked = await hosting.check_known(pipeline, peeks)
    except TensorRagError:  # it is drawn without what the cards say of themselves
        checked = Checked()
    problems = checked.problems if runtime is None else ()
    shown = snapshot(Drawing(pipeline, catalog, checked.nodes, problems))
    return shown | {"runtime": dict(runtime or {})}
