"""Tasks that outlive the server that began them, as those in a cloud do: none is forgotten.

The handle of a task is in the journal before anything is awaited. After a crash each one is looked
for: what goes on is followed, so that its result is there when the run is resumed, or handed over
to the run that needs it, and held to the budgets meanwhile; what nobody could use is cancelled, as
is what belongs to a run that has ended without word of it, or to a deleted pipeline: what was found
of it is kept until somebody has read it. Where an executor does not answer, it is asked again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from tensorrag.errors import (
    ExecutorError,
    ExecutorUnavailable,
    NotDeployed,
    RunCancelled,
    TaskFailed,
    WorkspaceError,
)
from tensorrag.executor import Executor
from tensorrag.placement import TITLES
from tensorrag.plain import JsonObject
from tensorrag.run.found_words import words
from tensorrag.run.node_run import NodeRun
from tensorrag.run.settling import Settling
from tensorrag.run.stray_budgets import StrayBudgets
from tensorrag.store.findings import Finding, State
from tensorrag.store.run_entry import swept
from tensorrag.store.unsettled import Unsettled, lost_tasks, unsettled_tasks
from tensorrag.store.workspace import Workspace

PATIENCE = 30.0
"""Seconds that an executor may take to say whether it still has a task."""
AGAIN = 60.0
"""Seconds after which one that did not say is asked again."""

log = logging.getLogger(__name__)


class Strays:
    """Finds what goes on, and takes in what comes of it.

    Args:
        workspace: its journal knows what was begun, its store takes the results.
        executors: places where tasks may still go on, by name.
        changed: hears of which pipeline one was found, or has ended.
        found: hears what was found of one that no run waited for.
    """

    def __init__(
        self,
        workspace: Workspace,
        executors: Mapping[str, Executor],
        changed: Callable[[str], None] = lambda pipeline_id: None,
        found: Callable[[Finding], None] = lambda finding: None,
    ) -> None:
        self._workspace, self._executors = workspace, executors
        self._settling = Settling(workspace)
        self._changed, self._hears = changed, found
        self._followed: dict[asyncio.Task[None], Unsettled] = {}
        self._finding: asyncio.Task[None] | None = None
        self._unsought: list[Unsettled] = []
        """Those that nobody has asked about here yet."""
        self._sought: dict[asyncio.Task[None], Unsettled] = {}
        """Those of which nobody has heard yet whether they go on."""
        self._unheard: dict[asyncio.Task[None], Unsettled] = {}
        """Those of which nobody could tell, until they are asked about again."""
        self._unsure: dict[str, Unsettled] = {}
        """Those of which nobody could tell when they were last asked about, by handle."""
        self._taken: set[str] = set()
        """Tickets of those that a run needs here."""
        self._useless: set[str] = set()
        """Tickets of those that were stopped because nobody could use them."""
        self._budgets = StrayBudgets(workspace, self._unneeded, self._stop)

    def start(self, *, needed: bool = False) -> None:
        """Begin to look for them; returns at once.

        Args:
            needed: whether only those are looked for that a card needs: the others are another
                process's, or wait for one.
        """
        self._finding = asyncio.create_task(self._find(needed=needed))

    def of(self, pipeline_id: str) -> list[Unsettled]:
        """Return what is known to go on of the runs of a pipeline."""
        return [each for each in self._known_to_go_on() if swept(each.pipeline) == pipeline_id]

    def unsure(self, pipeline_id: str) -> list[Unsettled]:
        """Return what may go on of the runs of a pipeline, where its executor does not say."""
        lost = [each for each in self._followed.values() if each.lost]
        may = (*self._unsure.values(), *lost)
        return [each for each in may if swept(each.pipeline) == pipeline_id]

    def lose(self, stray: Unsettled) -> None:
        """A run here has lost one: see to it that it ends, and that its end is known."""
        self._seek(stray)

    async def making(self, node: NodeRun) -> Unsettled | None:
        """Return a task that makes just what a node needs, if one goes on.

        Waits for its executor only where there may be one: a cloud that does not answer keeps no
        other card from its turn.
        """

        def makes_it(stray: Unsettled) -> bool:
            made = (stray.made.get("key"), stray.shown["executor"])
            return node.key is not None and made == (node.key, node.executor)

        await self._found(makes_it)
        found = next(filter(makes_it, self._followed.values()), None)
        if found is not None:
            self._taken.add(found.ticket)
        return found

    async def cancel(self, run: str) -> None:
        """Stop what goes on of an interrupted run.

        Raises:
            ExecutorError: it cannot be reached where it may go on.
        """
        await self._cancel(lambda stray: stray.run == run)

    async def cancel_all(self, *pipeline_ids: str) -> None:
        """Stop what goes on of the interrupted runs of some pipelines.

        Raises:
            ExecutorError: it cannot be reached where it may go on.
        """
        await self._cancel(lambda stray: stray.pipeline in pipeline_ids)

    async def close(self) -> None:
        """Follow them no longer; the next start looks for them again."""
        finding = [self._finding] if self._finding is not None else []
        await self._budgets.close()
        tasks = [*finding, *self._sought, *self._unheard, *self._followed]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _cancel(self, wanted: Callable[[Unsettled], bool]) -> None:
        for task, stray in tuple(self._unheard.items()):
            if wanted(stray) and task.cancel():
                self._seek(stray)
        await self._found(wanted)
        for stray in filter(wanted, self._unheard.values()):
            raise _silent(stray)
        for stray in tuple(filter(wanted, self._followed.values())):
            await self._stop(stray)

    async def _stop(self, stray: Unsettled) -> None:
        await self._executors[stray.shown["executor"]].cancel(stray.handle)

    async def _found(self, wanted: Callable[[Unsettled], bool]) -> None:
        """Wait until it is known of these whether they go on."""
        if self._finding is not None:
            await asyncio.wait([self._finding])
        self._seek_those(wanted)
        if sought := [task for task, stray in self._sought.items() if wanted(stray)]:
            await asyncio.wait(sought)

    async def _find(self, *, needed: bool) -> None:
        journal = self._workspace.journal
        waited_for = await asyncio.to_thread(unsettled_tasks, journal)
        self._unsought = [*waited_for, *await asyncio.to_thread(lost_tasks, journal)]
        self._seek_those(lambda stray: stray.lost or not needed)

    def _seek_those(self, wanted: Callable[[Unsettled], bool]) -> None:
        for stray in filter(wanted, tuple(self._unsought)):
            self._unsought.remove(stray)
            self._seek(stray)

    def _seek(self, stray: Unsettled) -> None:
        task = asyncio.create_task(self._look_for(stray))
        self._sought[task] = stray
        task.add_done_callback(self._sought.pop)

    async def _seek_again(self, stray: Unsettled) -> None:
        await asyncio.sleep(AGAIN)
        self._seek(stray)

    async def _look_for(self, stray: Unsettled) -> None:
        """Take a task up where it goes on; where nobody can tell, ask again in a while."""
        name = stray.shown["executor"]
        try:
            async with asyncio.timeout(PATIENCE):
                goes_on = await self._executors[name].attach(stray.handle)
                if goes_on and await asyncio.to_thread(self._is_useless, stray):
                    await self._stop(stray)
                    self._useless.add(stray.ticket)
        except Exception as error:
            why = f"{name} is not installed" if name not in self._executors else error
            log.warning("A card of run %s may still run as %s: %s", stray.run, stray.handle, why)
            if name in self._executors:
                task = asyncio.create_task(self._seek_again(stray))
                self._unheard[task] = stray
                task.add_done_callback(self._unheard.pop)
                self._unsure[stray.handle] = stray
                self._tell(stray)
            return
        self._unsure.pop(stray.handle, None)
        if not goes_on:
            await asyncio.to_thread(self._settling.write_off, stray)
            if stray.lost:
                await self._report(stray, "over")
            self._tell(stray)
            return
        await asyncio.to_thread(self._settling.count, stray)
        log.info("A card of run %s goes on as %s: it is followed.", stray.run, stray.handle)
        task = asyncio.create_task(self._follow(stray))
        self._followed[task] = stray
        task.add_done_callback(self._over)
        self._budgets.watch()
        self._tell(stray)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tell(self._followed.pop(task))

    def _tell(self, stray: Unsettled) -> None:
        pipeline = swept(stray.pipeline)
        if pipeline is not None:
            self._changed(pipeline)

    async def _report(self, stray: Unsettled, state: State, why: str = "") -> None:
        """Keep what was found until somebody has read it: nobody waits for the card any more."""
        findings = self._workspace.journal.findings
        try:
            finding = await asyncio.to_thread(findings.note, stray.ticket, state, why)
        except WorkspaceError as error:
            log.warning("What was found of %s could not be kept: %s", stray.handle, error)
            return
        if finding is not None:
            log.warning("%s %s", *words(finding))
            self._hears(finding)

    async def _follow(self, stray: Unsettled) -> None:
        """Wait for the end of a task, and keep what came of it."""
        began, executor = time.time(), self._executors[stray.shown["executor"]]
        paid: JsonObject = {}
        try:
            async for event in executor.events(stray.handle):
                paid = event.get("data") or {} if event.get("type") == "cost" else paid
            answer = await executor.result(stray.handle)
            await asyncio.to_thread(self._settling.pay, stray, paid, done=True)
            await asyncio.to_thread(self._settling.keep, stray, answer, began)
            if stray.ticket in self._useless:
                await self._report(stray, "done")
        except (RunCancelled, TaskFailed):
            await asyncio.to_thread(self._settling.pay, stray, paid, done=False)
            why = self._budgets.stopped.pop(stray.ticket, None)
            shown = {**stray.shown, "reason": why} if why is not None else None
            await asyncio.to_thread(self._settling.settle, stray, shown)
            if stray.ticket in self._useless:
                began = paid.get("seconds") != 0
                await self._report(stray, "stopped" if began else "over")
        except ExecutorError as error:
            if isinstance(error, ExecutorUnavailable) and not isinstance(error, NotDeployed):
                log.warning("Nobody knows how %s ended: %s", stray.handle, error)
                return  # the next start asks again
            await asyncio.to_thread(self._settling.pay, stray, paid, done=False)
            await asyncio.to_thread(self._settling.settle, stray)
            if stray.ticket not in self._taken:  # its run says so itself
                await self._report(stray, "lost", error.message)
        except Exception as error:
            log.warning("Nobody knows how %s ended: %s", stray.handle, error)

    def _is_useless(self, stray: Unsettled) -> bool:
        """Whether nobody could use what it makes: it fits nowhere, or its pipeline is deleted."""
        of = swept(stray.pipeline)
        deleted = of is not None and self._workspace.pipelines.is_deleted(of)
        return stray.made.get("key") is None or deleted

    def _unneeded(self) -> list[Unsettled]:
        """Return what goes on that no run needs here: the budgets of that one would hold."""
        return [each for each in self._known_to_go_on() if each.ticket not in self._taken]

    def _known_to_go_on(self) -> list[Unsettled]:
        """Return those that were seen to go on; those that were lost are being stopped."""
        return [each for each in self._followed.values() if not each.lost]


def _silent(stray: Unsettled) -> ExecutorError:
    place = stray.shown["executor"]
    return ExecutorError(
        f"{stray.node} may still run: {TITLES.get(place, place)} does not say.",
        hint="Try again when this machine can reach it, or end it there.",
    )
