"""TensorRag was updated, its cards with it: what was made before is there, and said to be old."""

from __future__ import annotations

import pytest

from tensorrag.pipeline import Edge, Node, Pipeline
from tensorrag.registry import finding
from tests.web.desk import Desk

FLOWERS = Pipeline(
    name="Flowers",
    nodes={
        "load": Node("load", "data_load", {"sample_name": "iris"}),
        "some": Node("some", "sample_rows", {"rows": 9}),
    },
    edges=(Edge("load", "dataset", "some", "dataset"),),
)


async def test_results_of_before_an_update_stay_and_say_why_they_are_old(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await desk.open(FLOWERS)
    assert await desk.run(session) == "succeeded"
    before = session.stage.states

    monkeypatch.setattr(finding, "pack_sha256", lambda package: f"{package} of another version")
    later = await desk.restarted()
    try:
        again = await later.sessions.open(session.id)
        await again.settled()
        for node, runtime in again.stage.states.items():
            assert (runtime["state"], runtime["reason"]) == ("stale", "the card was updated")
            assert runtime["face"] is not None
            assert runtime["face"] == before[node]["face"]
        assert await later.run(again) == "succeeded"
        assert {each["state"] for each in again.stage.states.values()} == {"done"}
    finally:
        await later.sessions.close()
