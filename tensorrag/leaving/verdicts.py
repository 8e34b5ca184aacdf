"""What came of verifying pipelines as Python, one file each: it outlives the server."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from tensorrag.durable import write_file
from tensorrag.leaving.comparing import Verdict


class Verdicts:
    """The last verdict on each pipeline.

    Args:
        folder: holds them; it is made when there is a first one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, pipeline: str, digest: str) -> Verdict | None:
        """Return the verdict on exactly this; None where it is on something else by now."""
        try:
            found = Verdict.model_validate_json(self._file(pipeline).read_bytes())
        except (OSError, ValidationError):  # none yet, or none that can be read
            return None
        return found if found.digest == digest else None

    def put(self, pipeline: str, verdict: Verdict) -> None:
        """Keep a verdict in the place of the one before; raises WorkspaceError on a full disk."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_file(self._file(pipeline), verdict.model_dump_json().encode())

    def _file(self, pipeline: str) -> Path:
        return self._folder / f"{pipeline}.json"
