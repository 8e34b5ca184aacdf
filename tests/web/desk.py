"""What tests of sessions and of the API share: small cards, and executors in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorrag.executor import Executor
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.store.workspace import Workspace
from tensorrag.task import TaskKind
from tests.core.engine import CARDS, InProcess
from web.live.session import Session, View
from web.live.sessions import Sessions

KINDS: frozenset[TaskKind] = frozenset(
    {
        *("run", "peek", "describe", "propagate", "page", "profile", "draft", "predict"),
        *("script", "bundle", "verify"),
    }
)


class Desk:
    """Sessions on a workspace of their own; ``elsewhere`` are executors besides this machine."""

    def __init__(self, root: Path, **elsewhere: Executor) -> None:
        self.workspace = Workspace.open(root)
        numbers = self.workspace.cards / "numbers.py"
        if not numbers.exists():  # a file written anew is another file to those who remember it
            numbers.write_text(CARDS)
        self.executor = InProcess(kinds=KINDS)
        self.sessions = Sessions(self.workspace, {"local": self.executor, **elsewhere})

    async def start(self) -> Desk:
        """Start the sessions, and wait for the cards, and for the sample of the first start."""
        await self.sessions.start()
        await self.sessions.wait_ready()
        for opening in list(self.sessions.pipelines._opening.values()):
            await (await opening).settled()
        return self

    async def open(self, pipeline: Pipeline) -> Session:
        """Put a pipeline into the workspace, and wait until it is checked."""
        session = await self.sessions.create(pipeline)
        await session.settled()
        return session

    async def restarted(self) -> Desk:
        """End this server, and start another one on the same workspace."""
        await self.sessions.close()
        return await Desk(self.workspace.root).start()

    async def run(self, session: Session, **options: Any) -> str:
        """Run a pipeline to its end, and wait until everybody knows."""
        run = await session.start(**options)
        status = await run.wait()
        await until(lambda: not session.running)
        await session.settled()
        return status

    def tasks(self, kind: TaskKind) -> list[str]:
        """The cards of all tasks of a kind so far, in order."""
        tasks = (job.task for job in self.executor._jobs.values())
        return [task.card for task in tasks if task.kind == kind]


class Listener(View):
    """A view that remembers what it heard."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.patches: list[tuple[int, list[JsonObject]]] = []
        self.states: list[dict[str, JsonObject | None]] = []
        self.events: list[JsonObject] = []
        self.warnings: list[tuple[str, str]] = []
        self.checks = 0
        self.closed = False
        self.unsubscribe = session.subscribe(self)

    def on_patch(self, revision: int, ops: list[JsonObject]) -> None:
        self.patches.append((revision, ops))

    def on_runtime(self, states: dict[str, JsonObject | None]) -> None:
        self.states.append(states)

    def on_problems(self) -> None:
        self.checks += 1

    def on_run_event(self, event: JsonObject) -> None:
        self.events.append(event)

    def on_warning(self, message: str, hint: str) -> None:
        self.warnings.append((message, hint))

    def on_closed(self) -> None:
        self.closed = True

    def states_of(self, node: str) -> list[str]:
        """All states that a card showed, one after the other."""
        shown = [states[node] for states in self.states if node in states]
        return [state["state"] for state in shown if state is not None]


async def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is the case."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


def on_canvas(session: Session, node: str) -> JsonObject:
    """A card as the canvas draws it."""
    nodes: list[JsonObject] = session.stage.snapshot()["nodes"]
    return next(each for each in nodes if each["id"] == node)
