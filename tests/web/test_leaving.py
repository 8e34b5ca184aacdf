"""A pipeline leaves as Python: over HTTP, and on a page of its own."""

from __future__ import annotations

import ast
import errno
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tensorrag.errors import PipelineError, WorkspaceError
from tensorrag.leaving.comparing import Verdict
from tensorrag.leaving.verdicts import Verdicts
from tensorrag.pipeline import Node
from tests.core.diabetes import pipeline
from tests.web.desk import Desk
from web.http.api import make_api
from web.page.markup import html
from web.page.sources.python_page import Shown, beside, code


async def test_a_pipeline_is_fetched_as_script_notebook_and_zip_and_verified(desk: Desk) -> None:
    session = await desk.open(pipeline())
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(make_api(desk.sessions))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        address = f"/api/pipelines/{session.id}/python"

        early = await client.post(f"{address}/verify")
        assert early.status_code >= 400
        assert "Evaluate has not run as it is now" in early.json()["detail"]

        assert await desk.run(session) == "succeeded"
        verdict = (await client.post(f"{address}/verify")).json()
        assert (verdict["verified"], verdict["differences"]) == (True, [])
        assert verdict["figures"] == 8

        script = await client.get(address)
        assert script.headers["content-disposition"].endswith('.py"')
        assert "the same 8 figures as the last run, to a relative 1e-9." in script.text
        ast.parse(script.text)
        notebook = await client.get(f"{address}?form=ipynb")
        assert json.loads(notebook.text)["nbformat"] == 4
        packed = await client.get(f"{address}?form=zip")
        with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
            assert set(archive.namelist()) == {
                "README.md",
                "data/diabetes.csv",
                "notebook.ipynb",
                "requirements.txt",
                "script.py",
            }
            assert "scikit-learn==" in archive.read("requirements.txt").decode()

    again = await desk.restarted()
    session = await again.sessions.open(session.id)
    await session.settled()
    leavings = again.sessions.leavings
    written = await leavings.write(session)
    assert "Verified" in await leavings.badge(session, written)
    assert await leavings.badge(session, replace(written, made={})) == "", "of another run"
    session.edit([{"op": "set_params", "node": "split", "params": {"seed": 7}}])
    await session.settled()
    assert await leavings.badge(session, await leavings.write(session)) == "", "it is another one"
    await again.sessions.close()


async def test_what_stopped_the_last_run_is_said_where_it_is_to_be_verified(desk: Desk) -> None:
    crowd = {"model_type": "k_nearest_neighbors", "n_neighbors": 500}
    define = Node("define", "model_define", params=crowd)
    session = await desk.open(pipeline().without(["evaluate"]).with_nodes(define))

    assert await desk.run(session) == "failed"

    leavings = desk.sessions.leavings
    with pytest.raises(PipelineError) as refused:
        await leavings.verify(session, await leavings.write(session))
    assert refused.value.message == (
        "Train failed when it ran last: 500 neighbours are more than the 353 train rows."
    )


def test_a_verdict_that_finds_the_disk_full_is_known_until_the_server_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder, verdict = tmp_path / "verdicts", Verdict(digest="d", day="2026-01-02", same=8)
    verdicts = Verdicts(folder)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", full)
        with pytest.raises(WorkspaceError, match=r"until the server stops\. The disk is full"):
            verdicts.put("p", verdict)

    assert verdicts.get("p", "d") == verdict
    assert verdicts.get("p", "another") is None
    assert Verdicts(folder).get("p", "d") is None

    verdicts.put("p", verdict)
    assert Verdicts(folder).get("p", "d") == verdict


def test_code_on_the_page_is_text() -> None:
    shown = Shown("p", text='x = "<b>"  # <script>\n', notes=("<i>",))

    drawn = html([code(shown), beside(shown)])

    assert '<span class="py-s">&quot;&lt;b&gt;&quot;</span>' in drawn
    assert '<span class="py-c"># &lt;script&gt;</span>' in drawn
    assert "<i>" not in drawn


def test_whoever_verifies_sees_how_long_it_takes_and_can_cancel() -> None:
    drawn = html([beside(Shown("p", text="x = 1\n", verifying=True, seconds=12))])

    assert "Running it without TensorRag … 12 s" in drawn
    assert 'data-act="cancel"' in drawn
    assert 'data-act="verify"' not in drawn
