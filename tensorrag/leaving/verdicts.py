"""What came of verifying pipelines as Python, one file each: it outlives the server.

On a full disk a verdict is kept in memory alone.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from tensorrag.durable import full_disk_explained, write_file
from tensorrag.errors import WorkspaceError
from tensorrag.leaving.comparing import Verdict


class Verdicts:
    """The last verdict on each pipeline.

    Args:
        folder: holds them; it is made when there is a first one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unwritten: dict[str, Verdict] = {}

    def get(self, pipeline: str, digest: str) -> Verdict | None:
        """Return the verdict on exactly this; None where it is on something else by now."""
        found = self._unwritten.get(pipeline) or self._read(pipeline)
        return found if found is not None and found.digest == digest else None

    def put(self, pipeline: str, verdict: Verdict) -> None:
        """Keep a verdict in the place of the one before.

        Raises:
            WorkspaceError: it cannot be written; then `get` has it until the server stops.
        """
        self._unwritten[pipeline] = verdict
        try:
            with full_disk_explained(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
            write_file(self._file(pipeline), verdict.model_dump_json().encode())
        except WorkspaceError as error:
            said = f"What came of verifying is known until the server stops. {error.message}"
            raise WorkspaceError(said, hint=error.hint) from error
        del self._unwritten[pipeline]

    def _read(self, pipeline: str) -> Verdict | None:
        try:
            return Verdict.model_validate_json(self._file(pipeline).read_bytes())
        except (OSError, ValidationError):  # none yet, or none that can be read
            return None

    def _file(self, pipeline: str) -> Path:
        return self._folder / f"{pipeline}.json"
