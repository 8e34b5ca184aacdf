"""What a server does with its workspace when it starts. In threads: it reads and writes files."""

from __future__ import annotations

import logging

from tensorrag.errors import TensorRagError
from tensorrag.store.interruption import interrupt_abandoned
from tensorrag.store.workspace import Workspace
from web.live.keeping.opening import finish_edits

log = logging.getLogger(__name__)


def tidy(workspace: Workspace) -> None:
    """Mend what is damaged, and clear up after a server that crashed."""
    for table in workspace.mend():
        log.warning("%s %s", table.said, table.lost)
    finish_edits(workspace.pipelines)
    interrupt_abandoned(workspace.journal)
    workspace.sweep()
    workspace.journal.changed_elsewhere()  # from now on


def back_up(workspace: Workspace) -> None:
    """Keep a copy of what would be lost with one damaged file."""
    try:
        workspace.back_up()
    except (TensorRagError, OSError) as error:
        log.warning("The list of results could not be copied: %s", error)
