"""The page that sets Modal up: every situation has its sentence and one thing to do."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from executors.modal_hints import DEPLOY, INSTALL, SIGN_IN
from tensorrag.executor import Missing, Offers
from tests.web.desk import Desk
from web.live.setting_up import SettingUp
from web.page.inspector.outcome import failure
from web.page.markup import html
from web.page.workspace.modal_view import SetUp, modal_setup
from web.page.workspace.renting import Renting, renting_part

READY = Offers(executor="modal", available=True, version="0.1.0")


def drawn(shown: SetUp) -> str:
    return str(html(modal_setup(shown)))


def without(missing: Missing | None, reason: str = "So it is.", hint: str = "Do so.") -> Offers:
    return Offers(executor="modal", available=False, missing=missing, reason=reason, hint=hint)


@pytest.mark.parametrize(
    ("missing", "hint", "done", "command", "does"),
    [
        ("package", INSTALL, 0, "-m pip install &quot;tensorrag[modal]&quot;", "Look again"),
        ("sign_in", SIGN_IN, 1, "-m modal token new", "Look again"),
        ("deploy", DEPLOY, 2, "", "Deploy again"),
    ],
)
def test_what_is_missing_is_said_with_one_primary_button(
    missing: Missing, hint: str, done: int, command: str, does: str
) -> None:
    page = drawn(SetUp(without(missing, hint=hint)))
    assert page.count('data-step="done"') == done
    assert page.count('data-step="now"') == 1
    assert page.count('class="btn p"') == 1
    assert f">{does}</button>" in page
    assert not command or f">{sys.executable} {command}</div>" in page
    assert "`" not in page, "what is typed is shown as such"
    assert "So it is." in page


def test_what_was_never_deployed_is_deployed_and_not_deployed_again() -> None:
    page = drawn(SetUp(without("deploy", "TensorRag is not deployed to your Modal account.")))
    assert ">Deploy</button>" in page


def test_a_modal_that_cannot_be_asked_is_no_missing_step() -> None:
    page = drawn(SetUp(without(None, "Modal cannot be reached from here.")))
    assert "Modal cannot be reached from here." in page
    assert 'data-step="now"' not in page
    assert "Look again" in page


def test_what_is_set_up_says_its_version_and_whether_it_is_old() -> None:
    page = drawn(SetUp(READY, price=0.000199))
    assert page.count('data-step="done"') == 3
    assert "TensorRag 0.1.0 in your account" in page
    assert "$0.72 an hour" in page
    old = drawn(SetUp(READY.model_copy(update={"outdated": "Torch is another one."})))
    assert "Torch is another one." in old
    assert 'data-step="stale"' in old


def test_a_deployment_that_fails_says_why_in_its_last_lines() -> None:
    lines = ["Deploying", "Modal does not know you: no token, or a bad one.", "Sign in.", ""]
    page = drawn(SetUp(without("sign_in"), state="failed", lines=lines))
    assert '<span class="w5">Modal does not know you' in page
    assert '<div class="m2">Sign in.</div>' in page
    harmful = drawn(SetUp(state="running", lines=["<script>alert(1)</script>"]))
    assert "<script>" not in harmful


@pytest.mark.parametrize(
    ("kind", "does"),
    [
        ("NotSignedIn", 'href="/settings/modal"'),
        ("NotInstalled", 'href="/settings/modal"'),
        ("NotDeployed", 'data-act="deploy"'),
        ("CardTimeout", 'data-param="timeout"'),
        ("CardOutOfMemory", 'data-param="memory"'),
        ("CardCrashed", 'data-param="memory"'),
        ("ExecutorError", 'data-act="run_node"'),
        ("ExecutorError", 'data-act="card_run_on"'),
        ("ExecutorUnavailable", 'data-act="run_node"'),
        ("ExecutorUnavailable", 'data-act="card_run_on"'),
        ("Unheard", 'data-act="card_run_on"'),
    ],
)
def test_the_error_of_a_card_leads_to_what_helps(kind: str, does: str) -> None:
    assert does in str(failure({"type": kind, "message": "It failed."}, "train", "modal"))
    assert does not in str(failure({"type": "KeyError", "message": "It failed."}, "train"))


def test_the_settings_lead_there() -> None:
    assert 'href="/settings/modal"' in str(html(renting_part(Renting())))


async def test_the_command_of_the_terminal_does_it_and_all_it_says_is_kept(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").write_text('#!/bin/sh\nprintf "called $*\\nhalf"\nprintf " a line"\n')
    (tmp_path / "python").chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    told: list[str] = []
    setting_up = desk.sessions.setting_up
    stop = setting_up.listen(lambda: told.append(setting_up.state))
    setting_up.begin("modal")
    setting_up.begin("modal")  # twice is once
    await setting_up.ended()
    stop()
    assert setting_up.lines == ["called -u -m tensorrag modal deploy", "half a line"]
    assert (told[0], told[-1]) == ("running", "done")


async def test_it_ends_with_the_server_and_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").write_text("#!/bin/sh\necho begun\nexec sleep 600\n")
    (tmp_path / "python").chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    setting_up = SettingUp()
    setting_up.begin("modal")
    while not setting_up.lines:
        await asyncio.sleep(0.01)
    await setting_up.close()
    assert setting_up.state == "failed"
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    setting_up.begin("modal")
    await setting_up.ended()
    assert setting_up.state == "failed"
    assert "could not be started" in setting_up.lines[-1]
