"""The log of the server: what is in it, what is not, and that it never stands in the way."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import stat
import threading
from pathlib import Path

import pytest

from tensorrag.errors import TensorRagError
from tensorrag.store.workspace import Workspace
from web import shadow
from web.live.trouble import Troubles, reference, sentence
from web.server_log import writing as log_file
from web.server_log.reading import ServerLog
from web.server_log.writing import files_in, path_in, writing

log = logging.getLogger("web.test")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def written(workspace: Workspace) -> str:
    return path_in(workspace.root).read_text()


def test_an_entry_has_its_time_in_utc_its_level_and_its_module(workspace: Workspace) -> None:
    with writing(workspace, Troubles()):
        log.warning("It is %s.", "odd")
        log.info("told")
        log.debug("not told")

    first, second = written(workspace).splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING web\.test It is odd\.", first
    )
    assert second.endswith("Z INFO web.test told")


def test_only_its_owner_may_read_it(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "BYTES", 2000)
    with writing(workspace, Troubles()):
        for number in range(1000):
            log.warning("entry %d", number)

    files = sorted(path_in(workspace.root).parent.iterdir())
    assert [file.name for file in files] == [
        "server.log",
        *(f"server.log.{n}" for n in range(1, 5)),
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert all(file.stat().st_size <= 2000 for file in files)
    numbers = [int(line.rsplit(" ", 1)[1]) for line in ServerLog(workspace.root).lines()]
    assert numbers == list(range(numbers[0], 1000))


def test_an_error_has_a_reference_and_its_traceback(workspace: Workspace) -> None:
    try:
        raise ZeroDivisionError("what nobody thought of")
    except ZeroDivisionError as caught:
        error = caught
    with writing(workspace, Troubles()):
        log.error("It failed.", exc_info=error)

    text = written(workspace)
    assert f"It failed. (reference {reference(error)})" in text
    assert "ZeroDivisionError: what nobody thought of" in text
    assert "test_server_log.py" in text
    assert reference(error) in sentence(error)


def test_no_entry_can_be_forged(workspace: Workspace) -> None:
    forged = "name\n2026-01-31T12:00:00.000Z ERROR web.live All is lost.\x1b[2J\r"
    with writing(workspace, Troubles()):
        log.warning("There is no %s", forged)

    first, second = written(workspace).splitlines()
    assert first.endswith("There is no name")
    assert second == "    2026-01-31T12:00:00.000Z ERROR web.live All is lost."


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer {secret}",
        "headers: [(b'authorization', b'Bearer {secret}'), (b'host', b'127.0.0.1')]",
        "{{'Authorization': 'Basic {secret}', 'cookie': \"tensorrag-8080={secret}\"}}",
        "Cookie: tensorrag-8080={secret}; other=1",
        "Set-Cookie: a={secret}; Path=/",
        "GET /?token={secret}&x=1",
        "s3://me:{secret}@bucket/key",
        "https://user:{secret}@example.org/",
        "password = '{secret}', api_key={secret}",
        "AWS_SECRET_ACCESS_KEY={secret}",
    ],
)
@pytest.mark.parametrize("secret", ["unknown-to-us-9f8e7d", "correct-horse-battery"])
def test_secrets_are_not_in_it(workspace: Workspace, text: str, secret: str) -> None:
    workspace.settings.set("secrets", {"bucket": "correct-horse-battery"})
    with writing(workspace, Troubles()):
        said = text.format(secret=secret)
        log.warning(said.replace("%", "%%"))
        try:
            raise ValueError(said)
        except ValueError:
            log.exception("Failed with %r", said)

    assert secret not in written(workspace)
    assert "•••" in written(workspace)


def test_a_secret_that_is_set_while_the_server_runs_is_hidden_too(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "LOOK", 0)
    with writing(workspace, Troubles()):
        log.warning("before")
        workspace.settings.set("secrets", {"hub": "a-late-secret"})
        log.warning("The hub said no to a-late-secret.")

    assert "said no to •••." in written(workspace)


def test_a_huge_message_is_cut(workspace: Workspace) -> None:
    with writing(workspace, Troubles()):
        log.warning("x" * 10**7)

    assert len(written(workspace)) < 25_000
    assert "characters …" in written(workspace)


def test_of_requests_those_are_noted_that_change_something_or_fail(workspace: Workspace) -> None:
    access = logging.getLogger("uvicorn.access")
    with writing(workspace, Troubles()):
        for method, path, status in (
            ("GET", "/?token=abcdef123456", 200),
            ("GET", "/api/runs/gone?search=private", 404),
            ("POST", "/api/runs", 201),
        ):
            access.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:9", method, path, "1.1", status)

    first, second = written(workspace).splitlines()
    assert first.endswith('INFO requests 127.0.0.1:9 - "GET /api/runs/gone HTTP/1.1" 404')
    assert second.endswith('"POST /api/runs HTTP/1.1" 201')


def test_connections_of_pages_are_noted_when_they_are_refused(workspace: Workspace) -> None:
    uvicorn = logging.getLogger("uvicorn.error")
    with writing(workspace, Troubles()):
        uvicorn.info('%s - "WebSocket %s" [accepted]', "127.0.0.1:9", "/_nicegui_ws/?client_id=x")
        uvicorn.info("connection open")
        uvicorn.info('%s - "WebSocket %s" %d', "127.0.0.1:9", "/_nicegui_ws/?client_id=secret", 403)
        uvicorn.info("connection closed")
        uvicorn.error("Something else.")

    first, second = written(workspace).splitlines()
    assert first.endswith('127.0.0.1:9 - "WebSocket /_nicegui_ws/" 403')
    assert second.endswith("ERROR server Something else.")


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="no full disk")
def test_a_full_disk_is_no_trouble(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    path = path_in(workspace.root)
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    with writing(workspace, Troubles()):
        log.warning("lost")
        log.warning("lost")
        path.unlink()
        log.warning("there is room again")

    assert "there is room again" in written(workspace)
    assert "Before this, 2 entries were lost" in written(workspace)
    assert capfd.readouterr().err == ""


def test_where_it_cannot_be_written_it_goes_to_the_terminal(
    workspace: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    (workspace.root / "logs").write_text("in the way")
    with writing(workspace, Troubles()):
        log.warning("careful: token=abcdefgh12345")
        log.info("nothing much")

    said = capfd.readouterr().err
    assert "cannot be written" in said
    assert "WARNING web.test careful: token=•••" in said
    assert "nothing much" not in said


def test_a_server_that_fails_says_one_sentence(workspace: Workspace) -> None:
    said = r"Something went wrong \(reference [0-9a-f]{4}\)"
    with pytest.raises(TensorRagError, match=said), writing(workspace, Troubles()):
        raise KeyError("nobody thought of this")

    assert "KeyError: 'nobody thought of this'" in written(workspace)


async def test_pages_are_told_of_what_fails_anywhere(workspace: Workspace) -> None:
    troubles, told = Troubles(), list[str]()
    stop = troubles.listen(told.append)
    loop = asyncio.get_running_loop()
    with writing(workspace, troubles):
        try:
            raise RuntimeError("in a task")
        except RuntimeError as error:  # as asyncio does with a task that nobody waits for
            loop.call_exception_handler({"message": "Task failed", "exception": error})
        await asyncio.sleep(0)
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        await asyncio.sleep(0.01)
        try:
            raise RuntimeError("said to somebody already")
        except RuntimeError as error:
            sentence(error)
            log.exception("An answer failed.")
        await asyncio.sleep(0)
        stop()

    assert len(told) == 2
    for said in told:
        found = re.search(r"reference ([0-9a-f]{4})", said)
        assert found is not None
        assert f"(reference {found[1]})" in written(workspace)
    assert "in a task" in written(workspace)
    assert "ZeroDivisionError" in written(workspace)


async def test_the_same_trouble_is_told_once(workspace: Workspace) -> None:
    troubles, told = Troubles(), list[str]()
    troubles.listen(told.append)
    with writing(workspace, troubles):
        for _ in range(20):
            try:
                raise RuntimeError("at every look")
            except RuntimeError:
                log.exception("The page could not be drawn.")
        await asyncio.sleep(0)

    assert len(told) == 1
    assert written(workspace).count("RuntimeError: at every look") == 20


def test_it_is_read_entry_by_entry_and_only_what_was_added(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "BYTES", 400)
    kept = ServerLog(workspace.root)
    assert kept.lines() == []
    with writing(workspace, Troubles()):
        log.info("told")
        log.error("It broke.\nValueError: odd")
        log.warning("So so.")

        assert [line.split(" ", 3)[-1].strip() for line in kept.lines(level="error")] == [
            "It broke.",
            "ValueError: odd",
        ]
        assert len(kept.lines(level="warning")) == 3
        assert len(kept.lines(search="VALUEERROR")) == 2, "all of an entry"
        assert kept.lines(level="warning", search="told") == []

        for number in range(50):  # the files are turned over while somebody reads
            log.info("entry %d", number)
            assert kept.lines(search="entry")[-1].endswith(f"entry {number}")
            files = [path for path in files_in(workspace.root) if path.exists()]
            assert "\n".join(kept.lines()) + "\n" == "".join(path.read_text() for path in files)

    with path_in(workspace.root).open("a") as file:  # by a program that ended in between
        file.write("2026-01-31T12:00:00.000Z INFO web.test half ")
        file.flush()
        assert kept.lines(search="half") == []
        file.write("and half\n")
    assert kept.lines(search="half")[0].endswith("half and half")
