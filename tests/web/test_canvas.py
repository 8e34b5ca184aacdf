"""The canvas element, as the page uses it; what the browser does with it is in tests/browser."""

import importlib.util
import shutil
from pathlib import Path

import pytest
from nicegui import ui
from nicegui.testing import User

from web import canvas
from web.canvas import DIST, PipelineCanvas


async def test_a_gesture_arrives_as_one_object(user: User) -> None:
    heard: list[object] = []

    @ui.page("/canvas-gesture")
    def page() -> None:
        PipelineCanvas(on_ops=heard.append)

    await user.open("/canvas-gesture")
    gesture = {"revision": 3, "ops": [{"op": "disconnect", "id": "a.x-b.y"}]}
    user.find(PipelineCanvas).trigger("ops", gesture)
    assert heard == [gesture]


@pytest.mark.parametrize("sent", ["ops", 3, ["ops"]])
async def test_what_is_no_object_is_not_heard(user: User, sent: object) -> None:
    heard: list[object] = []

    @ui.page("/canvas-noise")
    def page() -> None:
        PipelineCanvas(on_ops=heard.append)

    await user.open("/canvas-noise")
    user.find(PipelineCanvas).trigger("ops", sent)
    assert heard == []


async def test_the_graph_never_travels_as_a_property(user: User) -> None:
    made: list[PipelineCanvas] = []

    @ui.page("/canvas-load")
    def page() -> None:
        made.append(PipelineCanvas())

    await user.open("/canvas-load")
    with user:
        made[0].load({"revision": 1, "nodes": [], "edges": [], "types": {}, "runtime": {}})
        made[0].patch(2, [{"op": "remove_edge", "id": "a.x-b.y"}])
        made[0].set_runtime({"a": None})
    assert not dict(made[0].props)


def test_without_the_bundle_the_import_says_what_to_do(tmp_path: Path) -> None:
    assert (DIST / "index.js").is_file()
    element = Path(canvas.__file__).with_name("element.py")
    copy = Path(shutil.copy(element, tmp_path / "element.py"))
    spec = importlib.util.spec_from_file_location("element_without_bundle", copy)
    assert spec
    assert spec.loader
    with pytest.raises(ImportError, match="make frontend"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
