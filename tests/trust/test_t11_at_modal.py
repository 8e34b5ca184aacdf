"""T11 at Modal: the server dies while a card runs there, and the card's result is not lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from executors.modal_deploy import deploy
from tensorrag.store.settings import Settings
from tensorrag.store.workspace import Workspace
from tests.core.engine import chain, node
from tests.executors.modal_plane.account import account
from tests.servers import Server
from tests.trust.crashing import (
    begin,
    client,
    create,
    ended,
    found,
    kill,
    until,
    with_small_cards,
)

pytestmark = [pytest.mark.modal, pytest.mark.slow]


def test_a_call_that_goes_on_is_taken_over_and_not_paid_twice(
    tmp_path: Path, start_server: Callable[..., Server]
) -> None:
    workspace = with_small_cards(tmp_path / "workspace")
    pipeline = chain(node("number"), node("wait", steps=200, pause=0.1), node("parity"))
    pipeline = pipeline.with_nodes(replace(pipeline.nodes["wait"], run_on="modal"))
    with account(tmp_path / "modal") as plane:
        deploy()
        signed_in = {name: value for name, value in os.environ.items() if name[:6] == "MODAL_"}

        server = start_server(workspace, **signed_in)
        with client(server) as http:
            made, asked = create(http, pipeline), len(plane.asked)
            assert http.get(f"/edit/{made}").status_code == 200
            assert len(plane.asked) == asked, "to open a page, nobody is asked"
            run = begin(http, pipeline_id=made)
            until(lambda: (found(http, run)["nodes"].get("wait") or {}).get("state") == "running")
        assert kill(server) == []
        # Nobody knows how it ends: 3,600 seconds and 10 of grace, of two cores and 4 GiB.
        spending = Workspace.open(workspace).journal.spending
        assert spending.this_month() == pytest.approx(3610 * (2 * 0.0000131 + 4 * 0.00000222))

        with client(start_server(workspace, **signed_in)) as http:
            assert found(http, run)["status"] == "interrupted"
            outcome = ended(http, begin(http, resume=run))
        assert outcome["status"] == "succeeded", outcome
        assert outcome["nodes"]["wait"]["executor"] == "modal"
        assert len(plane.calls) == 1, "it was not begun a second time"
        (paid,) = spending.past("wait", "modal", None)
        taken_over = outcome["nodes"]["wait"]
        # On a slow machine it is over before the editor is back.
        assert taken_over["cached"] or taken_over["cost"] == pytest.approx(
            (paid.seconds + sum(spending.starts("modal", None))) * 0.00003508, rel=0.01
        )
        assert spending.this_month() < 0.01, "now its end is known, and it counts at that"


def test_the_budget_holds_for_what_a_server_began_that_is_gone(
    tmp_path: Path, start_server: Callable[..., Server]
) -> None:
    workspace = with_small_cards(tmp_path / "workspace")
    endless = chain(node("number"), node("wait", steps=10**6, pause=0.1))
    endless = endless.with_nodes(replace(endless.nodes["wait"], run_on="modal"))
    with account(tmp_path / "modal") as plane:
        deploy()
        signed_in = {name: value for name, value in os.environ.items() if name[:6] == "MODAL_"}
        server = start_server(workspace, **signed_in)
        with client(server) as http:
            run = begin(http, pipeline_id=create(http, endless))
            until(lambda: (found(http, run)["nodes"].get("wait") or {}).get("state") == "running")
        kill(server)
        Settings(workspace / "settings.json").set("budget_run", 0.00001)  # a third of a second

        with client(start_server(workspace, **signed_in)) as http:
            # Nobody resumes it: it is stopped all the same.
            until(lambda: "The budget of this run" in found(http, run)["nodes"]["wait"]["reason"])
            refused = http.post("/api/runs", json={"resume": run})
        assert refused.status_code == 409, "what it has spent is spent"
        assert "The budget of this run" in refused.json()["detail"]
        (call,) = plane.calls.values()
        assert call.output is not None, "its container has ended"


def test_a_call_of_which_nobody_heard_is_stopped_once_modal_answers(
    tmp_path: Path, start_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line breaks while a card is taken on, and its run ends; nobody has to start again."""
    workspace = with_small_cards(tmp_path / "workspace")
    endless = chain(node("number"), node("wait", steps=10**6, pause=0.1))
    endless = endless.with_nodes(replace(endless.nodes["wait"], run_on="modal"))
    with account(tmp_path / "modal") as plane:
        deploy()
        takes_on = plane.FunctionMap

        async def unheard(request: Any, metadata: Any) -> Any:
            if not plane.calls:
                await takes_on(request, metadata)
            while not plane.items:  # its container says that it has begun
                await asyncio.sleep(0.05)
            plane.gone.set()

        monkeypatch.setattr(plane, "FunctionMap", unheard)
        signed_in = {name: value for name, value in os.environ.items() if name[:6] == "MODAL_"}
        server = start_server(workspace, **signed_in)
        with client(server) as http:
            outcome = ended(http, begin(http, pipeline_id=create(http, endless)))
        assert outcome["status"] == "failed"
        assert "did not say whether" in outcome["nodes"]["wait"]["error"]["message"]
        (call,) = plane.calls.values()
        assert call.output is None, "it goes on, and is paid for"
        journal = Workspace.open(workspace).journal
        assert journal.spending.running() > 0

        plane.call_soon(plane.gone.clear)
        until(lambda: call.output is not None)
        (found_there,) = until(journal.findings.unread)
        assert found_there.state == "stopped"
        assert found_there.cost > 0
        assert journal.spending.running() == 0
        assert journal.spending.this_month() < 0.1, "and not its limit"
