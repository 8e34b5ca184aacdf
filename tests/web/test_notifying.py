"""A long run has ended: a real server on this machine is told, whatever it answers."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tensorrag.errors import ParameterError
from tensorrag.run.sweep import Sweep
from tensorrag.store.settings import Settings
from tests.core.engine import chain, node
from tests.web.desk import Desk, until
from web.live.runs import notifying
from web.live.runs.notifying import Ended, Notifier
from web.live.trouble import Troubles
from web.server_log.reading import ServerLog
from web.server_log.writing import writing

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
SUM = chain(node("number", value=3), node("add", amount=4))


@dataclass
class Hook:
    """Somebody else's server: answers in turn, the last answer from then on."""

    answers: list[bytes | None]
    """None: it never answers."""
    heard: list[tuple[str, Any]] = field(default_factory=list)
    """First line and body of each request."""
    url: str = ""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                int(line.partition(":")[2])
                for line in head.lower().splitlines()
                if line.startswith("content-length:")
            )
            self.heard.append((head.splitlines()[0], json.loads(await reader.readexactly(length))))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                await reader.read()  # until the other side gives up
                return
            writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it gave up before it had sent anything
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def hook(*answers: bytes | None) -> AsyncIterator[Hook]:
    there = Hook(list(answers) or [OK])
    taking: set[asyncio.Task[None]] = set()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(there.take(reader, writer))
        taking.add(task)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    there.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook/token-1234"
    yield there
    server.close()
    await asyncio.gather(*taking)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second attempt follows the first at once."""
    monkeypatch.setattr(notifying, "PAUSE", 0.0)


def told(desk: Desk) -> Callable[[], bool]:
    return lambda: desk.sessions.notifier.last is not None


def use(desk: Desk, url: str, *, after: float = 0.0) -> None:
    desk.workspace.settings.set("webhook", url)
    desk.workspace.settings.set("notify_after", after)


async def test_the_webhook_hears_which_run_how_it_ended_and_how_long_it_took(desk: Desk) -> None:
    heard: list[Ended] = []
    stop = desk.sessions.notifier.listen(heard.append)
    async with hook() as there:
        use(desk, there.url)
        session = await desk.open(SUM)
        await desk.run(session)
        await until(told(desk))
    stop()

    ((line, message),) = there.heard
    run = session.history.run_id
    assert line == "POST /hook/token-1234 HTTP/1.1"
    assert set(message) == {"event", "run", "status", "seconds", "pipeline", "text"}
    assert (message["event"], message["run"], message["status"]) == ("run.ended", run, "succeeded")
    assert message["pipeline"] == {"id": session.id, "name": session.pipeline.name}
    assert message["text"].startswith(f"{session.pipeline.name} succeeded after ")
    assert [each.run for each in heard] == [run]
    last = desk.sessions.notifier.last
    assert last is not None
    assert last.trouble == ""


async def test_of_short_and_cancelled_runs_nothing_is_told(desk: Desk) -> None:
    async with hook() as there:
        use(desk, there.url, after=3600.0)
        await desk.run(await desk.open(SUM))
        await until(lambda: not desk.sessions.notifier._tasks)  # by the setting of then
        use(desk, there.url)
        slow = await desk.open(chain(node("number", value=1), node("wait", steps=100_000)))
        run = await slow.start()
        await run.cancel()
        assert await run.wait() == "cancelled"
        await desk.run(await desk.open(SUM))  # the next message is of this one
        await until(told(desk))

    assert [message["status"] for _, message in there.heard] == ["succeeded"]


async def test_it_is_tried_once_more_and_then_given_up(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    down = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    async with hook(down, OK) as recovers:
        use(desk, recovers.url)
        await desk.run(await desk.open(SUM))
        await until(told(desk))
    assert len(recovers.heard) == 2
    assert desk.sessions.notifier.last is not None
    assert desk.sessions.notifier.last.trouble == ""

    async with hook(down) as stays_down:
        use(desk, stays_down.url)
        await desk.run(await desk.open(SUM))
        await until(lambda: desk.sessions.notifier.last.trouble)  # type: ignore[union-attr]
    assert len(stays_down.heard) == 2
    assert desk.sessions.notifier.last.trouble == "it answered 503"
    assert "127.0.0.1" in caplog.text
    assert "token-1234" not in caplog.text, "the address may hold a secret"


@pytest.mark.parametrize(
    "answer", [OK, b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"], ids=["taken", "gone"]
)
async def test_its_address_is_not_in_the_log_of_the_server(desk: Desk, answer: bytes) -> None:
    async with hook(answer) as there:
        use(desk, there.url)
        with writing(desk.workspace, Troubles()):
            await desk.sessions.notifier.test()
            logging.getLogger("web.test").warning("Somebody names %s.", there.url)

    written = "\n".join(ServerLog(desk.workspace.root).lines())
    assert "Somebody names •••." in written
    assert "token-1234" not in written
    assert "HTTP Request" not in written, "a second lock: whom the server asks is noted nowhere"


async def test_of_a_run_of_a_sweep_the_pipeline_is_named_that_is_swept(desk: Desk) -> None:
    async with hook() as there:
        use(desk, there.url)
        session = await desk.open(SUM)
        sweep = Sweep.new(session.id, "add", "amount", [5])
        for request in sweep.requests(session.pipeline):
            await (await desk.sessions.runs.begin(request)).wait()
        await until(told(desk))

    ((_, message),) = there.heard
    assert message["pipeline"]["id"] == session.id


async def test_one_who_fails_to_listen_keeps_nobody_else_from_hearing(desk: Desk) -> None:
    def broken(*heard: object) -> None:
        raise RuntimeError("This page is gone.")

    heard: list[Ended] = []
    for listener in (broken, heard.append):
        desk.sessions.notifier.listen(listener)
    desk.sessions.runs.listen(broken)
    async with hook() as there:
        use(desk, there.url)
        await desk.run(await desk.open(SUM))
        await until(told(desk))

    assert len(heard) == len(there.heard) == 1


async def test_an_address_that_cannot_be_one_is_said(desk: Desk) -> None:
    use(desk, "https://300.1.2.3/hook")

    last = await desk.sessions.notifier.test()

    assert last is not None
    assert last.trouble == "it could not be reached"


async def test_certificates_are_read_beside_the_event_loop(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    class Client(httpx.AsyncClient):
        def __init__(self, **options: Any) -> None:
            threads.append(threading.get_ident())
            super().__init__(**options)

    monkeypatch.setattr(httpx, "AsyncClient", Client)
    async with hook() as there:
        use(desk, there.url)
        await desk.sessions.notifier.test()

    assert len(there.heard) == len(threads) == 1
    assert threading.get_ident() not in threads


async def test_a_redirect_leads_nowhere(desk: Desk) -> None:
    async with hook() as elsewhere:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        async with hook(moved.encode()) as there:
            use(desk, there.url)
            last = await desk.sessions.notifier.test()

    assert last is not None
    assert last.trouble == "it answered with a redirect (307), which is not followed"
    assert elsewhere.heard == []


async def test_nothing_waits_for_one_that_never_answers(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "LIMIT", 600.0)
    async with hook(None) as silent:
        use(desk, silent.url)
        assert await desk.run(await desk.open(SUM)) == "succeeded"
        await until(lambda: silent.heard)
        assert await desk.run(await desk.open(SUM)) == "succeeded"  # while it is still waited for
        assert desk.sessions.notifier.last is None

        monkeypatch.setattr(notifying, "LIMIT", 0.05)
        last = await desk.sessions.notifier.test()
        await desk.sessions.notifier.close()  # gives up what is on its way

    assert last is not None
    assert last.trouble.startswith("it did not answer within")


def test_what_has_not_begun_is_given_up_in_silence(tmp_path: Path) -> None:
    async def begin_and_end() -> None:
        notifier = Notifier(Settings(tmp_path / "settings.json"))
        notifier.look()
        await notifier.close()

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        asyncio.run(begin_and_end())

    assert [str(each.message) for each in said] == []


async def test_nobody_there_is_said(desk: Desk) -> None:
    async with hook() as gone:
        pass
    use(desk, gone.url)

    last = await desk.sessions.notifier.test()

    assert last is not None
    assert last.trouble == "nobody answers there"


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/T0/B0?x=1",
        "https://hooks.example.com:8443/",
        "http://127.0.0.1:9000/x",
        "http://localhost/x",
        "http://[::1]:80/x",
    ],
)
def test_https_and_this_machine_can_be_told(tmp_path: Path, url: str) -> None:
    settings = Settings(tmp_path / "settings.json")

    settings.set("webhook", f" {url} ")

    assert settings.values().webhook == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "http://10.0.0.1/x",
        "http://127.0.0.1.example.com/x",
        "http://169.254.169.254/latest/meta-data",
        "https://me:secret@example.com/x",
        "ftp://example.com/x",
        "file:///etc/passwd",
        "https://",
        "https://example.com:99999/x",
        "https://example.com/a b",
        "https://exämple.com/x",
        "javascript:alert(1)",
        "x" * 3000,
        "",
    ],
)
def test_nothing_else_is_told_and_what_was_typed_is_not_repeated(tmp_path: Path, url: str) -> None:
    settings = Settings(tmp_path / "settings.json")

    with pytest.raises(ParameterError) as refused:
        settings.set("webhook", url)

    assert not url or url not in str(refused.value)
    assert settings.values().webhook is None
