"""Pipelines that leave as plain Python: written and verified in processes apart."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tensorrag.leaving.comparing import Verdict
from tensorrag.leaving.verdicts import Verdicts
from tensorrag.run.leaving import Leaving, leave
from web.live.session import Session

if TYPE_CHECKING:
    from web.live.sessions import Sessions


class Leavings:
    """Has pipelines written, and keeps in the workspace which of them were verified.

    Args:
        sessions: where the cards and their processes are.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._verdicts = Verdicts(sessions.workspace.root / "verdicts")

    async def write(self, session: Session) -> Leaving:
        """Have a pipeline written as it is now; nothing runs."""
        await self._sessions.wait_ready()
        hosting, workspace = self._sessions.hosting, self._sessions.workspace
        return await leave(
            session.pipeline,
            session.id,
            workspace,
            session.catalog,
            hosting.check,
            hosting.ask,
        )

    async def verdict(self, session: Session, leaving: Leaving) -> Verdict | None:
        """Return what came of verifying exactly this script on exactly this run."""
        return await asyncio.to_thread(self._verdicts.get, session.id, leaving.digest)

    async def badge(self, session: Session, leaving: Leaving) -> str:
        """Say whether it was verified; empty where nobody asked for that."""
        verdict = await self.verdict(session, leaving)
        return verdict.badge if verdict is not None else ""

    async def verify(self, session: Session, leaving: Leaving) -> Verdict:
        """Run a script in a process without TensorRag, and hold it against the last run.

        Raises:
            TensorRagError: a card cannot leave, the pipeline has not run, or the script fails; or
                the disk is full, and the verdict is only known until the server stops.
        """
        verdict = await leaving.verify(self._sessions.hosting.ask)
        await asyncio.to_thread(self._verdicts.put, session.id, verdict)
        return verdict

    async def packed(self, session: Session, leaving: Leaving) -> Path:
        """Write a ZIP file of a script with its data; whoever asks removes it.

        Raises:
            TensorRagError: a card cannot leave, or a file cannot be read.
        """
        handle, name = tempfile.mkstemp(dir=self._sessions.workspace.scratch, suffix=".zip")
        os.close(handle)
        path = Path(name)
        try:
            badge = await self.badge(session, leaving)
            await leaving.bundle(self._sessions.hosting.ask, path, badge)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path


def file_name(name: str, ending: str) -> str:
    """Return what a file is called: letters, digits and underscores."""
    plain = "".join(c if c.isascii() and c.isalnum() else " " for c in name.lower())
    return f"{'_'.join(plain.split())[:60].strip('_') or 'pipeline'}.{ending}"
