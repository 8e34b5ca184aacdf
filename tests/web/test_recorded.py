"""A run of before is seen as it was, as far as it is still kept."""

from __future__ import annotations

from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.types import ModelSchema
from tests.core.engine import chain, node
from tests.web.desk import Desk
from web.live.runs.recorded import Recorded
from web.live.runs.shown import Shown


async def test_a_run_of_before_keeps_its_pipeline_and_its_results(desk: Desk) -> None:
    session = await desk.open(chain(node("number", value=1), node("add", amount=2)))
    await desk.run(session)
    first = session.history.run_id
    session.edit([{"op": "set_params", "node": "add", "params": {"amount": 5}}])
    await desk.run(session)

    was = await session.history.recorded(first)

    assert was.pipeline.nodes["add"].params == {"amount": 2}
    assert {node_id: shown.state for node_id, shown in was.shown.items()} == {
        "number": "done",
        "add": "done",
    }
    assert was.lost == frozenset()
    key = was.shown["add"].key
    assert key is not None
    assert await session.results.previews(key)


async def test_what_had_to_make_room_is_no_longer_kept(desk: Desk) -> None:
    session = await desk.open(chain(node("number", value=1), node("add", amount=2)))
    await desk.run(session)
    first = await session.history.recorded(session.history.run_id)
    key = first.shown["add"].key
    assert key is not None
    desk.workspace.store.results._forget(key)

    was = await session.history.recorded(first.run)

    assert was.lost == {"add"}
    assert was.shown["add"].face == {"kind": "text", "lines": ["No longer kept"]}
    assert was.shown["number"].face == first.shown["number"].face


async def test_what_was_made_again_since_is_not_taken_for_what_it_was(desk: Desk) -> None:
    session = await desk.open(chain(node("number", value=1), node("add", amount=2)))
    await desk.run(session)
    first = await session.history.recorded(session.history.run_id)
    results = desk.workspace.store.results
    other = results.get(str(first.shown["number"].key))
    assert other is not None
    results.put(str(first.shown["add"].key), other)

    assert (await session.history.recorded(first.run)).lost == {"add"}


async def test_a_reused_result_leads_to_the_run_that_made_it(desk: Desk) -> None:
    session = await desk.open(chain(node("number", value=1), node("add", amount=2)))
    await desk.run(session)
    first = session.history.run_id
    assert session.results.printed_by("add") is None

    await desk.run(session)
    await desk.run(session)

    assert session.results.printed_by("add") == (first, "add")
    other = await desk.open(chain(node("number", value=1), node("add", amount=2)))
    await desk.run(other)
    assert other.results.printed_by("add") == (first, "add")
    again = await (await desk.restarted()).sessions.open(other.id)
    assert again.results.printed_by("add") == (first, "add")


def test_a_network_is_as_wide_as_the_model_that_the_run_made() -> None:
    nodes = Node("model", "model_define_gpu"), Node("train", "train_gpu")
    wire = Edge("model", "model_spec", "train", "model_spec")
    nothing = dict.fromkeys(("reason", "seconds", "device", "executor", "error"))
    done = {**nothing, "state": "done", "cached": False}
    schema = ModelSchema(layers=(15, 8, 1), parameters=137).model_dump(mode="json")
    network = {"kind": "network", "layers": [None, 8, None], "parameters": None}
    shown = {
        "model": Shown({**done, "outputs": {}}, face=network),
        "train": Shown({**done, "outputs": {"trained_model": {"type": "Model", "schema": schema}}}),
    }

    was = Recorded("r", Pipeline().with_nodes(*nodes).with_edges(wire), shown=shown)

    assert was.runtime()["model"]["face"] == {**network, "layers": [15, 8, 1], "parameters": 137}
